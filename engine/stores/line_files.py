"""A file or standard output as the place where lines go (``engine.stores.lines.Sink``)."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.diagnostics import EnvironmentFailure

STANDARD_OUTPUT: Final = "standard output"


class FileLines:
    """Lines at the end of a file, which is made if there is none: what it held stays, as a run
    that goes on where another ended adds to its lines. ``flush`` returns when they are on disk.

    Whole lines are written at once, but a machine that dies within it can leave a part of one at
    the end; the next run begins a new line after it. Raises EnvironmentFailure, here and in every
    method but ``close``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _writing(str(path)):
            # A pipe, a terminal and the like take lines too, and are neither read nor synced.
            is_other = path.exists() and not stat.S_ISREG(path.stat().st_mode)
            flags = os.O_WRONLY if is_other else os.O_RDWR | os.O_CREAT | os.O_APPEND
            self._file = os.open(path, flags | os.O_CLOEXEC, 0o666)
            self._is_regular = not is_other
            self._begin_line()

    def write(self, block: bytes) -> None:
        """Append lines, each with its line break."""
        with _writing(str(self._path)):
            _write_all(self._file, block)

    def flush(self) -> None:
        """Return when they are on disk."""
        if self._is_regular:
            with _writing(str(self._path)):
                os.fsync(self._file)

    def close(self) -> None:
        """Release the file; never raises."""
        try:
            os.close(self._file)
        except OSError:
            pass  # flush has told of everything that matters

    def _begin_line(self) -> None:
        if not self._is_regular:
            return
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            _write_all(self._file, b"\n")


class StandardOutput:
    """Lines to standard output. Raises EnvironmentFailure, and BrokenPipeError when nobody reads
    it any more, which is for the command line to end quietly on."""

    def __init__(self) -> None:
        if sys.stdout is None:
            raise EnvironmentFailure(f"{STANDARD_OUTPUT} is closed")
        self._file = sys.stdout.fileno()

    def write(self, block: bytes) -> None:
        """Write lines, each with its line break."""
        with _writing(STANDARD_OUTPUT):
            _write_all(self._file, block)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Standard output stays open."""


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(file, rest) :]
        except BlockingIOError:  # somebody who shares the pipe has set it so
            select.select([], [file], [])


@contextmanager
def _writing(title: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EnvironmentFailure(f"{title} cannot be written: {error.strerror or error}") from None
