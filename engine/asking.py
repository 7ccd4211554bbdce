"""Ask one record kind about a record: what it reads in it, and how far it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from engine.compiled_templates import compile_match
from engine.conditions import Test, compile_condition, in_words
from engine.mapping import Candidate, Captures, Mapper
from engine.model import Attempt, Condition, RecordKind, Template, first_key
from engine.nearest import ObjectAsker
from engine.readings import ReadBelow, compile_below, compile_flat
from engine.rejections import Refused
from engine.templates import Mismatch, match_of

Body = str | dict[str, object]
"""A record, decoded: text, or a JSON object."""


Read = Callable[[str], "Captures | Mismatch"]
"""What is read in a text, before any condition is asked."""

Match = Callable[[str], "Captures | None"]
"""The same; None where it is not read, for whatever reason."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Asked:
    """A record kind, compiled: what it reads in a text (None: it is of JSON), what it asks of what
    was read, and what it makes of it."""

    order: int
    candidate: Candidate
    read: Match | None
    tests: tuple[Test, ...]
    mapper: Mapper

    @property
    def name(self) -> str:
        """How the kind is called."""
        return f"{self.candidate.system.name}.{self.candidate.kind.name}"


def ask(kind: RecordKind, body: Body) -> Captures | Mismatch:
    """What a kind reads in a record of its format, or how far it got."""
    if isinstance(body, str):
        found = compile_read_of(kind)(body)
        if isinstance(found, Mismatch):
            return found
    else:
        found = body
    tests = compile_tests_of(kind)
    if all(test(found) for test in tests):
        return found
    return _condition_failed(kind.where, tests, found, body)


def compile_match_of(kind: RecordKind) -> Match:
    """What a kind reads in a text, and no more: most texts are not of most kinds."""
    template = kind.template
    assert template is not None
    plain = _when_asked(compile_match, template)
    if not any(one.is_flat for one in kind.readings):
        return plain
    flat = compile_flat(kind.readings)

    def read(text: str) -> Captures | None:
        captures = plain(text)
        found = None if captures is None else flat({**captures}, text)
        return None if isinstance(found, Mismatch) else found

    return read


def _when_asked(
    compile_: Callable[[Template], Callable[[str], _Found]], template: Template
) -> Callable[[str], _Found]:
    """A template, compiled when a text is read for the first time: with generated source beside
    it, most templates of a thousand are never asked here."""
    compiled: list[Callable[[str], _Found]] = []

    def read(text: str) -> _Found:
        if not compiled:
            compiled.append(compile_(template))
        return compiled[0](text)

    return read


def compile_read_of(kind: RecordKind) -> Read:
    """What a kind reads in a text, before its conditions are asked, or how far it gets."""
    template = kind.template
    assert template is not None
    plain = _when_asked(match_of, template)
    if not any(one.is_flat for one in kind.readings):
        return plain
    flat = compile_flat(kind.readings)

    def read(text: str) -> Captures | Mismatch:
        found = plain(text)
        return found if isinstance(found, Mismatch) else flat({**found}, text)

    return read


def compile_tests_of(kind: RecordKind) -> list[Test]:
    """The conditions of a kind. One on a part of a field that is read further reads it; where
    that fails, there is no such part."""
    below = compile_below(kind.readings)
    tests = []
    for condition in kind.where:
        test = compile_condition(condition)
        tests.append(_read_first(test, below) if _is_below(condition, kind) else test)
    return tests


def _is_below(condition: Condition, kind: RecordKind) -> bool:
    """Whether a condition is on a part of a field that is read further."""
    first = first_key(condition.path)
    is_read = any(one.field == first and not one.is_flat for one in kind.readings)
    return is_read and len(condition.path) > 1


def _read_first(test: Test, below: ReadBelow) -> Test:
    def read_and_test(captures: Captures) -> bool:
        try:
            return test(below(captures))
        except Refused:
            return test(captures)

    return read_and_test


def _condition_failed(
    conditions: Sequence[Condition], tests: Sequence[Test], captures: Captures, body: Body
) -> Mismatch:
    """How far conditions got: for JSON those that hold, so that the nearest kind can be told; a
    text has been read to its end."""
    held = [test(captures) for test in tests]
    expected = in_words(conditions[held.index(False)])
    return Mismatch(len(body) if isinstance(body, str) else sum(held), expected)


def _attempt(asked: Asked, found: Captures | Mismatch, body: Body) -> Attempt:
    system, kind = asked.candidate.system, asked.candidate.kind
    if not isinstance(found, Mismatch):
        found = _condition_failed(kind.where, asked.tests, found, body)
    return Attempt(system.name, kind.name, found.matched_chars, found.expected)


def object_asker(asked: Asked) -> ObjectAsker:
    """A kind of JSON records as one that can be asked how far it gets."""
    system, kind = asked.candidate.system.name, asked.candidate.kind
    is_plain = not any(_is_below(one, kind) for one in kind.where)
    ask_object = partial(_attempt_object, asked)
    return ObjectAsker(system, kind.name, kind.where, asked.tests, is_plain, ask_object)


def _attempt_object(asked: Asked, found: Captures) -> Attempt:
    return _attempt(asked, found, dict(found))


def attempt_text(asked: Asked, read: Read, text: str) -> Attempt:
    """How far a kind gets with a text, which ``read`` reads."""
    return _attempt(asked, read(text), text)
