"""A text template as steps that plain string methods can take, from left to right.

What a bare field takes is what ``str.partition`` gives: the text before the first place where the
literal after it occurs (semantics, chapter 5). A template that asks for more (segments, greedy or
quoted fields) has no steps; its regular expression reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.follows import first_chars
from engine.model import FieldPart, FieldType, LiteralPart, Part
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq
from engine.regexes import first_choice

STEPS_MAX: Final = 24
"""More are left to the regular expression: each is a level of indentation."""


@dataclass(frozen=True, slots=True)
class Literal:
    """The rest begins with this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A bare field up to the first place where ``until`` occurs, and that."""

    until: str
    may_be_empty: bool


@dataclass(frozen=True, slots=True)
class TimeCut:
    """A field of one type up to the first place where ``until`` occurs: no text of the type runs
    into it, so one that was read there before is read there again."""

    type: FieldType
    until: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A field of one type, as far as it goes."""

    type: FieldType
    may_be_empty: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """A bare field to the end of the record."""

    may_be_empty: bool


@dataclass(frozen=True, slots=True)
class End:
    """The end of the record."""


Step = Literal | Cut | TimeCut | Typed | Rest | End


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a template. ``fields`` has the part that each step captures, None for one that
    captures nothing; both are of one length."""

    steps: tuple[Step, ...]
    fields: tuple[FieldPart | None, ...]


def steps_of(parts: Sequence[Part], timed: str | None) -> Steps | None:
    """The steps of a template, the field ``timed`` (if there is one) by time cuts where it can be;
    None for a template that asks for more than steps can say."""
    merged = _merged(parts)
    steps: list[Step] = []
    fields: list[FieldPart | None] = []
    at = 0
    while at < len(merged):
        part = merged[at]
        after = merged[at + 1] if at + 1 < len(merged) else None
        at += 1
        if isinstance(part, LiteralPart):
            steps.append(Literal(part.text))
            fields.append(None)
            continue
        if not isinstance(part, FieldPart):
            return None
        step = _field_step(part, after, is_timed=part.name is not None and part.name == timed)
        if step is None:
            return None
        steps.append(step)
        fields.append(part)
        at += isinstance(step, Cut | TimeCut)
    if not steps or not isinstance(steps[-1], Rest):
        steps.append(End())
        fields.append(None)
    return Steps(tuple(steps), tuple(fields)) if len(steps) <= STEPS_MAX else None


def _merged(parts: Sequence[Part]) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        if isinstance(part, LiteralPart) and merged and isinstance(merged[-1], LiteralPart):
            merged[-1] = LiteralPart(merged[-1].text + part.text)
        else:
            merged.append(part)
    return merged


def _field_step(part: FieldPart, after: Part | None, *, is_timed: bool) -> Step | None:
    if part.is_greedy:
        return None
    if part.type is None:
        if after is None:
            return Rest(part.may_be_empty)
        return Cut(after.text, part.may_be_empty) if isinstance(after, LiteralPart) else None
    if part.type.value != "plain" or first_choice(part.type.pattern) is None:
        return None
    is_cut = is_timed and not part.may_be_empty and not part.values
    if is_cut and isinstance(after, LiteralPart) and not runs_into(part.type, after.text):
        return TimeCut(part.type, after.text)
    return Typed(part.type, part.may_be_empty)


def runs_into(type_: FieldType, text: str) -> bool:
    """Whether some text of the type, with ``text`` after it, could hold ``text`` earlier than
    at its own end; True also where that is not known.

    Some character of ``text`` stands in no text of the type, so no text of it holds all of
    ``text``; and of the characters before that one none can be the last of one, so none ends
    with a beginning of ``text``.
    """
    inside, last = _inside_and_last(type_)
    for char in text:
        if not any(char in chars for chars in inside):
            return False
        if any(char in chars for chars in last):
            return True
    return True


@lru_cache(1_000)
def _inside_and_last(type_: FieldType) -> tuple[list[Chars], Sequence[Chars]]:
    """The characters that a text of the type may have, and those that it may end with."""
    return _chars_of(type_.pattern), first_chars(_reversed(type_.pattern))


def _chars_of(pattern: Pattern) -> list[Chars]:
    if isinstance(pattern, Chars):
        return [pattern]
    if isinstance(pattern, Repeat):
        return _chars_of(pattern.part)
    return [chars for part in pattern.parts for chars in _chars_of(part)]


def _reversed(pattern: Pattern) -> Pattern:
    if isinstance(pattern, Chars):
        return pattern
    if isinstance(pattern, Repeat):
        return Repeat(_reversed(pattern.part), pattern.least, pattern.most)
    parts = tuple(_reversed(part) for part in pattern.parts)
    return Seq(parts[::-1]) if isinstance(pattern, Seq) else Alt(parts)


def literals_of(parts: Sequence[Part]) -> tuple[str, ...]:
    """Texts that every record of the template holds."""
    return tuple(part.text for part in _merged(parts) if isinstance(part, LiteralPart))


def may_begin_blank(step: Step, blanks: str) -> bool:
    """Whether a text that the step takes may begin with one of the characters."""
    if isinstance(step, Literal):
        return step.text[0] in blanks
    if isinstance(step, TimeCut | Typed):
        if isinstance(step, Typed) and step.may_be_empty:
            return True
        return any(char in chars for chars in first_chars(step.type.pattern) for char in blanks)
    return True
