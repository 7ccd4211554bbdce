"""The round trip: random values → a record, by the simulator's renderer → the normalizer → the
same values. And records that are nearly right, of which nothing wrong may be made.

Both directions are independent of the code that they judge: the renderer is the inverse of a
spec written against its description, and what a spoilt record may still mean is told by taking it
apart by that description (``rereading``). A spoilt record may well be a sound one: ``a - b -`` is
``a - b`` with another reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Final

from engine.golden.checks import Failure, Result
from engine.golden.near_misses import NearMiss, spoilt_object, spoilt_text
from engine.golden.random_values import wanted_values
from engine.golden.rereading import meaning, readings
from engine.interpreter import Normalizer
from engine.model import (
    REQUIRED_FIELDS,
    Detail,
    Event,
    Ignored,
    Outcome,
    Record,
    RecordKind,
    Rejection,
    System,
)
from simulator.rendering import KindRenderer, Rendered, reserved_keys

RECORDS: Final = 40
"""How many records are rendered of each kind."""

SPOILT: Final = 8
"""How many of them are spoilt, each in all ways."""

_DRAWS_MAX: Final = 10 * RECORDS
_FAILURES_MAX: Final = 3

Values = dict[str, str | None]


class RoundTrip:
    """All specs together: a record of one must not be taken by another."""

    def __init__(self, normalizer: Normalizer) -> None:
        self._normalizer = normalizer
        self._reserved = reserved_keys(normalizer.systems)
        self._kinds = {
            f"{system.name}.{kind.name}": (system, kind)
            for system in normalizer.systems
            for kind in system.kinds
        }

    def check(self, system: System, kind: RecordKind, rng: Random) -> Result:
        """Render records of a kind, read them, spoil some and read those."""
        renderer = KindRenderer(system, kind, self._reserved)
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
            failures.append(Failure(kind.location, message))
        return Result(tuple(failures[:_FAILURES_MAX]), runs)

    def _read(self, text: str) -> Outcome:
        value = text.encode()
        (outcome,) = self._normalizer.normalize([Record("round trip", 0, len(value), value)])
        return outcome

    def _check_read(
        self, system: System, kind: RecordKind, rendered: Rendered
    ) -> Iterator[Failure]:
        expected = _expected(rendered)
        for text in (rendered.text, rendered.pretty()):
            if text is None:
                continue
            outcome = self._read(text)
            details = list(_differences(system, kind, expected, outcome))
            if details:
                message = f"a record made of values does not give them: {text}"
                yield Failure(kind.location, message, tuple(details))

    def _check_spoilt(
        self, system: System, kind: RecordKind, rendered: Rendered, rng: Random
    ) -> Iterator[Failure]:
        for miss in _spoil(system, kind, rendered, rng):
            wrong = self._judge(system, kind, miss)
            if wrong is not None:
                message = f"a record {miss.what} {wrong}: {miss.text}"
                yield Failure(kind.location, message, (f"the sound record: {rendered.text}",))

    def _judge(self, system: System, kind: RecordKind, miss: NearMiss) -> str | None:
        """What is wrong with what becomes of a spoilt record; None if nothing is."""
        outcome = self._read(miss.text)
        own = f"{system.name}.{kind.name}"
        if isinstance(outcome, Rejection):
            if outcome.kind is not None and f"{outcome.system}.{outcome.kind}" == own:
                return f"is still taken by {own}" if miss.must_not == "match" else None
            is_sound = miss.must_not is None and _is_surely(system, kind, miss.text)
            return "is refused, and is sound" if is_sound and outcome.kind is None else None
        taker = f"{outcome.system.name}.{outcome.kind}"
        if miss.must_not is not None:
            return f"is still taken by {own}" if taker == own else None
        taking_system, taking_kind = self._kinds[taker]
        if taking_kind.template is None:
            return f"is taken by {taker}"
        given = _given(outcome, taking_kind)
        for reading in readings(taking_kind, miss.text):
            values = meaning(taking_system, taking_kind, reading.captures)
            if values is not None and given.items() <= values.items():
                return None
        return f"is taken by {taker}, which cannot have made it"


# --- drawing ------------------------------------------------------------------------------------


def _draw(renderer: KindRenderer, rng: Random) -> Iterator[Rendered]:
    for _ in range(_DRAWS_MAX):
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
        return bool(readings(kind, rendered.text))
    assert rendered.body is not None
    for condition in kind.where:
        value = rendered.body.get(condition.key)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        holds = {
            "present": value is not None,
            "absent": value is None,
            "one_of": value is not None and text in condition.values,
        }
        if not holds[condition.test]:
            return False
    return True


def _spoil(system: System, kind: RecordKind, rendered: Rendered, rng: Random) -> Iterator[NearMiss]:
    if kind.template is not None:
        (sure, *_) = [one for one in readings(kind, rendered.text) if one.is_sure]
        yield from spoilt_text(kind.template, rendered.text, sure, rng)
    elif rendered.body is not None:
        yield from spoilt_object(kind, rendered.body, _required(system, kind))


def _required(system: System, kind: RecordKind) -> frozenset[str]:
    if kind.role == "event":
        return frozenset(REQUIRED_FIELDS)
    if kind.role == "ignore" or system.join is None:
        return frozenset()
    clock = ("timestamp",) if system.join.clock == "body" else ()
    return frozenset(("correlation_id", *system.join.take, *clock))


def _is_surely(system: System, kind: RecordKind, text: str) -> bool:
    """Whether a spoilt record is a sound one all the same."""
    if text.lstrip().startswith("{") or text.endswith("\r"):
        return False  # it is read as JSON, or as a line with another end
    found = readings(kind, text)
    if len(found) != 1 or not found[0].is_sure:
        return False
    values = meaning(system, kind, found[0].captures)
    return values is not None and values.get("status") in {None, "SUCCESS", "FAILURE"}


# --- comparing ----------------------------------------------------------------------------------


def _expected(rendered: Rendered) -> Values:
    values = dict(rendered.values)
    if rendered.time is not None:
        values["timestamp"] = rendered.time.text
    return values


def _given(outcome: Event | Detail | Ignored, kind: RecordKind) -> Values:
    """What the normalizer made of the fields that the kind maps, as far as it keeps them."""
    targets = [one.target for one in kind.mappings]
    return {one: getattr(outcome, one) for one in targets if hasattr(outcome, one)}


def _differences(
    system: System, kind: RecordKind, expected: Values, outcome: Outcome
) -> Iterator[str]:
    if isinstance(outcome, Rejection):
        yield f"outcome: expected {kind.role}, got quarantined ({outcome.reason})"
        yield outcome.message
        return
    taker = f"{outcome.system.name}.{outcome.kind}"
    if taker != f"{system.name}.{kind.name}":
        yield f"kind: expected {system.name}.{kind.name}, got {taker}"
        return
    given = _given(outcome, kind)
    for name in given:
        want = expected.get(name)
        if want != given[name]:
            yield f"{name}: expected {json.dumps(want)}, got {json.dumps(given[name])}"
