"""What a source hands over, and what becomes of it. Times are integers in microseconds since the
Unix epoch, UTC, and end in ``_us``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

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


@dataclass(slots=True)
class StreamAdvance:
    """How far a batch moves one stream. ``expected_offset`` is the stored progress as the
    reader knows it: a store in which it is another refuses the whole batch (the fence)."""

    stream: str
    expected_offset: int
    next_offset: int
    records: list[Record] = field(default_factory=list)
    incarnation: str = ""
    """What tells that a stream is still the one it was: a topic's id, the digest of a file's
    beginning. Kept beside the progress."""
    title: str = ""
    """What people call it: a topic, a path."""
