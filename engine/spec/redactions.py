"""What becomes of personal data (``redact``): values by their paths, and the record itself."""

from __future__ import annotations

from typing import Literal, cast

from engine.model import Path
from engine.spec.conditions import build_path
from engine.spec.findings import Findings
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode

Redaction = Literal["hash", "mask", "drop"]
Raw = Literal["keep", "redact", "drop"]


def build_redactions(
    node: Node | None, findings: Findings
) -> tuple[tuple[tuple[Path, Redaction], ...], Raw]:
    """The values to redact, each with how, and what is kept of the record."""
    found: list[tuple[Path, Redaction]] = []
    raw: Raw = "keep"
    for name, how in node.items.items() if isinstance(node, MapNode) else ():
        assert isinstance(how, ScalarNode)
        assert isinstance(node, MapNode)
        if name == "raw":
            raw = cast(Raw, how.text)
            continue
        path = build_path(name, node.keys[name], findings)
        if path is not None:
            found.append((path, cast(Redaction, how.text)))
    return tuple(found), raw
