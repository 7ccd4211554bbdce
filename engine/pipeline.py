"""From a batch of records to a batch that a store can take: outcomes, placed in time.

Which clock a join measures on is decided here (semantics, chapter 4): the time in the body if both
sides carry one, else the broker's timestamp of both; in a file, where lines have none, a record
inherits the last time that its own system wrote before it in that file. Its own system's, not
any system's: so another spec beside it changes nothing, and two halves never meet on two clocks.
By the same rule an event whose spec asks for the record's own time has one in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from engine.content_hash import event_hash
from engine.interpreter import Normalizer
from engine.model import Detail, Event, Record, Rejection
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
    """Fill in the outcomes of a batch."""
    batch.outcomes = normalizer.normalize(list(records_of(batch)))


def records_of(batch: Batch) -> Iterator[Record]:
    """Its records, in the order of its outcomes."""
    return chain.from_iterable(advance.records for advance in batch.advances)


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
    known = dict(last_us)
    untimed: dict[ClockOf, list[Detail]] = {}
    for number, record in enumerate(records_of(batch)):
        outcome = batch.outcomes[number]
        if record.timestamp_us is not None:
            _move(moves, (record.stream, BROKER_CLOCK), record.timestamp_us, batch.now_us)
        if not isinstance(outcome, Event | Detail):
            continue
        own = (record.stream, outcome.system.name)
        if isinstance(outcome, Event) and not outcome.timestamp:
            rejection = _give_time(outcome, record, known.get(own))
            if rejection is not None:
                batch.outcomes[number] = rejection
                continue
        if outcome.time_us is not None:
            if own not in known:
                moves.first_us[own] = outcome.time_us
                for earlier in untimed.pop(own, []):
                    earlier.join_us = outcome.time_us
            known[own] = outcome.time_us
            _move(moves, own, outcome.time_us, batch.now_us)
        _place(outcome, record, known)
        if isinstance(outcome, Detail) and outcome.join_us is None:
            untimed.setdefault(own, []).append(outcome)
    return moves


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


def _move(moves: ClockMoves, clock: ClockOf, time_us: int, now_us: int) -> None:
    moves.last_us[clock] = time_us
    if time_us <= now_us + FUTURE_US_MAX:
        moves.event_us[clock] = max(time_us, moves.event_us.get(clock, time_us))


def _place(half: Event | Detail, record: Record, known: MutableMapping[ClockOf, int]) -> None:
    join = half.system.join
    if join is None or (isinstance(half, Event) and not half.expects_detail):
        return
    if join.clock == "body":
        half.join_clock, half.join_us = half.system.name, half.time_us
    elif record.timestamp_us is not None:
        half.join_clock, half.join_us = BROKER_CLOCK, record.timestamp_us
    else:
        half.join_clock = half.system.name
        half.join_us = known.get((record.stream, half.system.name))
