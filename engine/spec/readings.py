"""How texts are read further: as JSON, key=value lists, columns."""

from __future__ import annotations

from engine.model import Csv, Json, KeyValues, Reading, Template
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, entries_of, texts_in


def build_key_values(node: Node | None) -> KeyValues:
    """How key=value lists are written; the defaults for what is not said."""
    said = {key: one.text for key, one in entries_of(node).items() if isinstance(one, ScalarNode)}
    return KeyValues(**said)


def build_csv(node: Node | None) -> Csv:
    """How columns are written."""
    entries = entries_of(node)
    said = {key: one.text for key, one in entries.items() if isinstance(one, ScalarNode)}
    return Csv(texts_in(entries.get("columns")), **said)


def build_readings(node: Node | None) -> tuple[Reading, ...]:
    """The fields that are read further (``read``)."""
    return tuple(Reading(field, _form(how)) for field, how in entries_of(node).items())


def _form(node: Node) -> Json | KeyValues | Csv:
    if isinstance(node, ScalarNode):
        return Json() if node.text == "json" else KeyValues()
    entries = entries_of(node)
    return (
        build_csv(entries["csv"]) if "csv" in entries else build_key_values(entries["key_values"])
    )


def check_readings(
    template: Template | None, node: Node | None, kind: str, findings: Findings
) -> None:
    """Find fields to read further that the template does not have."""
    if template is None or not isinstance(node, MapNode):
        return
    for field, location in node.keys.items():
        if field not in template.field_names:
            message = f'the template of "{kind}" has no field "{field}"'
            findings.add("E307", location, message, did_you_mean(field, template.field_names))
