"""From bytes to records: one a line, one a JSON object, or one of several lines.

A framer is fed the bytes of one stream in pieces of any size; what it gives depends on the bytes
and on the offset where it began, never on how they were cut. Its memory is bounded by the limit of
a record, its time is linear.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol, get_args

from engine.model import Records
from engine.sources.json_framing import JsonFramer
from engine.sources.line_framing import LineFramer
from engine.sources.record_framing import BeginsRecord, RecordFramer

Framing = Literal["lines", "json"]
FRAMINGS: Final[tuple[Framing, ...]] = get_args(Framing)

RECORD_BYTES_MAX: Final = 1 << 20
"""The longest record that is kept whole, unless told otherwise."""
QUIET_SECONDS: Final = 5.0
"""How long an input that goes on must have brought nothing before a record of whole lines, with
which the next line may go on, is taken as it is."""


class Framer(Protocol):
    """Cuts the bytes of one stream into records."""

    @property
    def begin(self) -> int:
        """Offset up to which everything was given: records, and what separates them."""

    @property
    def may_go_on(self) -> bool:
        """Whether a record of whole lines is held, for the next line may go on with it. ``end``
        gives it, and more can be fed after that."""

    def feed(self, data: bytes) -> Records:
        """The records that ``data`` completes."""

    def end(self) -> Records:
        """The input has ended: what is left, as a record."""


def new_framer(
    framing: Framing,
    stream: str,
    record_bytes_max: int,
    *,
    begins_record: BeginsRecord | None = None,
    offset: int = 0,
    mid_line: bool = False,
) -> Framer:
    """A framer for the bytes of a stream from ``offset`` on. ``begins_record`` tells the first
    lines of records of several lines, None if every line is a record. ``mid_line`` says that what
    lies before is not the end of a line."""
    if framing == "json":
        return JsonFramer(stream, offset, record_bytes_max)
    if begins_record is not None:
        return RecordFramer(stream, offset, record_bytes_max, begins_record, mid_line=mid_line)
    return LineFramer(stream, offset, record_bytes_max, mid_line=mid_line)
