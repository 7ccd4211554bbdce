"""The syntax of text templates: that of the ``parse`` package, with what it lets pass refused, and
with segments that may be missing, alternatives, and captured segments beside fields.

``parse`` takes ``{bar`` and ``{@timestamp}`` for literal text, and a typed field for one of its
own types. Here a brace is a field, a segment or doubled, a name is a name, and a type is a type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import parse

from engine.follows import END, Follow, first_chars, follow_of
from engine.model import FieldPart, FieldType, GroupPart, LiteralPart, Part, RegexPart, Template
from engine.patterns import Chars, Pattern, Repeat
from engine.spec.field_types import FIELD_TYPES, GREEDY, OTHER_WORDS, field_type
from engine.spec.findings import did_you_mean
from engine.time_formats import TimeFormatError

TEMPLATE_CHARS_MAX: Final = 4096
DEPTH_MAX: Final = 16
"""How deep segments may stand in segments."""

_PLAIN: Final = re.compile(r"[^{}|]+")
_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_CAPTURED: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)=")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GROK: Final = re.compile(r"[A-Z0-9_]+:.*", re.DOTALL)
_NAME_FIRST: Final = "here it is {name:type}, the name first: {timestamp:iso}"


class TemplateError(ValueError):
    """A template that cannot be: a diagnostic's code, where in the template (characters from its
    beginning), the message and the help."""

    def __init__(self, code: str, offset: int, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset
        self.help = help_text


def parse_template(source: str, own_types: Mapping[str, FieldType] | None = None) -> Template:
    """The template that ``source`` writes down. Raises TemplateError."""
    if len(source) > TEMPLATE_CHARS_MAX:
        raise TemplateError("E301", 0, f"longer than {TEMPLATE_CHARS_MAX} characters")
    parser = _Parser(source, own_types or {})
    template = Template(source, parser.sequence(""))
    if parser.at < len(source):
        raise TemplateError("E301", parser.at, "a } without its {")
    check_parts(template.parts, parser.offsets)
    _check_possible(template)
    _check_parse_agrees(template)
    return template


def first_line_of(source: str, own_types: Mapping[str, FieldType]) -> Template:
    """How the first line of a record begins. Raises TemplateError."""
    template = parse_template(source, own_types)
    if follow_of(template.parts, END).at_end:
        help_text = "write something that only a first line has"
        raise TemplateError("E305", 0, "every line begins like this", help_text)
    return template


class _Parser:
    """Reads a template from left to right; ``at`` is where it stands."""

    def __init__(self, source: str, own_types: Mapping[str, FieldType]) -> None:
        self.source = source
        self.at = 0
        self._own_types = own_types
        self._depth = 0
        self.offsets: dict[int, int] = {}
        """Where each part begins, by its ``id``."""

    def sequence(self, within: str) -> tuple[Part, ...]:
        """The parts up to the end of the template, or of the segment: ``within`` is "" outside of
        segments, "{" in one, "|" in alternatives."""
        parts: list[Part] = []
        while self.at < len(self.source):
            char = self.source[self.at]
            if (within and char == "}") or (within == "|" and char == "|"):
                break
            if char == "}" and not self._is_next("}}"):
                break
            begun = self.at
            part, last = self._part(char), parts[-1] if parts else None
            if isinstance(part, LiteralPart) and isinstance(last, LiteralPart):
                part, begun = LiteralPart(last.text + part.text), self.offsets[id(last)]
                parts.pop()
            self.offsets[id(part)] = begun
            parts.append(part)
        return tuple(parts)

    def _is_next(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def _part(self, char: str) -> Part:
        if char == "|":
            return self._literal("|", 1)
        if char not in "{}":
            found = _PLAIN.match(self.source, self.at)
            assert found is not None
            return self._literal(found[0], len(found[0]))
        if self._is_next("{{") or char == "}":
            return self._literal(char, 2)
        if self._is_next("{'"):
            end = self.source.find("'}", self.at + 2)
            if end < 0:
                raise TemplateError("E301", self.at, "a {' without its '}")
            return self._literal(self.source[self.at + 2 : end], end + 2 - self.at)
        if self._is_next("{|"):
            return self._group(None, 1)
        if self._is_next("{?") and not self._is_next("{?}"):
            segment = self._group(None, 2)
            return replace(segment, branches=(*segment.branches, ()))
        captured = _CAPTURED.match(self.source, self.at)
        if captured:
            return self._group(captured[1], len(captured[0]))
        return self._field()

    def _literal(self, text: str, length: int) -> LiteralPart:
        self.at += length
        return LiteralPart(text)

    def _group(self, name: str | None, opening: int) -> GroupPart:
        begun = self.at
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise TemplateError("E301", begun, f"segments in more than {DEPTH_MAX} others")
        self.at += opening
        branches: list[tuple[Part, ...]] = []
        if not self._is_next("|"):
            branches.append(self.sequence("{"))
        while self._is_next("|"):
            self.at += 1
            branches.append(self.sequence("|"))
        if not self._is_next("}"):
            raise TemplateError("E301", begun, "a segment without its }")
        self.at += 1
        self._depth -= 1
        if branches == [()]:
            raise TemplateError("E301", begun, "a segment with nothing in it")
        return GroupPart(name, tuple(branches))

    def _field(self) -> FieldPart:
        found = _FIELD.match(self.source, self.at)
        if found is None:
            raise TemplateError("E301", self.at, "a { without its }")
        if self.source[: self.at].endswith("%") and _GROK.fullmatch(found[1]):
            raise TemplateError("E301", self.at, "%{TYPE:name} of other tools", _NAME_FIRST)
        may_be_empty = found[1].endswith("?")
        name, colon, type_name = found[1].removesuffix("?").partition(":")
        if name and not _NAME.fullmatch(name):
            raise TemplateError("E301", self.at, f'"{name}" is no name for a field')
        is_greedy = type_name == GREEDY
        type_ = self._type(type_name) if colon and not is_greedy else None
        part = FieldPart(name or None, type_, may_be_empty, is_greedy=is_greedy)
        self.at = found.end()
        return part

    def _type(self, name: str) -> FieldType:
        try:
            found = field_type(name, self._own_types)
        except TimeFormatError as error:
            message = f'"{name}" is no time format: it {error}'
            raise TemplateError("E303", self.at, message) from error
        if found is not None:
            return found
        message = f'unknown field type "{name}"' if name else "a colon without a type"
        known = OTHER_WORDS.get(name)
        help_text = did_you_mean(name, [*self._own_types, *FIELD_TYPES, GREEDY])
        raise TemplateError(
            "E303", self.at, message, f'did you mean "{known}"?' if known else help_text
        )


# --- what a template cannot be ------------------------------------------------------------------


def check_parts(parts: Sequence[Part], offsets: Mapping[int, int] | None = None) -> None:
    """Raise TemplateError for parts of which a record could not be told in one way: two bare fields
    side by side, or a name that one record could have twice. ``offsets`` says where each part
    stands, by its ``id``."""
    known = offsets or {}
    _check_ends(parts, END, known)
    _names_of(parts, known)


def _check_ends(parts: Sequence[Part], after: Follow, offsets: Mapping[int, int]) -> None:
    for index, part in enumerate(parts):
        follow = follow_of(parts[index + 1 :], after)
        if isinstance(part, GroupPart):
            for branch in part.branches:
                _check_ends(branch, follow, offsets)
            continue
        if not isinstance(part, FieldPart):
            continue
        if part.type is None and follow.anything:
            beyond = parts[index + 1] if index + 1 < len(parts) else part
            message = "two fields with nothing between them"
            if isinstance(beyond, GroupPart):
                message = f"nothing tells where {{{part.name or ''}}} ends: this may begin anywhere"
            help_text = f"put text after {{{part.name or ''}}}, or give it a type"
            raise TemplateError("E302", offsets.get(id(beyond), 0), message, help_text)
        if part.type is not None and part.type.name == "rest" and follow != END:
            message = "a field of type rest takes all there is: nothing can stand after it"
            help_text = "put it at the end, or give it another type"
            raise TemplateError("E302", offsets.get(id(part), 0), message, help_text)
        if part.type is not None and _takes_all(part.type.pattern, follow):
            message = f"a field of type {part.type.name} takes what comes after it too"
            help_text = f"without a type {{{part.name or ''}}} ends where that begins"
            raise TemplateError("E305", offsets.get(id(part), 0), message, help_text)


def _takes_all(pattern: Pattern, follow: Follow) -> bool:
    """Whether a run of characters goes on into everything that may follow it, so that nothing could
    ever be read."""
    if not isinstance(pattern, Repeat) or pattern.most is not None or follow.anything:
        return False
    chars, beginnings = pattern.part, (*follow.starts, *follow.closings)
    if not isinstance(chars, Chars) or not beginnings or follow.at_end:
        return False
    first = [one for beginning in beginnings for one in first_chars(beginning)]
    return all(len(one.members) == 1 and not one.negated and one.members in chars for one in first)


def _names_of(parts: Sequence[Part], offsets: Mapping[int, int]) -> set[str]:
    """The names that one record can have of these parts."""
    names: set[str] = set()
    for part in parts:
        here: set[str] = set()
        if isinstance(part, FieldPart | GroupPart) and part.name is not None:
            here.add(part.name)
        if isinstance(part, RegexPart):
            here |= set(part.names)
        if isinstance(part, GroupPart):
            inside = set[str]().union(*(_names_of(one, offsets) for one in part.branches))
            _check_once(here & inside, part, offsets)
            here |= inside
        _check_once(names & here, part, offsets)
        names |= here
    return names


def _check_once(twice: set[str], part: Part, offsets: Mapping[int, int]) -> None:
    for name in sorted(twice):
        raise TemplateError("E304", offsets.get(id(part), 0), f"the field {name} is there twice")


def _check_possible(template: Template) -> None:
    """Records that begin with a brace are JSON, and a record is never empty."""
    if not template.source.strip() or not template.parts:
        raise TemplateError("E305", 0, "an empty template", "write what the record looks like")
    first = template.parts[0]
    if isinstance(first, LiteralPart) and first.text.lstrip().startswith("{"):
        raise TemplateError(
            "E305",
            0,
            "a record that begins with { is read as JSON, never by a template",
            "write a spec with format: json",
        )
    last = template.parts[-1]
    if isinstance(last, LiteralPart) and last.text.endswith(("\n", "\r")):
        raise TemplateError(
            "E305",
            len(template.source) - 1,
            "a line break at the end, which is no part of a record",
            "in YAML `|` keeps a line break at the end: write `|-`, or quotes",
        )
    if "\0" in template.source:
        raise TemplateError("E305", 0, "a NUL character, which no record may hold")


def _check_parse_agrees(template: Template) -> None:
    """The syntax is ``parse``'s: without segments, it must read the same fields."""
    if any(isinstance(part, GroupPart) for part in template.parts):
        return
    plain = "".join(
        part.text.replace("{", "{{").replace("}", "}}")
        if isinstance(part, LiteralPart)
        else "{" + ((part.name if isinstance(part, FieldPart) else None) or "") + "}"
        for part in template.parts
    )
    read = parse.compile(plain, case_sensitive=True)
    assert tuple(read.named_fields) == template.field_names, template.source
