"""Where the event fields of one record kind come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.diagnostics import Location
from engine.model import (
    EVENT_FIELDS,
    OPTIONAL_FIELDS,
    REQUIRED_FIELDS,
    STATUSES,
    Condition,
    FieldMapping,
    Template,
)
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, entries_of

_MAPPED_FIELDS = tuple(name for name in EVENT_FIELDS if name != "system_id")
_NEVER_CONSTANT = ("correlation_id", "timestamp")


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

    @property
    def required(self) -> tuple[str, ...]:
        """The event fields that it must give, as far as that can be told."""
        if self.is_detail is None:
            return ()
        taken = tuple(name for name in self.take if name in OPTIONAL_FIELDS)
        return ("correlation_id", *taken) if self.is_detail else REQUIRED_FIELDS


def build_mappings(
    kind: Kind, node: Node | None, findings: Findings
) -> tuple[FieldMapping, ...] | None:
    """The mappings of a record kind in the order of the event fields; None if any is wrong."""
    before = len(findings.diagnostics)
    mappings: dict[str, FieldMapping] = {}
    for target, value in entries_of(node).items():
        assert isinstance(node, MapNode)
        if check_event_field(target, node.keys[target], findings):
            _check_constant(target, value, findings)
            mapping = _mapping(target, value, findings)
            if mapping is None:
                continue
            _check_source(kind, mapping, value, findings)
            mappings[target] = mapping
    for name in _self_mapped(kind):
        mappings.setdefault(name, FieldMapping(name, source=name))
    if len(findings.diagnostics) == before:
        _check_complete(kind, mappings, findings)
    if len(findings.diagnostics) > before:
        return None
    return tuple(mappings[name] for name in _MAPPED_FIELDS if name in mappings)


def check_event_field(
    name: str, location: Location, findings: Findings, *, with_system: bool = False
) -> bool:
    """Whether ``name`` is an event field that can be spoken of here."""
    known = EVENT_FIELDS if with_system else _MAPPED_FIELDS
    if name in known:
        return True
    if name == "system_id":
        findings.add("E306", location, "the system_id is the system's name, from `system`")
    else:
        message = f'there is no event field "{name}"'
        findings.add("E306", location, message, did_you_mean(name, known))
    return False


def _self_mapped(kind: Kind) -> tuple[str, ...]:
    """The event fields that come from the field or key of the same name.

    A JSON kind could have any key, so it says which ones count: an event takes all of them; a
    detail its id, what the join takes, and a time only if every one has it
    (``timestamp: present``), since two halves are measured on one clock.
    """
    if kind.template is not None:
        return tuple(name for name in kind.template.field_names if name in _MAPPED_FIELDS)
    absent = {one.key for one in kind.where if one.test == "absent"}
    if not kind.is_detail:
        return tuple(name for name in _MAPPED_FIELDS if name not in absent)
    told = {one.key for one in kind.where if one.test == "present"}
    wanted = {*kind.required, *(told & {"timestamp"})}
    return tuple(name for name in _MAPPED_FIELDS if name in wanted - absent)


def _mapping(target: str, node: Node, findings: Findings) -> FieldMapping | None:
    if isinstance(node, ScalarNode):
        return FieldMapping(target, source=node.text)
    entries = entries_of(node)
    source, constant = _text(entries.get("from")), _text(entries.get("value"))
    if (constant is None) == (source is None and "map" not in entries):
        message = f'"{target}" needs either `value`, or `from`, `map` or both'
        findings.add("E315", node.location, message)
        return None
    if constant is not None:
        _check_status(target, entries["value"], findings)
        return FieldMapping(target, constant=constant)
    values = None
    if "map" in entries:
        for value in entries_of(entries["map"]).values():
            _check_status(target, value, findings)
        values = _texts(entries["map"])
    return FieldMapping(target, source=source or target, values=values)


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) else None


def _texts(node: Node) -> Mapping[str, str]:
    return {
        key: value.text for key, value in entries_of(node).items() if isinstance(value, ScalarNode)
    }


def _check_status(target: str, node: Node, findings: Findings) -> None:
    if target == "status" and isinstance(node, ScalarNode) and node.text not in STATUSES:
        message = f'"{node.text}" is no status'
        findings.add("E312", node.location, message, did_you_mean(node.text, STATUSES))


def _check_constant(target: str, node: Node, findings: Findings) -> None:
    if target in _NEVER_CONSTANT and "value" in entries_of(node):
        message = f"a constant {target} would be that of every record"
        findings.add("E316", node.location, message, "take it from the record with `from`")


def _check_source(kind: Kind, mapping: FieldMapping, node: Node, findings: Findings) -> None:
    """A text record has no other fields than its template's."""
    if kind.template is None or mapping.source is None:
        return
    names = kind.template.field_names
    if mapping.source not in names:
        named = entries_of(node).get("from", node)
        message = f'the template of "{kind.name}" has no field "{mapping.source}"'
        findings.add("E307", named.location, message, did_you_mean(mapping.source, names))


def _check_complete(kind: Kind, mappings: Mapping[str, FieldMapping], findings: Findings) -> None:
    missing = [name for name in kind.required if name not in mappings]
    if not missing:
        return
    needed = "complete an event" if kind.is_detail else "make an event"
    source = "the template" if kind.template is not None else "the record"
    help_text = f"name a field of {source} like it, or say under `fields` where it comes from"
    names = kind.template.field_names if kind.template is not None else ()
    used = {mapping.source for mapping in mappings.values()}
    if spare := [name for name in names if name not in used]:
        help_text += f" (not used yet: {', '.join(spare)})"
    if kind.template is not None and not names:
        help_text = "a template is no regular expression: write {name} where a value stands"
    elif "status" in missing:
        help_text += "; if it is always the same: status: {value: FAILURE}"
    if not kind.is_detail and set(missing) - {"correlation_id"}:
        help_text += "; a kind that only completes another's events is named by `join: detail`"
    message = f'record kind "{kind.name}" cannot {needed}: it gives no {", ".join(missing)}'
    findings.add("E308", kind.location, message, help_text)
