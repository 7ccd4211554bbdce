"""From the values of an event to a record, by the spec of its kind: the inverse of reading one.

A *slot* is a place of the record that is read: a named field of a template, a key of a JSON object.
For each slot a raw text is chosen that means what is wanted under every mapping that reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from engine.model import (
    EVENT_FIELDS,
    Condition,
    FieldMapping,
    FieldPart,
    LiteralPart,
    RecordKind,
    System,
)
from simulator.values import IDENTIFIER_CHARS_MAX, Instant, Place, filler, read_time, time_texts

Wanted = Mapping[str, str | None]
"""Event fields and what the record must mean by them; None: no value. A field that is not named
may mean anything."""

AT_TIME: Final = "at the time given"
"""What ``timestamp`` is wanted to be where the record is to have one."""

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")
_EXTRAS: Final[tuple[tuple[str, object], ...]] = (
    ("host", "node-7"),
    ("thread", 12),
    ("labels", {"zone": "b", "tags": ["x", None]}),
    ("took_ms", 3.5),
    ("sampled", True),
    ("note", "später {never} mind"),
)
"""Keys that no spec asks for, as real logs have them."""


class _Impossible(Exception):
    """The kind cannot say what is wanted."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record and what it means. ``values`` are event fields without the time; ``pretty`` is the
    same JSON over several lines."""

    text: str
    pretty: str
    values: Mapping[str, str | None]
    time: Instant | None


@dataclass(frozen=True, slots=True)
class _Slot:
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
        """A raw text that means what is wanted; None for no value. Raises _Impossible."""
        asked = {one.target: wanted[one.target] for one in self.mappings if one.target in wanted}
        if self.is_absent or None in asked.values() or self._may_be_left_out(asked):
            if any(text is not None for text in asked.values()) or not self.place.in_json:
                raise _Impossible
            if self.allowed is not None:
                raise _Impossible
            return None
        fitting = [raw for raw in self._candidates(asked, times, rng) if self._means(raw, asked)]
        if not fitting:
            raise _Impossible
        is_time = any(one.target == "timestamp" for one in self.mappings)
        return fitting[0] if is_time else rng.choice(fitting)

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


class KindRenderer:
    """Renders records of one kind. ``reserved`` are JSON keys that mean something to some kind of
    some system, which no extra key may be."""

    def __init__(self, system: System, kind: RecordKind, reserved: frozenset[str]) -> None:
        self.system = system
        self.kind = kind
        self.zone: tzinfo = UTC if system.timezone == "UTC" else ZoneInfo(system.timezone)
        self._mappings = {one.target: one for one in kind.mappings}
        self._slots = _json_slots(kind) if kind.template is None else _text_slots(kind)
        self._extras = [extra for extra in _EXTRAS if extra[0] not in reserved]

    def gives(self, target: str) -> bool:
        """Whether its records can have a value for this event field."""
        return target in self._mappings

    def holds(self, target: str, text: str) -> bool:
        """Whether a record of this kind can mean ``text`` by this event field."""
        mapping = self._mappings.get(target)
        if mapping is None:
            return False
        if mapping.constant is not None:
            return mapping.constant == text
        assert mapping.source is not None
        return self._slots[mapping.source].holds(mapping, text)

    def fixed(self, target: str) -> list[str]:
        """The texts that the spec itself lays down for this event field."""
        mapping = self._mappings.get(target)
        if mapping is None:
            return []
        if mapping.constant is not None:
            return [mapping.constant]
        assert mapping.source is not None
        raws = self._slots[mapping.source].laid_down()
        if mapping.values is None:
            return raws
        return list(dict.fromkeys(mapping.values[raw] for raw in raws if raw in mapping.values))

    def render(self, wanted: Wanted, time_us: int, rng: Random) -> Rendered | None:
        """A record that means what is wanted; None if this kind cannot say it."""
        values: dict[str, str | None] = {}
        try:
            self._check_rest(wanted, values)
            times = list(time_texts(time_us, self.zone, rng)) if "timestamp" in wanted else []
            raws = {name: slot.choose(wanted, times, rng) for name, slot in self._slots.items()}
            for name, slot in self._slots.items():
                for one in slot.mappings:
                    raw = raws[name]
                    values[one.target] = (
                        raw if raw is None or one.values is None else one.values[raw]
                    )
            time_text = values.pop("timestamp", None)
            time = None if time_text is None else read_time(time_text, self.zone)
            _check_time(time, wanted)
            text, pretty = self._text(raws, rng) if self.kind.template else self._json(raws, rng)
        except _Impossible:
            return None
        return Rendered(text, pretty, values, time)

    def _check_rest(self, wanted: Wanted, values: dict[str, str | None]) -> None:
        """What no slot decides: constants, and fields that the kind does not have."""
        for target, text in wanted.items():
            mapping = self._mappings.get(target)
            if mapping is None and text is not None:
                raise _Impossible
            constant = None if mapping is None else mapping.constant
            if constant not in {None, text}:
                raise _Impossible
        values |= {t: one.constant for t, one in self._mappings.items() if one.constant is not None}

    def _text(self, raws: Mapping[str, str | None], rng: Random) -> tuple[str, str]:
        assert self.kind.template is not None
        pieces = []
        for part, place in zip(self.kind.template.parts, _places(self.kind), strict=True):
            if isinstance(part, LiteralPart):
                pieces.append(part.text)
                continue
            raw = raws[part.name] if part.name is not None else filler(place, rng)
            if raw is None:
                raise _Impossible
            pieces.append(raw)
        text = "".join(pieces)
        return text, text

    def _json(self, raws: Mapping[str, str | None], rng: Random) -> tuple[str, str]:
        body: dict[str, object] = {}
        for name, raw in raws.items():
            slot = self._slots[name]
            if raw is not None:
                body[name] = _json_value(slot, raw, rng)
            elif slot.is_present:
                body[name] = ""  # it is there, and still no value
            elif rng.random() < 0.1:
                body[name] = None if slot.is_absent else rng.choice((None, ""))
        if self._extras and rng.random() < 0.15:
            body.update([rng.choice(self._extras)])
        if rng.random() < 0.1:
            body = dict(rng.sample(list(body.items()), len(body)))
        separators = (",", ":") if rng.random() < 0.2 else (", ", ": ")
        is_ascii = rng.random() < 0.3
        line = json.dumps(body, ensure_ascii=is_ascii, separators=separators)
        return line, json.dumps(body, ensure_ascii=is_ascii, indent=2)


def _check_time(time: Instant | None, wanted: Wanted) -> None:
    if time is None and wanted.get("timestamp") is not None:
        raise _Impossible


def _json_value(slot: _Slot, raw: str, rng: Random) -> object:
    """A raw text as JSON may have it: a number or a truth value where that reads the same."""
    if raw in {"true", "false"} and all(one.values is not None for one in slot.mappings):
        return raw == "true"
    is_integer = raw.isascii() and raw.isdigit() and len(raw) <= 18 and str(int(raw)) == raw
    return int(raw) if is_integer and rng.random() < 0.5 else raw


def _places(kind: RecordKind) -> list[Place]:
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


def _text_slots(kind: RecordKind) -> dict[str, _Slot]:
    assert kind.template is not None
    return {
        part.name: _Slot(part.name, place, _reading(kind, part.name), None, False, False)
        for part, place in zip(kind.template.parts, _places(kind), strict=True)
        if isinstance(part, FieldPart) and part.name is not None
    }


def _json_slots(kind: RecordKind) -> dict[str, _Slot]:
    keys = [one.key for one in kind.where]
    keys += [one.source for one in kind.mappings if one.source is not None]
    return {
        key: _json_slot(kind, key, [one for one in kind.where if one.key == key])
        for key in dict.fromkeys(keys)
    }


def _json_slot(kind: RecordKind, key: str, conditions: list[Condition]) -> _Slot:
    allowed: tuple[str, ...] | None = None
    for one in conditions:
        if one.test == "one_of":
            allowed = tuple(v for v in one.values if allowed is None or v in allowed)
    tests = {one.test for one in conditions}
    return _Slot(
        key,
        Place(in_json=True),
        _reading(kind, key),
        allowed,
        is_absent="absent" in tests,
        is_present="present" in tests,
    )


def _reading(kind: RecordKind, source: str) -> tuple[FieldMapping, ...]:
    return tuple(one for one in kind.mappings if one.constant is None and one.source == source)


def reserved_keys(systems: Iterable[System]) -> frozenset[str]:
    """The JSON keys that mean something to some system."""
    keys = set(EVENT_FIELDS)
    for system in systems:
        for kind in system.kinds:
            keys.update(one.key for one in kind.where)
            keys.update(one.source for one in kind.mappings if one.source is not None)
    return frozenset(keys)
