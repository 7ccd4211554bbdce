"""Records of one line or several: where a first line begins a record, the lines after it that begin
none go on with it.

* A line that begins as a spec's ``first_line`` says begins a record, and so does one that begins
  with ``{``. Any other line goes on with the record before it, if that one was begun by a
  ``first_line``; else it is a record of its own.
* A record is its lines and the line ends between them, as they are. Blank lines at its end are no
  part of it.
* A record that was given is closed: reading goes on after it as at the beginning of a file. So its
  end is all that has to be remembered of it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Final

from engine.model import Record, Records
from engine.sources.gathered import Gathered

BeginsRecord = Callable[[bytes], bool]
"""Whether a line, given without its end, begins as a ``first_line`` says."""

LINES_MAX: Final = 10_000
"""Lines of one record. Those that come after them are records of their own, up to the next first
line: what was taken for a first line must not take a whole file with it."""
HEAD_BYTES: Final = 4096
"""How much of a line is looked at to tell what it is."""

_BLANK: Final = (b"", b"\r")


class RecordFramer:
    """See the module's docstring. ``mid_line`` is as for ``LineFramer``: the rest of a line that
    was given is never a first line."""

    def __init__(
        self,
        stream: str,
        offset: int,
        record_bytes_max: int,
        begins_record: BeginsRecord,
        *,
        mid_line: bool = False,
    ) -> None:
        self.begin = offset
        self._stream = stream
        self._begins_record = begins_record
        self._gathered = Gathered(record_bytes_max)
        self._line_ends = b""
        """What lies between the lines that were gathered and the next one."""
        self._lines = 0
        self._is_open = False
        """Whether the record that is gathered was begun by a first line."""
        self._at = self._line_begin = offset
        self._head = b""
        """The beginning of a line of which it is not told yet what it is."""
        self._is_told = mid_line
        self._mid_line = mid_line

    @property
    def may_go_on(self) -> bool:
        """Whether a record of whole lines is held, for the next line may go on with it."""
        return self._is_open and not self._is_told and not self._head

    def feed(self, data: bytes) -> Records:
        """The records that are known to be complete with ``data``."""
        records: list[Record] = []
        lines = data.split(b"\n")
        rest = lines.pop()
        for line in lines:
            self._add(line, records)
            self._end_line(records)
        if rest:
            self._at += len(rest)
            if self._is_told:
                self._gather(rest)
            elif len(self._head) + len(rest) > HEAD_BYTES:
                self._tell_and_gather(self._head + rest, records)
            else:
                self._head += rest
        return Records.of(records, self._stream)

    def end(self) -> Records:
        """The input has ended, or is taken to have: what is left, as records."""
        records: list[Record] = []
        if self._head:
            self._tell_and_gather(self._head, records)
        if self._is_open or self._gathered.length:
            self._give(records, self._at)
        self._is_told = False
        self._line_begin = self._at
        return Records.of(records, self._stream)

    def _add(self, rest: bytes, records: list[Record]) -> None:
        """The rest of a line that has its end."""
        self._at += len(rest) + 1
        if self._is_told:
            self._gather(rest)
            return
        line = self._head + rest if self._head else rest
        if line in _BLANK:
            self._head = b""
            if self._is_open:
                self._line_ends += line
            else:
                self._gather(line)
        else:
            self._tell_and_gather(line, records, is_whole=True)

    def _tell_and_gather(
        self, line: bytes, records: list[Record], *, is_whole: bool = False
    ) -> None:
        """Tell by its beginning what a line is."""
        head = line[:-1] if is_whole and line.endswith(b"\r") else line
        head = head[:HEAD_BYTES].removeprefix(BOM_UTF8)
        begins = self._begins_record(head)
        if self._is_open and (begins or head.startswith(b"{")):
            self._give(records, self._line_begin)
        self._is_open = self._is_open or begins
        self._is_told = True
        self._head = b""
        self._gather(line)

    def _gather(self, data: bytes) -> None:
        if data:
            self._gathered.add(self._line_ends)
            self._line_ends = b""
            self._gathered.add(data)

    def _end_line(self, records: list[Record]) -> None:
        self._line_ends += b"\n"
        self._is_told = False
        self._line_begin = self._at
        self._lines += 1
        if not self._is_open or self._lines == LINES_MAX:
            self._give(records, self._at)

    def _give(self, records: list[Record], next_begin: int) -> None:
        value, oversize = self._gathered.take(drop_return=bool(self._line_ends))
        if value or not self._mid_line:  # a line's end alone belongs to the line given before
            records.append(Record(self._stream, self.begin, next_begin, value, None, oversize))
        self.begin = next_begin
        self._line_ends, self._lines = b"", 0
        self._is_open = self._mid_line = False
