"""Extract and map: what a record kind took, as an event, a detail, or a rejection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Final

from engine.attributes import compile_attributes
from engine.content_hash import detail_hash, event_hash
from engine.mapped_values import (
    IDENTIFIER_CHARS_MAX,
    Taken,
    compile_value,
    first_value,
    shown,
)
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
from engine.paths import Captures
from engine.readings import compile_below
from engine.redaction import compile_redactor
from engine.rejections import Refused, rejection_of
from engine.timestamps import UNTIMED, compile_time

__all__ = ["IDENTIFIER_CHARS_MAX", "Candidate", "Captures", "Mapper"]

_NO_NAMES: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record kind with the system it belongs to."""

    system: System
    kind: RecordKind
    zone: tzinfo


class Mapper:
    """What becomes of the records that one kind takes: compiled when there is one, for with
    generated source beside it most of a thousand kinds are never asked here.

    ``redact_key`` is the key of hashes; it is needed where the spec has any.
    """

    def __init__(self, candidate: Candidate, redact_key: bytes | None = None) -> None:
        self._candidate, self._redact_key = candidate, redact_key

    @cached_property
    def _compiled(self) -> _Compiled:
        return _Compiled(self._candidate, self._redact_key)

    def map(self, record: Record, captures: Captures) -> Outcome:
        """What becomes of a record that the kind took. What the spec does not want to be kept of
        the record itself is taken out of its value."""
        return self._compiled.map(record, captures)

    def hide(self, record: Record) -> None:
        """Keep nothing of a record that is not mapped, if the spec would not keep it as it is."""
        self._compiled.hide(record)


class _Compiled:
    def __init__(self, candidate: Candidate, redact_key: bytes | None) -> None:
        system, kind = self._system, self._kind = candidate.system, candidate.kind
        self._below = compile_below(kind.readings)
        self._redactor = compile_redactor(system, kind, redact_key)
        redacted = _NO_NAMES if self._redactor is None else self._redactor.names
        self._attributes = compile_attributes(kind, redacted, redact_key)
        ways: dict[str, list[FieldMapping]] = {}
        for mapping in kind.mappings:
            ways.setdefault(mapping.target, []).append(mapping)
        has_status = kind.role == "event"
        timestamps = ways.pop("timestamp", [])
        self._time = compile_time(timestamps, redacted, candidate.zone, has_status=has_status)
        values = {
            target: first_value([compile_value(one, redacted, has_status=has_status) for one in of])
            for target, of in ways.items()
        }
        self._status = values.pop("status", None)
        self._values = list(values.items())
        self._required = [
            name
            for name in REQUIRED_FIELDS
            if name != "correlation_id" or not any(map(_is_none, ways.get(name, [])))
        ]

    def map(self, record: Record, captures: Captures) -> Outcome:
        try:
            taken = self._taken(record, captures)
            if self._kind.role == "ignore":
                return Ignored(record.stream, record.offset, self._system, self._kind.name)
            if self._kind.role == "detail":
                return self._detail(record, taken)
            return self._event(record, taken)
        except Refused as refused:
            rejection = rejection_of(record, refused)
            rejection.system, rejection.kind = self._system.name, self._kind.name
            return rejection

    def hide(self, record: Record) -> None:
        if self._redactor is not None:
            record.value = self._redactor.raw_unread(record.value)

    def _taken(self, record: Record, captures: Captures) -> Taken:
        redactor = self._redactor
        if redactor is None:
            if self._kind.role != "ignore":
                captures = self._below(captures)
            return Taken(captures, captures)
        try:
            captures = self._below(captures)
        except Refused:
            record.value = redactor.raw_unread(record.value)
            if self._kind.role == "ignore":
                return Taken(captures, captures)
            raise
        clean, secrets = redactor.clean(captures)
        record.value = redactor.raw(record.value, captures, secrets)
        return Taken(captures, clean)

    def _read(self, taken: Taken) -> dict[str, str | None]:
        values: dict[str, str | None] = {}
        if self._status is not None:
            values["status"] = taken.status = self._status(taken)
        for target, value in self._values:
            values[target] = value(taken)
        return values

    def _event(self, record: Record, taken: Taken) -> Event:
        system, kind = self._system, self._kind
        values = self._read(taken)
        instant = self._time(record, taken)
        given = values if instant is None else values | {"timestamp": instant.text}
        _check_required(given, self._required)
        status = values["status"]
        assert instant is not None
        assert status is not None
        if status not in STATUSES:
            raise Refused("unknown_status", f'"{shown(status)}" is neither SUCCESS nor FAILURE')
        correlation_id = values.get("correlation_id")
        event = Event(
            stream=record.stream,
            offset=record.offset,
            system=system,
            kind=kind.name,
            checkpoint_id=values["checkpoint_id"] or "",
            timestamp=instant.text,
            time_us=instant.us,
            status=status,
            correlation_id=correlation_id,
            failure_reason=values.get("failure_reason"),
        )
        join = system.join
        if join is not None and kind.name in join.events and correlation_id is not None:
            event.expects_detail = all(given.get(one) in asked for one, asked in join.when.items())
        event.content_hash = event_hash(event)
        if self._attributes is not None:
            event.attributes = self._attributes(taken)
        return event

    def _detail(self, record: Record, taken: Taken) -> Detail:
        system, kind = self._system, self._kind
        join = system.join
        assert join is not None
        values = self._read(taken)
        instant = self._time(record, taken)
        if instant is UNTIMED:
            instant = None
        _check_required(values, ("correlation_id", *join.take))
        detail = Detail(
            stream=record.stream,
            offset=record.offset,
            system=system,
            kind=kind.name,
            correlation_id=values["correlation_id"] or "",
            failure_reason=values.get("failure_reason"),
            time_us=None if instant is None else instant.us,
            timestamp=None if instant is None else instant.text,
        )
        if join.clock == "body" and detail.time_us is None:
            _check_required({}, ("timestamp",))
        detail.content_hash = detail_hash(detail, values)
        return detail


def _is_none(mapping: FieldMapping) -> bool:
    """Whether the spec says that there is no value."""
    return not mapping.sources and mapping.constant is None and not mapping.is_record_time


def _check_required(values: Mapping[str, str | None], names: Iterable[str]) -> None:
    for name in names:
        if values.get(name) is None:
            raise Refused("missing_field", f"{name} is absent, null or empty")
