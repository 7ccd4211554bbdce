"""The reference normalizer: decode → match → extract → map, one record after the other.

Plain on purpose: it is the meaning of a spec, and whatever runs faster is held against it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

from engine.asking import (
    Asked,
    Body,
    Match,
    Read,
    attempt_text,
    compile_match_of,
    compile_read_of,
    compile_tests_of,
    object_asker,
)
from engine.conversions import zone_named
from engine.json_text import decode_object
from engine.mapping import Candidate, Captures, Mapper
from engine.model import (
    Detail,
    Event,
    Normalized,
    Outcome,
    Record,
    Records,
    Rejection,
    System,
    Times,
)
from engine.nearest import Asker, Nearest, NearestObjects
from engine.redaction import check_key
from engine.rejections import Refused, rejection_of


class Normalizer(Protocol):
    """Specs, compiled. Never raises for a record: a bad one is a Rejection."""

    systems: tuple[System, ...]
    kinds: tuple[tuple[System, str], ...]
    """What the numbers of kinds in rows mean."""

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream. A record of which a spec hides something has
        its value replaced."""


def compile_normalizer(
    systems: Sequence[System], redact_key: bytes | None = None, *, tells_nearest: bool = True
) -> Interpreter:
    """The reference normalizer of these specs. ``redact_key`` is the key for values that they
    hash; raises EnvironmentFailure where there are any and it is missing. ``tells_nearest``:
    rejections of records that no kind takes say how far each of them got."""
    check_key(systems, redact_key)
    return Interpreter(tuple(systems), redact_key, tells_nearest=tells_nearest)


class Interpreter:
    """Holds the record kinds of all specs and asks every one of them about every record. What
    several kinds read alike is read once."""

    def __init__(
        self, systems: tuple[System, ...], redact_key: bytes | None, *, tells_nearest: bool
    ) -> None:
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
        reads: dict[object, tuple[Match, Read]] = {}
        for order, one in enumerate(candidates):
            template, read = one.kind.template, None
            shape = None if template is None else (template.parts, one.kind.readings)
            if template is not None:
                if shape not in reads:
                    reads[shape] = compile_match_of(one.kind), compile_read_of(one.kind)
                read = reads[shape][0]
            tests = tuple(compile_tests_of(one.kind))
            asked = Asked(order, one, read, tests, Mapper(one, redact_key))
            self.asked.append(asked)
            if template is None:
                self._json.append(asked)
            else:
                alike.setdefault(shape, []).append(asked)
        self._text = [(*reads[shape], kinds) for shape, kinds in alike.items()]
        self._tells_nearest = tells_nearest
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
        got, if that is told."""
        rejection = rejection_of(record, Refused("no_match", "no record kind accepts it"))
        if not self._tells_nearest:
            return rejection
        if isinstance(body, str):
            if self._nearest is None:
                self._nearest = Nearest(list(self._askers()))
            rejection.nearest = self._nearest.attempts(body)
        else:
            if self._nearest_objects is None:
                self._nearest_objects = NearestObjects(list(map(object_asker, self._json)))
            rejection.nearest = self._nearest_objects.attempts(body)
        return rejection

    def _askers(self) -> Iterator[Asker]:
        for _, read, kinds in self._text:
            for one in kinds:
                system, kind = one.candidate.system.name, one.candidate.kind
                assert kind.template is not None
                yield Asker(system, kind.name, kind.template, partial(attempt_text, one, read))


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
