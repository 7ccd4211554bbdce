"""What the samples and cases of specs have exercised, and what they have not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from engine.diagnostics import Location
from engine.golden.table import Row, Table
from engine.interpreter import Normalizer, ask, decode
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
)
from engine.templates import Mismatch

Aspect = Literal["record kind", "ignore", "status", "map entry", "condition", "optional", "join"]

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
    for condition in kind.where:
        if len(condition.values) > 1:
            for value in condition.values:
                yield goal("condition", f"{condition.key} is {value}")
    for mapping in kind.mappings:
        if mapping.target == "status" and kind.role == "event":
            statuses = _statuses(kind, mapping)
            if len(statuses) > 1:
                yield from (goal("status", one) for one in statuses)
        for raw in mapping.values or ():
            yield goal("map entry", f"{mapping.target} from {raw}")
        if _may_be_missing(kind, mapping):
            yield goal("optional", f"with {mapping.target}")
            yield goal("optional", f"without {mapping.target}")


def _statuses(kind: RecordKind, mapping: FieldMapping) -> list[str]:
    """The statuses that a record of the kind can have."""
    if mapping.constant is not None:
        return [mapping.constant]
    raws = [set(one.values) for one in kind.where if one.key == mapping.source and one.values]
    possible = set.intersection(*raws) if raws else None
    if mapping.values is None:
        return [one for one in STATUSES if possible is None or one in possible]
    given = {to for raw, to in mapping.values.items() if possible is None or raw in possible}
    return [one for one in STATUSES if one in given]


def _may_be_missing(kind: RecordKind, mapping: FieldMapping) -> bool:
    is_optional = kind.role == "event" and mapping.target in OPTIONAL_FIELDS
    if not is_optional or kind.template is not None or mapping.constant is not None:
        return False
    return all(one.key != mapping.source for one in kind.where)


# --- reaching them ------------------------------------------------------------------------------


def reached_by_records(records: Sequence[Record], normalizer: Normalizer) -> Iterator[Goal]:
    """The goals that single records reach."""
    kinds = {
        (system.name, kind.name): kind for system in normalizer.systems for kind in system.kinds
    }
    for record, outcome in zip(records, normalizer.normalize(records), strict=True):
        if isinstance(outcome, Rejection):
            continue
        kind = kinds[outcome.system.name, outcome.kind]
        captures = ask(kind, decode(record))
        assert not isinstance(captures, Mismatch)
        for aspect, what in _reached(kind, outcome, captures):
            yield Goal(outcome.system.name, aspect, kind.name, what, kind.location)


def _reached(
    kind: RecordKind, outcome: object, captures: Mapping[str, object]
) -> Iterator[tuple[Aspect, str]]:
    yield ("ignore" if kind.role == "ignore" else "record kind"), ""
    for condition in kind.where:
        yield "condition", f"{condition.key} is {_text(captures.get(condition.key))}"
    if isinstance(outcome, Event):
        yield "status", outcome.status
    if not isinstance(outcome, Event | Detail):
        return
    for mapping in kind.mappings:
        if mapping.source is not None and mapping.values is not None:
            yield "map entry", f"{mapping.target} from {_text(captures.get(mapping.source))}"
        if mapping.target in OPTIONAL_FIELDS:
            has_it = getattr(outcome, mapping.target) is not None
            yield "optional", f"{'with' if has_it else 'without'} {mapping.target}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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
