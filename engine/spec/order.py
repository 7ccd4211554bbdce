"""The declared order of record kinds (``after``): names that exist, and no way round."""

from __future__ import annotations

from collections.abc import Mapping

from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import MapNode, ScalarNode, entries_of, scalars_in

IGNORED = "ignore"
"""All ignored records together, as ``after`` names them."""


def check_order(root: MapNode, findings: Findings) -> None:
    """Find names that no kind has, and kinds that would wait for each other."""
    records = entries_of(root.items.get("records"))
    known = set(records) | ({IGNORED} if "ignore" in root.items else set())
    after: dict[str, list[ScalarNode]] = {}
    for name, node in records.items():
        named = scalars_in(entries_of(node).get("after"))
        for scalar in named:
            if scalar.text not in known:
                message = f'there is no record kind "{scalar.text}" to come first'
                help_text = did_you_mean(scalar.text, known - {name})
                findings.add("E317", scalar.location, message, help_text)
        after[name] = [scalar for scalar in named if scalar.text in records]
    for name, named in after.items():
        for scalar in named:
            if _leads_to(scalar.text, name, after):
                message = f'"{name}" would come after "{scalar.text}" and before it'
                findings.add("E318", scalar.location, message)


def _leads_to(start: str, goal: str, after: Mapping[str, list[ScalarNode]]) -> bool:
    """Whether ``goal`` comes before ``start``, directly or through others."""
    waiting, seen = [start], {start}
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        further = {scalar.text for scalar in after[name]} - seen
        seen |= further
        waiting += further
    return False
