"""What values become (``map``): texts, ranges of numbers, texts with ``*``, and the rest."""

from __future__ import annotations

import re
from typing import Final

from engine.model import STATUSES, ValueMap
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode

OTHERWISE: Final = "otherwise"

_DIGITS_AND_X: Final = re.compile(r"[0-9]+x+")
_RANGE: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def build_value_map(node: Node, target: str, findings: Findings) -> ValueMap:
    """The map that is written there."""
    assert isinstance(node, MapNode)
    exact: dict[str, str | None] = {}
    ranges: list[tuple[int, int, str | None]] = []
    globs: list[tuple[str, str | None]] = []
    otherwise: str | None = None
    for key, value in node.items.items():
        assert isinstance(value, ScalarNode)
        _check_status(target, value, findings)
        becomes = None if value.is_null else value.text
        bounds = _bounds(key)
        if key == OTHERWISE:
            otherwise = becomes
        elif bounds is not None:
            ranges.append((*bounds, becomes))
            if bounds[0] > bounds[1]:
                message = f"{key} has no number in it"
                findings.add("E326", node.keys[key], message, "the smaller number comes first")
        elif "*" in key:
            globs.append((key, becomes))
        else:
            exact[key] = becomes
    return ValueMap(
        dict(sorted(exact.items())),
        tuple(ranges),
        tuple(globs),
        has_otherwise=OTHERWISE in node.items,
        otherwise=otherwise,
    )


def _bounds(key: str) -> tuple[int, int] | None:
    """The numbers that ``4xx`` or ``400-499`` stands for; None for any other text."""
    if _DIGITS_AND_X.fullmatch(key) and len(key) <= 18:
        return int(key.replace("x", "0")), int(key.replace("x", "9"))
    found = _RANGE.fullmatch(key)
    return (int(found[1]), int(found[2])) if found else None


def _check_status(target: str, node: ScalarNode, findings: Findings) -> None:
    if target == "status" and not node.is_null and node.text not in STATUSES:
        message = f'"{node.text}" is no status'
        findings.add("E312", node.location, message, did_you_mean(node.text, STATUSES))
