"""Records from files and folders, each file where the store says.

Files are read in turn, a folder's by name, each to its end. With ``follow`` they stay watched, by
looking at them several times a second: what is appended is read, new files in a folder are found,
and a file that was renamed is read on under its new name. One that was deleted or replaced is read
to its end first. One that was cut and written anew is read from its beginning, as a new file.

A file without a line feed at its end ends with a record all the same (a run that follows waits
for the rest of the line instead, and after a whole line, where records may have several, for the
next first line or a quiet time). If that file grows later, the line's end belongs to that record,
and anything else that begins no record is one of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engine.diagnostics import EnvironmentFailure
from engine.model import StreamAdvance
from engine.ports import Progress, ProgressLookup
from engine.sources.claims import Claims, PlacedFile
from engine.sources.content import Content, Signature, Vanished, signature_at
from engine.sources.file_reader import FileReader
from engine.sources.framing import RECORD_BYTES_MAX, Framing
from engine.sources.listing import check_paths, list_files, note_what_is_left_out
from engine.sources.record_framing import BeginsRecord

OPEN_FILES_MAX: Final = 64
"""Files open at once. Followed files that do not change are closed, and opened when they do."""

_READ_BYTES_MAX: Final = 64 << 20
"""Bytes of one ``read``: large records make small batches."""
_POLL_SECONDS: Final = 0.25
_UNLINKED_SECONDS: Final = 2.0
"""How long a file that has no name any more is watched at its end: what was writing to it may not
have noticed yet."""


class FileSource:
    """Reads files and folders (``engine.ports.Source``).

    ``begins_record`` tells the first lines of records that may have several; None: every line is a
    record. ``follow``: go on at the end. ``accept_gap``: go on with files that end before their
    stored progress. ``as_written_us`` (microseconds) stands for the times files were last written.
    ``on_note`` gets lines for a person.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        framing: Framing = "lines",
        begins_record: BeginsRecord | None = None,
        follow: bool = False,
        record_bytes_max: int = RECORD_BYTES_MAX,
        accept_gap: bool = False,
        as_written_us: int | None = None,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._paths = paths
        self._framing: Framing = framing
        self._begins_record = begins_record
        self._follow = follow
        self._record_bytes_max = record_bytes_max
        self._accept_gap = accept_gap
        self._as_written_us = as_written_us
        self._on_note = on_note
        self._waiting: dict[str, PlacedFile] = {}
        self._readers: dict[str, FileReader] = {}
        self._settled: dict[Path, Signature] = {}
        """Files that need no look until they change, with the state in which they were seen."""
        self._rewritten: set[Path] = set()
        self._moved: dict[str, Progress] = {}
        """Progress as this run has moved it."""
        self._next_look_s = 0.0

    # --- what the runner asks ---------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether all files were read to the end and stored; never while following."""
        if self._follow or self._waiting:
            return False
        return all(reader.is_done for reader in self._readers.values())

    def open(self, progress: ProgressLookup) -> None:
        """Find the files, and tell which streams they are. Raises EnvironmentFailure."""
        self._progress = progress
        self._claims = Claims(
            self._known_progress,
            final=not self._follow,
            accept_gap=self._accept_gap,
            on_note=self._on_note,
        )
        check_paths(self._paths)
        note_what_is_left_out(self._paths, self._on_note)
        self._place(list_files(self._paths))

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        """What has come (see ``engine.ports.Source``). Raises EnvironmentFailure."""
        deadline = time.monotonic() + max_wait_s
        bytes_left = _READ_BYTES_MAX
        self._close_what_is_done()
        while True:
            if self._follow:
                self._look_around()
            self._open_waiting()
            ready = sum(reader.ready for reader in self._readers.values())
            for reader in list(self._readers.values()):
                if ready >= max_records or bytes_left <= 0:
                    break
                before = reader.ready
                bytes_left -= reader.read(max_records - ready, bytes_left, deadline)
                self._tell_open_line(reader)
                ready += reader.ready - before
            full = ready >= max_records or bytes_left <= 0
            now = time.monotonic()
            if full or now >= deadline or not (self._follow or self._can_open_next()):
                return self._hand_over(max_records)
            if self._follow:
                time.sleep(min(_POLL_SECONDS, deadline - now))

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        """The store holds these."""
        for advance in advances:
            self._moved[advance.stream] = Progress(advance.next_offset, advance.incarnation)
            if (reader := self._readers.get(advance.stream)) is not None:
                reader.stored_offset = advance.next_offset

    def refused(self, stream: str) -> None:
        """Another owner has moved this stream: forget what was read, read on where it is now.
        Raises EnvironmentFailure."""
        self._moved.pop(stream, None)
        progress = self._progress(stream)
        if (reader := self._readers.get(stream)) is not None:
            reader.restart(progress, progress.next_offset if progress else 0)

    def keep_alive(self) -> None:
        """Nothing is lost by waiting."""

    def lagging_streams(self) -> frozenset[str]:
        """The streams of the files that have not been read to their ends."""
        lagging = {stream for stream, reader in self._readers.items() if reader.is_lagging}
        return frozenset(lagging | self._waiting.keys())

    def close(self) -> None:
        """Close the files; never raises."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    # --- reading ----------------------------------------------------------------------------

    def _tell_open_line(self, reader: FileReader) -> None:
        if reader.has_open_line:
            reader.has_open_line = False
            self._on_note(
                f"{reader.path} ends without a line break: its last line is taken as it is "
                "(a file that is still being written is for --follow)"
            )

    def _known_progress(self, stream: str) -> Progress | None:
        return self._moved.get(stream) or self._progress(stream)

    def _hand_over(self, max_records: int) -> list[StreamAdvance]:
        advances = []
        for stream, reader in list(self._readers.items()):
            advance = reader.hand_over(max_records)
            if advance is not None:
                advances.append(advance)
                max_records -= len(advance.records)
                if self._follow and reader.is_lagging:
                    # The others first next time, so that one busy file keeps none waiting.
                    self._readers[stream] = self._readers.pop(stream)
        return advances

    def _can_open_next(self) -> bool:
        if not self._waiting:
            return False
        if not self._follow and not all(reader.at_end for reader in self._readers.values()):
            return False  # one after the other
        return len(self._readers) < OPEN_FILES_MAX or self._make_room()

    def _open_waiting(self) -> None:
        while self._can_open_next():
            stream, placed = next(iter(self._waiting.items()))
            del self._waiting[stream]
            if stream in self._readers:
                self._readers.pop(stream).close()
            reader = self._open(placed)
            if reader is None:
                self._release(stream, placed.path)
            else:
                self._readers[stream] = reader

    def _open(self, placed: PlacedFile) -> FileReader | None:
        """None if the file is not there any more, or not the one it was."""
        try:
            content = Content(placed.path)
        except Vanished:
            if self._follow:
                return None
            raise
        final, size_max = not self._follow, self._record_bytes_max
        try:
            reader = FileReader(
                placed,
                content,
                self._framing,
                size_max,
                final=final,
                begins_record=self._begins_record,
                as_written_us=self._as_written_us,
            )
            unchanged = content.signature() == self._settled.get(placed.path)
            if unchanged or reader.holds_what_is_stored():
                return reader
        except EnvironmentFailure:
            content.close()
            raise
        content.close()
        if self._follow:
            return None
        raise EnvironmentFailure(
            f"{placed.path} was written anew while others were read: run again"
        )

    def _make_room(self) -> bool:
        """Close a file that is followed and does not change; False if all of them do."""
        for stream, reader in self._readers.items():
            if self._follow and reader.unlinked_s is None and reader.is_idle:
                self._settled[reader.path] = reader.content.signature()
                self._readers.pop(stream).close()
                return True
        return False

    def _close_what_is_done(self) -> None:
        for stream, reader in list(self._readers.items()):
            if reader.is_done:
                self._readers.pop(stream).close()
                if reader.unlinked_s is not None:
                    self._release(stream)

    # --- files that come, go, and change ------------------------------------------------------

    def _place(self, paths: Sequence[Path]) -> None:
        # One that has grown before it was opened may have got a longer beginning, another name.
        for stream in [stream for stream, one in self._waiting.items() if one.path in paths]:
            del self._waiting[stream]
            self._release(stream)
        for path in paths:
            if (found := signature_at(path)) is not None:
                self._settled[path] = found
        placed = self._claims.place_all(paths, rewritten=self._rewritten)
        self._rewritten.difference_update(one.path for one in placed.values())
        self._waiting |= placed

    def _release(self, stream: str, *paths: Path) -> None:
        """Nothing reads this stream any more: look again at what may be the rest of it."""
        for path in (*paths, *self._claims.release(stream)):
            self._settled.pop(path, None)

    def _look_around(self) -> None:
        """See what has happened to files, a few times a second. Raises EnvironmentFailure."""
        now = time.monotonic()
        if now < self._next_look_s:
            return
        self._next_look_s = now + _POLL_SECONDS
        for stream, reader in list(self._readers.items()):
            if not reader.still_holds_what_was_read():
                # What was read and not handed over goes too: a copy may hold it.
                self._on_note(f"{reader.path} was cut or written anew: it is read as a new file")
                self._rewritten.add(reader.path)
                self._readers.pop(stream).close()
                self._release(stream, reader.path)
        self._place(self._find_names())
        for reader in self._readers.values():
            if reader.unlinked_s is not None and now > reader.unlinked_s + _UNLINKED_SECONDS:
                reader.final = True

    def _find_names(self) -> list[Path]:
        """Give every open file the name it has now; the other files that are new or changed."""
        by_inode = {reader.inode: reader for reader in self._readers.values()}
        names: dict[str, Path] = {}
        others = []
        for path in list_files(self._paths):
            found = signature_at(path)
            if found is None:
                continue
            reader = by_inode.get(found.inode)
            if reader is not None:
                if names.get(reader.stream) != reader.path:
                    names[reader.stream] = path
            elif self._settled.get(path) != found:
                others.append(path)
        for reader in self._readers.values():
            if (name := names.get(reader.stream)) is not None:
                reader.path, reader.unlinked_s = name, None
                self._claims.renamed(reader.stream, name)
            elif reader.unlinked_s is None:
                reader.unlinked_s = time.monotonic()
        return others
