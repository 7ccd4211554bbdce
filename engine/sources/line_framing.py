"""One record a line."""

from __future__ import annotations

from itertools import accumulate

from engine.model import Oversize, Records
from engine.sources.gathered import Gathered


class LineFramer:
    """One record a line, without the line feed at its end and one carriage return before it.

    Every line is a record, a blank one too. ``mid_line``: what was read before ended within a
    line; if nothing but the line's end follows, that belongs to the record already given, anything
    else is a record of its own.
    """

    def __init__(
        self, stream: str, offset: int, record_bytes_max: int, *, mid_line: bool = False
    ) -> None:
        self.begin = offset
        self._stream = stream
        self._max = record_bytes_max
        self._mid_line = mid_line
        self._gathered = Gathered(record_bytes_max)

    @property
    def may_go_on(self) -> bool:
        """A line with its end is given at once."""
        return False

    def feed(self, data: bytes) -> Records:
        """The lines that ``data`` ends.

        Every byte of every file passes here, so nothing but comprehensions touches single lines.
        """
        lines = data.split(b"\n")
        rest = lines.pop()
        if not lines:
            self._gathered.add(rest)
            return Records(self._stream, [], [], [])
        self._gathered.add(lines[0])
        sizes = [len(line) + 1 for line in lines]
        sizes[0] = self._gathered.length + 1
        values = [line.removesuffix(b"\r") for line in lines] if b"\r" in data else lines
        oversizes: dict[int, Oversize] = {}
        self._give(0, values, oversizes)
        if len(data) > self._max:
            for index, size in enumerate(sizes):
                if index and size > self._max + 1:
                    self._gathered.add(lines[index])
                    self._give(index, values, oversizes)
        self._gathered.add(rest)
        begins = list(accumulate(sizes, initial=self.begin))
        next_begins = begins[1:]
        self.begin = begins.pop()
        if self._mid_line:
            self._mid_line = False
            if not values[0]:
                del values[0], begins[0], next_begins[0]
                oversizes = {index - 1: one for index, one in oversizes.items()}
        return Records(self._stream, values, begins, next_begins, oversizes=oversizes)

    def end(self) -> Records:
        """The last line, if it has no line feed."""
        length = self._gathered.length
        if not length:
            return Records(self._stream, [], [], [])
        begin = self.begin
        self.begin += length
        value, oversize = self._gathered.take()
        oversizes = {} if oversize is None else {0: oversize}
        return Records(self._stream, [value], [begin], [self.begin], oversizes=oversizes)

    def _give(self, index: int, values: list[bytes], oversizes: dict[int, Oversize]) -> None:
        """The line that was gathered is the value at ``index``."""
        values[index], oversize = self._gathered.take(drop_return=True)
        if oversize is not None:
            oversizes[index] = oversize
