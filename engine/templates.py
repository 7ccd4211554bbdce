"""Match text against a template: linear, one reading only (semantics, chapter 5).

This is the slow and obvious form of the rules; whatever runs faster is held against it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.model import FieldPart, LiteralPart, Template
from engine.patterns import TYPES, regex

TYPE_PATTERNS: Final[Mapping[str, str]] = {name: regex(one) for name, one in TYPES.items()}
"""What a field of each type may be, as a regular expression. A field takes the longest run."""

_TYPES = {name: re.compile(pattern) for name, pattern in TYPE_PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a template ended its reading: characters matched, and what it expected there."""

    matched_chars: int
    expected: str


def match(template: Template, text: str) -> dict[str, str] | Mismatch:
    """The named captures of ``text``, or how far the template got."""
    captures: dict[str, str] = {}
    at = 0
    followers: list[LiteralPart | FieldPart | None] = [*template.parts[1:], None]
    for part, follower in zip(template.parts, followers, strict=True):
        if isinstance(part, LiteralPart):
            if not text.startswith(part.text, at):
                return Mismatch(at + _common_prefix(part.text, text, at), _quoted(part.text))
            at += len(part.text)
            continue
        end = _field_end(part, follower, text, at)
        if isinstance(end, Mismatch):
            return end
        if part.name is not None:
            captures[part.name] = text[at:end]
        at = end
    if at < len(text):
        return Mismatch(at, "the end of the record")
    return captures


def _field_end(
    field: FieldPart, follower: LiteralPart | FieldPart | None, text: str, at: int
) -> int | Mismatch:
    if field.type is not None:
        run = _TYPES[field.type].match(text, at)
        return run.end() if run else Mismatch(at, f"a field of type {field.type}")
    if follower is None:
        end = len(text)
    else:
        assert isinstance(follower, LiteralPart)  # two fields never stand side by side
        end = text.find(follower.text, at)
    line_end = text.find("\n", at, end if end >= 0 else len(text))
    if line_end >= 0:
        return Mismatch(line_end, "no line break inside a field")
    if end < 0:
        assert isinstance(follower, LiteralPart)
        return Mismatch(at, f"{_quoted(follower.text)} further on")
    if end == at:
        return Mismatch(at, f"a value for {{{field.name or ''}}}")
    return end


def _common_prefix(literal: str, text: str, at: int) -> int:
    length = 0
    while text.startswith(literal[: length + 1], at) and length < len(literal):
        length += 1
    return length


def _quoted(literal: str) -> str:
    return f'"{literal}"'
