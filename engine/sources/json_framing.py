"""One record a JSON object, compact or over many lines, side by side or one after the other.

* A record begins with a ``{`` at the top level and ends with the ``}`` that matches it; braces in
  strings do not count. An object that is valid JSON is one record, whatever its layout.
* White space between objects separates. Anything else there is a record of its own, up to the
  end of its line: a line of text between objects is that line.
* An object that was cut off must not swallow those after it. A ``{`` at the beginning of a line
  that JSON does not allow at that place (after a line break within a string, after a value, in an
  object without a key) begins a new record, and what came before it is a record of its own, for
  the quarantine. Where JSON does allow it, as after ``[`` or ``:``, it belongs to the object that
  is open: an object cut off just there takes the next one with it, and no valid one is ever split.
* An object longer than the limit is followed to its end in the same way, without being kept.
"""

from __future__ import annotations

import re
from typing import Final

from engine.model import Record, Records
from engine.sources.gathered import Gathered

_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_PLAIN: Final = re.compile(rb'(?>[^{}\[\]"\n]++|"[^"\\\n]*+"|\n(?=[^{]))*+')
"""What changes nothing: all but brackets, strings with an escape or without an end, and line breaks
that a brace may follow. It never goes back, so it is linear."""
_IN_STRING: Final = re.compile(rb'["\\\n]')

_WHITE: Final = b" \t\r\n"
_BRACE, _BRACKET = b"{", b"["

_DEPTH_MAX: Final = 1 << 20
"""Open brackets that are remembered. Beyond it an object ends at the next ``{`` that begins a
line, so that a flood of brackets fills no memory."""


class JsonFramer:
    """See the module's docstring."""

    def __init__(self, stream: str, offset: int, record_bytes_max: int) -> None:
        self._stream = stream
        self._offset = offset
        self._start = offset
        self._gathered = Gathered(record_bytes_max)
        self._inside = ""
        """What is open: ``""`` (nothing), ``object`` or ``junk``."""
        self._reset_object()

    @property
    def begin(self) -> int:
        """Offset up to which everything was given."""
        return self._start if self._inside else self._offset

    @property
    def may_go_on(self) -> bool:
        """An object with its end is given at once."""
        return False

    def feed(self, data: bytes) -> Records:
        """The records that ``data`` completes."""
        records: list[Record] = []
        at = 0
        while at < len(data):
            if self._inside == "object":
                at = self._read_object(data, at, records)
            elif self._inside == "junk":
                at = self._read_junk(data, at, records)
            else:
                at = self._read_space(data, at)
        return Records.of(records, self._stream)

    def end(self) -> Records:
        """An object that was cut off, or a last line of anything else."""
        records: list[Record] = []
        if self._inside:
            self._give(records)
        return Records.of(records, self._stream)

    def _read_space(self, data: bytes, at: int) -> int:
        found = _SPACE.match(data, at)
        assert found is not None
        stop = found.end()
        self._offset += stop - at
        if stop < len(data):
            self._start = self._offset
            self._inside = "object" if data[stop : stop + 1] == _BRACE else "junk"
            self._reset_object()
        return stop

    def _read_junk(self, data: bytes, at: int, records: list[Record]) -> int:
        stop = data.find(b"\n", at)
        if stop < 0:
            self._gather(data[at:])
            return len(data)
        self._gather(data[at:stop])
        self._give(records, line_end=1)
        return stop + 1

    # --- objects ----------------------------------------------------------------------------

    def _reset_object(self) -> None:
        self._open = bytearray()
        """The brackets that are open, outermost first."""
        self._last = b""
        """The last byte outside of strings, other than white space, of the data before this."""
        self._in_string = False
        self._escaped = False
        self._at_line_start = False
        self._too_deep = False

    def _read_object(self, data: bytes, at: int, records: list[Record]) -> int:
        """Read on from ``at`` to the end of the object or of the data; where it stopped."""
        begin = at
        while at < len(data):
            if self._at_line_start and data[at : at + 1] == _BRACE:
                last = _last_byte(data, begin, at) or self._last
                if self._is_new_record(last):
                    self._gather(data[begin:at])
                    self._give(records)
                    return at
            self._at_line_start = False
            if self._in_string:
                at = self._read_string(data, at)
                continue
            plain = _PLAIN.match(data, at)
            assert plain is not None
            mark = data[plain.end() : plain.end() + 1]
            at = plain.end() + len(mark)
            if mark == b'"':
                self._in_string = True
            elif mark == b"\n":
                self._at_line_start = True
            elif mark and self._take_bracket(mark):
                self._gather(data[begin:at])
                self._give(records)
                return at
        self._last = _last_byte(data, begin, at) or self._last
        self._gather(data[begin:])
        return at

    def _read_string(self, data: bytes, at: int) -> int:
        """Read on in a string, to its end, an escape, or a line break, which JSON forbids."""
        if self._escaped:
            self._escaped = False
            if data[at : at + 1] != b"\n":
                return at + 1
        found = _IN_STRING.search(data, at)
        if found is None:
            return len(data)
        self._in_string = found[0] != b'"'
        self._escaped = found[0] == b"\\"
        self._at_line_start = found[0] == b"\n"
        return found.end()

    def _take_bracket(self, bracket: bytes) -> bool:
        """Follow one bracket; whether it closes the object."""
        if bracket in b"{[":
            if len(self._open) < _DEPTH_MAX:
                self._open += bracket
            else:
                self._too_deep = True
        elif bracket == b"}":
            # Lists that were never closed go with the object around them.
            del self._open[max(self._open.rfind(_BRACE), 0) :]
        elif self._open.endswith(_BRACKET):
            self._open.pop()
        return not self._open and not self._too_deep

    def _is_new_record(self, last: bytes) -> bool:
        """Whether a ``{`` that begins a line, after ``last``, cannot belong to the object."""
        if self._in_string or self._too_deep:
            return True
        allowed = b"[," if self._open.endswith(_BRACKET) else b":"
        return bool(self._open) and last not in allowed

    def _gather(self, data: bytes) -> None:
        self._gathered.add(data)
        self._offset += len(data)

    def _give(self, records: list[Record], line_end: int = 0) -> None:
        self._offset += line_end
        value, oversize = self._gathered.take(drop_return=line_end > 0)
        records.append(Record(self._stream, self._start, self._offset, value, None, oversize))
        self._inside = ""


def _last_byte(data: bytes, begin: int, end: int) -> bytes:
    """The last byte of a part that is not white space; empty if all of it is."""
    while end > begin and data[end - 1] in _WHITE:
        end -= 1
    return data[end - 1 : end] if end > begin else b""
