"""How texts are read further: as JSON, key=value lists, columns."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Csv, FieldType, Form, Index, Json, KeyValues, Reading, first_key
from engine.spec.conditions import build_path
from engine.spec.field_types import FIELD_TYPES, field_type
from engine.spec.findings import Findings, did_you_mean
from engine.spec.template_lists import templates_in
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode, entries_of
from engine.time_formats import TimeFormatError


def build_key_values(node: Node | None) -> KeyValues:
    """How key=value lists are written; the defaults for what is not said."""
    said = {key: one.text for key, one in entries_of(node).items() if isinstance(one, ScalarNode)}
    return KeyValues(**said)


def build_csv(node: Node | None, types: Mapping[str, FieldType], findings: Findings) -> Csv:
    """How columns are written."""
    entries = entries_of(node)
    said = {key: one.text for key, one in entries.items() if isinstance(one, ScalarNode)}
    named = entries.get("columns")
    names: list[str] = []
    told: list[tuple[str, FieldType]] = []
    for item in named.items if isinstance(named, ListNode) else []:
        if isinstance(item, ScalarNode):
            names.append(item.text)
        for name, type_name in entries_of(item).items():
            assert isinstance(type_name, ScalarNode)
            names.append(name)
            found = _column_type(type_name, types, findings)
            if found is not None:
                told.append((name, found))
    return Csv(tuple(names), **said, types=tuple(told))


def _column_type(
    node: ScalarNode, types: Mapping[str, FieldType], findings: Findings
) -> FieldType | None:
    try:
        found = field_type(node.text, types)
    except TimeFormatError as error:
        findings.add("E303", node.location, f'"{node.text}" is no time format: it {error}')
        return None
    if found is None:
        message = f'unknown field type "{node.text}"'
        findings.add(
            "E303", node.location, message, did_you_mean(node.text, [*types, *FIELD_TYPES])
        )
    return found


def build_readings(
    node: Node | None, types: Mapping[str, FieldType], findings: Findings
) -> tuple[Reading, ...]:
    """The fields that are read further (``read``), those inside of others after these."""
    readings: list[Reading] = []
    for written, how in entries_of(node).items():
        assert isinstance(node, MapNode)
        path = build_path(written, node.keys[written], findings)
        form = _form(how, types, findings)
        if path is None or form is None:
            continue
        if Index(None) in path:
            message = f'"{written}" leads to several texts'
            findings.add("E319", node.keys[written], message, "name one of them: a[0], not a[*]")
            continue
        readings.append(Reading(first_key(path), form, steps=path[1:]))
    return tuple(sorted(readings, key=lambda one: len(one.steps)))


def _form(node: Node, types: Mapping[str, FieldType], findings: Findings) -> Form | None:
    if isinstance(node, ScalarNode):
        return Json() if node.text == "json" else KeyValues()
    entries = entries_of(node)
    if "csv" in entries:
        return build_csv(entries["csv"], types, findings)
    if "template" in entries:
        return templates_in(entries["template"], types, findings)
    return build_key_values(entries["key_values"])
