"""A file as the bytes it means: itself, or what a gzip file unpacks to."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple

from engine.diagnostics import EnvironmentFailure

CHUNK_BYTES: Final = 256 << 10
"""What is read at once."""

_GZIP_MAGIC: Final = b"\x1f\x8b"


class Vanished(EnvironmentFailure):
    """There is no file of this name, any more or yet."""


class Inode(NamedTuple):
    """Which file it is, under whatever name."""

    device: int
    number: int


class Signature(NamedTuple):
    """If this is as it was, nothing was written."""

    inode: Inode
    size: int
    modified_ns: int


def _signature(status: os.stat_result) -> Signature:
    inode = Inode(status.st_dev, status.st_ino)
    return Signature(inode, status.st_size, status.st_mtime_ns)


def signature_at(path: Path) -> Signature | None:
    """The signature of what has this name now; None if nothing has."""
    try:
        with reading(path):
            return _signature(path.stat())
    except Vanished:
        return None


def written_us(signature: Signature) -> int:
    """When the file was last written, in microseconds since the epoch."""
    return signature.modified_ns // 1000


def title_of(path: Path) -> str:
    """A path as text that can be stored, also where its bytes are no UTF-8."""
    return os.fsencode(path).decode(errors="backslashreplace")


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turns what goes wrong with a file into one line. Raises EnvironmentFailure."""
    try:
        yield
    except EOFError:
        raise EnvironmentFailure(f"{path}: the gzip file ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise EnvironmentFailure(f"{path}: the gzip file is damaged ({error})") from None
    except FileNotFoundError as error:
        raise Vanished(f"{path}: {error.strerror}") from None
    except OSError as error:
        raise EnvironmentFailure(f"{path}: {error.strerror or error}") from None


class Content:
    """An open file, read at any place. Raises EnvironmentFailure, here and in every method."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path):
            # Another kind of file may have taken the name: never wait for a pipe's other end.
            self._file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
        self._gzip: gzip.GzipFile | None = None
        try:
            if self._pread(0, len(_GZIP_MAGIC)) == _GZIP_MAGIC:
                self._gzip = gzip.GzipFile(fileobj=self._file)
        except EnvironmentFailure:
            self._file.close()
            raise

    @property
    def is_packed(self) -> bool:
        """Whether it is a gzip file. Its offsets are those of the unpacked bytes."""
        return self._gzip is not None

    def signature(self) -> Signature:
        """The state it is in now."""
        with reading(self.path):
            return _signature(os.fstat(self._file.fileno()))

    def read_at(self, offset: int, size: int) -> bytes:
        """The bytes at ``offset``: fewer than ``size`` only at the end. A gzip file is quick to
        read onward and begins anew to read back."""
        if self._gzip is None:
            return self._pread(offset, size)
        with reading(self.path):
            self._gzip.seek(offset)
            return self._gzip.read(size) if self._gzip.tell() == offset else b""

    def size(self) -> int:
        """Its length in bytes; a gzip file is unpacked to tell."""
        if self._gzip is None:
            return self.signature().size
        with reading(self.path):
            return self._gzip.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Release it."""
        self._file.close()

    def _pread(self, offset: int, size: int) -> bytes:
        with reading(self.path):
            found = os.pread(self._file.fileno(), size, offset)
            while found and len(found) < size:
                more = os.pread(self._file.fileno(), size - len(found), offset + len(found))
                if not more:
                    break
                found += more
            return found


def compare(
    first: Content, second: Content, offset: int = 0
) -> tuple[Literal["same", "shorter", "longer", "different"], int]:
    """What the first is to the second from ``offset`` on, ``shorter`` and ``longer`` where one is
    the beginning of the other, and the offset up to which they are the same."""
    while True:
        one, other = first.read_at(offset, CHUNK_BYTES), second.read_at(offset, CHUNK_BYTES)
        common = min(len(one), len(other))
        if one[:common] != other[:common]:
            return "different", offset
        offset += common
        if len(one) != len(other):
            return ("shorter" if len(one) < len(other) else "longer"), offset
        if not one:
            return "same", offset
