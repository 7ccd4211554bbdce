"""The reference normalizer: decode → match → extract → map, one record after the other.

Plain on purpose: it is the meaning of a spec, and whatever runs faster is held against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Protocol

from engine.conversions import Instant, TimeError, parse_iso, zone_named
from engine.json_text import HugeInteger, decode_object
from engine.model import (
    REQUIRED_FIELDS,
    STATUSES,
    Attempt,
    Condition,
    Detail,
    Event,
    FieldMapping,
    Ignored,
    Outcome,
    Record,
    RecordKind,
    Rejection,
    System,
)
from engine.rejections import Refused
from engine.templates import Mismatch, match

IDENTIFIER_CHARS_MAX: Final = 1024
"""The longest checkpoint or correlation id, in characters."""

NEAREST_MAX: Final = 3
"""How many attempts a rejection remembers."""

_IDENTIFIERS = ("checkpoint_id", "correlation_id")
_INT64 = range(-(2**63), 2**63)

Body = str | dict[str, object]
"""A record, decoded: text, or a JSON object."""

Captures = Mapping[str, object]


class Normalizer(Protocol):
    """Specs, compiled: records in, one outcome for each out, in the same order."""

    systems: tuple[System, ...]

    def normalize(self, records: Sequence[Record]) -> list[Outcome]:
        """Never raises for a record: a bad one is a Rejection."""


def compile_normalizer(systems: Sequence[System]) -> Normalizer:
    """The reference normalizer of these specs."""
    return Interpreter(tuple(systems))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A record kind with the system it belongs to."""

    system: System
    kind: RecordKind
    zone: tzinfo


class Interpreter:
    """Holds the record kinds of all specs and asks every one of them about every record."""

    def __init__(self, systems: tuple[System, ...]) -> None:
        self.systems = systems
        candidates = [
            _Candidate(system, kind, zone_named(system.timezone))
            for system in systems
            for kind in system.kinds
        ]
        self._text = [one for one in candidates if one.kind.template is not None]
        self._json = [one for one in candidates if one.kind.template is None]

    def normalize(self, records: Sequence[Record]) -> list[Outcome]:
        """One outcome for each record, in order."""
        return [self._normalize_one(record) for record in records]

    def _normalize_one(self, record: Record) -> Outcome:
        try:
            body = decode(record)
        except Refused as refused:
            return _rejection(record, refused)
        takers: list[tuple[_Candidate, Captures]] = []
        mismatches: list[tuple[_Candidate, Mismatch]] = []
        for candidate in self._text if isinstance(body, str) else self._json:
            captures = ask(candidate.kind, body)
            if isinstance(captures, Mismatch):
                mismatches.append((candidate, captures))
            else:
                takers.append((candidate, captures))
        if len(takers) > 1:
            takers = _first_in_order(takers)
        if len(takers) == 1:
            return _map(record, *takers[0])
        return _untaken(record, takers, mismatches)


# --- decode -----------------------------------------------------------------------------------


def decode(record: Record) -> Body:
    """The record's text, or the object it is if it begins like one. Raises Refused."""
    text = _text_of(record)
    return decode_object(text) if text.lstrip(" \t\r\n").startswith("{") else text


def _text_of(record: Record) -> str:
    if record.oversize is not None:
        raise Refused("too_long", f"{record.oversize.length} bytes long")
    value = record.value.removesuffix(b"\n").removesuffix(b"\r")
    if not value.strip():
        raise Refused("empty_record", "no content")
    if b"\0" in value:
        raise Refused("nul_character", f"a NUL character at byte {value.index(0)}")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid_utf8", f"{error.reason} at byte {error.start}") from error


# --- match ------------------------------------------------------------------------------------


def ask(kind: RecordKind, body: Body) -> Captures | Mismatch:
    """What a kind reads in a record of its format, or how far it got."""
    if isinstance(body, str):
        assert kind.template is not None
        return match(kind.template, body)
    failed = [condition for condition in kind.where if not holds(condition, body)]
    if failed:
        # How far conditions got: those that hold, so that the nearest kind can be told.
        return Mismatch(len(kind.where) - len(failed), in_words(failed[0]))
    return body


def holds(condition: Condition, body: Mapping[str, object]) -> bool:
    """Whether a JSON object is what the condition asks for."""
    value = body.get(condition.key)
    if condition.test == "present":
        return value is not None
    if condition.test == "absent":
        return value is None
    return _json_text(value) in condition.values


def in_words(condition: Condition) -> str:
    """What a condition expects."""
    if condition.test == "one_of":
        return f'key "{condition.key}" to be ' + " or ".join(f'"{v}"' for v in condition.values)
    return f'key "{condition.key}" to be {condition.test}'


def _json_text(value: object) -> str | None:
    """A JSON value as conditions and maps see it; None for what has no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else None


def _attempt(candidate: _Candidate, mismatch: Mismatch) -> Attempt:
    return Attempt(
        candidate.system.name, candidate.kind.name, mismatch.matched_chars, mismatch.expected
    )


def _first_in_order(
    takers: Sequence[tuple[_Candidate, Captures]],
) -> list[tuple[_Candidate, Captures]]:
    """Those that yield to no other: a spec may declare an order between its own kinds."""
    return [
        (one, captures)
        for one, captures in takers
        if not any(
            one.system is other.system and one.kind.yields_to(other.kind) for other, _ in takers
        )
    ]


def _untaken(
    record: Record,
    takers: Sequence[tuple[_Candidate, Captures]],
    mismatches: Sequence[tuple[_Candidate, Mismatch]],
) -> Rejection:
    if takers:
        names = ", ".join(f"{one.system.name}.{one.kind.name}" for one, _ in takers)
        return _rejection(record, Refused("ambiguous", f"accepted by {names}"))
    attempts = [_attempt(*one) for one in mismatches]
    attempts.sort(key=lambda one: (-one.matched_chars, one.system, one.kind))
    rejection = _rejection(record, Refused("no_match", "no record kind accepts it"))
    rejection.nearest = tuple(attempts[:NEAREST_MAX])
    return rejection


def _rejection(record: Record, refused: Refused) -> Rejection:
    return Rejection(
        stream=record.stream,
        offset=record.offset,
        reason=refused.reason,
        message=refused.message,
        value=record.value,
        oversize=record.oversize,
    )


# --- extract and map --------------------------------------------------------------------------


def _map(record: Record, candidate: _Candidate, captures: Captures) -> Outcome:
    system, kind = candidate.system, candidate.kind
    try:
        if kind.role == "ignore":
            return Ignored(record.stream, record.offset, system, kind.name)
        values = {one.target: _value(one, captures) for one in kind.mappings}
        if kind.role == "detail":
            return _detail(record, candidate, values)
        return _event(record, candidate, values)
    except Refused as refused:
        rejection = _rejection(record, refused)
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
    text = _json_text(found)
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


def _event(record: Record, candidate: _Candidate, values: dict[str, str | None]) -> Event:
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


def _detail(record: Record, candidate: _Candidate, values: dict[str, str | None]) -> Detail:
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
