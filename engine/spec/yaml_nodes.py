"""YAML 1.2 core with positions, and nothing of YAML that could surprise: no aliases, no tags, no
second value for a key, bounded in size and depth.

Nodes are composed from the parser's events, so nothing here recurses over hostile input. A scalar
keeps its text as it stands in the file: ``no``, ``on``, ``1:30`` and ``0123`` are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from engine.diagnostics import EnvironmentFailure, Location
from engine.spec.findings import Findings

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
        composer.take_all(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError:
        composer.add_syntax_error(text)
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

    def take_all(self, events: Iterator[Any]) -> None:
        for event in events:
            self._take(event)
        if self.root is None:
            self.findings.add("E108", Location(self.file, 1, 1), "the file holds no document")

    def add_syntax_error(self, text: str) -> None:
        """The Python parser words its errors better than libyaml, so it is asked again."""
        try:
            for _ in yaml.parse(text, Loader=yaml.SafeLoader):
                pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            location = Location(self.file, 1, 1) if mark is None else self._location(mark)
            parts = [part for part in (error.problem, error.context) if part]
            around = self.lines[max(location.line - 2, 0) : location.line]
            help_text = _syntax_help(error.problem or "", around)
            self.findings.add("E101", location, "not YAML: " + ", ".join(parts), help_text)
            return
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
            location = Location(self.file, line, column)
            what = f"the character U+{error.character:04X}"
            self.findings.add("E101", location, f"not YAML: {what} is not allowed")
            return
        except RecursionError:
            pass
        self.findings.add("E101", Location(self.file, 1, 1), "not YAML")

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                location = self._location(event.start_mark)
                self.findings.add("E108", location, "the file holds more than one document")
                raise _Stop
        elif isinstance(event, yaml.AliasEvent):
            location = self._location(event.start_mark)
            self.findings.add("E106", location, f"an alias: *{event.anchor}")
            self._add(ScalarNode("", False, location, location))
        elif isinstance(event, yaml.ScalarEvent):
            self._check_plain(event)
            self._add(self._scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_plain(event)
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()

    def _check_plain(self, event: Any) -> None:
        location = self._location(event.start_mark)
        if event.anchor is not None:
            self.findings.add("E106", location, f"an anchor: &{event.anchor}")
        if event.tag is not None:
            self.findings.add("E107", location, f"a tag: {event.tag}")

    def _scalar(self, event: Any) -> ScalarNode:
        location = self._location(event.start_mark)
        start, end = event.start_mark, event.end_mark
        offset = 0
        if start.line == end.line and start.line < len(self.lines):
            offset = max(self.lines[start.line][start.column : end.column].find(event.value), 0)
        text_location = Location(self.file, location.line, location.column + offset)
        return ScalarNode(event.value, not event.style, location, text_location)

    def _begin(self, event: Any) -> None:
        location = self._location(event.start_mark)
        if len(self._open) >= DEPTH_MAX:
            self.findings.add("E104", location, f"nests deeper than {DEPTH_MAX} levels")
            raise _Stop
        node: ListNode | MapNode
        if isinstance(event, yaml.MappingStartEvent):
            node = MapNode({}, {}, location)
        else:
            node = ListNode([], location)
        self._add(node)
        self._open.append(_Open(node))

    def _add(self, node: Node) -> None:
        """Put a node where it belongs: the root, an item, a key, or the value of a key."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent.node, ListNode):
            parent.node.items.append(node)
        elif parent.key is None:
            self._add_key(parent, parent.node, node)
        else:
            if not parent.is_repeated:
                parent.node.items[parent.key] = node
            parent.key = None

    def _add_key(self, parent: _Open, mapping: MapNode, node: Node) -> None:
        if not isinstance(node, ScalarNode):
            self.findings.add("E109", node.location, "a key that is not text")
            raise _Stop
        parent.key = node.text
        parent.is_repeated = node.text in mapping.keys
        if parent.is_repeated:
            first = mapping.keys[node.text].line
            message = f'the key "{node.text}" stands here a second time'
            self.findings.add("E105", node.location, message, f"the first one is in line {first}")
        else:
            mapping.keys[node.text] = node.location

    def _location(self, mark: Any) -> Location:
        return Location(self.file, mark.line + 1, mark.column + 1)


def _syntax_help(problem: str, lines: Sequence[str]) -> str:
    """What is most often behind a syntax error in the last of these lines, or before it."""
    line, *before = reversed(lines or [""])
    if "\\t" in problem:
        return "indent with spaces: YAML knows no tabs"
    if re.match(r"\s*(- )?\w+: *\{[^}\"']*\}.", line):
        return 'text that begins with a brace, a bracket or a quote needs quotes: "{…} …"'
    if "'<scalar>'" in problem:
        return (
            "is a quote not closed further up? Text with quotes in it needs the other ones around"
        )
    if before and re.match(r"\s*\w+:\w", before[0]):
        return "a key needs a space behind its colon"
    if "mapping values are not allowed" in problem:
        return 'text with a colon in it needs quotes: "…: …"'
    if "unexpected end of stream" in problem:
        return "a quote or a bracket is not closed"
    if "expected ':'" in problem:
        return "a key needs a colon and a space behind it"
    return ""


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
