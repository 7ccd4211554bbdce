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
    """A stream that a file may be read as."""

    stream: str
    beginning: str
    """``LENGTH:DIGEST`` of the file's beginning."""

    @property
    def is_another(self) -> bool:
        """Whether a file that begins alike was there before."""
        return "~" in self.stream


@dataclass(frozen=True, slots=True)
class KnownPlace(Place):
    """One that was read before. ``is_cut``: the file ends before its progress."""

    progress: Progress
    is_cut: bool


def known_places(content: Content, *, final: bool, lookup: ProgressLookup) -> Iterator[KnownPlace]:
    """The streams a file may be that were read before, the longest beginning first. Raises
    EnvironmentFailure."""
    head = content.read_at(0, BEGINNING_BYTES)
    for length in _lengths(head, _own_length(head, final=final)):
        digest = hashlib.sha256(head[:length]).hexdigest()
        for stream in _generations(digest):
            progress = lookup(stream)
            if progress is None:
                break
            fit = _fit(content, f"{length}:{digest}", progress)
            if fit != "differs":
                yield KnownPlace(stream, f"{length}:{digest}", progress, fit == "cut")


def new_places(content: Content, *, final: bool, lookup: ProgressLookup) -> Iterator[Place]:
    """The streams a file may become: its own name, in generations without end. None if there is
    nothing yet to know it by; ``final`` says that a line without an end will not get one. Raises
    EnvironmentFailure."""
    head = content.read_at(0, BEGINNING_BYTES)
    own = _own_length(head, final=final)
    digest = hashlib.sha256(head[:own]).hexdigest()
    for stream in _generations(digest) if own else ():
        if lookup(stream) is None:
            yield Place(stream, f"{own}:{digest}")


def incarnation(content: Content, beginning: str, offset: int) -> str:
    """What is to be stored beside a progress of ``offset``. Of a gzip file only its beginning is
    kept: reading back in it is slow."""
    tail = "" if content.is_packed else _digest(_tail(content, offset))
    return f"{beginning}:{tail}"


def is_still(content: Content, stored: Progress) -> bool:
    """Whether a file is still the one of which this was stored. Raises EnvironmentFailure."""
    length = int(stored.incarnation.partition(":")[0])
    digest = hashlib.sha256(content.read_at(0, length)).hexdigest()
    return _fit(content, f"{length}:{digest}", stored) == "fits"


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


def _generations(digest: str) -> Iterator[str]:
    name = f"file:{digest[:_NAME_DIGITS]}"
    yield name
    for generation in count(2):
        yield f"{name}~{generation}"


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
