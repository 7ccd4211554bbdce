"""One partition as this member reads it: what was gathered, and how far."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import lt
from typing import NamedTuple

from engine.model import Records, StreamAdvance
from engine.ports import Progress


class Run(NamedTuple):
    """Records of one partition that came together, as columns."""

    partition: int
    offsets: list[int]
    values: list[bytes]
    timestamps_us: Sequence[int | None]


@dataclass(slots=True)
class Partition:
    """Reading of one partition. Three offsets, never falling: ``expected`` (the stored progress)
    ≤ ``handed`` (what ``read`` gave away) ≤ ``next_offset`` (what was gathered)."""

    number: int
    stream: str
    incarnation: str
    progress: Progress | None
    """The stored progress it began with; None: never read, so it begins at the earliest record."""
    end: int | None = None
    """Where a run with an end stops."""
    announce: bool = False
    """Hand over even nothing, so that the store knows this stream."""
    at_end: bool = False
    done: bool = False
    expected: int = field(init=False)
    handed: int = field(init=False)
    next_offset: int = field(init=False)
    _offsets: list[int] = field(init=False, default_factory=list)
    _values: list[bytes] = field(init=False, default_factory=list)
    _timestamps_us: list[int | None] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.expected = 0 if self.progress is None else self.progress.next_offset
        self.handed = self.next_offset = self.expected

    @property
    def is_untouched(self) -> bool:
        """Whether it was never read, by anyone."""
        return self.progress is None and self.next_offset == 0

    @property
    def has_more(self) -> bool:
        """Whether something is there to hand over."""
        return self.next_offset > self.handed or self.announce

    @property
    def waiting(self) -> int:
        """How many records were gathered and not handed over."""
        return len(self._offsets)

    def take(self, run: Run) -> list[bytes]:
        """Gather records; gives the values of those that are to be read (not again, and not past
        the end)."""
        if self._are_next(run.offsets):
            return self._gather(run)
        kept = self._to_be_read(run)
        values = self._gather(kept) if kept.offsets else []
        if self.end is not None and max(run.offsets) >= self.end:
            # Everything before the end has been seen, transaction markers included.
            self.reach(self.end)
        return values

    def _are_next(self, offsets: list[int]) -> bool:
        """Whether all are to be read, as nearly always."""
        if offsets[0] < self.next_offset or self.done:
            return False
        if self.end is not None and offsets[-1] >= self.end:
            return False
        return all(map(lt, offsets, islice(offsets, 1, None)))

    def _to_be_read(self, run: Run) -> Run:
        """Those of the records that are."""
        indexes: list[int] = []
        next_offset = self.next_offset
        for index, offset in enumerate(run.offsets):
            if self.done or (self.end is not None and offset >= self.end):
                break
            if offset >= next_offset:
                indexes.append(index)
                next_offset = offset + 1
        return Run(
            run.partition,
            [run.offsets[index] for index in indexes],
            [run.values[index] for index in indexes],
            [run.timestamps_us[index] for index in indexes],
        )

    def _gather(self, run: Run) -> list[bytes]:
        self._offsets += run.offsets
        self._values += run.values
        self._timestamps_us += run.timestamps_us
        self.at_end = False
        self.next_offset = run.offsets[-1] + 1
        self.done = self.end is not None and self.next_offset >= self.end
        return run.values

    def reach(self, offset: int) -> None:
        """Everything below ``offset`` has been seen and it is the end, for now or for good."""
        if self.done or offset < self.next_offset:
            return
        self.next_offset = offset
        self.at_end = True
        self.done = self.end is not None and offset >= self.end

    def stored(self, next_offset: int) -> None:
        """The store has everything below ``next_offset``, whoever gathered it."""
        self.expected = next_offset
        self.handed = max(self.handed, next_offset)
        self.next_offset = max(self.next_offset, self.handed)
        self._take_first(bisect_left(self._offsets, next_offset))

    def skip_to(self, offset: int) -> None:
        """What lies before ``offset`` is gone, and the user accepts it."""
        self.next_offset = max(self.next_offset, offset)

    def hand_over(self, max_records: int, title: str) -> StreamAdvance:
        """Give away at most ``max_records`` gathered records."""
        records = self._take_first(max_records)
        reached = self.next_offset
        if self._offsets:
            reached = records.next_offsets[-1] if records else self.handed
        self.handed = reached
        self.announce = False
        return StreamAdvance(self.stream, self.expected, reached, records, self.incarnation, title)

    def _take_first(self, count: int) -> Records:
        """At most so many of the gathered records, which are gathered no more."""
        offsets, values, times = self._offsets, self._values, self._timestamps_us
        self._offsets, self._values, self._timestamps_us = (
            offsets[count:],
            values[count:],
            times[count:],
        )
        del offsets[count:], values[count:], times[count:]
        return Records(self.stream, values, offsets, _next_offsets(offsets), times)


def _next_offsets(offsets: list[int]) -> Sequence[int]:
    """Where reading goes on after each of the records."""
    if offsets and offsets[-1] - offsets[0] == len(offsets) - 1:
        return range(offsets[0] + 1, offsets[-1] + 2)
    return [offset + 1 for offset in offsets]
