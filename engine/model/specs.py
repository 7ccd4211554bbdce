"""What a spec says: the systems, their record kinds, and where the fields of an event come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.diagnostics import Location
from engine.model.templates import FieldType, Template

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
    "spec_digest",
    "ambiguous",
    "seen",
    "detail_id",
    "attributes",
)
"""An event as it leaves the engine, in this order (``schema/event.schema.json``)."""

STATUSES = ("SUCCESS", "FAILURE")


@dataclass(frozen=True, slots=True)
class Key:
    """A step of a path: the value under a key."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """A step of a path: an element of an array; None is the first for which the rest of the path
    leads to a value."""

    number: int | None


Path = tuple[Key | Index, ...]
"""The way to a value: a captured field or a top-level key, and what is inside of it."""


def first_key(path: Path) -> str:
    """The field or key at which a path begins."""
    assert isinstance(path[0], Key)
    return path[0].name


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value of a record must be. ``values`` is used by ``one_of`` only."""

    path: Path
    test: Literal["present", "absent", "one_of"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueMap:
    """What each text becomes; the exact ones first, then ranges of whole numbers (both ends
    included), then globs (``*`` is any text) in order, then ``otherwise``. None: no value.
    Without ``has_otherwise`` a text that is not there sends the record to the quarantine."""

    exact: Mapping[str, str | None]
    ranges: tuple[tuple[int, int, str | None], ...] = ()
    globs: tuple[tuple[str, str | None], ...] = ()
    has_otherwise: bool = False
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One way to a value for an event field or an attribute (``target``): the value at
    ``sources`` (several are joined by a space), or a ``constant``. Where a target has several
    mappings, the first that gives a value counts."""

    target: str
    sources: tuple[Path, ...] = ()
    constant: str | None = None
    values: ValueMap | None = None
    when: tuple[Condition, ...] = ()
    """Must hold for this mapping to count; a path to ``status`` is the event's."""
    absent: tuple[str, ...] = ()
    """Texts that mean that there is no value."""
    case: Literal["upper", "lower"] | None = None
    formats: tuple[str, ...] = ()
    """How a timestamp may be written, in the order to try."""
    is_record_time: bool = False
    """The record's own timestamp instead of one in its body."""
    redact: Literal["hash", "mask", "drop"] | None = None


@dataclass(frozen=True, slots=True)
class KeyValues:
    """How key=value lists are written."""

    pair: str = "="
    between: str = " "
    quotes: str = "\"'"


@dataclass(frozen=True, slots=True)
class Csv:
    """How separated columns are written."""

    columns: tuple[str, ...]
    separator: str = ","
    quote: str = '"'
    types: tuple[tuple[str, FieldType], ...] = ()
    """What the values of a column must be, by its name."""


@dataclass(frozen=True, slots=True)
class Json:
    """JSON text."""


Form = Json | KeyValues | Csv | Template
"""How a text is read further."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A captured text that is read further: its parts are named by paths below ``field``, or, if
    ``is_flat``, like captured fields. ``steps`` lead from the field to the text, where that stands
    inside of it."""

    field: str
    form: Form
    is_flat: bool = False
    steps: Path = ()

    @property
    def path(self) -> Path:
        """The way to the text."""
        return (Key(self.field), *self.steps)


@dataclass(frozen=True, slots=True)
class Sample:
    """A record and the fields it must give (event fields to text; None: no value)."""

    record: str
    gives: Mapping[str, str | None]
    location: Location
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One shape of record of a system: a ``template`` for text (the header included), None for a
    record that is a JSON object; ``readings`` of what the template captured; and conditions
    (``where``) on what neither lays down."""

    name: str
    role: Literal["event", "detail", "ignore"]
    template: Template | None
    where: tuple[Condition, ...]
    mappings: tuple[FieldMapping, ...]
    samples: tuple[Sample, ...]
    location: Location
    readings: tuple[Reading, ...] = ()
    attributes: tuple[FieldMapping, ...] = ()
    keeps_all: bool = False
    """Whether everything that was read is an attribute (``attributes: all``)."""
    keeps_parts: tuple[Path, ...] = ()
    """Values all parts of which are attributes under their own names (``context.*``)."""
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
    format: Literal["json", "text", "key_values", "csv"]
    timezone: str
    kinds: tuple[RecordKind, ...]
    join: Join | None
    merge: tuple[str, ...] | None
    """Event fields that make two records the same one (``duplicates: {merge: […]}``)."""
    digest: str
    source: str
    """The spec's text as it was read."""
    location: Location
    first_line: Template | None = None
    """How the first line of a record in a file begins, where records have several."""
    redactions: tuple[tuple[Path, Literal["hash", "mask", "drop"]], ...] = ()
    """Values that never leave a record as they are."""
    raw: Literal["keep", "redact", "drop"] = "keep"
    """What is kept of the record itself, in the archive and the quarantine."""
    unproved: frozenset[str] = frozenset()
    """Kinds of whose records another one may claim some, for all that is proved: the names of
    those that the proof (``engine.proofs``) does not cover, once it was asked."""
