"""A second reading of records, by the simulator's description of what a place in a record can
hold: slow, obvious, and independent of the matcher that it judges.

All ways to take a record apart are tried; a template has at most one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.model import FieldMapping, LiteralPart, RecordKind, System
from simulator.slots import places_of
from simulator.values import Place, read_time


class Span(NamedTuple):
    """The characters that one part of a template took."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A record taken apart: one span a part. ``is_sure`` tells that each field surely ends where
    it does; a typed field could else have taken more."""

    spans: tuple[Span, ...]
    captures: Mapping[str, str]
    is_sure: bool


def readings(kind: RecordKind, text: str) -> list[Reading]:
    """All ways in which a text kind's template can have made this text."""
    assert kind.template is not None
    parts = kind.template.parts
    places = places_of(kind)

    def take(index: int, at: int) -> Iterator[tuple[list[Span], bool]]:
        if index == len(parts):
            if at == len(text):
                yield [], True
            return
        part = parts[index]
        if isinstance(part, LiteralPart):
            if text.startswith(part.text, at):
                after = at + len(part.text)
                for spans, is_sure in take(index + 1, after):
                    yield [Span(at, after), *spans], is_sure
            return
        for end in _ends(places[index], text, at):
            for spans, is_sure in take(index + 1, end):
                is_surely_here = is_sure and places[index].carries(text[at:end])
                yield [Span(at, end), *spans], is_surely_here

    return [
        Reading(tuple(spans), _captures(kind, text, spans), is_sure)
        for spans, is_sure in take(0, 0)
    ]


def _ends(place: Place, text: str, at: int) -> Iterator[int]:
    """Where a field that begins here may end."""
    if place.type is not None:
        alone = Place(place.type)
        yield from (end for end in range(at + 1, len(text) + 1) if alone.carries(text[at:end]))
        return
    end = text.find(place.follower, at) if place.follower else len(text)
    if end > at and "\n" not in text[at:end]:
        yield end


def _captures(kind: RecordKind, text: str, spans: list[Span]) -> dict[str, str]:
    assert kind.template is not None
    return {
        part.name: text[span.start : span.end]
        for part, span in zip(kind.template.parts, spans, strict=True)
        if not isinstance(part, LiteralPart) and part.name is not None
    }


# --- what captures mean -------------------------------------------------------------------------


def meaning(
    system: System, kind: RecordKind, captures: Mapping[str, str]
) -> dict[str, str | None] | None:
    """The event fields that they give; None where one of them has no meaning."""
    values: dict[str, str | None] = {}
    for mapping in kind.mappings:
        value = _value(mapping, captures)
        if value is None:
            return None
        values[mapping.target] = value
    time = values.get("timestamp")
    if time is not None:
        instant = read_time(time, zone_of(system))
        if instant is None:
            return None
        values["timestamp"] = instant.text
    return values


def _value(mapping: FieldMapping, captures: Mapping[str, str]) -> str | None:
    if mapping.constant is not None:
        return mapping.constant
    assert mapping.source is not None
    found = captures.get(mapping.source)
    return found if mapping.values is None or found is None else mapping.values.get(found)


def zone_of(system: System) -> tzinfo:
    """The zone of a system's times."""
    return UTC if system.timezone == "UTC" else ZoneInfo(system.timezone)
