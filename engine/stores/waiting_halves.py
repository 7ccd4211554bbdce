"""The halves of multi-part logs that wait in a run without a store.

Nearly every key has one event and one detail that are written close together. Such a pair that
meets within a batch is never numbered, sorted or remembered, and a half that is alone is a number;
only a key of which more is held is paired as a whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.event_json import line_of
from engine.joiner import Half, pair
from engine.model import Detail, Event, Join
from engine.pipeline import ClockOf

_JoinKey = tuple[str, str | None, str | None]
"""A system, a correlation id, and a clock: no half lacks one."""


@dataclass(slots=True)
class _Several:
    """More than one half of a key: number → half, by side; and the pairs as they are now."""

    events: dict[int, Half] = field(default_factory=dict)
    details: dict[int, Half] = field(default_factory=dict)
    chosen: dict[int, tuple[int | None, bool]] = field(default_factory=dict)
    """Event → its detail, and whether that is ambiguous."""
    serves: dict[int, int | None] = field(default_factory=dict)
    """Detail → its event."""

    def side(self, outcome: Event | Detail) -> dict[int, Half]:
        """The side on which this half stands."""
        return self.events if isinstance(outcome, Event) else self.details


class WaitingHalves:
    """What has not left. ``tells_offsets`` says whether ``first_offset`` will be asked.

    Whatever is held has a number, later ones higher ones; where one has left, what the heaps say
    of its number is passed over when it comes up.
    """

    def __init__(self, *, tells_offsets: bool) -> None:
        self._tells_offsets = tells_offsets
        self._number = 0
        self._outcomes: dict[int, Event | Detail] = {}
        self._fresh: dict[_JoinKey, list[Event | Detail]] = {}
        self._alone: dict[_JoinKey, int] = {}
        self._several: dict[_JoinKey, _Several] = {}
        self._untimed: dict[ClockOf, list[int]] = {}
        self._deadlines: dict[str, list[tuple[int, int]]] = {}
        self._offsets: dict[str, list[tuple[int, int]]] = {}

    def add(self, halves: Iterable[Event | Detail]) -> None:
        """Take halves. One that has no time yet waits for it; the others for ``complete``."""
        fresh = self._fresh
        for half in halves:
            if half.join_us is None:
                clock = half.stream, half.system.name
                self._untimed.setdefault(clock, []).append(self._hold(half))
                continue
            key = half.system.name, half.correlation_id, half.join_clock
            those = fresh.get(key)
            if those is None:
                fresh[key] = [half]
            else:
                those.append(half)

    def give_time(self, clock: ClockOf, first_us: int) -> None:
        """Add the halves that waited for the first time on a clock of a stream."""
        details = [self._outcomes.pop(number) for number in self._untimed.pop(clock, ())]
        for detail in details:
            detail.join_us = first_us
        self.add(details)

    def complete(self) -> list[str]:
        """Pair what was added; the lines of events that are complete without a choice."""
        lines: list[str] = []
        for key, halves in self._fresh.items():
            number = self._alone.get(key) if self._alone else None
            if self._several and key in self._several:
                lines += self._pair(key, halves)
                continue
            held = halves if number is None else [self._outcomes[number], *halves]
            if len(held) == 1:
                self._alone[key] = self._hold(held[0])
                continue
            line = _line_of_two(*held) if len(held) == 2 else None
            if line is None:
                lines += self._pair(key, halves)
                continue
            lines.append(line)
            if number is not None:
                del self._alone[key], self._outcomes[number]
        self._fresh.clear()
        return lines

    def clocks(self) -> list[str]:
        """The clocks on which something may wait."""
        return [clock for clock, deadlines in self._deadlines.items() if deadlines]

    def expired(self, clock: str, now_us: int) -> list[str]:
        """The lines of events whose ``within`` has passed; details of that age are let go."""
        lines: list[str] = []
        deadlines = self._deadlines[clock]
        while deadlines and deadlines[0][0] < now_us:
            _, number = heapq.heappop(deadlines)
            outcome = self._outcomes.get(number)
            if isinstance(outcome, Event):
                lines.append(self._leave(number))
            elif outcome is not None and not self._serves(number):
                self._forget(number)
        return lines

    def finish(self) -> Iterator[str]:
        """The lines of all events, by position; then nothing is held any more."""
        events = [one for one in self._outcomes.items() if isinstance(one[1], Event)]
        events.sort(key=lambda one: (one[1].stream, one[1].offset))
        for number, _ in events:
            yield self._leave(number)
        for held in (self._outcomes, self._alone, self._several, self._untimed, self._deadlines):
            held.clear()

    def first_offset(self, stream: str) -> int | None:
        """The lowest offset of what is held of a stream."""
        offsets = self._offsets.get(stream, [])
        while offsets and offsets[0][1] not in self._outcomes:
            heapq.heappop(offsets)
        return offsets[0][0] if offsets else None

    def _hold(self, half: Event | Detail) -> int:
        self._number += 1
        number = self._number
        self._outcomes[number] = half
        if half.join_us is not None:
            heapq.heappush(self._due(half), (half.join_us + _join(half).within_us, number))
        if self._tells_offsets:
            heapq.heappush(self._offsets.setdefault(half.stream, []), (half.offset, number))
        return number

    def _pair(self, key: _JoinKey, fresh: Sequence[Event | Detail]) -> list[str]:
        """Pair a key with several halves again."""
        several = self._several.get(key)
        if several is None:
            several = self._several[key] = _Several()
        alone = self._alone.pop(key, None)
        numbers = [] if alone is None else [alone]
        numbers += [self._hold(half) for half in fresh]
        for number in numbers:
            one = self._outcomes[number]
            assert one.join_us is not None
            several.side(one)[number] = Half(one.join_us, one.stream, one.offset, number)
        self._choose(several, fresh[-1])
        complete = [
            several.events[number]
            for number, (_, is_ambiguous) in several.chosen.items()
            if not is_ambiguous
        ]
        return [self._leave(half.key) for half in sorted(complete)]

    def _choose(self, several: _Several, latest: Event | Detail) -> None:
        join = _join(latest)
        # The halves have no partners here, so that what changes is every pair.
        pairs = pair(
            list(several.events.values()),
            list(several.details.values()),
            within_us=join.within_us,
            pairing=join.pairing,
        )
        for number in several.serves.keys() - pairs.details:
            # Its deadline may have passed while it had a partner.
            due_us = several.details[number].time_us + join.within_us
            heapq.heappush(self._due(latest), (due_us, number))
        several.chosen, several.serves = pairs.events, pairs.details

    def _due(self, half: Event | Detail) -> list[tuple[int, int]]:
        clock = half.join_clock
        assert clock is not None
        deadlines = self._deadlines.get(clock)
        if deadlines is None:
            deadlines = self._deadlines[clock] = []
        return deadlines

    def _leave(self, number: int) -> str:
        """The line of an event; it and its detail are forgotten."""
        event = self._outcomes[number]
        assert isinstance(event, Event)
        several = self._several.get(_key(event))
        partner, is_ambiguous = None, False
        if several is not None:
            partner, is_ambiguous = several.chosen.pop(number, (None, False))
        if several is None or partner is None:
            line = line_of(event, "unmatched")
        else:
            detail = self._outcomes[partner]
            assert isinstance(detail, Detail)
            line = line_of(event, "complete", detail, is_ambiguous=is_ambiguous)
            del several.serves[partner]
            self._forget(partner)
        self._forget(number)
        return line

    def _serves(self, number: int) -> bool:
        """Whether a detail has an event."""
        several = self._several.get(_key(self._outcomes[number]))
        return several is not None and number in several.serves

    def _forget(self, number: int) -> None:
        outcome = self._outcomes.pop(number)
        key = _key(outcome)
        several = self._several.get(key)
        if several is None:
            del self._alone[key]
            return
        del several.side(outcome)[number]
        if not several.events and not several.details:
            del self._several[key]


def _key(half: Event | Detail) -> _JoinKey:
    return half.system.name, half.correlation_id, half.join_clock


def _join(half: Event | Detail) -> Join:
    assert half.system.join is not None
    return half.system.join


def _line_of_two(first: Event | Detail, second: Event | Detail) -> str | None:
    """The line of an event with a detail, if the two are one of each and within reach: where there
    are no others there is no choice, whatever the pairing."""
    assert first.join_us is not None
    assert second.join_us is not None
    if abs(first.join_us - second.join_us) > _join(second).within_us:
        return None
    if isinstance(first, Event):
        return line_of(first, "complete", second) if isinstance(second, Detail) else None
    return line_of(second, "complete", first) if isinstance(second, Event) else None
