"""What a store holds, counted, and the sum of which both sides must be equal:

read = events + details joined + details waiting + duplicates + ignored + quarantined
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple, cast

from engine.ports import StoreReader

REASONS_MAX: Final = 20
"""How many failure reasons are told, the most frequent first."""

_EVENTS: Final = """
SELECT system_id, kind, status, join_state, count(*), sum(seen - 1), sum(ambiguous) FROM events
GROUP BY system_id, kind, status, join_state ORDER BY system_id, kind"""

_DETAILS: Final = """
SELECT system_id, kind, state, count(*), sum(seen - 1) FROM details
GROUP BY system_id, kind, state ORDER BY system_id, kind"""

_IGNORED: Final = "SELECT system_id, kind, records FROM ignored ORDER BY system_id, kind"

_QUARANTINED: Final = """
SELECT reason, system_id, count(*) FROM quarantined
GROUP BY reason, system_id ORDER BY reason, system_id"""

_FAILURE_REASONS: Final = """
SELECT system_id, failure_reason, count(*) FROM events WHERE status = 'FAILURE'
GROUP BY system_id, failure_reason
ORDER BY count(*) DESC, system_id, failure_reason LIMIT ?"""

_STREAMS: Final = "SELECT name, title, records_read, next_offset FROM stream ORDER BY title, name"


@dataclass(slots=True)
class KindCounts:
    """What one record kind (template) of a system gave. ``becomes``: event, detail, ignored;
    ``duplicates`` are records beside the ``rows``, of the same content as one of them."""

    kind: str
    becomes: str
    rows: int = 0
    duplicates: int = 0


@dataclass(slots=True)
class SystemCounts:
    """What one system gave. ``quarantined``: one of its kinds took the record and a value
    failed; ``details_waiting`` holds the orphans too."""

    system_id: str
    events: int = 0
    failures: int = 0
    details_joined: int = 0
    details_waiting: int = 0
    duplicates: int = 0
    ignored: int = 0
    quarantined: int = 0
    kinds: list[KindCounts] = field(default_factory=list)

    def kind(self, name: str, becomes: str) -> KindCounts:
        """The counts of one kind, begun where there are none yet."""
        for one in self.kinds:
            if (one.kind, one.becomes) == (name, becomes):
                return one
        self.kinds.append(KindCounts(name, becomes))
        return self.kinds[-1]


class FailureReason(NamedTuple):
    """How many failures of a system have this reason (None: none is known)."""

    system_id: str
    failure_reason: str | None
    events: int


class QuarantineReason(NamedTuple):
    """How many records are in the quarantine for this reason."""

    reason: str
    records: int


class StreamProgress(NamedTuple):
    """How far a stream was read."""

    name: str
    title: str
    records_read: int
    next_offset: int


@dataclass(slots=True)
class Stats:
    """All counts of a store. The six terms of the sum and ``read`` are counted apart, so that a
    difference can be seen."""

    systems: list[SystemCounts] = field(default_factory=list)
    join_states: dict[str, int] = field(
        default_factory=lambda: {"complete": 0, "waiting": 0, "unmatched": 0}
    )
    """Events that expect a detail, by state: complete, waiting, unmatched."""
    ambiguous: int = 0
    orphans: int = 0
    """Details whose time has passed, among those that wait."""
    failure_reasons: list[FailureReason] = field(default_factory=list)
    quarantine_reasons: list[QuarantineReason] = field(default_factory=list)
    streams: list[StreamProgress] = field(default_factory=list)

    @property
    def read(self) -> int:
        """The left side: records read."""
        return sum(stream.records_read for stream in self.streams)

    @property
    def terms(self) -> dict[str, int]:
        """The right side, term by term."""
        return {
            "events": sum(one.events for one in self.systems),
            "details_joined": sum(one.details_joined for one in self.systems),
            "details_waiting": sum(one.details_waiting for one in self.systems),
            "duplicates": sum(one.duplicates for one in self.systems),
            "ignored": sum(one.ignored for one in self.systems),
            "quarantined": sum(one.records for one in self.quarantine_reasons),
        }

    @property
    def accounted(self) -> int:
        """The right side."""
        return sum(self.terms.values())

    @property
    def balanced(self) -> bool:
        """Whether every record is accounted for."""
        return self.read == self.accounted


def read_stats(reader: StoreReader) -> Stats:
    """Count everything."""
    stats = Stats()
    systems: dict[str, SystemCounts] = {}
    _count_events(reader, stats, systems)
    _count_details(reader, stats, systems)
    ignored = cast(Iterator[tuple[str, str, int]], reader.rows(_IGNORED))
    for system_id, kind, records in ignored:
        system = _system(systems, system_id)
        system.ignored += records
        system.kind(kind, "ignored").rows += records
    _count_quarantined(reader, stats, systems)
    stats.systems = [systems[name] for name in sorted(systems)]
    reasons = cast(
        Iterator[tuple[str, str | None, int]], reader.rows(_FAILURE_REASONS, (REASONS_MAX,))
    )
    stats.failure_reasons = [FailureReason(*row) for row in reasons]
    streams = cast(Iterator[tuple[str, str, int, int]], reader.rows(_STREAMS))
    stats.streams = [StreamProgress(*row) for row in streams]
    return stats


def _system(systems: dict[str, SystemCounts], system_id: str) -> SystemCounts:
    return systems.setdefault(system_id, SystemCounts(system_id))


def _count_events(reader: StoreReader, stats: Stats, systems: dict[str, SystemCounts]) -> None:
    rows = cast(Iterator[tuple[str, str, str, str, int, int, int]], reader.rows(_EVENTS))
    for system_id, kind, status, join_state, events, duplicates, ambiguous in rows:
        system = _system(systems, system_id)
        system.events += events
        system.failures += events if status == "FAILURE" else 0
        system.duplicates += duplicates
        counts = system.kind(kind, "event")
        counts.rows += events
        counts.duplicates += duplicates
        stats.ambiguous += ambiguous
        if join_state != "none":
            stats.join_states[join_state] += events


def _count_details(reader: StoreReader, stats: Stats, systems: dict[str, SystemCounts]) -> None:
    rows = cast(Iterator[tuple[str, str, str, int, int]], reader.rows(_DETAILS))
    for system_id, kind, state, details, duplicates in rows:
        system = _system(systems, system_id)
        if state == "joined":
            system.details_joined += details
        else:
            system.details_waiting += details
        stats.orphans += details if state == "orphan" else 0
        system.duplicates += duplicates
        counts = system.kind(kind, "detail")
        counts.rows += details
        counts.duplicates += duplicates


def _count_quarantined(reader: StoreReader, stats: Stats, systems: dict[str, SystemCounts]) -> None:
    by_reason: Counter[str] = Counter()
    rows = cast(Iterator[tuple[str, str | None, int]], reader.rows(_QUARANTINED))
    for reason, system_id, records in rows:
        by_reason[reason] += records
        if system_id is not None:
            _system(systems, system_id).quarantined += records
    stats.quarantine_reasons = [QuarantineReason(*one) for one in by_reason.most_common()]


# --- for programs -----------------------------------------------------------------------------


def stats_document(stats: Stats) -> dict[str, Any]:
    """The counts as a JSON document: ``read`` and the six terms are integers at its top level."""
    return {
        "read": stats.read,
        **stats.terms,
        "accounted": stats.accounted,
        "balanced": stats.balanced,
        "orphans": stats.orphans,
        "ambiguous": stats.ambiguous,
        "join_states": stats.join_states,
        "systems": [asdict(one) for one in stats.systems],
        "failure_reasons": [one._asdict() for one in stats.failure_reasons],
        "quarantine_reasons": [one._asdict() for one in stats.quarantine_reasons],
        "streams": [one._asdict() for one in stats.streams],
    }
