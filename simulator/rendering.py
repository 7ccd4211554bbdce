"""From the values of an event to a record, by the spec of its kind: the inverse of reading one.

A raw text is chosen for every place that is read, the record is made of them, and what it means is
told from what is in it (``meaning``). Where a template leaves open how it is read, with segments
and fields that end at other fields, the record is taken apart once more (``taking_apart``), and
thrown away if it does not hold what it was made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from engine.model import (
    EVENT_FIELDS,
    STATUSES,
    FieldMapping,
    Path,
    RecordKind,
    System,
    ValueMap,
    first_key,
)
from simulator.choosing import Chooser, Telling
from simulator.making import Maker
from simulator.maps import Meaningless
from simulator.meaning import (
    Interpretation,
    Meaning,
    is_none,
    required,
    zone_of,
)
from simulator.places import filler
from simulator.plans import Plan, plan_for, split_among
from simulator.said import Said, holds
from simulator.shapes import LaidOut, Shape
from simulator.slots import AT_TIME, Impossible, Wanted, paths_of
from simulator.times import Instant, formatted_times, time_texts
from simulator.trees import EXTRAS

_TRIES: Final = 8
"""How often a record is made whose parts do not tell at once whether it can be."""


@dataclass(slots=True)
class Rendered:
    """A record and what it means. ``values`` are event fields without the time, ``body`` is the
    object of a JSON record, ``attributes`` are None where the spec keeps none; how those look
    whose names are in ``unsure`` is not told. ``record_us`` is the record's own timestamp."""

    text: str
    values: Mapping[str, str | None]
    time: Instant | None
    body: Mapping[str, object] | None
    attributes: Mapping[str, object] | None = None
    unsure: frozenset[str] = frozenset()
    record_us: int | None = None
    said: Said = field(default_factory=lambda: Said({}))
    """What it holds, as its spec reads it."""

    def pretty(self) -> str | None:
        """The same JSON over several lines; None for text."""
        return None if self.body is None else json.dumps(self.body, ensure_ascii=False, indent=2)


@dataclass(slots=True)
class _Way:
    """A plan, with how it is laid out and carried out where that is the same for all records."""

    plan: Plan = field(default_factory=Plan)
    laid_out: LaidOut | None = None
    choosers: Mapping[Path, Chooser] | None = None
    is_possible: bool = True


class KindRenderer:
    """Renders records of one kind. ``reserved`` are keys that mean something to some kind of some
    system, which no extra key may be; ``redact_key`` is the key of hashes."""

    def __init__(
        self,
        system: System,
        kind: RecordKind,
        reserved: frozenset[str],
        redact_key: bytes = b"",
    ) -> None:
        self.system = system
        self.kind = kind
        self.zone = zone_of(system)
        self._interpretation = Interpretation(system, kind, redact_key)
        self._plainly = Interpretation(replace(system, redactions=()), kind, redact_key)
        self._shape = Shape(kind)
        self._slots = self._shape.slots
        self._ways: dict[str, list[FieldMapping]] = {}
        for mapping in kind.mappings:
            ways = self._ways.setdefault(mapping.target, [])
            if not any(map(self._shape.surely_gives, ways)):
                ways.append(mapping)
        self._known_ways: dict[tuple[object, ...], _Way] = {}
        constants = [one.constant for one in kind.mappings]
        self._fixed_texts = frozenset(one for one in (*constants, *STATUSES) if one is not None)
        """The texts that make a difference to what is asked of the slots."""
        self._is_simple = self._shape.is_simple and all(map(_is_simple, self._ways.values()))
        extras = [extra for extra in EXTRAS if extra[0] not in reserved]
        self._maker = Maker(self._shape, extras, is_simple=self._is_simple)

    def holds(self, target: str, text: str) -> bool:
        """Whether a record of this kind can mean ``text`` by this event field."""
        return any(self._way_holds(one, text) for one in self._ways.get(target, []))

    def _way_holds(self, mapping: FieldMapping, text: str) -> bool:
        if not mapping.sources:
            return mapping.constant == text and mapping.constant is not None
        if len(mapping.sources) == 1:
            return self._slots[mapping.sources[0]].holds(mapping, text)
        slots = [self._slots[path] for path in mapping.sources]
        return any(True for _ in split_among(slots, [text])) and mapping.values is None

    def has_no(self, target: str) -> bool:
        """Whether the spec says that such records have no value for this event field."""
        ways = self._ways.get(target, [])
        return bool(ways) and all(map(is_none, ways))

    @property
    def is_simple(self) -> bool:
        """Whether every part of a record tells by itself whether it can stand there."""
        return self._is_simple

    def may_lack(self, target: str) -> bool:
        """Whether a record of this kind might have no value for this event field."""
        ways = self._ways.get(target, [])
        is_open = not self._is_simple or self.kind.template is None
        return is_open and not any(map(self._shape.surely_gives, ways))

    def fixed(self, target: str) -> list[str]:
        """The texts that the spec itself lays down for this event field."""
        found: list[str] = []
        for mapping in self._ways.get(target, []):
            if not mapping.sources:
                found += [] if mapping.constant is None else [mapping.constant]
            elif len(mapping.sources) == 1:
                found += self._shape.fixed(mapping)
        return list(dict.fromkeys(found))

    def some(self, target: str, count: int) -> list[str]:
        """Texts that records of this kind can mean by this event field, whatever they are."""
        found: list[str] = []
        for mapping in self._ways.get(target, []):
            places = self._slots[mapping.sources[0]].places if len(mapping.sources) == 1 else ()
            made = [filler(place, Random(n)) for place in places for n in range(count)]
            found += [one for one in made if one is not None and self.holds(target, one)]
        return list(dict.fromkeys(found))[:count]

    def render(
        self, wanted: Wanted, time_us: int, rng: Random, record_us: int | None = None
    ) -> Rendered | None:
        """A record that means what is wanted; None if this kind cannot say it. ``record_us`` is the
        record's own timestamp (by default the same time to the millisecond)."""
        record_us = time_us // 1000 * 1000 if record_us is None else record_us
        for _ in range(1 if self._is_simple else _TRIES):
            try:
                return self._rendered(wanted, time_us, record_us, rng)
            except (Impossible, Meaningless):
                continue
        return None

    def _rendered(self, wanted: Wanted, time_us: int, record_us: int, rng: Random) -> Rendered:
        if not self._is_simple:
            wanted = self._completed(wanted, rng)
        way = self._way(wanted, rng)
        telling = Telling(wanted, self._times(way.plan, time_us, rng))
        way.plan.split(self._slots, telling)
        laid_out, choosers = way.laid_out, way.choosers
        if laid_out is None or choosers is None:
            laid_out = self._shape.lay_out(way.plan, telling, rng)
            choosers = self._shape.choosers(way.plan, laid_out, telling.forced)
        raws = {path: choose(telling, rng) for path, choose in choosers.items()}
        text, said, body = self._maker.made(laid_out, raws, rng)
        if not all(holds(one, said) for one in self.kind.where):
            raise Impossible
        told = plainly = self._interpretation.meaning(said, record_us)
        if self.system.redactions:
            plainly = self._plainly.meaning(said, record_us)
        self._check(plainly, wanted)
        return Rendered(
            text, told.values, told.time, body, told.attributes, told.unsure, record_us, said
        )

    def _way(self, wanted: Wanted, rng: Random) -> _Way:
        """How a record is made that means such values. Raises Impossible."""
        fixed = self._fixed_texts
        key = (*wanted, *[one if one in fixed else one is None for one in wanted.values()])
        way = self._known_ways.get(key)
        if way is None:
            way = self._new_way(wanted, rng)
            if way.plan.is_sure:
                self._known_ways[key] = way
        if not way.is_possible:
            raise Impossible
        return way

    def _new_way(self, wanted: Wanted, rng: Random) -> _Way:
        way = _Way()
        try:
            way.plan = plan_for(self._ways, wanted, rng)
            if not self._shape.has_choice:
                way.laid_out = self._shape.lay_out(way.plan, Telling(wanted, {}), rng)
                way.choosers = self._shape.choosers(way.plan, way.laid_out)
        except Impossible:
            way.is_possible = False
        return way

    def _completed(self, wanted: Wanted, rng: Random) -> Wanted:
        """With a time and a status, which not every text is."""
        more: dict[str, str | None] = {}
        if "timestamp" in self._ways:
            more["timestamp"] = AT_TIME
        able = [one for one in STATUSES if self.holds("status", one)]
        if able and self.kind.role == "event":
            more["status"] = rng.choice(able)
        return {**more, **wanted}

    def _times(self, plan: Plan, time_us: int, rng: Random) -> Mapping[Path, Iterable[str]]:
        """Ways to write the time, for each place that has it."""
        mapping = plan.active.get("timestamp")
        if mapping is None or not mapping.sources:
            return {}
        if mapping.formats in {(), ("iso",)} and len(mapping.sources) == 1:
            return {mapping.sources[0]: time_texts(time_us, self.zone, rng)}
        texts = list(formatted_times(time_us, mapping.formats or ("iso",), self.zone, rng))
        return dict.fromkeys(mapping.sources, texts)

    def _check(self, meaning: Meaning, wanted: Wanted) -> None:
        """Raises Impossible where the record does not mean what is wanted, or would be refused."""
        if meaning.time is None and wanted.get("timestamp") is not None:
            raise Impossible
        if self._is_simple:
            return
        given = {**meaning.values, "timestamp": meaning.time and AT_TIME}
        for target, text in wanted.items():
            if not self.has_no(target) and given.get(target) != text:
                raise Impossible
        if any(given.get(one) is None for one in required(self.system, self.kind)):
            raise Impossible
        if self.kind.role == "event" and given["status"] not in STATUSES:
            raise Impossible


def _is_simple(ways: list[FieldMapping]) -> bool:
    """Whether there is one way to the value, and each raw text means one thing by it."""
    return len(ways) == 1 and not (
        ways[0].when
        or ways[0].absent
        or ways[0].case
        or ways[0].is_record_time
        or len(ways[0].sources) > 1
        or set(ways[0].formats) - {"iso"}
        or is_none(ways[0])
        or (ways[0].values is not None and not _is_exact(ways[0].values))
    )


def _is_exact(values: ValueMap) -> bool:
    return not (
        values.ranges or values.globs or values.has_otherwise or None in values.exact.values()
    )


def reserved_keys(systems: Iterable[System]) -> frozenset[str]:
    """The keys that mean something to some system."""
    keys = set(EVENT_FIELDS)
    for system in systems:
        for kind in system.kinds:
            keys.update(first_key(path) for path in paths_of(kind))
            keys.update(one.field for one in kind.readings)
            keys.update(() if kind.template is None else kind.template.field_names)
    return frozenset(keys)
