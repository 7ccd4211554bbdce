"""Records of one stream that were read and wait to be handed over."""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeVar

from engine.model import Oversize, Records

_Item = TypeVar("_Item")


class ReadAhead:
    """Columns that grow at one end and are taken from the other, many records at a time."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._clear()

    def _clear(self) -> None:
        self._values: list[bytes] = []
        self._offsets: list[int] = []
        self._next_offsets: list[int] = []
        self._oversizes: dict[int, Oversize] = {}

    def __len__(self) -> int:
        return len(self._values)

    def add(self, records: Records) -> None:
        """More of the stream."""
        before = len(self)
        self._values += records.values
        self._offsets += records.offsets
        self._next_offsets += records.next_offsets
        for index, oversize in records.oversizes.items():
            self._oversizes[before + index] = oversize

    def take(self, records_max: int) -> Records:
        """At most so many of the records, the oldest first."""
        if len(self) <= records_max:
            taken = Records(
                self._stream,
                self._values,
                self._offsets,
                self._next_offsets,
                oversizes=self._oversizes,
            )
            self._clear()
            return taken
        oversizes = self._oversizes
        self._oversizes = {i - records_max: one for i, one in oversizes.items() if i >= records_max}
        return Records(
            self._stream,
            _cut_off(self._values, records_max),
            _cut_off(self._offsets, records_max),
            _cut_off(self._next_offsets, records_max),
            oversizes={i: one for i, one in oversizes.items() if i < records_max},
        )

    def put_back(self, records: Records, from_offset: int) -> None:
        """Those of ``records`` at or above an offset come first again."""
        first = bisect_left(records.offsets, from_offset)
        waiting = self.take(len(self))
        self.add(records)
        self.take(first)
        self.add(waiting)


def take(waiting: ReadAhead, records_max: int, begin: int, before: int) -> tuple[Records, int]:
    """At most so many of the records that wait, and how far the stream is read with them.

    ``begin`` is where the record begins that is not whole yet, ``before`` how far it was read.
    """
    records = waiting.take(records_max)
    if not waiting:
        return records, begin
    return records, records.next_offsets[-1] if records else before


def _cut_off(column: list[_Item], count: int) -> list[_Item]:
    taken = column[:count]
    del column[:count]
    return taken
