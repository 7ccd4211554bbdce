"""A spec that extends another one (``extends``): the two documents as one, the overlay's say first.

Kinds and named things are merged by name. A kind of the overlay that says what its records look
like (``template``, ``regex``, ``where``) takes the place of the one beneath; one that does not adds
to it: fields by name, samples at the end. Every node keeps its place in its own file, so findings
point there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from engine.resources import resource
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode

EXTENDS: Final = "extends"
DEPTH_MAX: Final = 8
"""How many specs may stand on each other."""

_SHAPE: Final = frozenset({"template", "regex", "where"})
_BY_NAME: Final = frozenset({"types", "where", "read", "redact"})
_SUFFIXES: Final = (".yaml", ".yml")
_Value = TypeVar("_Value")


def extended(
    root: MapNode,
    path: Path,
    load: Callable[[Path], tuple[Node | None, str]],
    findings: Findings,
) -> tuple[MapNode, Mapping[Path, str]]:
    """The document with all that it extends beneath it, and the texts of those files by their
    resolved path, the nearest first. What cannot be extended is a finding."""
    texts: dict[Path, str] = {}
    if EXTENDS not in root.items:
        return root, texts
    seen = [path.resolve()]
    while (named := root.items.get(EXTENDS)) is not None:
        root = MapNode(_without(root.items), _without(root.keys), root.location)
        base = _base_path(named, path, findings)
        if base is None:
            break
        if base.resolve() in seen:
            message = f'"{base.name}" would stand on itself'
            findings.add("E325", named.location, message, "one of them extends no other")
            break
        if len(seen) == DEPTH_MAX:
            message = f"more than {DEPTH_MAX} specs on each other"
            findings.add("E325", named.location, message, "put what they say into fewer")
            break
        beneath, text = load(base)
        if not isinstance(beneath, MapNode):
            break  # it has findings of its own
        root, path = _merged(root, beneath), base
        texts[base.resolve()] = text
        seen.append(base.resolve())
    return root, texts


def _without(entries: Mapping[str, _Value]) -> dict[str, _Value]:
    return {key: one for key, one in entries.items() if key != EXTENDS}


def _base_path(node: Node, path: Path, findings: Findings) -> Path | None:
    """A path from the extending file on, or a name: of a file beside it, or of a shipped spec."""
    if not isinstance(node, ScalarNode) or not node.text:
        return None  # the schema tells it
    shipped = Path(str(resource("systems")))
    if "/" in node.text or node.text.endswith(_SUFFIXES):
        candidates = [path.parent / node.text]
    else:
        folders = (path.parent, shipped)
        candidates = [folder / (node.text + end) for folder in folders for end in _SUFFIXES]
    for candidate in candidates:
        is_itself = candidate.resolve() == path.resolve()
        if candidate.is_file() and (len(candidates) == 1 or not is_itself):
            return candidate
    known = {one.stem for folder in (path.parent, shipped) for one in folder.glob("*.y*ml")}
    message = f'there is no spec "{node.text}" to extend'
    otherwise = "name a spec beside this one or a shipped one, or write a path"
    help_text = did_you_mean(node.text, known - {path.stem}, otherwise)
    findings.add("E325", node.location, message, help_text)
    return None


def _merged(over: MapNode, beneath: MapNode) -> MapNode:
    return _by_name(over, beneath, _merged_entry)


def _merged_entry(key: str, over: Node, beneath: Node) -> Node:
    if isinstance(over, MapNode) and isinstance(beneath, MapNode):
        if key == "records":
            return _by_name(over, beneath, _merged_kind)
        if key in _BY_NAME:
            return _by_name(over, beneath)
    if key == "ignore" and isinstance(over, ListNode) and isinstance(beneath, ListNode):
        return ListNode([*over.items, *beneath.items], over.location)
    return over


def _merged_kind(_: str, over: Node, beneath: Node) -> Node:
    if not isinstance(over, MapNode) or not isinstance(beneath, MapNode):
        return over
    return over if _SHAPE & set(over.items) else _by_name(over, beneath, _merged_detail)


def _merged_detail(key: str, over: Node, beneath: Node) -> Node:
    if key in {"fields", "read"} and isinstance(over, MapNode) and isinstance(beneath, MapNode):
        return _by_name(over, beneath)
    if key == "samples" and isinstance(over, ListNode) and isinstance(beneath, ListNode):
        return ListNode([*beneath.items, *over.items], over.location)
    return over


def _by_name(
    over: MapNode,
    beneath: MapNode,
    merge: Callable[[str, Node, Node], Node] = lambda _key, over, _beneath: over,
) -> MapNode:
    """The entries of both; of those that both have, what ``merge`` makes."""
    items = {**beneath.items, **over.items}
    for key in over.items.keys() & beneath.items.keys():
        items[key] = merge(key, over.items[key], beneath.items[key])
    return MapNode(items, {**beneath.keys, **over.keys}, over.location)
