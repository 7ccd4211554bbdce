"""The life of one correlation id over all systems, as the store knows it.

Counts, times and durations are those of all its events; the events themselves are the first
``limit``, so that an id that a system writes everywhere ("0") fills no memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, cast

from engine.event_json import short_digest
from engine.model import EXPORT_FIELDS
from engine.ports import StoreReader
from engine.views.amounts import SECOND_US, in_ms, iso

LIMIT: Final = 1000
"""How many events and details a trace shows unless it is asked for more."""

MENTIONS_MAX: Final = 100
"""How many quarantined records that hold the id are looked for."""

MENTIONS_LOOKED_AT: Final = 100_000
"""In how many quarantined records they are looked for: a second's work at most."""

NEAR_MAX: Final = 3
"""How many ids are proposed for one that is not there."""

GAP_US_MIN: Final = SECOND_US
GAP_TIMES: Final = 3
"""A gap is told if it is a second at least and three times as long as the gaps of the trace are
on average."""

_EVENTS: Final = f"""
SELECT {", ".join(EXPORT_FIELDS)}, time_us FROM events
WHERE correlation_id = ? ORDER BY time_us, stream, "offset" LIMIT ?"""

_SYSTEMS: Final = """
SELECT system_id, count(*), sum(status = 'FAILURE'), min(time_us), max(time_us) FROM events
WHERE correlation_id = ? GROUP BY system_id ORDER BY min(time_us), system_id"""

_DETAILS: Final = """
SELECT detail_id, system_id, kind, failure_reason, state FROM details
WHERE correlation_id = ? AND state <> 'joined' ORDER BY join_us, detail_id LIMIT ?"""

_MENTIONS: Final = """
SELECT record_id FROM (SELECT record_id, raw FROM quarantined LIMIT ?)
WHERE instr(raw, ?) > 0 LIMIT ?"""

_NEXT_ID: Final = """
SELECT correlation_id FROM events WHERE correlation_id > ? ORDER BY correlation_id LIMIT 1"""

_PREVIOUS_ID: Final = """
SELECT correlation_id FROM events WHERE correlation_id < ? ORDER BY correlation_id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class TracedEvent:
    """One event: its fields by name (``EXPORT_FIELDS``, attributes as an object), its time, and
    which of the events of its system and checkpoint it is, counted from 1."""

    fields: dict[str, Any]
    time_us: int
    attempt: int


class SystemSpan(NamedTuple):
    """What one system has to do with the id, and from when to when."""

    system_id: str
    events: int
    failures: int
    start_us: int
    end_us: int


class WaitingDetail(NamedTuple):
    """A detail with this id that completes no event (yet); ``state``: waiting or orphan."""

    detail_id: str
    system_id: str
    kind: str
    failure_reason: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything about one correlation id."""

    correlation_id: str
    systems: tuple[SystemSpan, ...]
    events: tuple[TracedEvent, ...]
    details_waiting: tuple[WaitingDetail, ...]
    mentions: tuple[str, ...]
    """Ids of quarantined records that hold the id; at most ``MENTIONS_MAX``."""
    near: tuple[str, ...] = field(default=())
    """Where nothing has this id: ids that do exist and resemble it."""

    @property
    def found(self) -> bool:
        """Whether an event or a detail has this id."""
        return bool(self.systems or self.details_waiting)

    @property
    def events_total(self) -> int:
        """How many events there are, shown or not."""
        return sum(one.events for one in self.systems)

    @property
    def failures(self) -> int:
        """How many of them are failures."""
        return sum(one.failures for one in self.systems)

    @property
    def start_us(self) -> int:
        """The time of the first event; there must be one."""
        return min(one.start_us for one in self.systems)

    @property
    def end_us(self) -> int:
        """The time of the last event; there must be one."""
        return max(one.end_us for one in self.systems)

    def gap_before(self, index: int) -> int | None:
        """The time since the event before, in microseconds, if it is worth telling."""
        if index == 0:
            return None
        gap_us = self.events[index].time_us - self.events[index - 1].time_us
        whole_us, gaps = self.end_us - self.start_us, self.events_total - 1
        notable = gap_us >= GAP_US_MIN and gap_us * gaps >= GAP_TIMES * whole_us
        return gap_us if notable else None


def read_trace(reader: StoreReader, correlation_id: str, limit: int = LIMIT) -> Trace:
    """The trace of an id; one that nothing has is told by ``found``, not by an exception."""
    rows = cast(Iterator[tuple[str, int, int, int, int]], reader.rows(_SYSTEMS, (correlation_id,)))
    systems = tuple(SystemSpan(*row) for row in rows)
    details = cast(
        Iterator[tuple[str, str, str, str | None, str]],
        reader.rows(_DETAILS, (correlation_id, limit)),
    )
    waiting = tuple(WaitingDetail(*row) for row in details)
    return Trace(
        correlation_id=correlation_id,
        systems=systems,
        events=tuple(_events(reader, correlation_id, limit)),
        details_waiting=waiting,
        mentions=_mentions(reader, correlation_id),
        near=() if systems or waiting else _near(reader, correlation_id),
    )


def _events(reader: StoreReader, correlation_id: str, limit: int) -> Iterator[TracedEvent]:
    attempts: Counter[tuple[str, str]] = Counter()
    for row in reader.rows(_EVENTS, (correlation_id, limit)):
        fields = dict(zip(EXPORT_FIELDS, row[:-1], strict=True))
        fields["spec_digest"] = short_digest(str(fields["spec_digest"]))
        fields["ambiguous"] = bool(fields["ambiguous"])
        text = cast(str | None, fields["attributes"])
        fields["attributes"] = None if text is None else json.loads(text)
        stage = (str(fields["system_id"]), str(fields["checkpoint_id"]))
        attempts[stage] += 1
        yield TracedEvent(fields, cast(int, row[-1]), attempts[stage])


def _mentions(reader: StoreReader, correlation_id: str) -> tuple[str, ...]:
    found = reader.rows(_MENTIONS, (MENTIONS_LOOKED_AT, correlation_id.encode(), MENTIONS_MAX))
    return tuple(str(record_id) for (record_id,) in found)


def _near(reader: StoreReader, correlation_id: str) -> tuple[str, ...]:
    """Ids that begin with this one; else its neighbours in order that share half of it."""
    longer: list[str] = []
    previous = correlation_id
    while len(longer) < NEAR_MAX:
        following = _one(reader, _NEXT_ID, previous)
        if following is None or not following.startswith(correlation_id):
            break
        longer.append(following)
        previous = following
    if longer:
        return tuple(longer)
    neighbours = (_one(reader, sql, correlation_id) for sql in (_PREVIOUS_ID, _NEXT_ID))
    return tuple(
        one
        for one in neighbours
        if one is not None and 2 * len(_common_prefix(one, correlation_id)) >= len(correlation_id)
    )


def _one(reader: StoreReader, sql: str, parameter: str) -> str | None:
    return next((str(value) for (value,) in reader.rows(sql, (parameter,))), None)


def _common_prefix(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    length = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return one[:length]


# --- for programs -----------------------------------------------------------------------------


def trace_document(trace: Trace) -> dict[str, Any]:
    """The trace as a JSON document; times since the start and durations in milliseconds."""
    timed = bool(trace.systems)
    return {
        "correlation_id": trace.correlation_id,
        "started": iso(trace.start_us) if timed else None,
        "ended": iso(trace.end_us) if timed else None,
        "duration_ms": in_ms(trace.end_us - trace.start_us) if timed else None,
        "events_total": trace.events_total,
        "failures": trace.failures,
        "systems": [_system_document(one) for one in trace.systems],
        "events": [_event_document(trace, one) for one in trace.events],
        "gaps": list(_gap_documents(trace)),
        "details_waiting": [one._asdict() for one in trace.details_waiting],
        "quarantined_mentions": list(trace.mentions),
    }


def _system_document(span: SystemSpan) -> dict[str, Any]:
    return {
        "system_id": span.system_id,
        "events": span.events,
        "failures": span.failures,
        "started": iso(span.start_us),
        "ended": iso(span.end_us),
        "duration_ms": in_ms(span.end_us - span.start_us),
    }


def _event_document(trace: Trace, one: TracedEvent) -> dict[str, Any]:
    since_start = in_ms(one.time_us - trace.start_us)
    return {**one.fields, "attempt": one.attempt, "since_start_ms": since_start}


def _gap_documents(trace: Trace) -> Iterator[dict[str, Any]]:
    ids: Sequence[str] = [one.fields["event_id"] for one in trace.events]
    for index in range(1, len(ids)):
        gap_us = trace.gap_before(index)
        if gap_us is not None:
            yield {"after": ids[index - 1], "before": ids[index], "duration_ms": in_ms(gap_us)}
