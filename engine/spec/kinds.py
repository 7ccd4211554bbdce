"""The record kinds of a spec: what a record looks like, under the header, with its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from engine.model import (
    Condition,
    Csv,
    FieldType,
    Json,
    Reading,
    RecordKind,
    Sample,
    Template,
    first_key,
)
from engine.spec.conditions import build_conditions, written_conditions
from engine.spec.field_types import FIELD_TYPES
from engine.spec.findings import Findings
from engine.spec.headers import MESSAGE, build_header, under_header, whole_message
from engine.spec.mapping_checks import Kind, check_fields
from engine.spec.mappings import build_attributes, build_mappings
from engine.spec.own_types import build_types
from engine.spec.readings import build_csv, build_key_values, build_readings
from engine.spec.regex_syntax import read_regex
from engine.spec.routing import Unmeetable, impossible_values, route
from engine.spec.template_lists import first_of, parsed
from engine.spec.template_syntax import parse_template
from engine.spec.yaml_nodes import (
    MapNode,
    Node,
    ScalarNode,
    entries_of,
    places_of,
    scalars_in,
    texts_in,
)

Format = Literal["json", "text", "key_values", "csv"]


@dataclass(frozen=True, slots=True)
class Common:
    """What a spec says for all its kinds. ``header`` is None where it has findings."""

    format: Format
    types: Mapping[str, FieldType]
    header: tuple[Template, ...] | None
    where: tuple[Condition, ...]
    where_node: Node | None
    readings: tuple[Reading, ...]
    absent: tuple[str, ...]
    flat: Mapping[str, tuple[Reading, ...]]
    """How the message of each format is read."""

    def of_kind(self, node: Node) -> Common:
        """The same for a record kind, which may be written in a format of its own."""
        own = entries_of(node).get("format")
        return self.in_format(cast(Format, own.text)) if isinstance(own, ScalarNode) else self

    def in_format(self, format_: Format) -> Common:
        """The same for what is written in this format."""
        if format_ == self.format:
            return self
        further = tuple(one for one in self.readings if not one.is_flat)
        return replace(self, format=format_, readings=(*self.flat[format_], *further))


def build_common(root: MapNode, findings: Findings) -> Common:
    """What is said above the kinds."""
    entries = root.items
    format_ = entries["format"]
    assert isinstance(format_, ScalarNode)
    types = build_types(entries.get("types"), findings)
    readings = build_readings(entries.get("read"), types, findings)
    flat = {one: _flat_form(one, root, types, findings) for one in get_args(Format)}
    return Common(
        format=cast(Format, format_.text),
        types=types,
        header=_header(entries.get("header"), types, findings),
        where=build_conditions(entries.get("where"), findings),
        where_node=entries.get("where"),
        readings=(*flat[format_.text], *readings),
        absent=texts_in(entries.get("absent")),
        flat=flat,
    )


def _flat_form(
    format_: str, root: MapNode, types: Mapping[str, FieldType], findings: Findings
) -> tuple[Reading, ...]:
    """The reading of a whole record, or of what stands after its header."""
    if format_ == "key_values":
        return (Reading(MESSAGE, build_key_values(root.items.get("key_values")), is_flat=True),)
    if format_ == "csv":
        return (Reading(MESSAGE, build_csv(root.items.get("csv"), types, findings), is_flat=True),)
    if format_ == "json" and "header" in root.items:
        return (Reading(MESSAGE, Json(), is_flat=True),)
    return ()


def _header(
    node: Node | None, types: Mapping[str, FieldType], findings: Findings
) -> tuple[Template, ...] | None:
    if node is None:
        return ()
    built: list[Template] = []
    for scalar in scalars_in(node):
        found = parsed(scalar, findings, lambda text: build_header([text], types))
        if found is None:
            return None
        built += found
    return tuple(built)


def build_template(
    node: Node, common: Common, findings: Findings, *, regex: bool = False
) -> Template | None:
    """The template of a text record, under the spec's header; None if anything is wrong."""
    variants: list[Template] = []
    for scalar in scalars_in(node):
        found = parsed(scalar, findings, lambda text: _body(text, common, regex=regex))
        if found is None:
            return None
        variants.append(found)
    if common.header is None:
        return None
    body = first_of(variants)
    first = scalars_in(node)[0]
    return parsed(first, findings, lambda _: under_header(common.header or (), body))


def _body(source: str, common: Common, *, regex: bool) -> Template:
    if regex:
        return Template(source, (read_regex(source),))
    return parse_template(source, common.types)


def build_shape(
    name: str, node: Node, common: Common, findings: Findings
) -> tuple[Template | None, tuple[Condition, ...]] | None:
    """What tells that a record is of this kind: its template, with the conditions that could be
    laid into it, and the other conditions. None if anything is wrong."""
    entries = entries_of(node)
    before = len(findings.diagnostics)
    if common.format == "csv" and common.flat["csv"][0].form == Csv(()):
        message = 'columns need the key "csv" above the kinds'
        findings.add("E202", node.location, message, "for example: csv: {columns: [time, order]}")
    where_node = entries.get("where") if common.format == "text" or "where" in entries else None
    where = (*common.where, *build_conditions(where_node, findings))
    template = _kind_template(entries, common, findings)
    if len(findings.diagnostics) > before or (template is None and common.format != "json"):
        return None
    if template is None:
        return None, where
    if common.format in {"text", "csv"}:
        known = Kind(name, node.location, template, (), None, (), readings=common.readings)
        check_fields(known, common.where_node, findings)
        check_fields(known, where_node, findings)
    if len(findings.diagnostics) > before:
        return None
    return _routed(name, template, where, common, where_node, findings)


def _routed(
    name: str,
    template: Template,
    where: tuple[Condition, ...],
    common: Common,
    own: Node | None,
    findings: Findings,
) -> tuple[Template, tuple[Condition, ...]] | None:
    """The template with the conditions laid in, and those that could not be; None if no record can
    meet them. ``own`` are those of the kind, as they are written."""
    nodes = (common.where_node, own)
    are_possible = [_are_possible(name, template, node, common, findings) for node in nodes]
    if not all(are_possible):
        return None
    try:
        routed, left = route(template, where)
    except Unmeetable:
        node = own or common.where_node
        assert node is not None
        findings.add("E328", node.location, f'no record of "{name}" meets all of these conditions')
        return None
    return routed, tuple(left)


def _are_possible(
    name: str, template: Template, node: Node | None, common: Common, findings: Findings
) -> bool:
    """Find conditions that no record of the template meets, and in a kind's own ones values that
    its field never has: above the kinds another kind may have them."""
    are_possible = True
    is_own = node is not common.where_node
    of_all = {one for header in common.header or () for one in header.field_names}
    for key, condition in written_conditions(node, Findings()).items():
        location = places_of(node)[key]
        is_of_all = not is_own and first_key(condition.path) in of_all
        told = f'"{key}"' if is_of_all else f'in "{name}", "{key}"'
        never = impossible_values(template, condition)
        if never and (is_own or never == condition.values):
            shown = " or ".join(f'"{one}"' for one in never)
            types = [one.name for one in template.fields[first_key(condition.path)] if one]
            help_text = f"it is of type {' or '.join(dict.fromkeys(types))}" if types else ""
            findings.add("E328", location, f"{told} is never {shown}", help_text)
            are_possible = False
            continue
        try:
            route(template, [condition])
        except Unmeetable:
            findings.add("E328", location, f"{told} is never {condition.test}")
            are_possible = False
    return are_possible


def _kind_template(
    entries: Mapping[str, Node], common: Common, findings: Findings
) -> Template | None:
    if common.format == "text":
        regex = "regex" in entries
        return build_template(
            entries["regex" if regex else "template"], common, findings, regex=regex
        )
    return _message_template(common)


def _message_template(common: Common) -> Template | None:
    """The template around a message that the format reads; None for a bare JSON record."""
    if common.header is None or (common.format == "json" and not common.header):
        return None
    type_name = "json" if common.format == "json" else "rest"
    return under_header(common.header, whole_message(FIELD_TYPES[type_name]))


def has_what_they_name(kind: Kind, fields: Node) -> bool:
    """Whether a kind has the fields that these mappings name, as far as that can be told."""
    tried = Findings()
    build_attributes(kind, entries_of(fields).get("attributes"), tried)
    build_mappings(replace(kind, is_detail=None), fields, tried)
    return not any(one.code == "E307" for one in tried.diagnostics)


def build_kind(
    kind: Kind, node: Node, samples: tuple[Sample, ...], findings: Findings
) -> RecordKind | None:
    """The kind with its mappings; None if they have findings."""
    entries = entries_of(node)
    fields = entries.get("fields")
    check_fields(kind, entries.get("read"), findings)
    mappings = build_mappings(kind, fields, findings)
    kept = build_attributes(kind, entries_of(fields).get("attributes"), findings)
    if mappings is None or kind.is_detail is None:
        return None
    return RecordKind(
        name=kind.name,
        role="detail" if kind.is_detail else "event",
        template=kind.template,
        where=kind.where,
        mappings=mappings,
        samples=samples,
        location=kind.location,
        after={one.text: one.location for one in scalars_in(entries.get("after"))},
        readings=kind.readings,
        attributes=kept.entries,
        keeps_all=kept.everything,
        keeps_parts=kept.parts_of,
    )
