"""One file that is read: from its bytes to its records, and how far that is stored."""

from __future__ import annotations

import time

from engine.diagnostics import EnvironmentFailure
from engine.model import StreamAdvance
from engine.ports import Progress
from engine.sources.claims import PlacedFile
from engine.sources.content import CHUNK_BYTES, Content, Inode, title_of, written_us
from engine.sources.framing import QUIET_SECONDS, Framer, Framing, new_framer
from engine.sources.identity import incarnation, is_still
from engine.sources.read_ahead import ReadAhead, take
from engine.sources.record_framing import BeginsRecord


class FileReader:
    """Reads one file as one stream.

    ``final``: its end is the end, and a last line without a line feed is a record. Otherwise that
    line waits, unread, for the rest of it. So does a last record of several lines, for the first
    line of the next one, or until nothing has come for a while. ``as_written_us`` stands for the
    time the file was last written, in microseconds. Raises EnvironmentFailure, here and when it
    reads.
    """

    def __init__(
        self,
        placed: PlacedFile,
        content: Content,
        framing: Framing,
        record_bytes_max: int,
        *,
        final: bool,
        begins_record: BeginsRecord | None = None,
        as_written_us: int | None = None,
    ) -> None:
        self.path = placed.path
        self.stream = placed.stream
        self.content = content
        self._seen = content.signature()
        self.final = final or content.is_packed
        self.unlinked_s: float | None = None
        """When it was first seen that no path leads to the file any more."""
        self._framing: Framing = framing
        self._begins_record = begins_record
        self._record_bytes_max = record_bytes_max
        self._as_written_us = as_written_us
        self._beginning = placed.beginning
        self.restart(placed.progress, placed.start)

    def restart(self, progress: Progress | None, start: int) -> None:
        """Forget what was read, and read from ``start``, this being stored."""
        self.stored_offset = progress.next_offset if progress else 0
        self._handed = progress or Progress(0, f"{self._beginning}:")
        self._ready = ReadAhead(self.stream)
        self._read_to = start
        self._grew_s = time.monotonic()
        self._framer = self._new_framer(start)
        self.at_end = False
        self._has_ended = False
        self.has_open_line = False
        """Whether the last record is a line that had no end (yet)."""

    def _new_framer(self, start: int) -> Framer:
        mid_line = start > 0 and self.content.read_at(start - 1, 1) != b"\n"
        return new_framer(
            self._framing,
            self.stream,
            self._record_bytes_max,
            begins_record=self._begins_record,
            offset=start,
            mid_line=mid_line,
        )

    @property
    def inode(self) -> Inode:
        """Which file it is, under whatever name."""
        return self._seen.inode

    @property
    def is_stored(self) -> bool:
        """Whether all that it read is stored."""
        return not self._ready and self._framer.begin == self.stored_offset

    @property
    def is_lagging(self) -> bool:
        """Whether it may still have records that have not been handed over."""
        return bool(self._ready) or not self.at_end or self._framer.may_go_on

    @property
    def is_done(self) -> bool:
        """Whether it was read to its final end and all of that is stored."""
        return self._has_ended and self.is_stored

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be missed by leaving it until it changes."""
        is_read = self.at_end and self.content.size() == self._read_to
        return is_read and self.is_stored and not self._framer.may_go_on

    @property
    def ready(self) -> int:
        """How many records wait to be handed over."""
        return len(self._ready)

    def still_holds_what_was_read(self) -> bool:
        """Whether the file was not cut or written anew since."""
        if self._has_ended:
            return True
        found = self.content.signature()
        if found == self._seen:
            return True
        self._seen = found
        return found.size >= self._read_to and is_still(self.content, self._handed)

    def holds_what_is_stored(self) -> bool:
        """Whether the file is the one that the progress was stored of."""
        return is_still(self.content, self._handed)

    def read(self, records_max: int, bytes_max: int, deadline_s: float) -> int:
        """Read on until so many more records wait, so many bytes were read, it is late, or the
        end is reached; the number of bytes."""
        enough, size = len(self._ready) + records_max, 0
        while not self._has_ended and len(self._ready) < enough and size < bytes_max:
            if size and time.monotonic() > deadline_s:
                break
            data = self.content.read_at(self._read_to, CHUNK_BYTES)
            self._ready.add(self._framer.feed(data))
            self._read_to += len(data)
            size += len(data)
            self.at_end = len(data) < CHUNK_BYTES
            if self.at_end:
                self._at_present_end(has_grown=bool(data))
                break
        return size

    def _at_present_end(self, *, has_grown: bool) -> None:
        now = time.monotonic()
        self._grew_s = now if has_grown else self._grew_s
        may_go_on = self._framer.may_go_on
        if self.final:
            self._raise_if_cut()
            last = self._framer.end()
            self._ready.add(last)
            self.has_open_line = bool(last) and not may_go_on
            self._has_ended = True
        elif may_go_on and now >= self._grew_s + QUIET_SECONDS:
            self._ready.add(self._framer.end())

    def _raise_if_cut(self) -> None:
        if not self.content.is_packed and (size := self.content.size()) < self._read_to:
            raise EnvironmentFailure(
                f"{self.path} was cut while it was read: it ends at byte {size}, and was read up "
                f"to byte {self._read_to}"
            )

    def hand_over(self, records_max: int) -> StreamAdvance | None:
        """At most so many of the records that wait; None if nothing has moved."""
        before = self._handed.next_offset
        records, reached = take(self._ready, records_max, self._framer.begin, before)
        if reached == before:
            return None
        # Asked now, after reading: what was appended just before is no newer than this.
        records.written_us = self._as_written_us
        if records.written_us is None:
            records.written_us = written_us(self.content.signature())
        known = incarnation(self.content, self._beginning, reached)
        self._handed = Progress(reached, known)
        return StreamAdvance(
            self.stream,
            self.stored_offset,
            reached,
            records,
            known,
            title_of(self.path),
        )

    def close(self) -> None:
        """Release the file."""
        self.content.close()
