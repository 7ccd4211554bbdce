"""The words every room shares: what a spec says, what a record is, what becomes of it.

Plain immutable values, no behaviour that could differ between rooms and no imports from them.
Times are integers in microseconds since the Unix epoch, UTC, and end in ``_us``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from engine.diagnostics import Location

EVENT_FIELDS = (
    "system_id",
    "checkpoint_id",
    "timestamp",
    "status",
    "correlation_id",
    "failure_reason",
)
"""The normalized schema, in the order of its columns."""

REQUIRED_FIELDS = ("checkpoint_id", "timestamp", "status", "correlation_id")
"""What a record kind must give to make an event; the system's name is the ``system_id``."""

OPTIONAL_FIELDS = ("failure_reason",)
"""What an event may lack, and so may take from a detail."""

EXPORT_FIELDS = (
    *EVENT_FIELDS,
    "event_id",
    "join_state",
    "kind",
    "ambiguous",
    "seen",
    "detail_id",
    "spec_digest",
)
"""An event as it leaves the engine, in this order (``schema/event.schema.json``)."""

STATUSES = ("SUCCESS", "FAILURE")

FIELD_TYPES = ("word", "digits", "number", "hex", "uuid", "ip", "iso")
"""The types a template's field may have: closed classes of characters."""

# --- what a spec says -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiteralPart:
    """Text of a template that must occur as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A field of a template. ``name`` is None for one that is matched and dropped,
    ``type`` is None for a bare field (any text up to the literal after it)."""

    name: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """A text template: literals and fields in turn, never two fields side by side."""

    source: str
    parts: tuple[LiteralPart | FieldPart, ...]

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of its named fields, in order."""
        return tuple(
            part.name
            for part in self.parts
            if isinstance(part, FieldPart) and part.name is not None
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """What a key of a JSON record must be. ``values`` is used by ``one_of`` only."""

    key: str
    test: Literal["present", "absent", "one_of"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where an event field comes from: a captured field or JSON key (``source``), translated
    by ``values`` if there are any, or a ``constant``."""

    target: str
    source: str | None = None
    constant: str | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A record and the fields it must give (event fields to text; None: no value)."""

    record: str
    gives: Mapping[str, str | None]
    location: Location


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One shape of record of a system: a ``template`` for text, conditions for JSON."""

    name: str
    role: Literal["event", "detail", "ignore"]
    template: Template | None
    where: tuple[Condition, ...]
    mappings: tuple[FieldMapping, ...]
    samples: tuple[Sample, ...]
    location: Location
    after: Mapping[str, Location] = field(default_factory=dict)
    """Kinds of the same spec (or ``ignore``) that come first, with where the spec says so."""

    def yields_to(self, other: RecordKind) -> bool:
        """Whether a record that ``other``, of the same spec, accepts too is the other's."""
        return other.name in self.after or (other.role == "ignore" and "ignore" in self.after)


@dataclass(frozen=True, slots=True)
class Join:
    """How a record of another kind completes an event (semantics, chapter 4)."""

    events: tuple[str, ...]
    details: tuple[str, ...]
    when: Mapping[str, tuple[str, ...]]
    take: tuple[str, ...]
    within_us: int
    pairing: Literal["nearest", "in_order"]
    clock: Literal["body", "record"]
    """``body`` if every kind on both sides maps a timestamp, else ``record``."""


@dataclass(frozen=True, slots=True)
class System:
    """One spec file, checked. ``kinds`` holds the ignored kinds too, under names of their own
    (``ignore[0]``, …). ``digest`` is the SHA-256 (hex) of what the spec says, not of its layout."""

    name: str
    format: Literal["json", "text"]
    timezone: str
    kinds: tuple[RecordKind, ...]
    join: Join | None
    merge: tuple[str, ...] | None
    """Event fields that make two records the same one (``duplicates: {merge: […]}``)."""
    digest: str
    source: str
    """The spec's text as it was read."""
    location: Location


# --- what a source hands over ---------------------------------------------------------------


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


# --- what becomes of a record ---------------------------------------------------------------


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
    correlation_id: str
    failure_reason: str | None
    expects_detail: bool = False
    join_us: int | None = None
    """The time on the join's clock; set when the batch is placed in time."""
    join_clock: str | None = None
    """``""``: the broker's timestamp; else the name of the system whose times it reads."""
    content_hash: bytes | None = None
    """Set for a spec that merges duplicates: equal hashes are the same record."""


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
