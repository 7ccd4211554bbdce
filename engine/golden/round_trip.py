"""The round trip: random values → a record, by the simulator's renderer → the normalizer → the
same values. And records that are nearly right, of which nothing wrong may be made.

Both directions are independent of the code that they judge: the renderer is the inverse of a
spec written against its description, and what a spoilt record may still mean is told by taking it
apart by that description (``rereading``). A spoilt record may well be a sound one: ``a - b -`` is
``a - b`` with another reason. A kind that is told by a regular expression is rendered by putting
other values into its samples: records unlike all samples are not tried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Final

from engine.golden.checks import Failure, Result
from engine.golden.near_misses import NearMiss, spoilt_object, spoilt_text
from engine.golden.random_values import wanted_values
from engine.golden.rereading import meaning_of, reading_of, said_in
from engine.interpreter import Interpreter
from engine.model import (
    Detail,
    Event,
    Ignored,
    Outcome,
    Record,
    RecordKind,
    Rejection,
    System,
)
from engine.samples import SAMPLES_KEY
from simulator.meaning import Meaning, required
from simulator.rendering import KindRenderer, Rendered, reserved_keys
from simulator.taking_apart import regexes_in

RECORDS: Final = 40
"""How many records are rendered of each kind."""

SPOILT: Final = 8
"""How many of them are spoilt, each in all ways."""

_DRAWS_MAX: Final = 10 * RECORDS
_HARD_DRAWS_MAX: Final = 3 * RECORDS
"""Of a kind that leaves open how its records are read: each draw is many tries."""

_FAILURES_MAX: Final = 3

Values = dict[str, str | None]


class RoundTrip:
    """All specs together: a record of one must not be taken by another."""

    def __init__(self, normalizer: Interpreter) -> None:
        self._normalizer = normalizer
        self._reserved = reserved_keys(normalizer.systems)
        self._kinds = {
            f"{system.name}.{kind.name}": (system, kind)
            for system in normalizer.systems
            for kind in system.kinds
        }

    def check(self, system: System, kind: RecordKind, rng: Random) -> Result:
        """Render records of a kind, read them, spoil some and read those."""
        renderer = KindRenderer(system, kind, self._reserved, SAMPLES_KEY)
        failures: list[Failure] = []
        runs = 0
        for rendered in _draw(renderer, rng):
            if _goes_to_another(system, kind, rendered):
                continue
            failures += self._check_read(system, kind, rendered)
            if runs < SPOILT and not failures:
                failures += self._check_spoilt(system, kind, rendered, rng)
            runs += 1
            if runs == RECORDS or len(failures) >= _FAILURES_MAX:
                break
        if runs == 0:
            message = f'no values found of which "{kind.name}" would be a record'
            if kind.template is not None and any(regexes_in(kind.template.parts)):
                message += ": those of a regular expression are made of its samples"
            failures.append(Failure(kind.location, message))
        return Result(tuple(failures[:_FAILURES_MAX]), runs)

    def _read(self, text: str, record_us: int | None) -> Outcome:
        value = text.encode()
        record = Record("round trip", 0, len(value), value, timestamp_us=record_us)
        (outcome,) = self._normalizer.normalize([record])
        return outcome

    def _check_read(
        self, system: System, kind: RecordKind, rendered: Rendered
    ) -> Iterator[Failure]:
        for text in (rendered.text, rendered.pretty()):
            if text is None:
                continue
            outcome = self._read(text, rendered.record_us)
            details = list(_differences(system, kind, rendered, outcome))
            if details:
                message = f"a record made of values does not give them: {text}"
                yield Failure(kind.location, message, tuple(details))

    def _check_spoilt(
        self, system: System, kind: RecordKind, rendered: Rendered, rng: Random
    ) -> Iterator[Failure]:
        for miss in _spoil(system, kind, rendered, rng):
            wrong = self._judge(system, kind, miss, rendered.record_us)
            if wrong is not None:
                message = f"a record {miss.what} {wrong}: {miss.text}"
                yield Failure(kind.location, message, (f"the sound record: {rendered.text}",))

    def _judge(
        self, system: System, kind: RecordKind, miss: NearMiss, record_us: int | None
    ) -> str | None:
        """What is wrong with what becomes of a spoilt record; None if nothing is."""
        outcome = self._read(miss.text, record_us)
        own = f"{system.name}.{kind.name}"
        if isinstance(outcome, Rejection):
            if outcome.kind is not None and f"{outcome.system}.{outcome.kind}" == own:
                return f"is still taken by {own}" if miss.must_not == "match" else None
            if miss.must_not is not None or outcome.reason != "no_match":
                return None
            is_sound = _is_text(miss.text) and self._meaning(system, kind, miss.text, record_us)
            return "is refused, and is sound" if is_sound else None
        taker = f"{outcome.system.name}.{outcome.kind}"
        if miss.must_not is not None:
            return f"is still taken by {own}" if taker == own else None
        taking_system, taking_kind = self._kinds[taker]
        if taking_kind.template is None:
            return f"is taken by {taker}"
        meant = self._meaning(taking_system, taking_kind, miss.text, record_us)
        if meant is None or any(_unlike(meant, outcome, taking_kind)):
            return f"is taken by {taker}, which cannot have made it"
        return None

    def _meaning(
        self, system: System, kind: RecordKind, text: str, record_us: int | None
    ) -> Meaning | None:
        """What a text means by the second reading; None where the kind does not take it."""
        text = text.removesuffix("\n").removesuffix("\r")  # the end of a line is no part of it
        reading = reading_of(kind, text)
        said = None if reading is None else said_in(kind, reading.captures)
        if said is None:
            return None
        return meaning_of(system, kind, said, record_us, SAMPLES_KEY)


# --- drawing ------------------------------------------------------------------------------------


def _draw(renderer: KindRenderer, rng: Random) -> Iterator[Rendered]:
    for _ in range(_DRAWS_MAX if renderer.is_simple else _HARD_DRAWS_MAX):
        time_us = rng.randrange(0, 4_102_444_800_000_000)  # to the end of the century
        rendered = renderer.render(wanted_values(renderer, rng), time_us, rng)
        if rendered is not None:
            yield rendered


def _goes_to_another(system: System, kind: RecordKind, rendered: Rendered) -> bool:
    """Whether the spec gives such a record to a kind that comes before this one."""
    first = [other for other in system.kinds if kind.yields_to(other)]
    return any(_accepts(other, rendered) for other in first)


def _accepts(kind: RecordKind, rendered: Rendered) -> bool:
    if kind.template is not None:
        reading = reading_of(kind, rendered.text) if rendered.body is None else None
        return reading is not None and said_in(kind, reading.captures) is not None
    return rendered.body is not None and said_in(kind, rendered.body) is not None


def _spoil(system: System, kind: RecordKind, rendered: Rendered, rng: Random) -> Iterator[NearMiss]:
    if kind.template is not None:
        reading = reading_of(kind, rendered.text)
        assert reading is not None
        yield from spoilt_text(rendered.text, reading, rng)
    elif rendered.body is not None:
        yield from spoilt_object(kind, rendered.body, frozenset(required(system, kind)))


def _is_text(text: str) -> bool:
    """Whether it is read as text, and as one whole line: not as JSON, nor with another end."""
    return bool(text.strip()) and not text.lstrip().startswith("{") and not text.endswith("\r")


# --- comparing ----------------------------------------------------------------------------------


def _given(outcome: Event | Detail | Ignored, kind: RecordKind) -> Values:
    """What the normalizer made of the fields that the kind maps, as far as it keeps them."""
    targets = dict.fromkeys(one.target for one in kind.mappings)
    return {one: getattr(outcome, one) for one in targets if hasattr(outcome, one)}


def _unlike(
    meant: Meaning | Rendered, outcome: Event | Detail | Ignored, kind: RecordKind
) -> Iterator[str]:
    """The fields and attributes that are not what they should be."""
    expected = {**meant.values, "timestamp": meant.time and meant.time.text}
    given = _given(outcome, kind)
    for name in given:
        if name not in meant.unsure and expected.get(name) != given[name]:
            want, got = json.dumps(expected.get(name)), json.dumps(given[name])
            yield f"{name}: expected {want}, got {got}"
    if not isinstance(outcome, Event):
        return
    kept, found = meant.attributes or {}, outcome.attributes or {}
    if (meant.attributes is None) != (outcome.attributes is None):
        yield f"attributes: expected {meant.attributes}, got {outcome.attributes}"
    for name in dict.fromkeys([*kept, *found]):
        want, got = _shown(kept.get(name)), _shown(found.get(name))
        if name not in meant.unsure and (want != got or (name in kept) != (name in found)):
            yield f"attributes.{name}: expected {want}, got {got}"


def _shown(value: object) -> str:
    """JSON, which tells true from 1; keys in one order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _differences(
    system: System, kind: RecordKind, rendered: Rendered, outcome: Outcome
) -> Iterator[str]:
    if isinstance(outcome, Rejection):
        yield f"outcome: expected {kind.role}, got quarantined ({outcome.reason})"
        yield outcome.message
        return
    taker = f"{outcome.system.name}.{outcome.kind}"
    if taker != f"{system.name}.{kind.name}":
        yield f"kind: expected {system.name}.{kind.name}, got {taker}"
        return
    yield from _unlike(rendered, outcome, kind)
