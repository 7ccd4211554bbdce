"""Text to time: ISO 8601 in UTC with a ``Z``, in the precision of the source (chapter 6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.patterns import TYPES, regex

ISO_8601: Final = regex(TYPES["iso"])
"""The shape of a time: extended ISO 8601, to the nanosecond, zone optional."""

_SHAPE = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<minute>[0-9]{2}:[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(NamedTuple):
    """A time as events carry it (``text``) and as the joiner counts it (``us`` since the epoch;
    what is finer than a microsecond stays in the text alone)."""

    text: str
    us: int


class TimeError(ValueError):
    """Text that is no time. ``reason`` is a rejection code: ``bad_time`` if it has not the shape
    of one, ``impossible_time`` if no calendar has it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@lru_cache(maxsize=256)
def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name. Raises ValueError or KeyError (ZoneInfoNotFoundError)."""
    return UTC if name == "UTC" else ZoneInfo(name)


def parse_iso(text: str, zone: tzinfo) -> Instant:
    """The instant that ISO 8601 ``text`` names; without an offset it is local time in ``zone``.

    A local time that occurs twice (clocks set back) is the first of the two, one that never
    occurs (clocks set forward) is counted on the offset before the change: PEP 495, fold 0.
    Raises TimeError.
    """
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise TimeError("bad_time", "is not an ISO 8601 time such as 2025-05-04T10:30:00Z")
    fraction = shape["fraction"] or ""
    offset = shape["zone"] or ""
    if shape["minute"].startswith("24") or (len(offset) > 3 and offset[-2:] > "59"):
        # Python takes some of these, and which ones depends on its version.
        raise TimeError("impossible_time", "is a time that no clock shows")
    try:
        local = datetime.fromisoformat(
            f"{shape['day']}T{shape['minute']}:{shape['second'] or '00'}{offset}"
        )
        utc = (local if offset else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise TimeError("impossible_time", "is a time that no calendar has") from error
    us = (utc - _EPOCH) // _MICROSECOND + int(fraction[:6].ljust(6, "0"))
    tail = f".{fraction}Z" if fraction else "Z"
    return Instant(utc.replace(tzinfo=None).isoformat() + tail, us)
