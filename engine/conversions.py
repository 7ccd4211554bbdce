"""Text to time: ISO 8601 in UTC with a ``Z``, in the precision of the source (chapter 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from engine.patterns import TYPES, regex
from engine.time_formats import MONTHS, NAMED_FORMATS, parts_of, pattern_of

ISO_8601: Final = regex(TYPES["iso"])
"""The shape of a time: extended ISO 8601, to the nanosecond, zone optional."""

ABBREVIATIONS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("UTC", "GMT", "UT", "Z", "WET"), 0),
    **dict.fromkeys(("WEST", "CET", "MET"), 60),
    **dict.fromkeys(("CEST", "MEST", "EET"), 120),
    **dict.fromkeys(("EEST", "MSK"), 180),
    **dict.fromkeys(("JST", "KST"), 540),
    **dict.fromkeys(("AEST",), 600),
    **dict.fromkeys(("AEDT",), 660),
    **dict.fromkeys(("EDT",), -240),
    **dict.fromkeys(("EST", "CDT"), -300),
    **dict.fromkeys(("CST", "MDT"), -360),
    **dict.fromkeys(("MST", "PDT"), -420),
    **dict.fromkeys(("PST",), -480),
}
"""Zone abbreviations that ``%Z`` reads in every spec, in minutes east of UTC. Those of North
America are RFC 2822's (4.3); what is used for several zones alike (BST, IST) is left out."""

_SHAPE = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<minute>[0-9]{2}:[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY_US = 86_400_000_000
_EPOCH_DIGITS = {"epoch": 0, "epoch_ms": 3, "epoch_us": 6, "epoch_ns": 9}
_MONTH_NUMBERS = {month[:3]: number for number, month in enumerate(MONTHS, 1)}
_SECONDS_DIGITS_MAX = 12
"""The last second of the year 9999 has twelve digits."""

_YEARS_BACK = 8
"""From one 29 February to the next there are eight years at most (1896 to 1904)."""


class Instant(NamedTuple):
    """A time as events carry it (``text``) and as the joiner counts it (``us`` since the epoch;
    what is finer than a microsecond stays in the text alone)."""

    text: str
    us: int


class TimeError(ValueError):
    """Text that is no time. ``reason`` is a rejection code: ``bad_time`` if it has not the shape
    of one, ``impossible_time`` if no calendar has it, ``missing_year`` if it tells no year and
    there is nothing to find it by."""

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
    offset = shape["zone"] or ""
    if shape["minute"].startswith("24") or (len(offset) > 3 and offset[-2:] > "59"):
        # Python takes some of these, and which ones depends on its version.
        raise TimeError("impossible_time", "is a time that no clock shows")
    try:
        local = datetime.fromisoformat(
            f"{shape['day']}T{shape['minute']}:{shape['second'] or '00'}{offset}"
        )
    except ValueError as error:
        raise _off_the_calendar() from error
    return _instant(local if offset else local.replace(tzinfo=zone), shape["fraction"] or "")


def parse_time(
    text: str, formats: Sequence[str], zone: tzinfo, reference_us: int | None
) -> Instant:
    """The instant that ``text`` names in the first of ``formats`` (``engine.time_formats``) in
    which it is a time; without an offset it is local time in ``zone``, as ``parse_iso`` reads it.

    A time without a year is of the year that brings it nearest to ``reference_us`` (microseconds
    since the epoch), but no more than a day after it. Raises TimeError: where no format gives a
    time, for the first whose shape fits.
    """
    failure: TimeError | None = None
    for time_format in formats:
        try:
            return _parse(text, time_format, zone, reference_us)
        except TimeError as error:
            if failure is None or failure.reason == "bad_time":
                failure = error
    if failure is None or (failure.reason == "bad_time" and len(formats) > 1):
        raise TimeError("bad_time", f"is not a time of any of the formats {', '.join(formats)}")
    try:
        raise failure
    finally:
        # The exception holds this frame, which must not hold it: with it a whole batch lived on
        # until the collector found the two.
        failure = None


def year_reference_us(year: int, zone: tzinfo) -> int:
    """The reference by which ``parse_time`` finds this year for every time without one: a day
    before the year's end in ``zone``. (29 February of a year without it falls in one before.)"""
    last = datetime(year, 12, 31, 23, 59, 59, tzinfo=zone)
    return (last.astimezone(UTC) - _EPOCH) // _MICROSECOND + 999_999 - _DAY_US


def _parse(text: str, time_format: str, zone: tzinfo, reference_us: int | None) -> Instant:
    if time_format == "iso":
        return parse_iso(text, zone)
    found = _compiled(time_format).fullmatch(text)
    if found is None:
        written = NAMED_FORMATS.get(time_format) or time_format
        shown = time_format if written == time_format else f"{time_format} ({written})"
        raise TimeError("bad_time", f"is not a time of the format {shown}")
    if time_format in _EPOCH_DIGITS:
        return _counted(text, _EPOCH_DIGITS[time_format])
    read = found.groupdict()
    fraction = read.get("f") or read.get("L") or ""
    if "s" in read:
        return _since_the_epoch(read["s"], fraction)
    if read.keys().isdisjoint("Yy"):
        return _in_nearest_year(read, fraction, zone, reference_us)
    return _instant(_placed(_local(_year(read), read), read, zone), fraction)


@cache
def _compiled(time_format: str) -> re.Pattern[str]:
    """The format with a group for each directive."""
    parts = parts_of(time_format)
    if not parts:
        return re.compile(regex(pattern_of(time_format)))
    return re.compile(
        "".join(
            f"(?P<{part.directive}>{regex(part.pattern)})"
            if part.directive
            else regex(part.pattern)
            for part in parts
        )
    )


def _counted(text: str, fraction_digits: int) -> Instant:
    """A count since the epoch, whose last ``fraction_digits`` digits are the fraction."""
    if not fraction_digits:
        seconds, _, fraction = text.partition(".")
        return _since_the_epoch(seconds, fraction)
    padded = text.rjust(fraction_digits + 1, "0")
    return _since_the_epoch(padded[:-fraction_digits], padded[-fraction_digits:])


def _since_the_epoch(seconds: str, fraction: str) -> Instant:
    significant = seconds.lstrip("0") or "0"
    if len(significant) > _SECONDS_DIGITS_MAX:
        raise _off_the_calendar()
    try:
        return _instant(_EPOCH + timedelta(seconds=int(significant)), fraction)
    except OverflowError as error:
        raise _off_the_calendar() from error


def _in_nearest_year(
    read: Mapping[str, str], fraction: str, zone: tzinfo, reference_us: int | None
) -> Instant:
    """The instant in the year that brings it nearest to the reference: the latest of those that
    are no more than a day after it, since the next one before is a year away."""
    reference_year = None if reference_us is None else _year_of(reference_us)
    if reference_us is None or reference_year is None:
        raise TimeError("missing_year", "has no year, and nothing tells which one it is")
    failure = _off_the_calendar()
    for year in range(reference_year + 1, reference_year - _YEARS_BACK - 1, -1):
        try:
            instant = _instant(_placed(_local(year, read), read, zone), fraction)
        except TimeError as error:
            failure = error
            continue
        if instant.us <= reference_us + _DAY_US:
            return instant
    raise failure


def _year_of(us: int) -> int | None:
    """The year in UTC; None for a time off the calendar, as a broken clock may give it."""
    try:
        return (_EPOCH + timedelta(microseconds=us)).year
    except OverflowError:
        return None


def _year(read: Mapping[str, str]) -> int:
    if "Y" in read:
        return int(read["Y"])
    short = int(read["y"])
    # As POSIX has it: 69 to 99 are 1969 to 1999.
    return short + (1900 if short >= 69 else 2000)


def _local(year: int, read: Mapping[str, str]) -> datetime:
    """What calendar and clock show, without a zone. Raises TimeError."""
    hour = int(read.get("H") or read.get("k") or read.get("I") or read.get("l") or 0)
    if "p" in read:
        if not 1 <= hour <= 12:
            raise TimeError("impossible_time", "is a time that no clock shows")
        hour = hour % 12 + (12 if read["p"] in {"PM", "pm"} else 0)
    minute, second = int(read.get("M", 0)), int(read.get("S", 0))
    try:
        if "j" not in read:
            day = int(read.get("d") or read["e"])
            return datetime(year, _month(read), day, hour, minute, second)  # noqa: DTZ001 - the zone comes next
        first = datetime(year, 1, 1, hour, minute, second)  # noqa: DTZ001 - the zone comes next
        local = first + timedelta(days=int(read["j"]) - 1)
    except (ValueError, OverflowError) as error:
        raise _off_the_calendar() from error
    if local.year != year:
        raise _off_the_calendar()
    return local


def _month(read: Mapping[str, str]) -> int:
    if "m" in read:
        return int(read["m"])
    return _MONTH_NUMBERS[(read.get("b") or read["B"])[:3]]


def _placed(local: datetime, read: Mapping[str, str], zone: tzinfo) -> datetime:
    """The local time in its zone: the offset it names, else the abbreviation, else ``zone``."""
    if "z" in read:
        return local.replace(tzinfo=_offset(read["z"]))
    name = read.get("Z")
    if name is None:
        return local.replace(tzinfo=zone)
    for fold in (0, 1):
        # The spec's zone first: CST is another zone in Shanghai than in Chicago, and of an hour
        # that occurs twice the abbreviation tells which one is meant.
        own = local.replace(tzinfo=zone, fold=fold)
        if own.tzname() == name:
            return own
    if name not in ABBREVIATIONS:
        raise TimeError("bad_time", f"names a time zone that is not known: {name}")
    return local.replace(tzinfo=timezone(timedelta(minutes=ABBREVIATIONS[name])))


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise TimeError("impossible_time", "is a time that no clock shows")
    east = timedelta(hours=hours, minutes=minutes)
    return timezone(-east if text[0] == "-" else east)


def _instant(local: datetime, fraction: str) -> Instant:
    """``local``, which knows its zone and is of a whole second, in UTC. Raises TimeError."""
    if local.tzinfo is UTC:
        utc = local
    else:
        try:
            utc = local.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _off_the_calendar() from error
    since = utc - _EPOCH
    us = (since.days * 86_400 + since.seconds) * 1_000_000
    if not fraction:
        return Instant(utc.replace(tzinfo=None).isoformat() + "Z", us)
    us += int(fraction[:6].ljust(6, "0"))
    tail = f".{fraction}Z"
    return Instant(utc.replace(tzinfo=None).isoformat() + tail, us)


def _off_the_calendar() -> TimeError:
    return TimeError("impossible_time", "is a time that no calendar has")
