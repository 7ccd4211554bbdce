"""Pair the halves of multi-part logs (semantics, chapter 4).

A *half* is an event that expects a detail, or a detail. Halves of one key (system, correlation
id, clock) are paired by a function of their set alone: details are served in the order of (time,
position), each takes one free event within reach, and nothing depends on who came first.

Only what new halves can change is looked at again. With ``within`` = w and t the earliest new
time, a detail before t - 2w reaches no event that a new half could reach too, so its pair is
settled. That keeps a key that never ends (a correlation id of "0" everywhere) from costing more
with every batch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Pairing = Literal["nearest", "in_order"]


class Half(NamedTuple):
    """One side of a pair, ordered by (time, position). ``partner`` is the key of the other side
    and ``ambiguous`` the flag, as they are stored now. Keys are the store's own."""

    time_us: int
    stream: str
    offset: int
    key: int
    partner: int | None = None
    ambiguous: bool = False


class Window(NamedTuple):
    """What to look at again after new halves, times in microseconds: pairs of details before
    ``settled_before_us`` stand; halves before ``since_us`` need not even be loaded."""

    since_us: int
    settled_before_us: int


def window(earliest_us: int, within_us: int) -> Window:
    """The window for new, changed or removed halves, the earliest of which is given."""
    return Window(earliest_us - 4 * within_us, earliest_us - 2 * within_us)


@dataclass(slots=True)
class Pairs:
    """What changed: event key → (detail key or None, ambiguous), detail key → event key or None."""

    events: dict[int, tuple[int | None, bool]] = field(default_factory=dict)
    details: dict[int, int | None] = field(default_factory=dict)


def pair(
    events: Sequence[Half],
    details: Sequence[Half],
    *,
    within_us: int,
    pairing: Pairing,
    settled_before_us: int | None = None,
) -> Pairs:
    """The changes that make the stored pairs of one key those of its halves.

    ``events`` and ``details`` are all halves of the key from ``Window.since_us`` on, in any
    order; without ``settled_before_us`` they are all there are, and nothing is taken as settled.
    """
    events, details = sorted(events), sorted(details)
    settled: dict[int, int] = {}
    open_details = details
    if settled_before_us is not None:
        first_open = bisect_left(details, (settled_before_us,))
        settled = {d.partner: d.key for d in details[:first_open] if d.partner is not None}
        open_details = details[first_open:]
        # No open detail reaches these, and what holds them may not be loaded.
        events = events[bisect_left(events, (settled_before_us - within_us,)) :]
    taken = _serve(events, open_details, settled, within_us, pairing)
    return _changes(events, details, open_details, taken, settled, within_us)


def _serve(
    events: Sequence[Half],
    details: Sequence[Half],
    settled: dict[int, int],
    within_us: int,
    pairing: Pairing,
) -> dict[int, int]:
    """Event key → detail key, for details that are served now."""
    free = [event for event in events if event.key not in settled]
    taken: dict[int, int] = {}
    for detail in details:
        choose = _nearest if pairing == "nearest" else _first
        index = choose(free, detail.time_us, within_us)
        if index is not None:
            taken[free.pop(index).key] = detail.key
    return taken


def _nearest(free: Sequence[Half], time_us: int, within_us: int) -> int | None:
    """The latest event at or before the time, else the earliest after it, within reach."""
    after = bisect_left(free, (time_us + 1,))
    if after > 0 and free[after - 1].time_us >= time_us - within_us:
        return after - 1
    if after < len(free) and free[after].time_us <= time_us + within_us:
        return after
    return None


def _first(free: Sequence[Half], time_us: int, within_us: int) -> int | None:
    """The earliest event within reach."""
    index = bisect_left(free, (time_us - within_us,))
    return index if index < len(free) and free[index].time_us <= time_us + within_us else None


def _changes(
    events: Sequence[Half],
    details: Sequence[Half],
    open_details: Sequence[Half],
    taken: dict[int, int],
    settled: dict[int, int],
    within_us: int,
) -> Pairs:
    changes = Pairs()
    event_times = [event.time_us for event in events]
    detail_times = [detail.time_us for detail in details]
    detail_time = {detail.key: detail.time_us for detail in open_details}
    for event in events:
        if event.key in settled:
            continue
        partner = taken.get(event.key)
        ambiguous = partner is not None and (
            _within_reach(detail_times, event.time_us, within_us) > 1
            or _within_reach(event_times, detail_time[partner], within_us) > 1
        )
        if (partner, ambiguous) != (event.partner, event.ambiguous):
            changes.events[event.key] = (partner, ambiguous)
    holder = {detail_key: event_key for event_key, detail_key in taken.items()}
    for detail in open_details:
        if holder.get(detail.key) != detail.partner:
            changes.details[detail.key] = holder.get(detail.key)
    return changes


def _within_reach(times: Sequence[int], time_us: int, within_us: int) -> int:
    """How many of the sorted times are at most ``within_us`` away: a choice if more than one."""
    return bisect_right(times, time_us + within_us) - bisect_left(times, time_us - within_us)
