"""Slots: the places of a record that are read, and what can stand in each.

A *slot* is a named field of a template or a key of a JSON object. For each slot a raw text is
chosen that means what is wanted under every mapping that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from engine.model import Condition, FieldMapping, FieldPart, LiteralPart, RecordKind
from simulator.values import IDENTIFIER_CHARS_MAX, Place, filler

Wanted = Mapping[str, str | None]
"""Event fields and what the record must mean by them; None: no value. A field that is not named
may mean anything."""

AT_TIME: Final = "at the time given"
"""What ``timestamp`` is wanted to be where the record is to have one."""

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")


class Impossible(Exception):
    """The kind cannot say what is wanted."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that is read, with the mappings that read it and the conditions on it."""

    source: str
    place: Place
    mappings: tuple[FieldMapping, ...]
    allowed: tuple[str, ...] | None
    """The texts that conditions leave, or None for any."""
    is_absent: bool
    is_present: bool

    def holds(self, mapping: FieldMapping, text: str) -> bool:
        """Whether some raw text here means ``text`` under this mapping."""
        if self.is_absent:
            return False
        raws = [text] if mapping.values is None else self.laid_down()
        return any(self._means(raw, {mapping.target: text}) for raw in raws)

    def laid_down(self) -> list[str]:
        """The raw texts that the spec leaves for this slot; none where it leaves any text."""
        if self.allowed is not None:
            return list(self.allowed)
        maps = [one.values for one in self.mappings if one.values is not None]
        return list(maps[0]) if maps else []

    def choose(self, wanted: Wanted, times: Iterable[str], rng: Random) -> str | None:
        """A raw text that means what is wanted; None for no value. Raises Impossible."""
        asked = {one.target: wanted[one.target] for one in self.mappings if one.target in wanted}
        if self.is_absent or None in asked.values() or self._may_be_left_out(asked):
            is_asked_for = any(text is not None for text in asked.values())
            if is_asked_for or not self.place.in_json or self.allowed is not None:
                raise Impossible
            return None
        candidates = self._candidates(asked, times, rng)
        fitting = (raw for raw in candidates if self._means(raw, asked))
        if candidates is times:
            first = next(fitting, None)  # the likeliest way to write it comes first
            if first is None:
                raise Impossible
            return first
        texts = list(fitting)
        if not texts:
            raise Impossible
        return rng.choice(texts)

    def _may_be_left_out(self, asked: Wanted) -> bool:
        return not asked and self.place.in_json and not self.is_present and self.allowed is None

    def _candidates(self, asked: Wanted, times: Iterable[str], rng: Random) -> Iterable[str]:
        laid_down = self.laid_down()
        if laid_down:
            return laid_down
        if "timestamp" in asked:
            return times
        texts = [text for text in asked.values() if text is not None]
        some = texts[0] if texts else filler(self.place, rng)
        return [] if some is None else [some]

    def _means(self, raw: str, asked: Wanted) -> bool:
        if not self._takes(raw):
            return False
        for one in self.mappings:
            if one.values is not None and raw not in one.values:
                return False
            meaning = raw if one.values is None else one.values[raw]
            if one.target in asked and one.target != "timestamp" and meaning != asked[one.target]:
                return False
        return True

    def _takes(self, raw: str) -> bool:
        if self.allowed is not None and raw not in self.allowed:
            return False
        is_long = len(raw) > IDENTIFIER_CHARS_MAX
        if is_long and any(one.target in _IDENTIFIERS for one in self.mappings):
            return False
        return self.place.carries(raw)


def places_of(kind: RecordKind) -> list[Place]:
    """One place for each part of a template (that of a literal is not used)."""
    assert kind.template is not None
    parts = kind.template.parts
    places = []
    before = ""
    for part, after in zip(parts, (*parts[1:], None), strict=True):
        follower = after.text if isinstance(after, LiteralPart) else ""
        if isinstance(part, FieldPart):
            closes = after is parts[-1]
            places.append(Place(part.type, follower, opens=not before.strip(), closes=closes))
            before += "x"
        else:
            places.append(Place())
            before += part.text
    return places


def slots_of(kind: RecordKind) -> dict[str, Slot]:
    """The slots of a record kind, by the name of the field or key."""
    return _json_slots(kind) if kind.template is None else _text_slots(kind)


def _text_slots(kind: RecordKind) -> dict[str, Slot]:
    assert kind.template is not None
    return {
        part.name: Slot(part.name, place, _reading(kind, part.name), None, False, False)
        for part, place in zip(kind.template.parts, places_of(kind), strict=True)
        if isinstance(part, FieldPart) and part.name is not None
    }


def _json_slots(kind: RecordKind) -> dict[str, Slot]:
    keys = [one.key for one in kind.where]
    keys += [one.source for one in kind.mappings if one.source is not None]
    return {
        key: _json_slot(kind, key, [one for one in kind.where if one.key == key])
        for key in dict.fromkeys(keys)
    }


def _json_slot(kind: RecordKind, key: str, conditions: list[Condition]) -> Slot:
    allowed: tuple[str, ...] | None = None
    for one in conditions:
        if one.test == "one_of":
            allowed = tuple(v for v in one.values if allowed is None or v in allowed)
    tests = {one.test for one in conditions}
    return Slot(
        key,
        Place(in_json=True),
        _reading(kind, key),
        allowed,
        is_absent="absent" in tests,
        is_present="present" in tests,
    )


def _reading(kind: RecordKind, source: str) -> tuple[FieldMapping, ...]:
    return tuple(one for one in kind.mappings if one.constant is None and one.source == source)
