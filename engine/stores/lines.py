"""Events as JSON lines instead of rows: each once, when it is final (``run --to``).

Final is an event that waits for nothing, one that is complete, one whose ``within`` has passed,
and at the end of the input whatever is left. An event with a choice of details waits until
``within`` has passed. What has left cannot be corrected, which is the price of not having a store:
a better detail that comes after its event has left stays unused.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from engine.event_json import attributes_text, event_line
from engine.joiner import Half, pair
from engine.model import Detail, Event, Join, Row, System
from engine.pipeline import ClockOf, place_in_time
from engine.ports import Batch, Progress, ProgressLookup

HASHES_MAX: Final = 1_000_000
"""How many contents are remembered for ``duplicates: merge``; the oldest are forgotten first."""

_JoinKey = tuple[str, str, str]


class Sink(Protocol):
    """Where lines go."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Take lines, each without its line break."""

    def flush(self) -> None:
        """Return when they are out."""

    def close(self) -> None:
        """Release what is held."""


@dataclass(slots=True)
class _Waiting:
    """The halves of one key that have not left: number → half, by side."""

    events: dict[int, Half] = field(default_factory=dict)
    details: dict[int, Half] = field(default_factory=dict)


class LineStore:
    """Keeps only what waits. ``progress`` says where streams go on (a group's offsets), and
    ``on_low_water`` is told, after lines are out, the offset below which nothing waits."""

    def __init__(
        self,
        sink: Sink,
        *,
        progress: ProgressLookup = lambda _: None,
        on_low_water: Callable[[str, int], None] = lambda _stream, _offset: None,
    ) -> None:
        self._sink = sink
        self._progress = progress
        self._on_low_water = on_low_water
        self._last_us: dict[ClockOf, int] = {}
        self._event_us: dict[ClockOf, int] = {}
        self._next_offset: dict[str, int] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._number = 0
        self._outcomes: dict[int, Event | Detail] = {}
        self._waiting: dict[_JoinKey, _Waiting] = {}
        self._deadlines: dict[str, list[tuple[int, int]]] = {}
        self._untimed: dict[ClockOf, list[Detail]] = {}

    def progress(self, stream: str) -> Progress | None:
        """Where the reader of this stream goes on."""
        return self._progress(stream)

    def commit(self, batch: Batch) -> None:
        """Write what is final now. Raises what the sink raises."""
        moves = place_in_time(batch, self._last_us)
        self._last_us |= moves.last_us
        for clock, time_us in moves.event_us.items():
            self._event_us[clock] = max(time_us, self._event_us.get(clock, time_us))
        lines: list[bytes] = []
        touched: dict[_JoinKey, Join] = {}
        for clock, first_us in moves.first_us.items():
            for detail in self._untimed.pop(clock, ()):
                detail.join_us = first_us
                self._hold(detail, touched)
        for advance, normalized in zip(batch.advances, batch.normalized, strict=True):
            lines += [_row_line(advance.stream, row, batch.kinds) for row in normalized.rows]
        for outcome in (one for each in batch.normalized for _, one in each.others):
            if not isinstance(outcome, Event | Detail) or self._is_duplicate(outcome):
                continue
            if isinstance(outcome, Event) and outcome.join_clock is None:
                lines.append(_line(outcome, "none", None, ambiguous=False))
            elif outcome.join_us is None:
                assert isinstance(outcome, Detail)
                self._untimed.setdefault((outcome.stream, outcome.system.name), []).append(outcome)
            else:
                self._hold(outcome, touched)
        for key, join in touched.items():
            lines += self._pair(key, join)
        lines += self._expire(batch.lagging)
        self._out(lines)
        for advance in batch.advances:
            self._next_offset[advance.stream] = advance.next_offset
        self._tell_low_water()

    def finish(self) -> None:
        """The input has ended: everything that still waits is final."""
        events = [one for one in self._outcomes.items() if isinstance(one[1], Event)]
        events.sort(key=lambda one: (one[1].stream, one[1].offset))
        self._out([self._leave(number) for number, _ in events])
        self._outcomes.clear()
        self._waiting.clear()
        self._untimed.clear()
        self._deadlines.clear()
        self._tell_low_water()

    def close(self) -> None:
        """Release the sink."""
        self._sink.close()

    def _is_duplicate(self, outcome: Event | Detail) -> bool:
        if outcome.content_hash is None:
            return False
        known = outcome.content_hash in self._seen
        self._seen[outcome.content_hash] = None
        self._seen.move_to_end(outcome.content_hash)
        if len(self._seen) > HASHES_MAX:
            self._seen.popitem(last=False)
        return known

    def _hold(self, outcome: Event | Detail, touched: dict[_JoinKey, Join]) -> None:
        join = outcome.system.join
        assert join is not None
        assert outcome.join_us is not None
        self._number += 1
        number = self._number
        key = _key(outcome)
        half = Half(outcome.join_us, outcome.stream, outcome.offset, number)
        waiting = self._waiting.setdefault(key, _Waiting())
        side = waiting.events if isinstance(outcome, Event) else waiting.details
        side[number] = half
        self._outcomes[number] = outcome
        touched[key] = join
        deadlines = self._deadlines.setdefault(key[2], [])
        heapq.heappush(deadlines, (outcome.join_us + join.within_us, number))

    def _pair(self, key: _JoinKey, join: Join) -> list[bytes]:
        """Pair a key again; the lines of those that are complete without a choice."""
        waiting = self._waiting[key]
        changes = pair(
            list(waiting.events.values()),
            list(waiting.details.values()),
            within_us=join.within_us,
            pairing=join.pairing,
        )
        for number, (detail, ambiguous) in changes.events.items():
            half = waiting.events[number]
            waiting.events[number] = half._replace(partner=detail, ambiguous=ambiguous)
        for number, event in changes.details.items():
            half = waiting.details[number]._replace(partner=event)
            waiting.details[number] = half
            if event is None:  # its deadline may have passed while it had a partner
                heapq.heappush(self._deadlines[key[2]], (half.time_us + join.within_us, number))
        complete = [half for half in waiting.events.values() if half.partner and not half.ambiguous]
        return [self._leave(half.key) for half in sorted(complete)]

    def _expire(self, lagging: Iterable[str]) -> list[bytes]:
        """The lines of events whose ``within`` has passed; details of that age are let go."""
        lines = []
        for clock, deadlines in self._deadlines.items():
            now_us = self._event_time(clock, lagging)
            while now_us is not None and deadlines and deadlines[0][0] < now_us:
                _, number = heapq.heappop(deadlines)
                outcome = self._outcomes.get(number)
                if isinstance(outcome, Event):
                    lines.append(self._leave(number))
                elif outcome is not None and self._half(number).partner is None:
                    self._forget(number)
        return lines

    def _event_time(self, clock: str, lagging: Iterable[str]) -> int | None:
        """How far time has come: where streams lag, as far as the slowest of them."""
        slowest = [self._event_us.get((stream, clock)) for stream in lagging]
        if slowest:
            known = [time_us for time_us in slowest if time_us is not None]
            return min(known) if len(known) == len(slowest) else None
        return max((us for (_, name), us in self._event_us.items() if name == clock), default=None)

    def _half(self, number: int) -> Half:
        outcome = self._outcomes[number]
        waiting = self._waiting[_key(outcome)]
        return (waiting.events if isinstance(outcome, Event) else waiting.details)[number]

    def _leave(self, number: int) -> bytes:
        """The line of an event; it and its detail are forgotten."""
        half, event = self._half(number), self._outcomes[number]
        assert isinstance(event, Event)
        detail = None if half.partner is None else self._outcomes[half.partner]
        assert not isinstance(detail, Event)
        state = "unmatched" if detail is None else "complete"
        line = _line(event, state, detail, ambiguous=half.ambiguous)
        self._forget(number)
        if half.partner is not None:
            self._forget(half.partner)
        return line

    def _forget(self, number: int) -> None:
        outcome = self._outcomes.pop(number)
        key = _key(outcome)
        waiting = self._waiting[key]
        (waiting.events if isinstance(outcome, Event) else waiting.details).pop(number)
        if not waiting.events and not waiting.details:
            del self._waiting[key]

    def _out(self, lines: list[bytes]) -> None:
        if lines:
            self._sink.write(lines)
        self._sink.flush()

    def _tell_low_water(self) -> None:
        low = dict(self._next_offset)
        held: list[Event | Detail] = list(self._outcomes.values())
        held += [detail for details in self._untimed.values() for detail in details]
        for outcome in held:
            low[outcome.stream] = min(low[outcome.stream], outcome.offset)
        for stream, offset in low.items():
            self._on_low_water(stream, offset)


def _key(outcome: Event | Detail) -> _JoinKey:
    assert outcome.join_clock is not None
    assert outcome.correlation_id is not None  # the spec's check: a kind that joins has one
    return outcome.system.name, outcome.correlation_id, outcome.join_clock


def _row_line(stream: str, row: Row, kinds: Sequence[tuple[System, str]]) -> bytes:
    offset, number, checkpoint_id, timestamp, _, status, correlation_id, reason = row
    system, kind = kinds[number]
    values = (
        system.name,
        checkpoint_id,
        timestamp,
        status,
        correlation_id,
        reason,
        f"{stream}:{offset}",
        "none",
        kind,
        False,
        1,
        None,
        system.digest,
        None,
    )
    return event_line(values).encode()


def _line(event: Event, state: str, detail: Detail | None, *, ambiguous: bool) -> bytes:
    reason = event.failure_reason
    if detail is not None and detail.failure_reason is not None:
        reason = detail.failure_reason
    values = (
        event.system.name,
        event.checkpoint_id,
        event.timestamp,
        event.status,
        event.correlation_id,
        reason,
        f"{event.stream}:{event.offset}",
        state,
        event.kind,
        ambiguous,
        1,
        None if detail is None else f"{detail.stream}:{detail.offset}",
        event.system.digest,
        attributes_text(event.attributes),
    )
    return event_line(values).encode()
