"""Records from standard input or a named pipe: what can be read only once.

Every reading is a stream of its own, so nothing that was read is recognised later: a run that ends
before the input does has lost its place in it, and the same input given again makes new events.
Such a run loses the line that has no end yet, and the record that the next line may go on with.
"""

from __future__ import annotations

import os
import select
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engine.diagnostics import EnvironmentFailure
from engine.model import Records, StreamAdvance
from engine.ports import ProgressLookup
from engine.sources.content import CHUNK_BYTES, reading, title_of
from engine.sources.framing import QUIET_SECONDS, RECORD_BYTES_MAX, Framing, new_framer
from engine.sources.read_ahead import ReadAhead, take
from engine.sources.record_framing import BeginsRecord

STANDARD_INPUT: Final = 0
_READ_BYTES_MAX: Final = 64 << 20
_SLICE_SECONDS: Final = 0.25
"""One wait for input; signals are served between two."""


class PipeSource:
    """Reads ``file``, a descriptor that stays open or the path of a pipe, to its end
    (``engine.ports.Source``). ``as_written_us`` (microseconds) is what its records say of when they
    were written; a pipe itself has no date."""

    def __init__(
        self,
        file: int | Path = STANDARD_INPUT,
        *,
        framing: Framing = "lines",
        begins_record: BeginsRecord | None = None,
        record_bytes_max: int = RECORD_BYTES_MAX,
        as_written_us: int | None = None,
    ) -> None:
        self._file = file
        self._as_written_us = as_written_us
        self._title = "standard input" if isinstance(file, int) else title_of(file)
        self._stream = f"stdin:{uuid.uuid4().hex}"
        self._framer = new_framer(
            framing, self._stream, record_bytes_max, begins_record=begins_record
        )
        self._grew_s = time.monotonic()
        self._descriptor = -1
        self._ended = False
        self._ready = ReadAhead(self._stream)
        self._handed: list[Records] = []
        self._handed_offset = 0
        self._stored_offset = 0

    @property
    def finished(self) -> bool:
        """Whether all was read and is stored."""
        return self._ended and not self._ready and self._stored_offset == self._framer.begin

    def open(self, progress: ProgressLookup) -> None:
        """Begin to read. Raises EnvironmentFailure."""
        self._progress = progress
        if isinstance(self._file, int):
            if self._file == STANDARD_INPUT and sys.stdin is None:
                # Closed by the caller; by now the number may belong to a file of our own.
                raise EnvironmentFailure("standard input is closed")
            self._descriptor = self._file
            return
        with reading(self._file):
            # Without waiting for a writer: it may come later, or the run may be told to stop.
            self._descriptor = os.open(self._file, os.O_RDONLY | os.O_NONBLOCK)

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        """What has come (see ``engine.ports.Source``). Raises EnvironmentFailure."""
        deadline = time.monotonic() + max_wait_s
        size = 0
        while not self._ended and len(self._ready) < max_records and size < _READ_BYTES_MAX:
            left_s = max(deadline - time.monotonic(), 0.0)
            data = self._read_some(min(left_s, _SLICE_SECONDS))
            if data:
                self._ready.add(self._framer.feed(data))
                self._grew_s = time.monotonic()
                size += len(data)
            elif data is not None:
                self._ready.add(self._framer.end())
                self._ended = True
            elif self._framer.may_go_on and time.monotonic() >= self._grew_s + QUIET_SECONDS:
                self._ready.add(self._framer.end())
            if time.monotonic() >= deadline:
                break
        return self._hand_over(max_records)

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        """The store holds these."""
        for advance in advances:
            self._stored_offset = advance.next_offset
            self._handed.clear()

    def refused(self, stream: str) -> None:
        """The batch was not stored: its records are handed over again."""
        progress = self._progress(stream)
        self._stored_offset = self._handed_offset = progress.next_offset if progress else 0
        for records in reversed(self._handed):
            self._ready.put_back(records, self._stored_offset)
        self._handed.clear()

    def keep_alive(self) -> None:
        """What writes into the pipe waits by itself."""

    def lagging_streams(self) -> frozenset[str]:
        """The stream, until its end was read."""
        lagging = self._ready or not self._ended
        return frozenset({self._stream}) if lagging else frozenset()

    def close(self) -> None:
        """Close the pipe; never raises. Standard input stays open."""
        if self._descriptor >= 0 and not isinstance(self._file, int):
            os.close(self._descriptor)
        self._descriptor = -1

    def _read_some(self, wait_s: float) -> bytes | None:
        """What is there; empty at the end, None if nothing came in time."""
        with reading(self._title):
            try:
                # A pipe that nobody has opened for writing yet is not ready, nor at its end.
                found, _, _ = select.select([self._descriptor], [], [], wait_s)
                return os.read(self._descriptor, CHUNK_BYTES) if found else None
            except BlockingIOError:
                return None
            except ValueError as error:
                raise EnvironmentFailure(f"{self._title} cannot be read: {error}") from None

    def _hand_over(self, max_records: int) -> list[StreamAdvance]:
        before = self._handed_offset
        records, reached = take(self._ready, max_records, self._framer.begin, before)
        if reached == before:
            return []
        records.written_us = self._as_written_us
        # What is handed over may be changed on its way: values are taken out of records.
        self._handed.append(replace(records, values=records.values[:]))
        self._handed_offset = reached
        advance = StreamAdvance(
            self._stream,
            self._stored_offset,
            reached,
            records,
            title=self._title,
        )
        return [advance]
