"""Conditions on a record's values (``where``, ``when``) and the paths they name."""

from __future__ import annotations

from collections.abc import Mapping

from engine.diagnostics import Location
from engine.model import Condition, Key, Path
from engine.spec.findings import Findings
from engine.spec.paths import PathError, parse_path
from engine.spec.yaml_nodes import Node, ScalarNode, entries_of, places_of, texts_in


def build_conditions(node: Node | None, findings: Findings) -> tuple[Condition, ...]:
    """The conditions of a mapping, without those that have findings."""
    return tuple(written_conditions(node, findings).values())


def written_conditions(node: Node | None, findings: Findings) -> Mapping[str, Condition]:
    """The same by the keys under which they are written."""
    conditions: dict[str, Condition] = {}
    for key, value in entries_of(node).items():
        path = build_path(key, places_of(node)[key], findings)
        if path is None:
            continue
        if isinstance(value, ScalarNode) and value.text in {"present", "absent"}:
            conditions[key] = Condition(path, "present" if value.text == "present" else "absent")
        else:
            conditions[key] = Condition(path, "one_of", texts_in(value))
    return conditions


def build_path(source: str, location: Location, findings: Findings) -> Path | None:
    """The path that is written there; None if it is none."""
    try:
        path = parse_path(source)
    except PathError as error:
        findings.add("E319", location, str(error))
        return None
    if not isinstance(path[0], Key):
        findings.add("E319", location, f'"{source}" begins with an index')
        return None
    return path
