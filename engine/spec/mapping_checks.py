"""What a record kind's mappings cannot say, and what they must."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.diagnostics import Location
from engine.model import (
    EVENT_FIELDS,
    OPTIONAL_FIELDS,
    REQUIRED_FIELDS,
    STATUSES,
    Condition,
    Csv,
    FieldMapping,
    Reading,
    Template,
    first_key,
)
from engine.spec.conditions import build_path
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, places_of

MAPPED_FIELDS: Final = tuple(name for name in EVENT_FIELDS if name != "system_id")
"""The event fields that a record gives."""

_NEVER_CONSTANT: Final = ("correlation_id", "timestamp")
_ONLY_FOR_TIMES: Final = {
    "format": "it tells how a time is written; other fields take the text as it is",
    "clock": "it takes the record's own timestamp",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A record kind as far as it is known before its mappings. ``is_detail`` is None where a
    broken join leaves it open; ``take`` is what the join takes from it if it is a detail."""

    name: str
    location: Location
    template: Template | None
    where: tuple[Condition, ...]
    is_detail: bool | None
    take: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    absent: tuple[str, ...] = ()
    columns: tuple[Csv, ...] = field(init=False)
    """The columns of which its records are made."""
    names: tuple[str, ...] | None = field(init=False)
    """The fields that a record of it can have; None where it could have any key."""

    def __post_init__(self) -> None:
        flat = [one.form for one in self.readings if one.is_flat]
        columns = tuple(one for one in flat if isinstance(one, Csv))
        names = None
        if self.template is not None and len(columns) == len(flat):
            of_columns = (name for one in columns for name in one.columns)
            names = (*self.template.field_names, *of_columns)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "names", names)

    @property
    def required(self) -> tuple[str, ...]:
        """The event fields that it must give, as far as that can be told."""
        if self.is_detail is None:
            return ()
        taken = tuple(name for name in self.take if name in OPTIONAL_FIELDS)
        return ("correlation_id", *taken) if self.is_detail else REQUIRED_FIELDS

    def lacks(self, name: str) -> str:
        """What is said of a field that it does not have."""
        if self.columns:
            return f'there is no column "{name}"'
        return f'the template of "{self.name}" has no field "{name}"'


def check_event_field(
    name: str,
    location: Location,
    findings: Findings,
    *,
    with_system: bool = False,
    but: Sequence[str] = (),
) -> bool:
    """Whether ``name`` is an event field, or another key (``but``), that can be spoken of here."""
    known = (*(EVENT_FIELDS if with_system else MAPPED_FIELDS), *but)
    if name in known:
        return True
    if name == "system_id":
        findings.add("E306", location, "the system_id is the system's name, from `system`")
    else:
        message = f'there is no event field "{name}"'
        help_text = did_you_mean(name, known)
        findings.add("E306", location, message, help_text)
    return False


def check_keys(target: str, node: MapNode, findings: Findings) -> bool:
    """Whether the keys of a mapping go together, and with its target."""
    entries = node.items
    ways = [key for key in ("value", "clock") if key in entries]
    reads = [key for key in ("from", "map", "format", "absent", "case") if key in entries]
    is_attribute = target not in MAPPED_FIELDS
    if len(ways) > 1 or (ways and reads):
        message = f'"{target}" has one of `value`, `clock`, or `from` with what goes with it'
        findings.add("E315", node.location, message, "leave the others out")
        return False
    if not ways and not reads and not is_attribute and "when" not in entries:
        message = f'"{target}" needs `value`, or `from`, `map` or both'
        findings.add("E315", node.location, message)
        return False
    for key, help_text in _ONLY_FOR_TIMES.items():
        if key in entries and target != "timestamp":
            message = f"`{key}` is for the timestamp, not for {target}"
            findings.add("E320", node.keys[key], message, help_text)
            return False
    if "redact" in entries and not is_attribute:
        message = f"`redact` is for attributes, not for {target}"
        help_text = "to redact a field wherever it goes, name it under `redact` of the spec"
        findings.add("E320", node.keys["redact"], message, help_text)
        return False
    return True


def check_fields(
    kind: Kind, node: Node | None, findings: Findings, *, but: Sequence[str] = ()
) -> None:
    """Find keys of a mapping that are paths from fields that the kind does not have, ``but`` for
    other names."""
    if kind.names is None:
        return
    known = (*kind.names, *but)
    for written, location in places_of(node).items():
        path = build_path(written, location, Findings())
        if path is not None and first_key(path) not in known:
            name = first_key(path)
            findings.add("E307", location, kind.lacks(name), did_you_mean(name, known))


def check_constant(target: str, node: ScalarNode, findings: Findings) -> None:
    """Find constants that would be wrong for every record."""
    if target == "status" and node.text not in STATUSES:
        message = f'"{node.text}" is no status'
        findings.add("E312", node.location, message, did_you_mean(node.text, STATUSES))
    if target in _NEVER_CONSTANT and not (target == "correlation_id" and node.is_null):
        message = f"a constant {target} would be that of every record"
        help_text = "take it from the record with `from`"
        if target == "correlation_id":
            help_text += "; records that have none: correlation_id: {value: null}"
        findings.add("E316", node.location, message, help_text)


def check_times(kind: Kind, mappings: Sequence[FieldMapping], findings: Findings) -> None:
    """Find timestamps that are to come from a time of day."""
    fields = kind.template.fields if kind.template is not None else {}
    for one in mappings:
        name = first_key(one.sources[0]) if len(one.sources) == 1 else ""
        for type_ in fields.get(name, ()) if one.formats == ("iso",) else ():
            if type_ is not None and type_.name.startswith("%") and type_.time_format is None:
                message = f'"{name}" has no date: {type_.name} is a time of day'
                help_text = "timestamp: {from: [date, time], format: …} joins it with its date"
                help_text += "; timestamp: {clock: record} takes the record's own timestamp"
                findings.add("E322", kind.location, message, help_text)


def check_complete(
    kind: Kind, mappings: Mapping[str, list[FieldMapping]], findings: Findings
) -> None:
    """Find event fields that the kind must give and cannot."""
    missing = [name for name in kind.required if name not in mappings]
    if not missing:
        return
    needed = "complete an event" if kind.is_detail else "make an event"
    source = "a field of the template" if kind.names is not None else "a key of the record"
    if kind.columns:
        source = "a column"
    help_text = f"name {source} like it, or say under `fields` where it comes from"
    is_text = not any(one.is_flat for one in kind.readings)
    names = [name for name in kind.names or () if is_text or name != "message"]
    used = {first_key(path) for ways in mappings.values() for one in ways for path in one.sources}
    if spare := [name for name in names if name not in used]:
        help_text += f" (not used yet: {', '.join(spare)})"
    if kind.names == ():
        help_text = "a template is no regular expression: write {name} where a value stands"
    elif "status" in missing:
        help_text += "; if it is always the same: status: {value: FAILURE}"
    elif "correlation_id" in missing and not kind.is_detail:
        help_text += "; if such records have none: correlation_id: {value: null}"
    if not kind.is_detail and set(missing) - {"correlation_id"}:
        help_text += "; a kind that only completes another's events is named by `join: detail`"
    message = f'record kind "{kind.name}" cannot {needed}: it gives no {", ".join(missing)}'
    findings.add("E308", kind.location, message, help_text)
