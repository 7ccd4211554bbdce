"""Names that stand above the record kinds: of event fields, and of what the kinds have."""

from __future__ import annotations

from collections.abc import Collection

from engine.model import first_key
from engine.spec.conditions import build_path
from engine.spec.findings import Findings, did_you_mean
from engine.spec.mapping_checks import check_event_field
from engine.spec.yaml_nodes import MapNode, Node


def are_event_fields(node: Node | None, findings: Findings) -> bool:
    """Whether the mappings above the kinds are of event fields."""
    named = node.keys.items() if isinstance(node, MapNode) else ()
    known = [
        check_event_field(name, location, findings, but=("attributes",)) for name, location in named
    ]
    return all(known)


def check_names_above(root: MapNode, names: Collection[str], findings: Findings) -> None:
    """Find names of fields to read further or to redact that no kind has: what is to be redacted
    would not be. A spec beneath may name what this one has replaced."""
    for key in ("read", "redact"):
        node = root.items.get(key)
        for written, location in node.keys.items() if isinstance(node, MapNode) else ():
            path = build_path(written, location, Findings())
            is_other = (key, written) == ("redact", "raw") or location.file != root.location.file
            if path is None or is_other or first_key(path) in names:
                continue
            message = f'no record kind has a field "{first_key(path)}"'
            findings.add("E307", location, message, did_you_mean(first_key(path), names))
