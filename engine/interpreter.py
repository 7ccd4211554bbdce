"""The reference normalizer: decode → match → extract → map, one record after the other.

Plain on purpose: it is the meaning of a spec, and whatever runs faster is held against it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from engine.compiled_templates import compile_match
from engine.conditions import Test, compile_condition, holds, in_words
from engine.conversions import zone_named
from engine.json_text import decode_object
from engine.mapping import Candidate, Captures, Mapper
from engine.model import (
    Attempt,
    Condition,
    Detail,
    Event,
    Normalized,
    Outcome,
    Record,
    RecordKind,
    Records,
    Rejection,
    System,
    Template,
    Times,
    first_key,
)
from engine.nearest import NEAREST_MAX, Asker, Nearest, NearestObjects, ObjectAsker
from engine.readings import ReadBelow, compile_below, compile_flat
from engine.redaction import check_key
from engine.rejections import Refused, rejection_of
from engine.templates import Mismatch, match

__all__ = [
    "NEAREST_MAX",
    "Body",
    "Interpreter",
    "Normalizer",
    "ask",
    "compile_normalizer",
    "decode",
    "holds",
    "in_words",
    "normalized_of",
]

Body = str | dict[str, object]
"""A record, decoded: text, or a JSON object."""


class Normalizer(Protocol):
    """Specs, compiled. Never raises for a record: a bad one is a Rejection."""

    systems: tuple[System, ...]
    kinds: tuple[tuple[System, str], ...]
    """What the numbers of kinds in rows mean."""

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream. A record of which a spec hides something has
        its value replaced."""


def compile_normalizer(systems: Sequence[System], redact_key: bytes | None = None) -> Interpreter:
    """The reference normalizer of these specs. ``redact_key`` is the key for values that they
    hash; raises EnvironmentFailure where there are any and it is missing."""
    check_key(systems, redact_key)
    return Interpreter(tuple(systems), redact_key)


_Read = Callable[[str], "Captures | Mismatch"]
"""What is read in a text, before any condition is asked."""

Match = Callable[[str], "Captures | None"]
"""The same; None where it is not read, for whatever reason."""


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


class Interpreter:
    """Holds the record kinds of all specs and asks every one of them about every record. What
    several kinds read alike is read once."""

    def __init__(self, systems: tuple[System, ...], redact_key: bytes | None = None) -> None:
        self.systems = systems
        self.kinds = tuple((system, kind.name) for system in systems for kind in system.kinds)
        candidates = [
            Candidate(system, kind, zone_named(system.timezone))
            for system in systems
            for kind in system.kinds
        ]
        self.asked: list[Asked] = []
        """The kinds, in the order of ``kinds``."""
        self._json: list[Asked] = []
        alike: dict[object, list[Asked]] = {}
        reads: dict[object, tuple[Match, _Read]] = {}
        for order, one in enumerate(candidates):
            template, read = one.kind.template, None
            shape = None if template is None else (template.parts, one.kind.readings)
            if template is not None:
                if shape not in reads:
                    reads[shape] = _compile_match(one.kind), _compile_read(one.kind)
                read = reads[shape][0]
            tests = tuple(_compile_tests(one.kind))
            asked = Asked(order, one, read, tests, Mapper(one, redact_key))
            self.asked.append(asked)
            if template is None:
                self._json.append(asked)
            else:
                alike.setdefault(shape, []).append(asked)
        self._text = [(*reads[shape], kinds) for shape, kinds in alike.items()]
        self._nearest: Nearest | None = None
        self._nearest_objects: NearestObjects | None = None

    def normalize(self, records: Sequence[Record]) -> list[Outcome]:
        """One outcome for each record, in order."""
        return [self.normalize_one(record) for record in records]

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream: an outcome for each, and no rows."""
        outcomes = []
        for index, record in enumerate(records):
            outcomes.append(self.normalize_one(record))
            records.values[index] = record.value
        return normalized_of(outcomes)

    def normalize_one(self, record: Record) -> Outcome:
        """What becomes of one record."""
        try:
            body = decode(record)
        except Refused as refused:
            return rejection_of(record, refused)
        takers: list[tuple[Asked, Captures]] = []
        if isinstance(body, str):
            for matches, _, kinds in self._text:
                captures = matches(body)
                if captures is not None:
                    _sort_out(kinds, captures, takers)
        else:
            _sort_out(self._json, body, takers)
        if len(takers) > 1:
            takers = _first_in_order(takers)
        if len(takers) == 1:
            taker, captures = takers[0]
            return taker.mapper.map(record, captures)
        if takers:
            return _ambiguous(record, takers)
        return self.untaken(record, body)

    def untaken(self, record: Record, body: Body) -> Rejection:
        """The rejection of a record that no kind takes. Only now it is asked how far each of them
        got."""
        rejection = rejection_of(record, Refused("no_match", "no record kind accepts it"))
        if isinstance(body, str):
            if self._nearest is None:
                self._nearest = Nearest(list(self._askers()))
            rejection.nearest = self._nearest.attempts(body)
        else:
            if self._nearest_objects is None:
                self._nearest_objects = NearestObjects(list(map(_object_asker, self._json)))
            rejection.nearest = self._nearest_objects.attempts(body)
        return rejection

    def _askers(self) -> Iterator[Asker]:
        for _, read, kinds in self._text:
            for one in kinds:
                system, kind = one.candidate.system.name, one.candidate.kind
                assert kind.template is not None
                yield Asker(system, kind.name, kind.template, partial(_attempt_text, one, read))


def _object_asker(asked: Asked) -> ObjectAsker:
    system, kind = asked.candidate.system.name, asked.candidate.kind
    return ObjectAsker(system, kind.name, kind.where, partial(_attempt_object, asked))


def _attempt_object(asked: Asked, found: Captures) -> Attempt:
    return _attempt(asked, found, dict(found))


def _attempt_text(asked: Asked, read: _Read, text: str) -> Attempt:
    return _attempt(asked, read(text), text)


def normalized_of(outcomes: Iterable[Outcome]) -> Normalized:
    """Outcomes of one stream, one for each record in order, as what became of them all."""
    others = list(enumerate(outcomes))
    times: dict[str, list[int]] = {}
    for _, outcome in others:
        if isinstance(outcome, Event | Detail):
            of_system = times.setdefault(outcome.system.name, [])
            outcome.last_us = of_system[-1] if of_system else None
            is_timed = isinstance(outcome, Detail) or outcome.timestamp
            if is_timed and outcome.time_us is not None:
                of_system.append(outcome.time_us)
    return Normalized(
        [],
        others,
        {name: Times(all_us[0], all_us[-1], all_us) for name, all_us in times.items() if all_us},
    )


def _sort_out(
    kinds: Sequence[Asked], captures: Captures, takers: list[tuple[Asked, Captures]]
) -> None:
    """Which of the kinds take what was read."""
    for one in kinds:
        for test in one.tests:
            if not test(captures):
                break
        else:
            takers.append((one, captures))


# --- decode -----------------------------------------------------------------------------------


def decode(record: Record) -> Body:
    """The record's text, or the object it is if it begins like one. Raises Refused."""
    text = _text_of(record)
    return decode_object(text) if text.lstrip(" \t\r\n").startswith("{") else text


def _text_of(record: Record) -> str:
    if record.oversize is not None:
        raise Refused("too_long", f"{record.oversize.length} bytes long")
    # Programs put a byte order mark at the beginning of a file, where it is no text of the record.
    value = record.value.removeprefix(BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r")
    if not value.strip():
        raise Refused("empty_record", "no content")
    if b"\0" in value:
        raise Refused("nul_character", f"a NUL character at byte {value.index(0)}")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid_utf8", f"{error.reason} at byte {error.start}") from error


# --- match ------------------------------------------------------------------------------------


def ask(kind: RecordKind, body: Body) -> Captures | Mismatch:
    """What a kind reads in a record of its format, or how far it got."""
    if isinstance(body, str):
        found = _compile_read(kind)(body)
        if isinstance(found, Mismatch):
            return found
    else:
        found = body
    tests = _compile_tests(kind)
    if all(test(found) for test in tests):
        return found
    return _condition_failed(kind.where, tests, found, body)


def _compile_match(kind: RecordKind) -> Match:
    """What a kind reads in a text, and no more: most texts are not of most kinds."""
    template = kind.template
    assert template is not None
    plain = _when_asked(template)
    if not any(one.is_flat for one in kind.readings):
        return plain
    flat = compile_flat(kind.readings)

    def read(text: str) -> Captures | None:
        captures = plain(text)
        found = None if captures is None else flat({**captures}, text)
        return None if isinstance(found, Mismatch) else found

    return read


def _when_asked(template: Template) -> Match:
    """``compile_match``, done when a text is read for the first time: with generated source beside
    it, most templates of a thousand are never asked here."""
    compiled: list[Match] = []

    def read(text: str) -> Captures | None:
        if not compiled:
            compiled.append(compile_match(template))
        return compiled[0](text)

    return read


def _compile_read(kind: RecordKind) -> _Read:
    """What a kind reads in a text, before its conditions are asked, or how far it gets."""
    template = kind.template
    assert template is not None
    if not any(one.is_flat for one in kind.readings):
        return lambda text: match(template, text)
    flat = compile_flat(kind.readings)

    def read(text: str) -> Captures | Mismatch:
        found = match(template, text)
        return found if isinstance(found, Mismatch) else flat({**found}, text)

    return read


def _compile_tests(kind: RecordKind) -> list[Test]:
    """The conditions of a kind. One on a part of a field that is read further reads it; where
    that fails, there is no such part."""
    below = compile_below(kind.readings)
    further = {one.field for one in kind.readings if not one.is_flat}
    tests = []
    for condition in kind.where:
        test = compile_condition(condition)
        is_below = len(condition.path) > 1 and first_key(condition.path) in further
        tests.append(_read_first(test, below) if is_below else test)
    return tests


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


def _first_in_order(
    takers: Sequence[tuple[Asked, Captures]],
) -> list[tuple[Asked, Captures]]:
    """Those that yield to no other: a spec may declare an order between its own kinds."""
    return [
        (one, captures)
        for one, captures in takers
        if not any(
            one.candidate.system is other.candidate.system
            and one.candidate.kind.yields_to(other.candidate.kind)
            for other, _ in takers
        )
    ]


def _ambiguous(record: Record, takers: Sequence[tuple[Asked, Captures]]) -> Rejection:
    ordered = sorted((one for one, _ in takers), key=lambda one: one.order)
    for one in ordered:
        one.mapper.hide(record)
    names = ", ".join(one.name for one in ordered)
    return rejection_of(record, Refused("ambiguous", f"accepted by {names}"))


def _attempt(asked: Asked, found: Captures | Mismatch, body: Body) -> Attempt:
    system, kind = asked.candidate.system, asked.candidate.kind
    if not isinstance(found, Mismatch):
        found = _condition_failed(kind.where, asked.tests, found, body)
    return Attempt(system.name, kind.name, found.matched_chars, found.expected)
