"""From bytes to records: one a line, or one a JSON object.

A framer is fed the bytes of one stream in pieces of any size; what it gives depends on the bytes
and on the offset where it began, never on how they were cut. Its memory is bounded by the limit of
a record, its time is linear.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, Protocol, get_args

from engine.model import Record
from engine.sources.json_framing import JsonFramer
from engine.sources.line_framing import LineFramer

Framing = Literal["lines", "json"]
FRAMINGS: Final[tuple[Framing, ...]] = get_args(Framing)

RECORD_BYTES_MAX: Final = 1 << 20
"""The longest record that is kept whole, unless told otherwise."""


class Framer(Protocol):
    """Cuts the bytes of one stream into records."""

    @property
    def begin(self) -> int:
        """Offset up to which everything was given: records, and what separates them."""

    def feed(self, data: bytes) -> list[Record]:
        """The records that ``data`` completes."""

    def end(self) -> list[Record]:
        """The input has ended: what is left, as a record."""


def new_framer(
    framing: Framing, stream: str, record_bytes_max: int, *, offset: int = 0, mid_line: bool = False
) -> Framer:
    """A framer for the bytes of a stream from ``offset`` on. ``mid_line`` says that what lies
    before is not the end of a line."""
    if framing == "json":
        return JsonFramer(stream, offset, record_bytes_max)
    return LineFramer(stream, offset, record_bytes_max, mid_line=mid_line)


def take(
    ready: deque[Record], records_max: int, begin: int, before: int
) -> tuple[list[Record], int]:
    """At most so many of the records that wait, and how far the stream is read with them.

    ``begin`` is where the record begins that is not whole yet, ``before`` how far it was read.
    """
    records = [ready.popleft() for _ in range(min(records_max, len(ready)))]
    if not ready:
        return records, begin
    return records, records[-1].next_offset if records else before
