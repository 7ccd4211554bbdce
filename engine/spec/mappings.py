"""Where the event fields and attributes of one record kind come from."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, cast

from engine.diagnostics import Location
from engine.model import (
    Condition,
    FieldMapping,
    Key,
    Path,
    first_key,
)
from engine.spec.conditions import build_conditions, build_path
from engine.spec.findings import Findings, did_you_mean
from engine.spec.mapping_checks import (
    MAPPED_FIELDS,
    Kind,
    check_complete,
    check_constant,
    check_event_field,
    check_fields,
    check_keys,
    check_times,
)
from engine.spec.value_maps import build_value_map
from engine.spec.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    ScalarNode,
    entries_of,
    scalars_in,
    texts_in,
)
from engine.time_formats import NAMED_FORMATS, TimeFormatError, has_date

_ALL_PARTS: Final = ".*"
"""Behind the name of a field or key: all that is in it."""


def build_mappings(
    kind: Kind, node: Node | None, findings: Findings
) -> tuple[FieldMapping, ...] | None:
    """The mappings of a record kind in the order of the event fields; None if any is wrong."""
    before = len(findings.diagnostics)
    mappings: dict[str, list[FieldMapping]] = {}
    for target, value in entries_of(node).items():
        assert isinstance(node, MapNode)
        location = node.keys[target]
        known = check_event_field(target, location, findings, but=("attributes",))
        if known and target != "attributes":
            mappings[target] = _ways_to(kind, target, value, findings)
    for name in _self_mapped(kind):
        if name not in mappings:
            mappings[name] = [_plain(kind, name, ((Key(name),),))]
    check_times(kind, mappings.get("timestamp", []), findings)
    if len(findings.diagnostics) == before:
        check_complete(kind, mappings, findings)
    if len(findings.diagnostics) > before:
        return None
    return tuple(one for name in MAPPED_FIELDS for one in mappings.get(name, []))


class Kept(NamedTuple):
    """What else is kept of a record."""

    entries: tuple[FieldMapping, ...]
    everything: bool
    parts_of: tuple[Path, ...]


def build_attributes(kind: Kind, node: Node | None, findings: Findings) -> Kept:
    """The attributes of a record of this kind."""
    mappings: list[FieldMapping] = []
    parts: list[Path] = []
    keeps_all = False
    for item in node.items if isinstance(node, ListNode) else [node]:
        if isinstance(item, ScalarNode):
            if item.text == "all":
                keeps_all = True
                continue
            name = item.text.removesuffix(_ALL_PARTS)
            path = _path(kind, name, item.location, findings)
            if path is not None and name != item.text:
                _check_has_parts(kind, path, item, findings)
                parts.append(path)
            elif path is not None:
                mappings.append(FieldMapping(item.text, (path,)))
        for target, value in entries_of(item).items():
            mappings += _ways_to(kind, target, value, findings)
    return Kept(tuple(mappings), keeps_all, tuple(parts))


def _check_has_parts(kind: Kind, path: Path, node: ScalarNode, findings: Findings) -> None:
    if kind.names is not None and path not in {one.path for one in kind.readings}:
        name = first_key(path)
        message = f'"{name}" is text: it has no parts that could be kept'
        findings.add("E307", node.location, message, f"say how it is read: read: {{{name}: json}}")


def _self_mapped(kind: Kind) -> tuple[str, ...]:
    """The event fields that come from the field or key of the same name.

    A kind that could have any key says which ones count: an event takes all of them; a detail its
    id, what the join takes, and a time only if every one has it (``timestamp: present``), since two
    halves are measured on one clock.
    """
    if kind.names is not None:
        return tuple(name for name in kind.names if name in MAPPED_FIELDS)
    captured = kind.template.field_names if kind.template is not None else ()
    absent = {first_key(one.path) for one in kind.where if one.test == "absent"}
    if not kind.is_detail:
        return tuple(name for name in MAPPED_FIELDS if name not in absent)
    told = {first_key(one.path) for one in kind.where if one.test == "present"}
    wanted = {*kind.required, *({*told, *captured} & {"timestamp"})}
    return tuple(name for name in MAPPED_FIELDS if name in wanted - absent)


# --- one value ----------------------------------------------------------------------------------


def _ways_to(kind: Kind, target: str, node: Node, findings: Findings) -> list[FieldMapping]:
    """The mappings of one target; of several the first that gives a value counts."""
    nodes = node.items if isinstance(node, ListNode) else [node]
    found = [_way_to(kind, target, one, findings) for one in nodes]
    return [one for one in found if one is not None]


def _way_to(kind: Kind, target: str, node: Node, findings: Findings) -> FieldMapping | None:
    if isinstance(node, ScalarNode):
        path = _path(kind, node.text, node.location, findings)
        return None if path is None else _plain(kind, target, (path,))
    assert isinstance(node, MapNode)
    entries = node.items
    if not check_keys(target, node, findings):
        return None
    when = build_conditions(entries.get("when"), findings)
    check_fields(kind, entries.get("when"), findings, but=("status",))
    if "clock" in entries:
        return FieldMapping(target, when=when, is_record_time=True)
    value = entries.get("value")
    if isinstance(value, ScalarNode):
        check_constant(target, value, findings)
        constant = None if value.is_null else value.text
        return FieldMapping(target, constant=constant, when=when)
    return _read(kind, target, node, when, findings)


def _read(
    kind: Kind, target: str, node: MapNode, when: tuple[Condition, ...], findings: Findings
) -> FieldMapping:
    """A mapping that takes a value from the record."""
    entries = node.items
    named = scalars_in(entries.get("from"))
    found = [_path(kind, one.text, one.location, findings) for one in named]
    if "from" not in entries:
        found = [_path(kind, target, node.location, findings)]
    sources = tuple(path for path in found if path is not None)
    absent = texts_in(entries["absent"]) if "absent" in entries else _absent(kind, target)
    formats = _formats(entries["format"], findings) if "format" in entries else None
    return FieldMapping(
        target,
        sources,
        values=build_value_map(entries["map"], target, findings) if "map" in entries else None,
        when=when,
        absent=absent,
        case=cast(Literal["upper", "lower"] | None, _text(entries.get("case"))),
        formats=_own_formats(kind, target, sources) if formats is None else formats,
        redact=cast(Literal["hash", "mask", "drop"] | None, _text(entries.get("redact"))),
    )


def _plain(kind: Kind, target: str, sources: tuple[Path, ...]) -> FieldMapping:
    formats = _own_formats(kind, target, sources)
    return FieldMapping(target, sources, absent=_absent(kind, target), formats=formats)


def _absent(kind: Kind, target: str) -> tuple[str, ...]:
    return kind.absent if target in MAPPED_FIELDS else ()


def _own_formats(kind: Kind, target: str, sources: tuple[Path, ...]) -> tuple[str, ...]:
    """How a timestamp is written, as the types of its field say."""
    if target != "timestamp":
        return ()
    fields = kind.template.fields if kind.template is not None else {}
    if len(sources) != 1 or len(sources[0]) != 1:
        return ("iso",)
    name = first_key(sources[0])
    columns = [type_ for one in kind.columns for column, type_ in one.types if column == name]
    types = (*fields.get(name, ()), *columns)
    told = [one.time_format for one in types if one is not None and one.time_format is not None]
    return tuple(dict.fromkeys(told)) or ("iso",)


def _formats(node: Node, findings: Findings) -> tuple[str, ...]:
    for scalar in scalars_in(node):
        try:
            told = "" if has_date(scalar.text) else "has no date: no %d, %e, %j or %s"
        except TimeFormatError as error:
            told = str(error)
        if told:
            message = f'"{scalar.text}" is no time format: it {told}'
            known = did_you_mean(scalar.text, NAMED_FORMATS, "such as iso or %d/%m/%Y %H:%M:%S")
            findings.add("E322", scalar.location, message, known)
    return texts_in(node)


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) else None


def _path(kind: Kind, source: str, location: Location, findings: Findings) -> Path | None:
    """The path that is written there, if it leads to what a record of this kind can have."""
    path = build_path(source, location, findings)
    if path is None or kind.names is None:
        return path
    name = first_key(path)
    if name not in kind.names:
        findings.add("E307", location, kind.lacks(name), did_you_mean(name, kind.names))
        return None
    read = {one.field for one in kind.readings}
    if len(path) > 1 and name not in read and read <= set(kind.names):
        message = f'"{name}" is text: it has no parts that a path could lead to'
        findings.add("E307", location, message, f"say how it is read: read: {{{name}: json}}")
        return None
    return path
