"""Conditions on a record's values (``where``, ``when``) and the paths they name."""

from __future__ import annotations

from engine.diagnostics import Location
from engine.model import Condition, Key, Path
from engine.spec.findings import Findings
from engine.spec.paths import PathError, parse_path
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, entries_of, texts_in


def build_conditions(node: Node | None, findings: Findings) -> tuple[Condition, ...]:
    """The conditions of a mapping, without those that have findings."""
    conditions = []
    for key, value in entries_of(node).items():
        assert isinstance(node, MapNode)
        path = build_path(key, node.keys[key], findings)
        if path is None:
            continue
        if isinstance(value, ScalarNode) and value.text in {"present", "absent"}:
            conditions.append(Condition(path, "present" if value.text == "present" else "absent"))
        else:
            conditions.append(Condition(path, "one_of", texts_in(value)))
    return tuple(conditions)


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


def first_key(path: Path) -> str:
    """The field or key at which a path begins."""
    assert isinstance(path[0], Key)
    return path[0].name
