"""What a store must hold when everything in a ledger of the simulator was read: chapter 4 of the
semantics by brute force, from the ledger alone. Knows nothing of the engine's joiner or store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Line = Mapping[str, Any]
Clock = Literal["kafka", "file"]
Row = tuple[str, str, str, str, str, str | None, str]
"""system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason, join_state."""

PositionOf = Callable[[Line], tuple[str, int]]


@dataclass
class Half:
    """An event that expects a detail, or a detail, with its time on the clock of the join."""

    line: Line
    time_us: int | None
    partner: Half | None = None


@dataclass
class Expected:
    """The table and the sums."""

    events: list[Row]
    counts: dict[str, int]


def expected(
    lines: Iterable[Line], *, clock: Clock, position_of: PositionOf | None = None
) -> Expected:
    """``clock``: a topic has the broker's timestamps, a file the times read in it.

    ``position_of`` gives a sent record's (stream, offset), which decides between halves of the
    same time; without it the order of sending does.
    """
    place = position_of or (lambda line: ("", line["number"]))
    sent = sorted((line for line in lines if line["number"] is not None), key=_number)
    usable = [line for line in sent if line["usable"]]
    told = _without_duplicates(usable, place)
    times = _file_times(usable)
    halves = [
        Half(line, _join_time(line, clock, times))
        for line in told
        if line["role"] == "detail" or line["expects_detail"]
    ]
    _pair_all(halves, place)
    reached = _event_times(sent, clock)
    by_number = {half.line["number"]: half for half in halves}
    events = [line for line in told if line["role"] == "event"]
    rows = [_row(line, by_number.get(line["number"]), clock, reached) for line in events]
    details = [half for half in halves if half.line["role"] == "detail"]
    ignored = sum(line["role"] == "ignore" for line in usable)
    joined = sum(half.partner is not None for half in details)
    counts = {
        "read": len(sent),
        "events": len(events),
        "details_joined": joined,
        "details_waiting": len(details) - joined,
        "duplicates": len(usable) - ignored - len(events) - len(details),
        "ignored": ignored,
        "quarantined": len(sent) - len(usable),
    }
    return Expected(sorted(rows, key=lambda row: tuple(map(str, row))), counts)


def expected_events(
    lines: Iterable[Line], *, clock: Clock, position_of: PositionOf | None = None
) -> list[Row]:
    """The rows of ``events``, sorted as ``sorted(rows, key=lambda row: tuple(map(str, row)))``."""
    return expected(lines, clock=clock, position_of=position_of).events


def expected_counts(
    lines: Iterable[Line], *, clock: Clock, position_of: PositionOf | None = None
) -> dict[str, int]:
    """Both sides of the sum of chapter 1."""
    return expected(lines, clock=clock, position_of=position_of).counts


def _number(line: Line) -> int:
    number: int = line["number"]
    return number


def _without_duplicates(usable: list[Line], place: PositionOf) -> list[Line]:
    """Of records that a spec takes for the same one, the first by position; no ignored ones."""
    kept: dict[object, Line] = {}
    for line in sorted(usable, key=place):
        if line["role"] == "ignore":
            continue
        same = [line["time_us" if one == "timestamp" else one] for one in line["merge"] or ()]
        is_whole = line["role"] == "event" or None not in same
        key: object = line["number"]
        if same and is_whole:
            key = (line["system_id"], line["role"], *same)
        kept.setdefault(key, line)
    return sorted(kept.values(), key=_number)


def _file_times(usable: list[Line]) -> dict[int, int]:
    """By number: the last time that its system wrote before (or in) this record; before the
    first one, that first one."""
    times: dict[int, int] = {}
    last: dict[str, int] = {}
    untimed: dict[str, list[int]] = {}
    for line in usable:
        system, number = line["system_id"], line["number"]
        if line["time_us"] is not None and line["role"] != "ignore":
            last[system] = line["time_us"]
            for earlier in untimed.pop(system, []):
                times[earlier] = line["time_us"]
        if system in last:
            times[number] = last[system]
        else:
            untimed.setdefault(system, []).append(number)
    return times


def _join_time(line: Line, clock: Clock, file_times: Mapping[int, int]) -> int | None:
    """None for a detail of a system that wrote no time in the whole file."""
    time_us: int | None = line["time_us"]
    if line["join"]["clock"] == "record":
        time_us = line["sent_us"] if clock == "kafka" else file_times.get(line["number"])
    return time_us


def _pair_all(halves: list[Half], place: PositionOf) -> None:
    groups: dict[tuple[str, str], list[Half]] = {}
    timed = [half for half in halves if half.time_us is not None]
    for half in sorted(timed, key=lambda one: (_us(one), place(one.line))):
        groups.setdefault((half.line["system_id"], half.line["correlation_id"]), []).append(half)
    for group in groups.values():
        events = [half for half in group if half.line["role"] == "event"]
        for detail in (half for half in group if half.line["role"] == "detail"):
            join = detail.line["join"]
            free = [
                event
                for event in events
                if event.partner is None and abs(_us(event) - _us(detail)) <= join["within_us"]
            ]
            before = [event for event in free if _us(event) <= _us(detail)]
            if join["pairing"] == "in_order":
                chosen = free[:1]
            else:
                chosen = before[-1:] or free[:1]
            for event in chosen:
                event.partner, detail.partner = detail, event


def _us(half: Half) -> int:
    assert half.time_us is not None
    return half.time_us


def _event_times(sent: list[Line], clock: Clock) -> dict[str, int]:
    """How far event time has come: on the broker's clock (``""``), and on each system's own."""
    reached: dict[str, int] = {}
    for line in sent:
        if clock == "kafka":
            reached[""] = max(reached.get("", line["sent_us"]), line["sent_us"])
        if line["usable"] and line["role"] != "ignore" and line["time_us"] is not None:
            own = line["system_id"]
            reached[own] = max(reached.get(own, line["time_us"]), line["time_us"])
    return reached


def _row(line: Line, half: Half | None, clock: Clock, reached: Mapping[str, int]) -> Row:
    state = "none"
    reason = line["failure_reason"]
    if half is not None and half.partner is not None:
        state = "complete"
        given = half.partner.line["failure_reason"]
        reason = reason if given is None else given
    elif half is not None:
        join = line["join"]
        is_broker = clock == "kafka" and join["clock"] == "record"
        event_time = reached["" if is_broker else line["system_id"]]
        state = "unmatched" if _us(half) + join["within_us"] < event_time else "waiting"
    return (
        line["system_id"],
        line["checkpoint_id"],
        line["timestamp"],
        line["status"],
        line["correlation_id"],
        reason,
        state,
    )
