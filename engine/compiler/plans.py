"""What generated source is to say of each record kind, and how it reads their times."""

from __future__ import annotations

from dataclasses import dataclass

from engine.compiler.instants import Known, Read
from engine.compiler.steps import Steps
from engine.model import REQUIRED_FIELDS, FieldMapping, RecordKind, System
from engine.time_formats import parts_of


class NotWritable(Exception):
    """The kind asks for more than generated source says: the reference mapper takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class TimeSource:
    """A way to read times: ``known`` has those that were read so before, and ``read`` adds one.
    ``slot`` is where the last one is kept."""

    slot: int
    known: Known
    read: Read


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The times of one system that joins or lends its times, in microseconds, in the order in which
    they were read first. ``slot`` is where the last one is kept."""

    slot: int
    times_us: dict[int, None]


@dataclass(frozen=True, slots=True)
class KindPlan:
    """A record kind as the generated source knows it."""

    number: int
    system: System
    kind: RecordKind
    times: TimeSource | None
    """How its times are read; None where generated source reads none."""
    marks: Marks | None
    """Where its times are told; None where nothing asks for them."""
    is_unproved: bool
    """Whether another kind might take its records too, so that all have to be asked."""
    steps: Steps | None = None
    """The steps by which a text is read; None where its regular expression or the reference
    reads it."""

    @property
    def name(self) -> str:
        """How it is called in findings."""
        return f"{self.system.name}.{self.kind.name}"

    @property
    def title(self) -> str:
        """Where it comes from."""
        at = self.kind.location
        source = "" if self.kind.template is None else f": {self.kind.template.source}"
        return f"{at.file}:{at.line} {self.name}{source}"

    @property
    def is_writable(self) -> bool:
        """Whether its events can be made by generated source."""
        return not self.is_unproved and _is_writable(self.system, self.kind)


def _is_writable(system: System, kind: RecordKind) -> bool:
    """Whether nothing is asked of the kind that only the reference mapper does."""
    if system.redactions or system.raw != "keep":
        return False
    if kind.readings or kind.attributes or kind.keeps_all or kind.keeps_parts:
        return False
    return not (kind.role == "detail" and system.merge is not None)


def time_mapping(kind: RecordKind) -> FieldMapping | None:
    """The one way to the kind's timestamp, by formats of which each text is one instant; None for
    a detail without one. Raises NotWritable."""
    ways = [one for one in kind.mappings if one.target == "timestamp"]
    if not ways:
        return None
    if len(ways) > 1 or ways[0].is_record_time or not ways[0].sources:
        raise NotWritable
    for written in ways[0].formats:
        parts = parts_of(written)
        if parts and not {"Y", "y", "s"} & {one.directive for one in parts}:
            raise NotWritable
    return ways[0]


def mappings_by_target(kind: RecordKind) -> dict[str, list[FieldMapping]]:
    """The ways to each target, in the order of the spec."""
    ways: dict[str, list[FieldMapping]] = {}
    for mapping in kind.mappings:
        ways.setdefault(mapping.target, []).append(mapping)
    return ways


def required_targets(plan: KindPlan) -> tuple[str, ...]:
    """The event fields without which the kind makes nothing, the timestamp left out."""
    if plan.kind.role == "detail":
        assert plan.system.join is not None
        return tuple(dict.fromkeys(("correlation_id", *plan.system.join.take)))
    return tuple(
        name
        for name in REQUIRED_FIELDS
        if name != "timestamp" and not (name == "correlation_id" and may_lack_id(plan.kind))
    )


def may_lack_id(kind: RecordKind) -> bool:
    """Whether the spec says that such records have no correlation id."""
    return any(
        one.target == "correlation_id" and not one.sources and one.constant is None
        for one in kind.mappings
    )
