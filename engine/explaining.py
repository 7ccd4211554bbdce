"""Why a record becomes what it becomes.

The outcome is the normalizer's own. What is told beside it is asked of the same matcher and the
same conditions, record kind by record kind, so an explanation cannot disagree with a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from engine.asking import Body, ask
from engine.conditions import holds, in_words
from engine.interpreter import Interpreter, decode
from engine.mapped_values import Taken, compile_value
from engine.model import (
    Attempt,
    Condition,
    Detail,
    Event,
    FieldMapping,
    Ignored,
    Outcome,
    Path,
    Record,
    RecordKind,
    Rejection,
    System,
    first_key,
)
from engine.paths import Captures, value_at
from engine.readings import compile_below
from engine.rejections import Refused
from engine.spec.paths import written
from engine.templates import Mismatch

VALUE_CHARS_MAX: Final = 400
"""How much of a JSON value that is no text is told."""

Via = Literal["system", "field", "map", "constant", "record"]
"""What an event field comes from: the system's name, a captured field or key as it is, the same
translated by a map, a constant of the spec, or the record's own timestamp."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One event field: its value, what it comes from, and what was found there."""

    target: str
    value: str | None
    """None where the record has no value for it, or where nothing came of the record."""
    via: Via
    source: str | None = None
    found: str | None = None
    is_used: bool = True
    """False for what a detail carries and no event takes from one."""


class Check(NamedTuple):
    """One condition on a JSON record, and what the record has there (None: nothing)."""

    key: str
    expected: str
    found: str | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A record kind that accepts the record. ``captures`` are a template's fields, or the keys of
    a JSON record that its conditions and mappings name."""

    system: System
    kind: RecordKind
    captures: Mapping[str, str]
    origins: tuple[Origin, ...]

    @property
    def name(self) -> str:
        """How the kind is called."""
        return f"{self.system.name}.{self.kind.name}"


@dataclass(frozen=True, slots=True)
class Miss:
    """A record kind that does not accept the record, how far it got and, for JSON, what became of
    each of its conditions."""

    system: System
    kind: RecordKind
    attempt: Attempt
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record, its outcome, and what led to it."""

    record: Record
    body: Body | None
    """The record, decoded; None where that failed."""
    outcome: Outcome
    taker: Reading | None
    """The kind that the outcome is of."""
    others: tuple[Reading, ...]
    """Further kinds that accept the record: those that come after the taker in a declared order,
    or, without a taker, those among which it is ambiguous."""
    misses: tuple[Miss, ...]
    """Where no kind accepts the record: every kind of its format, the nearest first."""

    @property
    def text(self) -> str | None:
        """The record as text; None if it is not UTF-8."""
        try:
            return self.record.value.decode()
        except UnicodeDecodeError:
            return None

    @property
    def is_quarantined(self) -> bool:
        """Whether nothing comes of it."""
        return isinstance(self.outcome, Rejection)


def explain(normalizer: Interpreter, record: Record) -> Explanation:
    """What becomes of the record, and why."""
    (outcome,) = normalizer.normalize([replace(record)])  # which takes out what is not to be kept
    try:
        body = decode(record)
    except Refused:
        return Explanation(record, None, outcome, None, (), ())
    taker: Reading | None = None
    others: list[Reading] = []
    misses: list[Miss] = []
    for system, kind in _kinds_for(body, normalizer.systems):
        captures = ask(kind, body)
        if isinstance(captures, Mismatch):
            misses.append(_miss(system, kind, captures, body))
        elif _is_of(outcome, system, kind):
            taker = _reading(system, kind, captures, outcome)
        else:
            others.append(_reading(system, kind, captures, None))
    if taker or others:
        misses.clear()
    misses.sort(key=lambda one: (-one.attempt.matched_chars, one.system.name, one.kind.name))
    return Explanation(record, body, outcome, taker, tuple(others), tuple(misses))


def _kinds_for(body: Body, systems: Sequence[System]) -> Iterator[tuple[System, RecordKind]]:
    """The kinds that such a record is held against: templates for text, conditions for JSON."""
    for system in systems:
        for kind in system.kinds:
            if (kind.template is not None) == isinstance(body, str):
                yield system, kind


def _is_of(outcome: Outcome, system: System, kind: RecordKind) -> bool:
    name = outcome.system if isinstance(outcome, Rejection) else outcome.system.name
    return (name, outcome.kind) == (system.name, kind.name)


# --- a kind that accepts ----------------------------------------------------------------------


def _reading(
    system: System, kind: RecordKind, captures: Captures, outcome: Outcome | None
) -> Reading:
    try:
        captures = compile_below(kind.readings)(captures)
    except Refused:
        pass  # the outcome says so
    shown = dict(_shown(kind, captures))
    return Reading(system, kind, shown, tuple(_origins(system, kind, captures, outcome)))


def _shown(kind: RecordKind, captures: Captures) -> Iterator[tuple[str, str]]:
    """What a template captured, or the keys of a JSON record that the kind names; and the parts
    that it names of either."""
    if kind.template is not None:
        yield from ((name, json_value(value)) for name, value in captures.items())
    ways = (*kind.mappings, *kind.attributes)
    named = [*(one.path for one in kind.where), *(path for one in ways for path in one.sources)]
    for path in dict.fromkeys(named):
        is_shown = kind.template is not None and len(path) == 1
        if not is_shown and _is_there(path, captures):
            yield written(path), json_value(value_at(path, captures))


def _is_there(path: Path, captures: Captures) -> bool:
    """Whether the path leads to a value, or to a key of the record that is null."""
    return (len(path) == 1 and first_key(path) in captures) or value_at(path, captures) is not None


def _origins(
    system: System, kind: RecordKind, captures: Captures, outcome: Outcome | None
) -> Iterator[Origin]:
    if kind.role == "ignore":
        return
    values = _values(outcome)
    yield Origin("system_id", system.name, "system")
    ways: dict[str, list[FieldMapping]] = {}
    for mapping in kind.mappings:
        ways.setdefault(mapping.target, []).append(mapping)
    status = None if values is None else values.get("status")
    for target, mappings in ways.items():
        mapping = _chosen(mappings, Taken(captures, captures, status), kind)
        found = [value_at(path, captures) for path in mapping.sources]
        given = [json_value(one) for one in found if one is not None]
        yield Origin(
            target,
            value=None if values is None else values.get(target),
            via=_via(mapping),
            source=" ".join(map(written, mapping.sources)) or None,
            found=" ".join(given) if given and len(given) == len(found) else None,
            is_used=values is None or target in values,
        )


def _chosen(mappings: Sequence[FieldMapping], taken: Taken, kind: RecordKind) -> FieldMapping:
    """The first of several mappings that gives a value; the first one where none does."""
    for mapping in mappings:
        value = compile_value(mapping, frozenset(), has_status=kind.role == "event")
        try:
            if mapping.is_record_time or value(taken) is not None:
                return mapping
        except Refused:
            return mapping
    return mappings[0]


def _via(mapping: FieldMapping) -> Via:
    if mapping.is_record_time:
        return "record"
    if not mapping.sources:
        return "constant"
    return "field" if mapping.values is None else "map"


def _values(outcome: Outcome | None) -> Mapping[str, str | None] | None:
    """The event fields that came of the record; None where nothing came of it."""
    if isinstance(outcome, Event):
        return {
            "checkpoint_id": outcome.checkpoint_id,
            "timestamp": outcome.timestamp or None,  # of a record that has none of its own
            "status": outcome.status,
            "correlation_id": outcome.correlation_id,
            "failure_reason": outcome.failure_reason,
        }
    if isinstance(outcome, Detail):
        return {
            "timestamp": outcome.timestamp,
            "correlation_id": outcome.correlation_id,
            "failure_reason": outcome.failure_reason,
        }
    assert not isinstance(outcome, Ignored)  # an ignored kind maps nothing
    return None


def json_value(value: object) -> str:
    """A captured text as it is; any other JSON value as JSON writes it, cut where it is long."""
    if isinstance(value, str):
        return value
    written = json.dumps(value, ensure_ascii=False, default=lambda _: "an integer without end")
    return written if len(written) <= VALUE_CHARS_MAX else written[: VALUE_CHARS_MAX - 1] + "…"


# --- a kind that does not ---------------------------------------------------------------------


def _miss(system: System, kind: RecordKind, mismatch: Mismatch, body: Body) -> Miss:
    attempt = Attempt(system.name, kind.name, mismatch.matched_chars, mismatch.expected)
    if isinstance(body, str):
        return Miss(system, kind, attempt, ())
    checks = [_check(one, body) for one in kind.where]
    return Miss(system, kind, attempt, tuple(checks))


def _check(condition: Condition, body: Captures) -> Check:
    value = value_at(condition.path, body)
    return Check(
        key=written(condition.path),
        expected=in_words(condition),
        found=None if value is None else json_value(value),
        holds=holds(condition, body),
    )
