"""YAML 1.2 core with positions, and nothing of YAML that could surprise: no aliases, no tags, no
second value for a key, bounded in size and depth.

Nodes are composed from the parser's events, so nothing here recurses over hostile input. A scalar
keeps its text as it stands in the file: ``no``, ``on``, ``1:30`` and ``0123`` are text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from engine.diagnostics import EnvironmentFailure, Location
from engine.spec.findings import Findings
from engine.spec.yaml_errors import add_syntax_error

FILE_BYTES_MAX: Final = 1 << 20
DEPTH_MAX: Final = 32

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where PyYAML was built with it: ten times faster, the same events."""


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar. ``text`` is what it says, ``is_plain`` whether it stands without quotes, and
    ``text_location`` where the text itself begins, behind a quote if there is one."""

    text: str
    is_plain: bool
    location: Location
    text_location: Location

    @property
    def is_null(self) -> bool:
        """Whether it stands for no value."""
        return self.is_plain and self.text in _NULL


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    items: list[Node]
    location: Location


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping: the values by their keys, and where each key stands."""

    items: dict[str, Node]
    keys: dict[str, Location]
    location: Location


Node = ScalarNode | ListNode | MapNode


def read_text(path: Path, findings: Findings) -> str | None:
    """The text of a spec file; None if it is too large or not UTF-8 (a finding).

    Raises EnvironmentFailure if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise EnvironmentFailure(f"cannot read {path}: {error.strerror}") from error
    start = Location(str(path), 1, 1)
    if len(content) > FILE_BYTES_MAX:
        findings.add("E102", start, "the file is larger than 1 MiB")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        findings.add("E103", Location(str(path), line, column), "the file is not UTF-8 text")
        return None


def compose(text: str, file: str, findings: Findings) -> Node | None:
    """The one document of ``text``; None where there is none to go on with (a finding)."""
    composer = _Composer(text.splitlines(), file, findings)
    try:
        composer.take_all(text)
    except yaml.YAMLError:
        add_syntax_error(text, file, findings)
        return None
    except _Stop:
        return None
    return composer.root


def to_plain(node: Node) -> object:
    """The document as JSON Schema sees it, scalars resolved by the core schema."""
    if isinstance(node, MapNode):
        return {key: to_plain(value) for key, value in node.items.items()}
    if isinstance(node, ListNode):
        return [to_plain(item) for item in node.items]
    return _resolve(node)


def _resolve(scalar: ScalarNode) -> object:
    text = scalar.text
    if not scalar.is_plain:
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Stop(Exception):
    """Nothing after this place would make sense."""


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come; ``key`` waits for its value."""

    node: ListNode | MapNode
    key: str | None = None
    is_repeated: bool = False


@dataclass(slots=True)
class _Composer:
    lines: list[str]
    file: str
    findings: Findings
    root: Node | None = None
    _open: list[_Open] = field(default_factory=list)
    _documents: int = 0

    def take_all(self, text: str) -> None:
        for event in iter(_LOADER(text).get_event, None):
            take = _TAKES.get(type(event))
            if take is not None:
                take(self, event)
        if self.root is None:
            self.findings.add("E108", Location(self.file, 1, 1), "the file holds no document")

    def document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            location = self._location(event.start_mark)
            self.findings.add("E108", location, "the file holds more than one document")
            raise _Stop

    def alias(self, event: Any) -> None:
        location = self._location(event.start_mark)
        self.findings.add("E106", location, f"an alias: *{event.anchor}")
        self._add_text("", location, None)

    def scalar(self, event: Any) -> None:
        location = self._location(event.start_mark)
        self._check_plain(event, location)
        self._add_text(event.value, location, event)

    def _check_plain(self, event: Any, location: Location) -> None:
        if event.anchor is not None:
            self.findings.add("E106", location, f"an anchor: &{event.anchor}")
        if event.tag is not None:
            self.findings.add("E107", location, f"a tag: {event.tag}")

    def _add_text(self, text: str, location: Location, event: Any) -> None:
        """Put a text where it belongs: it is a key, or a scalar. An alias is an empty one and has
        no event."""
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.key is None and isinstance(parent.node, MapNode):
            self._add_key(parent, parent.node, text, location)
            return
        is_plain = event is not None and not event.style
        begins = location if event is None or is_plain else self._behind_quote(event, location)
        self._add(ScalarNode(text, is_plain, location, begins))

    def _behind_quote(self, event: Any, location: Location) -> Location:
        """Where a text begins that may stand in quotes."""
        start, end = event.start_mark, event.end_mark
        if start.line != end.line or start.line >= len(self.lines):
            return location
        offset = self.lines[start.line][start.column : end.column].find(event.value)
        return Location(self.file, location.line, location.column + max(offset, 0))

    def mapping(self, event: Any) -> None:
        self._begin(event, MapNode({}, {}, self._location(event.start_mark)))

    def sequence(self, event: Any) -> None:
        self._begin(event, ListNode([], self._location(event.start_mark)))

    def _begin(self, event: Any, node: ListNode | MapNode) -> None:
        self._check_plain(event, node.location)
        if len(self._open) >= DEPTH_MAX:
            self.findings.add("E104", node.location, f"nests deeper than {DEPTH_MAX} levels")
            raise _Stop
        self._add(node)
        self._open.append(_Open(node))

    def end(self, _: Any) -> None:
        self._open.pop()

    def _add(self, node: Node) -> None:
        """Put a node where it belongs: the root, an item, or the value of a key."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node, ListNode):
            parent.node.items.append(node)
        elif parent.key is None:
            self.findings.add("E109", node.location, "a key that is not text")
            raise _Stop
        else:
            if not parent.is_repeated:
                parent.node.items[parent.key] = node
            parent.key = None

    def _add_key(self, parent: _Open, mapping: MapNode, key: str, location: Location) -> None:
        parent.key = key
        parent.is_repeated = key in mapping.keys
        if parent.is_repeated:
            first = mapping.keys[key].line
            message = f'the key "{key}" stands here a second time'
            self.findings.add("E105", location, message, f"the first one is in line {first}")
        else:
            mapping.keys[key] = location

    def _location(self, mark: Any) -> Location:
        return Location(self.file, mark.line + 1, mark.column + 1)


_TAKES: Final[Mapping[type, Callable[[_Composer, Any], None]]] = {
    yaml.DocumentStartEvent: _Composer.document,
    yaml.AliasEvent: _Composer.alias,
    yaml.ScalarEvent: _Composer.scalar,
    yaml.MappingStartEvent: _Composer.mapping,
    yaml.MappingEndEvent: _Composer.end,
    yaml.SequenceStartEvent: _Composer.sequence,
    yaml.SequenceEndEvent: _Composer.end,
}
"""What is done with each event; the others say nothing."""


def node_at(root: Node, path: Iterator[str | int]) -> Node:
    """The node that a path of keys and indexes leads to."""
    node = root
    for step in path:
        if isinstance(node, MapNode):
            node = node.items[str(step)]
        elif isinstance(node, ListNode):
            node = node.items[int(step)]
    return node


def entries_of(node: Node | None) -> Mapping[str, Node]:
    """The entries of a mapping; none of anything else."""
    return node.items if isinstance(node, MapNode) else {}


def places_of(node: Node | None) -> Mapping[str, Location]:
    """Where the keys of a mapping stand; none of anything else."""
    return node.keys if isinstance(node, MapNode) else {}


def texts_in(node: Node | None) -> tuple[str, ...]:
    """The text of a scalar, or the texts of a list's scalars."""
    return tuple(scalar.text for scalar in scalars_in(node))


def scalars_in(node: Node | None) -> list[ScalarNode]:
    """A scalar, or a list's scalars."""
    items = node.items if isinstance(node, ListNode) else [node]
    return [item for item in items if isinstance(item, ScalarNode)]
