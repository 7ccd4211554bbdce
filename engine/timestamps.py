"""The timestamp of an event: out of the record's body, or the record's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from engine.conversions import Instant, TimeError, parse_time
from engine.mapped_values import Taken, Value, compile_value, compile_when, shown
from engine.model import FieldMapping, Record
from engine.rejections import Refused

UNTIMED: Final = Instant("", 0)
"""The own timestamp of a record whose source gives none (a file): whoever knows the records before
it may give it theirs."""

Time = Callable[[Record, Taken], Instant | None]
"""The timestamp of a record; None where it has no value for it. Raises Refused."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO: Final = ("iso",)


def compile_time(
    mappings: Sequence[FieldMapping],
    redacted: frozenset[str],
    zone: tzinfo,
    *,
    has_status: bool,
) -> Time:
    """The ways to the timestamp of a kind: the first that gives one counts. ``zone`` is that of
    times that tell none."""
    ways = [_compile_way(one, redacted, zone, has_status=has_status) for one in mappings]
    if len(ways) == 1:
        return ways[0]

    def time(record: Record, taken: Taken) -> Instant | None:
        for way in ways:
            found = way(record, taken)
            if found is not None:
                return found
        return None

    return time


def _compile_way(
    mapping: FieldMapping, redacted: frozenset[str], zone: tzinfo, *, has_status: bool
) -> Time:
    if mapping.is_record_time:
        test = compile_when(mapping.when, has_status=has_status)
        return lambda record, taken: _record_time(record) if test(taken) else None
    value: Value = compile_value(mapping, redacted, has_status=has_status)
    formats = mapping.formats or _ISO

    def time(record: Record, taken: Taken) -> Instant | None:
        text = value(taken)
        if text is None:
            return None
        reference_us = record.written_us if record.timestamp_us is None else record.timestamp_us
        try:
            return parse_time(text, formats, zone, reference_us)
        except TimeError as error:
            raise Refused(error.reason, f'timestamp "{shown(text)}" {error}') from error

    return time


def _record_time(record: Record) -> Instant:
    return UNTIMED if record.timestamp_us is None else instant_of(record.timestamp_us)


def instant_of(us: int) -> Instant:
    """The instant of a count of microseconds since the epoch: to the millisecond, as brokers have
    it, or finer. Raises Refused."""
    try:
        utc = _EPOCH + timedelta(microseconds=us)
    except OverflowError as error:
        raise Refused("impossible_time", f"the record's timestamp is {us} µs") from error
    precision = "milliseconds" if us % 1000 == 0 else "microseconds"
    return Instant(utc.replace(tzinfo=None).isoformat(timespec=precision) + "Z", us)
