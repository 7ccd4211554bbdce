"""One record a line."""

from __future__ import annotations

from engine.model import Record
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

    def feed(self, data: bytes) -> list[Record]:
        """The lines that ``data`` ends."""
        lines = data.split(b"\n")
        rest = lines.pop()
        records: list[Record] = []
        if lines:
            self._gathered.add(lines[0])
            self._give(records, line_end=1)
            if self._mid_line:
                self._mid_line = False
                if not records[0].value:
                    records.clear()
            stream, begin, limit = self._stream, self.begin, self._max
            for line in lines[1:]:
                next_begin = begin + len(line) + 1
                if len(line) > limit:
                    self.begin = begin
                    self._gathered.add(line)
                    self._give(records, line_end=1)
                else:
                    value = line[:-1] if line.endswith(b"\r") else line
                    records.append(Record(stream, begin, next_begin, value))
                begin = next_begin
            self.begin = begin
        self._gathered.add(rest)
        return records

    def end(self) -> list[Record]:
        """The last line, if it has no line feed."""
        records: list[Record] = []
        if self._gathered.length:
            self._give(records, line_end=0)
        return records

    def _give(self, records: list[Record], line_end: int) -> None:
        next_begin = self.begin + self._gathered.length + line_end
        value, oversize = self._gathered.take(drop_return=line_end > 0)
        records.append(
            Record(self._stream, self.begin, next_begin, value, None, oversize),
        )
        self.begin = next_begin
