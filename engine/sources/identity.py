"""Which stream a file is: told by its beginning, whatever its name.

A stream is named ``file:`` and the digest of the file's *beginning* when it was first read: its
first 1,024 bytes, or if it was shorter its complete lines, or if it had none all of it. So a file
that was moved, copied or packed is the stream it was, and one that has grown is found again by
trying the beginnings that it may have had, the longest first.

Files can begin alike and differ later. What is stored beside the progress (the *incarnation*,
``LENGTH:DIGEST:DIGEST``) holds the length and the digest of the beginning, and the digest of the
bytes just before the progress. A file that does not fit them is another stream, a later
*generation*: ``file:DIGEST~2``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, Literal

from engine.ports import Progress, ProgressLookup
from engine.sources.content import Content

BEGINNING_BYTES: Final = 1024
_TAIL_BYTES: Final = 1024
_NAME_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """A stream that a file may be, and what is stored of it."""

    stream: str
    beginning: str
    """``LENGTH:DIGEST`` of the file's beginning."""
    progress: Progress | None
    fit: Literal["new", "fits", "cut"]
    """Whether the file goes on from the progress, or ends before it. ``new``: never read."""

    @property
    def is_another(self) -> bool:
        """Whether a file that begins alike was there before."""
        return "~" in self.stream


def places(content: Content, *, final: bool, lookup: ProgressLookup) -> Iterator[Place]:
    """The streams that a file may be: those that were read before, the longest beginning first,
    then its own name in new generations, without end. None if there is nothing yet to know it
    by; ``final`` says that a line without an end will not get one. Raises EnvironmentFailure."""
    head = content.read_at(0, BEGINNING_BYTES)
    own = _own_length(head, final=final)
    for length in _lengths(head, own):
        beginning = _beginning(head, length)
        for stream in _generations(head, length):
            progress = lookup(stream)
            if progress is None:
                break
            fit = _fit(content, beginning, progress)
            if fit != "differs":
                yield Place(stream, beginning, progress, fit)
    if own:
        for stream in _generations(head, own):
            if lookup(stream) is None:
                yield Place(stream, _beginning(head, own), None, "new")


def incarnation(content: Content, beginning: str, offset: int) -> str:
    """What is to be stored beside a progress of ``offset``. Of a gzip file only its beginning is
    kept: reading back in it is slow."""
    tail = "" if content.is_packed else _digest(_tail(content, offset))
    return f"{beginning}:{tail}"


def is_still(content: Content, stored: Progress) -> bool:
    """Whether a file is still the one of which this was stored. Raises EnvironmentFailure."""
    length = int(stored.incarnation.partition(":")[0])
    beginning = _beginning(content.read_at(0, length), length)
    return _fit(content, beginning, stored) == "fits"


def _own_length(head: bytes, *, final: bool) -> int:
    if len(head) == BEGINNING_BYTES:
        return BEGINNING_BYTES
    return head.rfind(b"\n") + 1 or (len(head) if final else 0)


def _lengths(head: bytes, own: int) -> Iterator[int]:
    """Lengths of the beginnings that the file may have been named by: as it is now, at the end of
    a line, or within the first line, if it was read when it held no more."""
    line_ends = [at + 1 for at, byte in enumerate(head) if byte == 0x0A]
    yield from (length for length in {own: None, **dict.fromkeys(reversed(line_ends))} if length)
    yield from range((line_ends[0] if line_ends else len(head)) - 1, 0, -1)


def _generations(head: bytes, length: int) -> Iterator[str]:
    name = f"file:{hashlib.sha256(head[:length]).hexdigest()[:_NAME_DIGITS]}"
    yield name
    for generation in count(2):
        yield f"{name}~{generation}"


def _beginning(head: bytes, length: int) -> str:
    return f"{length}:{hashlib.sha256(head[:length]).hexdigest()}"


def _fit(content: Content, beginning: str, stored: Progress) -> Literal["fits", "cut", "differs"]:
    known_beginning, _, known_tail = stored.incarnation.rpartition(":")
    if known_beginning != beginning:
        return "differs"
    tail = _tail(content, stored.next_offset)
    if len(tail) < min(stored.next_offset, _TAIL_BYTES):
        return "cut"
    return "fits" if known_tail in {"", _digest(tail)} else "differs"


def _tail(content: Content, offset: int) -> bytes:
    size = min(offset, _TAIL_BYTES)
    return content.read_at(offset - size, size)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_NAME_DIGITS]
