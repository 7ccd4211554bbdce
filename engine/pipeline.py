"""From a batch of records to a batch that a store can take: outcomes, placed in time.

Which clock a join measures on is decided here (semantics, chapter 4): the time in the body if both
sides carry one, else the broker's timestamp of both; in a file, where lines have none, a record
inherits the last time that its own system wrote before it in that file. Its own system's, not
any system's: so another spec beside it changes nothing, and two halves never meet on two clocks.
By the same rule an event whose spec asks for the record's own time has one in a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from engine.content_hash import event_hash
from engine.interpreter import Normalizer
from engine.model import Detail, Event, Normalized, Record, Records, Rejection
from engine.ports import Batch
from engine.rejections import Refused, rejection_of
from engine.timestamps import instant_of

BROKER_CLOCK: Final = ""
"""The name of the clock that broker timestamps are read on; a system's own has its name."""

FUTURE_US_MAX: Final = 24 * 60 * 60 * 1_000_000
"""A time further than this ahead of the machine's clock does not move event time."""

ClockOf = tuple[str, str]
"""A stream and the name of a clock."""


def normalize(batch: Batch, normalizer: Normalizer) -> None:
    """Fill in what becomes of the records of a batch."""
    batch.kinds = normalizer.kinds
    batch.normalized = [normalizer.normalize_all(advance.records) for advance in batch.advances]


@dataclass(slots=True)
class ClockMoves:
    """What a batch says about time: the last time read on each clock of each stream, how far
    event time came, and which clocks were read for the first time in their stream (with the
    time that earlier records without one take)."""

    last_us: dict[ClockOf, int] = field(default_factory=dict)
    event_us: dict[ClockOf, int] = field(default_factory=dict)
    first_us: dict[ClockOf, int] = field(default_factory=dict)


def place_in_time(batch: Batch, last_us: Mapping[ClockOf, int]) -> ClockMoves:
    """Give every half of the batch its time on its join's clock.

    ``last_us`` is what the store remembers of earlier batches. A half before the first time of
    its system in its file has none yet (``join_us`` None); it takes the first that follows. An
    event whose own timestamp is to be that of such a record has nothing to go by: it becomes a
    rejection.
    """
    moves = ClockMoves()
    for advance, normalized in zip(batch.advances, batch.normalized, strict=True):
        _place_stream(advance.records, normalized, last_us)
        _move_clocks(advance.records, normalized, last_us, batch.now_us, moves)
    return moves


def _place_stream(records: Records, normalized: Normalized, last_us: Mapping[ClockOf, int]) -> None:
    for number, (index, half) in enumerate(normalized.others):
        if not isinstance(half, Event | Detail):
            continue
        own = (records.stream, half.system.name)
        before_us = last_us.get(own) if half.last_us is None else half.last_us
        if isinstance(half, Event) and not half.timestamp:
            rejection = _give_time(half, records[index], before_us)
            if rejection is not None:
                normalized.others[number] = index, rejection
                continue
        own_us = before_us if half.time_us is None else half.time_us
        if own_us is None and half.system.name in normalized.times:
            own_us = normalized.times[half.system.name].first_us
        times = records.timestamps_us
        _place(half, None if times is None else times[index], own_us)


def _move_clocks(
    records: Records,
    normalized: Normalized,
    last_us: Mapping[ClockOf, int],
    now_us: int,
    moves: ClockMoves,
) -> None:
    stream = records.stream
    for system, times in normalized.times.items():
        if (stream, system) not in last_us:
            moves.first_us[stream, system] = times.first_us
        _move(moves, (stream, system), times.last_us, times.all_us, now_us)
    recorded = records.timestamps_us
    if recorded and None in recorded:
        recorded = [time_us for time_us in recorded if time_us is not None]
    if recorded:
        times_us = cast("Sequence[int]", recorded)
        _move(moves, (stream, BROKER_CLOCK), times_us[-1], times_us, now_us)


def _give_time(event: Event, record: Record, last_us: int | None) -> Rejection | None:
    """Give an event without a time the last one of its system; a rejection if there is none."""
    if last_us is not None:
        event.timestamp, event.time_us = instant_of(last_us)
        event.content_hash = event_hash(event)
        return None
    message = (
        "the record has no timestamp of its own, and no record of its system before it has one"
    )
    rejection = rejection_of(record, Refused("missing_field", message))
    rejection.system, rejection.kind = event.system.name, event.kind
    return rejection


def _move(
    moves: ClockMoves, clock: ClockOf, last_us: int, all_us: Collection[int], now_us: int
) -> None:
    moves.last_us[clock] = last_us
    most_us = now_us + FUTURE_US_MAX
    latest_us = max(all_us)
    if latest_us > most_us:
        known = [us for us in all_us if us <= most_us]
        if not known:
            return
        latest_us = max(known)
    moves.event_us[clock] = latest_us


def _place(half: Event | Detail, recorded_us: int | None, own_us: int | None) -> None:
    """``recorded_us`` is the broker's time of the record, ``own_us`` that of its system."""
    join = half.system.join
    if join is None or (isinstance(half, Event) and not half.expects_detail):
        return
    if join.clock == "body":
        half.join_clock, half.join_us = half.system.name, half.time_us
    elif recorded_us is not None:
        half.join_clock, half.join_us = BROKER_CLOCK, recorded_us
    else:
        half.join_clock, half.join_us = half.system.name, own_us
