"""From the values of an event to a record, by the spec of its kind: the inverse of reading one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from engine.model import EVENT_FIELDS, LiteralPart, RecordKind, System
from simulator.slots import Impossible, Slot, Wanted, places_of, slots_of
from simulator.values import Instant, filler, read_time, time_texts

_EXTRAS: Final[tuple[tuple[str, object], ...]] = (
    ("host", "node-7"),
    ("thread", 12),
    ("labels", {"zone": "b", "tags": ["x", None]}),
    ("took_ms", 3.5),
    ("sampled", True),
    ("note", "später {never} mind"),
)
"""Keys that no spec asks for, as real logs have them."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record and what it means. ``values`` are event fields without the time, ``body`` is the
    object of a JSON record."""

    text: str
    values: Mapping[str, str | None]
    time: Instant | None
    body: Mapping[str, object] | None

    def pretty(self) -> str | None:
        """The same JSON over several lines; None for text."""
        return None if self.body is None else json.dumps(self.body, ensure_ascii=False, indent=2)


class KindRenderer:
    """Renders records of one kind. ``reserved`` are JSON keys that mean something to some kind of
    some system, which no extra key may be."""

    def __init__(self, system: System, kind: RecordKind, reserved: frozenset[str]) -> None:
        self.system = system
        self.kind = kind
        self.zone: tzinfo = UTC if system.timezone == "UTC" else ZoneInfo(system.timezone)
        self._mappings = {one.target: one for one in kind.mappings}
        self._slots = slots_of(kind)
        self._places = [] if kind.template is None else places_of(kind)
        self._extras = [extra for extra in _EXTRAS if extra[0] not in reserved]

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
            times = time_texts(time_us, self.zone, rng)
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
            body = None if self.kind.template else self._body(raws, rng)
            text = self._text(raws, rng) if body is None else _json_line(body, rng)
        except Impossible:
            return None
        return Rendered(text, values, time, body)

    def _check_rest(self, wanted: Wanted, values: dict[str, str | None]) -> None:
        """What no slot decides: constants, and fields that the kind does not have."""
        for target, text in wanted.items():
            mapping = self._mappings.get(target)
            if mapping is None and text is not None:
                raise Impossible
            constant = None if mapping is None else mapping.constant
            if constant not in {None, text}:
                raise Impossible
        values |= {t: one.constant for t, one in self._mappings.items() if one.constant is not None}

    def _text(self, raws: Mapping[str, str | None], rng: Random) -> str:
        assert self.kind.template is not None
        pieces = []
        for part, place in zip(self.kind.template.parts, self._places, strict=True):
            if isinstance(part, LiteralPart):
                pieces.append(part.text)
                continue
            raw = raws[part.name] if part.name is not None else filler(place, rng)
            if raw is None:
                raise Impossible
            pieces.append(raw)
        return "".join(pieces)

    def _body(self, raws: Mapping[str, str | None], rng: Random) -> dict[str, object]:
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
        return body


def _json_line(body: Mapping[str, object], rng: Random) -> str:
    separators = (",", ":") if rng.random() < 0.2 else (", ", ": ")
    return json.dumps(body, ensure_ascii=rng.random() < 0.3, separators=separators)


def _check_time(time: Instant | None, wanted: Wanted) -> None:
    if time is None and wanted.get("timestamp") is not None:
        raise Impossible


def _json_value(slot: Slot, raw: str, rng: Random) -> object:
    """A raw text as JSON may have it: a number or a truth value where that reads the same."""
    if raw in {"true", "false"} and all(one.values is not None for one in slot.mappings):
        return raw == "true"
    is_integer = raw.isascii() and raw.isdigit() and len(raw) <= 18 and str(int(raw)) == raw
    return int(raw) if is_integer and rng.random() < 0.5 else raw


def reserved_keys(systems: Iterable[System]) -> frozenset[str]:
    """The JSON keys that mean something to some system."""
    keys = set(EVENT_FIELDS)
    for system in systems:
        for kind in system.kinds:
            keys.update(one.key for one in kind.where)
            keys.update(one.source for one in kind.mappings if one.source is not None)
    return frozenset(keys)
