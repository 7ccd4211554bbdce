"""Chapters 1 to 4 word by word over a whole history at once: no batches, no windows, no store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from histories import NOW_US, History
from made_systems import SECOND_US, SYSTEMS

from engine.event_json import attributes_text
from engine.interpreter import compile_normalizer
from engine.model import Detail, Event, Ignored, Outcome, Record, Rejection, System

DAY_US = 86_400 * SECOND_US
Half = Event | Detail


def oracle(history: History, systems: Sequence[System] = SYSTEMS) -> dict[str, Any]:
    """What the views ``events``, ``details`` and ``quarantined``, and ``ignored`` should hold."""
    outcomes = [
        (record, outcome)
        for records in history.values()
        for record, outcome in zip(
            records, compile_normalizer(systems).normalize(records), strict=True
        )
    ]
    event_time = _event_time(outcomes)
    halves = [(one, _time_of(one, record, outcomes)) for record, one in outcomes if _is_half(one)]
    rows, seen = _merge([(one, time) for one, time in halves if isinstance(one, Half)])
    pairs = _pairs(rows)
    return {
        "events": sorted(_event_rows(rows, seen, pairs, event_time), key=repr),
        "details": sorted(_detail_rows(rows, seen, pairs, event_time), key=repr),
        "quarantined": sorted(
            (f"{one.stream}:{one.offset}", one.reason, one.value)
            for _, one in outcomes
            if isinstance(one, Rejection)
        ),
        "ignored": sorted(
            (*key, count)
            for key, count in Counter(
                (one.system.name, one.kind) for _, one in outcomes if isinstance(one, Ignored)
            ).items()
        ),
    }


def seen_by(tables: dict[str, Any]) -> dict[str, Any]:
    """The part of a store's tables that the oracle speaks of."""
    return {
        "events": tables["events"],
        "details": tables["details"],
        "quarantined": sorted(row[:3] for row in tables["quarantined"]),
        "ignored": tables["ignored"],
    }


def _is_half(outcome: Outcome) -> bool:
    return isinstance(outcome, Half)


Timed = tuple[str | None, int | None]
"""The clock that a half is measured on (None: it needs no other half) and its time there."""


def _time_of(half: Outcome, record: Record, outcomes: list[tuple[Record, Outcome]]) -> Timed:
    assert isinstance(half, Half)
    join = half.system.join
    if join is None or (isinstance(half, Event) and not half.expects_detail):
        return None, None
    if join.clock == "body":
        return half.system.name, half.time_us
    if record.timestamp_us is not None:
        return "", record.timestamp_us
    if half.time_us is not None:
        return half.system.name, half.time_us
    own = [
        (one.offset, one.time_us)
        for _, one in outcomes
        if isinstance(one, Half)
        and one.stream == half.stream
        and one.system == half.system
        and one.time_us is not None
    ]
    before = [time for offset, time in own if offset < half.offset]
    after = [time for offset, time in own if offset > half.offset]
    inherited = before[-1:] or after[:1]
    return half.system.name, inherited[0] if inherited else None


def _event_time(outcomes: list[tuple[Record, Outcome]]) -> dict[str, int]:
    """How far each clock has come, far futures aside."""
    reached: dict[str, int] = {}
    times: list[tuple[str, int]] = []
    for record, one in outcomes:
        if record.timestamp_us is not None:
            times.append(("", record.timestamp_us))
        if isinstance(one, Half) and one.time_us is not None:
            times.append((one.system.name, one.time_us))
    for clock, time in times:
        if time <= NOW_US + DAY_US:
            reached[clock] = max(time, reached.get(clock, time))
    return reached


def _merge(halves: list[tuple[Half, Timed]]) -> tuple[list[tuple[Half, Timed]], dict[str, int]]:
    """The first position of every content, and how often it was seen."""
    first: dict[Any, tuple[Half, Timed]] = {}
    seen: Counter[Any] = Counter()
    for half, timed in sorted(halves, key=lambda one: (one[0].stream, one[0].offset)):
        merge = half.system.merge
        content: Any = _id(half)
        if merge is not None:
            values = [
                half.time_us if name == "timestamp" else getattr(half, name, None) for name in merge
            ]
            lacks_id = half.correlation_id is None and "correlation_id" in merge
            if (isinstance(half, Event) and not lacks_id) or None not in values:
                content = (half.system.name, type(half), *values)
        first.setdefault(content, (half, timed))
        seen[content] += 1
    return list(first.values()), {_id(first[content][0]): n for content, n in seen.items()}


Pairs = dict[str, tuple[Half, bool]]
"""Id of a half → its partner, and whether the choice was ambiguous."""


def _pairs(rows: list[tuple[Half, Timed]]) -> Pairs:
    groups: dict[Any, list[tuple[int, str, int, Half]]] = {}
    for half, (clock, time) in rows:
        if clock is not None and time is not None:
            key = (half.system.name, half.correlation_id, clock)
            groups.setdefault(key, []).append((time, half.stream, half.offset, half))
    pairs: Pairs = {}
    for group in groups.values():
        group.sort(key=lambda one: one[:3])
        for event, detail, ambiguous in _pairs_of_group(group):
            pairs[_id(event)] = detail, ambiguous
            pairs[_id(detail)] = event, ambiguous
    return pairs


def _pairs_of_group(
    group: list[tuple[int, str, int, Half]],
) -> Iterator[tuple[Half, Half, bool]]:
    system = group[0][3].system
    assert system.join is not None
    within = system.join.within_us
    events = [one for one in group if isinstance(one[3], Event)]
    details = [one for one in group if isinstance(one[3], Detail)]
    free = list(events)
    for detail in details:
        reach = [event for event in free if abs(event[0] - detail[0]) <= within]
        before = [event for event in reach if event[0] <= detail[0]]
        if system.join.pairing == "in_order" or not before:
            chosen = reach[:1]
        else:
            chosen = before[-1:]
        for event in chosen:
            free.remove(event)
            rivals = sum(abs(one[0] - event[0]) <= within for one in details)
            choices = sum(abs(one[0] - detail[0]) <= within for one in events)
            yield event[3], detail[3], rivals > 1 or choices > 1


def _event_rows(
    rows: list[tuple[Half, Timed]], seen: dict[str, int], pairs: Pairs, event_time: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    for event, (clock, time) in rows:
        if not isinstance(event, Event):
            continue
        detail, ambiguous = pairs.get(_id(event), (None, False))
        state = "none" if clock is None else "complete"
        if clock is not None and detail is None:
            state = "unmatched" if _passed(event, clock, time, event_time) else "waiting"
        yield (
            event.system.name,
            event.checkpoint_id,
            event.timestamp,
            event.status,
            event.correlation_id,
            event.failure_reason if detail is None else detail.failure_reason,
            _id(event),
            state,
            int(ambiguous),
            seen[_id(event)],
            event.kind,
            event.time_us,
            None if detail is None else _id(detail),
            attributes_text(event.attributes),
            event.system.digest,
        )


def _detail_rows(
    rows: list[tuple[Half, Timed]], seen: dict[str, int], pairs: Pairs, event_time: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    for detail, (clock, time) in rows:
        if not isinstance(detail, Detail):
            continue
        event, _ = pairs.get(_id(detail), (None, False))
        state = "joined"
        if event is None:
            state = "orphan" if _passed(detail, clock, time, event_time) else "waiting"
        yield (
            detail.system.name,
            detail.correlation_id,
            detail.failure_reason,
            _id(detail),
            state,
            seen[_id(detail)],
            detail.kind,
            time,
            None if event is None else _id(event),
            detail.system.digest,
        )


def _passed(half: Half, clock: str | None, time: int | None, event_time: dict[str, int]) -> bool:
    assert half.system.join is not None
    assert clock is not None
    return time is not None and time + half.system.join.within_us < event_time.get(clock, time)


def _id(half: Half) -> str:
    return f"{half.stream}:{half.offset}"
