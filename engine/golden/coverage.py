"""What the samples and cases of specs have exercised, and what they have not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from engine.asking import ask
from engine.diagnostics import Location
from engine.golden.rereading import said_in
from engine.golden.segments import segments_in, segments_of
from engine.golden.table import Row, Table
from engine.interpreter import Interpreter, decode
from engine.model import (
    OPTIONAL_FIELDS,
    STATUSES,
    Detail,
    Event,
    FieldMapping,
    Record,
    RecordKind,
    Rejection,
    System,
    ValueMap,
)
from engine.spec.paths import written
from engine.templates import Mismatch
from simulator.maps import Entry, entry_of, finished
from simulator.said import Said, holds, text_of

Aspect = Literal[
    "record kind", "ignore", "segment", "status", "map entry", "condition", "optional", "join"
]

JOIN_OUTCOMES: Final[Mapping[str, str]] = {
    "joined": "a detail that comes after its event",
    "detail first": "a detail that comes before its event",
    "late": "an event and a detail that are too far apart to be joined",
    "unmatched": "an event that waits for its detail in vain",
    "orphan": "a detail whose event never comes",
    "ambiguous": "a detail that two events, or an event that two details could take",
    "retry": "a second attempt that needs no detail and takes none",
}
"""What can happen in a join, in words for the one who has to write the case."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One thing that a sample or case can exercise."""

    system: str
    aspect: Aspect
    kind: str
    what: str
    location: Location = field(compare=False)

    @property
    def title(self) -> str:
        """What it is, in words."""
        named = f"{self.kind}: {self.what}" if self.what else self.kind
        return f"{self.aspect} {named}"


@dataclass(slots=True)
class Coverage:
    """All goals of some systems, and those that were reached."""

    goals: tuple[Goal, ...]
    reached: set[Goal] = field(default_factory=set)

    @property
    def missing(self) -> list[Goal]:
        """The goals that were not reached, in the order of the specs."""
        return [one for one in self.goals if one not in self.reached]

    @property
    def covered(self) -> int:
        """How many goals were reached."""
        return len(self.goals) - len(self.missing)

    @property
    def percent(self) -> float:
        """Covered goals of a hundred, rounded down to a tenth: 100.0 is all of them."""
        return self.covered * 1000 // len(self.goals) / 10 if self.goals else 100.0


def goals_of(systems: Iterable[System]) -> Iterator[Goal]:
    """What there is to exercise in these systems."""
    for system in systems:
        for kind in system.kinds:
            yield from _goals_of_kind(system, kind)
        if system.join is not None:
            first = next(one for one in system.kinds if one.name in system.join.events)
            for outcome, words in JOIN_OUTCOMES.items():
                if outcome != "retry" or system.join.when:
                    yield Goal(system.name, "join", outcome, words, first.location)


def _goals_of_kind(system: System, kind: RecordKind) -> Iterator[Goal]:
    def goal(aspect: Aspect, what: str = "") -> Goal:
        return Goal(system.name, aspect, kind.name, what, kind.location)

    yield goal("ignore" if kind.role == "ignore" else "record kind")
    yield from (goal("segment", what) for what in segments_of(kind))
    for condition in kind.where:
        if len(condition.values) > 1:
            for value in condition.values:
                yield goal("condition", f"{written(condition.path)} is {value}")
    if kind.role == "event":
        statuses = _statuses(kind)
        yield from (goal("status", one) for one in statuses if len(statuses) > 1)
    for mapping in kind.mappings:
        for entry in _entries(mapping.values):
            yield goal("map entry", f"{mapping.target} from {entry}")
        if _may_be_missing(kind, mapping):
            yield goal("optional", f"with {mapping.target}")
            yield goal("optional", f"without {mapping.target}")


def _statuses(kind: RecordKind) -> list[str]:
    """The statuses that a record of the kind can have."""
    possible: set[str | None] = set()
    for mapping in kind.mappings:
        if mapping.target == "status":
            possible |= _given_by(kind, mapping)
    return [one for one in STATUSES if one in possible]


def _given_by(kind: RecordKind, mapping: FieldMapping) -> set[str | None]:
    if not mapping.sources:
        return {mapping.constant}
    raws = [set(one.values) for one in kind.where if (one.path,) == mapping.sources and one.values]
    asked = set.intersection(*raws) if raws else None
    values = mapping.values
    if values is None:
        return {one for one in STATUSES if asked is None or one in asked}
    given = {to for raw, to in values.exact.items() if asked is None or raw in asked}
    given |= {to for *_, to in values.ranges} | {to for _, to in values.globs}
    return given | ({values.otherwise} if values.has_otherwise else set())


def _entries(values: ValueMap | None) -> Iterator[str]:
    """The entries of a map as a spec writes them."""
    if values is not None:
        yield from values.exact
        yield from (f"{low}-{high}" for low, high, _ in values.ranges)
        yield from (glob for glob, _ in values.globs)
        yield from ["otherwise"] if values.has_otherwise else []


def _may_be_missing(kind: RecordKind, mapping: FieldMapping) -> bool:
    ways = [one for one in kind.mappings if one.target == mapping.target]
    is_optional = kind.role == "event" and mapping.target in OPTIONAL_FIELDS
    if not is_optional or kind.template is not None or not mapping.sources or len(ways) > 1:
        return False
    return all((one.path,) != mapping.sources for one in kind.where)


# --- reaching them ------------------------------------------------------------------------------


def reached_by_records(records: Sequence[Record], normalizer: Interpreter) -> Iterator[Goal]:
    """The goals that single records reach."""
    kinds = {
        (system.name, kind.name): kind for system in normalizer.systems for kind in system.kinds
    }
    outcomes = normalizer.normalize([replace(one) for one in records])  # it may redact them
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, Rejection):
            continue
        kind = kinds[outcome.system.name, outcome.kind]
        body = decode(record)
        captures = ask(kind, body)
        assert not isinstance(captures, Mismatch)
        said = said_in(kind, captures) or Said(captures)
        for aspect, what in _reached(kind, outcome, said):
            yield Goal(outcome.system.name, aspect, kind.name, what, kind.location)
        for what in segments_in(kind, body) if isinstance(body, str) else ():
            yield Goal(outcome.system.name, "segment", kind.name, what, kind.location)


def _reached(kind: RecordKind, outcome: object, said: Said) -> Iterator[tuple[Aspect, str]]:
    yield ("ignore" if kind.role == "ignore" else "record kind"), ""
    for condition in kind.where:
        yield "condition", f"{written(condition.path)} is {text_of(said.at(condition.path))}"
    if isinstance(outcome, Event):
        yield "status", outcome.status
    if not isinstance(outcome, Event | Detail):
        return
    status = outcome.status if isinstance(outcome, Event) else None
    for mapping in kind.mappings:
        counts = all(holds(one, said, status) for one in mapping.when)
        entry = _entry(mapping, said) if counts else None
        if entry is not None:
            yield "map entry", f"{mapping.target} from {entry.written}"
        if mapping.target in OPTIONAL_FIELDS:
            has_it = getattr(outcome, mapping.target) is not None
            yield "optional", f"{'with' if has_it else 'without'} {mapping.target}"


def _entry(mapping: FieldMapping, said: Said) -> Entry | None:
    """The entry of its map that a record comes to."""
    texts = [text_of(said.at(path)) for path in mapping.sources]
    given = [one for one in texts if one and one not in mapping.absent]
    if mapping.values is None or len(given) < len(texts):
        return None
    text = finished(replace(mapping, values=None), " ".join(given))
    return None if text is None else entry_of(mapping.values, text)


def reached_by_table(table: Table, systems: Iterable[System]) -> Iterator[Goal]:
    """The join outcomes that a case shows."""
    for system in systems:
        if system.join is None:
            continue
        first = next(one for one in system.kinds if one.name in system.join.events)
        events, details = [], []
        for line, row in table.rows.items():
            taker = table.takers.get(line)
            if taker is None or taker.system != system.name:
                continue
            if row["outcome"] == "event" and taker.kind in system.join.events:
                events.append(row)
            elif row["outcome"] == "detail":
                details.append(row)
        for outcome in _outcomes(events, details):
            yield Goal(system.name, "join", outcome, JOIN_OUTCOMES[outcome], first.location)


def _outcomes(events: Sequence[Row], details: Sequence[Row]) -> Iterator[str]:
    alone = {row["correlation_id"] for row in details if row["state"] != "joined"}
    expecting = [row for row in events if row["join_state"] != "none"]
    attempts = {(row["correlation_id"], row["checkpoint_id"]) for row in expecting}
    for row in expecting:
        detail_line, line = row.get("detail_line"), row["line"]
        if isinstance(detail_line, int) and isinstance(line, int):
            yield "joined" if detail_line > line else "detail first"
        elif row["correlation_id"] in alone:
            yield "late"
        if row["join_state"] == "unmatched":
            yield "unmatched"
        if row.get("ambiguous"):
            yield "ambiguous"
    if any(row["state"] == "orphan" for row in details):
        yield "orphan"
    for row in events:
        is_retry = (row["correlation_id"], row["checkpoint_id"]) in attempts
        if row["join_state"] == "none" and is_retry:
            yield "retry"
