"""What a source hands over, and what becomes of it. Times are integers in microseconds since the
Unix epoch, UTC, and end in ``_us``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self, overload

from engine.model.specs import System


class Oversize(NamedTuple):
    """What is kept of a record that is longer than the limit, beside its beginning."""

    length: int
    sha256: bytes


@dataclass(slots=True)
class Record:
    """One record of one stream. A *stream* is a totally ordered run of records: a Kafka
    partition (``kafka:CLUSTER/TOPIC/PARTITION``), a file (``file:FINGERPRINT``), one reading of
    standard input. ``offset`` is the Kafka offset or the byte offset of the record's beginning,
    ``next_offset`` where reading goes on after it."""

    stream: str
    offset: int
    next_offset: int
    value: bytes
    timestamp_us: int | None = None
    """The broker's timestamp; None where the source has none (files)."""
    oversize: Oversize | None = None
    written_us: int | None = None
    """When a file was last written, by its own date: tells the year of times that have none."""


@dataclass(slots=True)
class Records(Sequence[Record]):
    """Records of one stream, in order, as columns: most are never looked at one by one.

    ``timestamps_us`` is None where the source has none; ``oversizes`` is by index.
    """

    stream: str
    values: list[bytes]
    offsets: Sequence[int]
    next_offsets: Sequence[int]
    timestamps_us: Sequence[int | None] | None = None
    oversizes: dict[int, Oversize] = field(default_factory=dict)
    written_us: int | None = None

    @classmethod
    def of(cls, records: Iterable[Record], stream: str = "") -> Self:
        """The columns of records, which are of one stream: the one named where there are none."""
        ones = list(records)
        times = [one.timestamp_us for one in ones]
        return cls(
            stream=ones[0].stream if ones else stream,
            values=[one.value for one in ones],
            offsets=[one.offset for one in ones],
            next_offsets=[one.next_offset for one in ones],
            timestamps_us=None if all(time is None for time in times) else times,
            oversizes={i: one.oversize for i, one in enumerate(ones) if one.oversize is not None},
            written_us=ones[0].written_us if ones else None,
        )

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        times = self.timestamps_us
        return Record(
            self.stream,
            self.offsets[index],
            self.next_offsets[index],
            self.values[index],
            None if times is None else times[index],
            self.oversizes.get(index % len(self.values)),
            self.written_us,
        )


Row = tuple[int, int, str, str, int, str, str | None, str | None]
"""An event that is final as it stands: it expects no detail, merges with no other, and has no
attributes. Its offset, the number of its kind, and the event fields: checkpoint_id, timestamp,
its time in microseconds, status, correlation_id, failure_reason."""


@dataclass(slots=True)
class Event:
    """A normalized row, before any detail has completed it."""

    stream: str
    offset: int
    system: System
    kind: str
    checkpoint_id: str
    timestamp: str
    time_us: int
    status: str
    correlation_id: str | None
    """None where the spec says that such records have none."""
    failure_reason: str | None
    expects_detail: bool = False
    join_us: int | None = None
    """The time on the join's clock; set when the batch is placed in time."""
    join_clock: str | None = None
    """``""``: the broker's timestamp; else the name of the system whose times it reads."""
    content_hash: bytes | None = None
    """Set for a spec that merges duplicates: equal hashes are the same record."""
    attributes: Mapping[str, object] | None = None
    """What else the spec keeps, as JSON values."""
    last_us: int | None = None
    """The time that its system wrote last before it in its stream; None: none in this batch."""


@dataclass(slots=True)
class Detail:
    """The record that completes another record's event. ``time_us`` is the time in its body."""

    stream: str
    offset: int
    system: System
    kind: str
    correlation_id: str
    failure_reason: str | None
    time_us: int | None
    timestamp: str | None = None
    join_us: int | None = None
    join_clock: str | None = None
    content_hash: bytes | None = None
    last_us: int | None = None
    """As an event's."""


@dataclass(slots=True)
class Ignored:
    """A record that a spec asks to leave out."""

    stream: str
    offset: int
    system: System
    kind: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far one record kind got with a record that it did not take."""

    system: str
    kind: str
    matched_chars: int
    """Characters of the record that the template matched; for a JSON kind, how many of its
    conditions hold."""
    expected: str
    """What it expected there, in words: ``" - "``, ``a field of type iso``, ``key "status"``."""


@dataclass(slots=True)
class Rejection:
    """A record of which nothing could be made; it goes to the quarantine."""

    stream: str
    offset: int
    reason: str
    """A stable code: one of ``engine.rejections.REASONS``."""
    message: str
    nearest: tuple[Attempt, ...] = ()
    """The nearest attempt first; at most three."""
    value: bytes = b""
    oversize: Oversize | None = None
    system: str | None = None
    """Set where a kind took the record and a value failed."""
    kind: str | None = None


Outcome = Event | Detail | Ignored | Rejection


class Times(NamedTuple):
    """The times that records of one system wrote in their bodies, of one stream of a batch."""

    first_us: int
    last_us: int
    all_us: Collection[int]


@dataclass(slots=True)
class Normalized:
    """What became of the records of one stream of a batch: a row or one of the others for each.

    ``others`` have the index of their record; both are in the order of the records. ``times`` are
    by the name of the system, of those that join records or lend their times to others.
    """

    rows: list[Row]
    others: list[tuple[int, Outcome]]
    times: Mapping[str, Times]
    blocks: list[bytes] = field(default_factory=list)
    """Rows that became JSON lines at once, for a store of lines, some at a time; they are none of
    ``rows``."""
    line_count: int = 0
    """How many these are."""
    is_plain: bool = False
    """Whether, in rows without a failure_reason, no text has a character that JSON writes as an
    escape."""


@dataclass(slots=True)
class StreamAdvance:
    """How far a batch moves one stream. ``expected_offset`` is the stored progress as the
    reader knows it: a store in which it is another refuses the whole batch (the fence)."""

    stream: str
    expected_offset: int
    next_offset: int
    records: Records
    incarnation: str = ""
    """What tells that a stream is still the one it was: a topic's id, the digest of a file's
    beginning. Kept beside the progress."""
    title: str = ""
    """What people call it: a topic, a path."""
