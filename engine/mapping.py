"""Extract and map: what a record kind took, as an event, a detail, or a rejection.

Values are checked before they reach a store, so that one record cannot poison its batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from engine.conversions import Instant, TimeError, parse_iso
from engine.json_text import HugeInteger, text_of
from engine.model import (
    REQUIRED_FIELDS,
    STATUSES,
    Detail,
    Event,
    FieldMapping,
    Ignored,
    Outcome,
    Record,
    RecordKind,
    System,
)
from engine.rejections import Refused, rejection_of

IDENTIFIER_CHARS_MAX: Final = 1024
"""The longest checkpoint or correlation id, in characters."""

_IDENTIFIERS = ("checkpoint_id", "correlation_id")
_INT64 = range(-(2**63), 2**63)

Captures = Mapping[str, object]
"""What a record kind took: values by field or key."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record kind with the system it belongs to."""

    system: System
    kind: RecordKind
    zone: tzinfo


def map_record(record: Record, candidate: Candidate, captures: Captures) -> Outcome:
    """What becomes of a record that this kind took."""
    system, kind = candidate.system, candidate.kind
    try:
        if kind.role == "ignore":
            return Ignored(record.stream, record.offset, system, kind.name)
        values = {one.target: _value(one, captures) for one in kind.mappings}
        if kind.role == "detail":
            return _detail(record, candidate, values)
        return _event(record, candidate, values)
    except Refused as refused:
        rejection = rejection_of(record, refused)
        rejection.system, rejection.kind = system.name, kind.name
        return rejection


def _value(mapping: FieldMapping, captures: Captures) -> str | None:
    """The text for one event field; None where the record has no value for it."""
    if mapping.constant is not None:
        return mapping.constant
    assert mapping.source is not None
    found = captures.get(mapping.source)
    if found is None or found == "":
        return None
    if isinstance(found, HugeInteger) or (type(found) is int and found not in _INT64):
        raise Refused("integer_out_of_range", f"{mapping.target} does not fit 64 bits")
    text = _mapped(mapping, found) if mapping.values is not None else _plain(mapping, found)
    _check_text(mapping, text)
    if mapping.target in _IDENTIFIERS and len(text) > IDENTIFIER_CHARS_MAX:
        raise Refused(
            "value_too_long",
            f"{mapping.target} has {len(text)} characters, {IDENTIFIER_CHARS_MAX} at most",
        )
    return text


def _mapped(mapping: FieldMapping, found: object) -> str:
    assert mapping.values is not None
    text = text_of(found)
    if text is None:
        raise _wrong_type(mapping, found)
    if text not in mapping.values:
        _check_text(mapping, text)
        raise Refused("unknown_value", f'{mapping.target}: no entry for "{_shown(text)}"')
    return mapping.values[text]


def _plain(mapping: FieldMapping, found: object) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    raise _wrong_type(mapping, found)


def _wrong_type(mapping: FieldMapping, found: object) -> Refused:
    names = {bool: "a boolean", float: "a fraction", list: "an array", dict: "an object"}
    return Refused("wrong_type", f"{mapping.target} is {names[type(found)]}, not text")


def _check_text(mapping: FieldMapping, text: str) -> None:
    """What no store can bind is refused here, so that one record cannot poison its batch."""
    if "\0" in text:
        raise Refused("nul_character", f"{mapping.target} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("lone_surrogate", f"{mapping.target} holds half a character") from error


def _shown(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _event(record: Record, candidate: Candidate, values: dict[str, str | None]) -> Event:
    system, kind = candidate.system, candidate.kind
    checkpoint_id, timestamp, status, correlation_id = _required(values, REQUIRED_FIELDS)
    if status not in STATUSES:
        raise Refused("unknown_status", f'"{_shown(status)}" is neither SUCCESS nor FAILURE')
    text, us = _time(timestamp, candidate.zone)
    event = Event(
        stream=record.stream,
        offset=record.offset,
        system=system,
        kind=kind.name,
        checkpoint_id=checkpoint_id,
        timestamp=text,
        time_us=us,
        status=status,
        correlation_id=correlation_id,
        failure_reason=values.get("failure_reason"),
    )
    join = system.join
    if join is not None and kind.name in join.events:
        given = values | {"timestamp": text}
        event.expects_detail = all(given.get(one) in asked for one, asked in join.when.items())
    if system.merge is not None:
        event.content_hash = _content_hash(
            system.name,
            "event",
            [us if one == "timestamp" else values.get(one) for one in system.merge],
        )
    return event


def _detail(record: Record, candidate: Candidate, values: dict[str, str | None]) -> Detail:
    system, kind = candidate.system, candidate.kind
    assert system.join is not None
    correlation_id, *_ = _required(values, ("correlation_id", *system.join.take))
    timestamp = values.get("timestamp")
    instant = None if timestamp is None else _time(timestamp, candidate.zone)
    detail = Detail(
        stream=record.stream,
        offset=record.offset,
        system=system,
        kind=kind.name,
        correlation_id=correlation_id,
        failure_reason=values.get("failure_reason"),
        time_us=None if instant is None else instant.us,
        timestamp=None if instant is None else instant.text,
    )
    if system.join.clock == "body" and detail.time_us is None:
        raise Refused("missing_field", "timestamp is absent, null or empty")
    given = {**values, "timestamp": detail.time_us}
    if system.merge is not None and all(given.get(one) is not None for one in system.merge):
        # Fewer fields than asked for would make details of different failures the same one.
        detail.content_hash = _content_hash(
            system.name, "detail", [given[one] for one in system.merge]
        )
    return detail


def _required(values: Mapping[str, str | None], names: Iterable[str]) -> list[str]:
    found = []
    for name in names:
        value = values.get(name)
        if value is None:
            raise Refused("missing_field", f"{name} is absent, null or empty")
        found.append(value)
    return found


def _time(text: str, zone: tzinfo) -> Instant:
    try:
        return parse_iso(text, zone)
    except TimeError as error:
        raise Refused(error.reason, f'timestamp "{_shown(text)}" {error}') from error


def _content_hash(system: str, role: str, values: Sequence[object]) -> bytes:
    return hashlib.sha256(repr((system, role, *values)).encode()).digest()[:16]
