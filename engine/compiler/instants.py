"""From the text of a time to its instant, for texts that repeat and for texts that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from typing import Final

from engine.conversions import TimeError, parse_time

Instant = tuple[str, int]
"""A time in UTC as events carry it, and in microseconds since the epoch."""

Known = dict[str, Instant]
"""Instants by the text of the time."""

Read = Callable[[str], Instant | None]
"""Reads a time that is not known yet; None for what is none."""

_MINUTE_CHARS: Final = len("2025-05-04T10:30:")
_SECOND_CHARS: Final = len("2025-05-04T10:30:00")
_FRACTION_DIGITS_MAX: Final = 9
_SECONDS_US: Final = {f"{second:02}": second * 1_000_000 for second in range(60)}
_MINUTES_MAX: Final = 100_000
"""Minutes of which the beginning is remembered."""


def compile_read(formats: Sequence[str], zone: tzinfo, known: Known) -> Read:
    """What reads times as ``parse_time`` does, and adds them to the ``known``."""
    if tuple(formats) == ("iso",) and zone is UTC:
        return _compile_utc(known)

    def read(text: str) -> Instant | None:
        return _remembered(text, formats, zone, known)

    return read


def _remembered(text: str, formats: Sequence[str], zone: tzinfo, known: Known) -> Instant | None:
    try:
        found = parse_time(text, formats, zone, None)
    except TimeError:
        return None
    known[text] = instant = found.text, found.us
    return instant


def _compile_utc(known: Known) -> Read:
    """ISO 8601 in UTC: each minute is read once, and seconds and fractions are counted from it."""
    minutes: dict[str, int | None] = {}

    def read(text: str) -> Instant | None:
        seconds_us = _SECONDS_US.get(text[_MINUTE_CHARS:_SECOND_CHARS])
        fraction = text[_SECOND_CHARS:].removesuffix("Z")
        digits = fraction[1:]
        is_fraction = not fraction or (fraction[0] == "." and _is_fraction(digits))
        if seconds_us is None or text[_MINUTE_CHARS - 1] != ":" or not is_fraction:
            return _remembered(text, ("iso",), UTC, known)
        minute = text[:_MINUTE_CHARS]
        if minute not in minutes:
            if len(minutes) >= _MINUTES_MAX:
                minutes.clear()
            minutes[minute] = _minute_us(minute)
        minute_us = minutes[minute]
        if minute_us is None:
            return None
        us = minute_us + seconds_us + (int(digits[:6].ljust(6, "0")) if digits else 0)
        known[text] = instant = (
            f"{text[:10]}T{text[11:_SECOND_CHARS]}{fraction}Z",
            us,
        )
        return instant

    return read


def _is_fraction(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _FRACTION_DIGITS_MAX


def _minute_us(minute: str) -> int | None:
    try:
        return parse_time(f"{minute}00", ("iso",), UTC, None).us
    except TimeError:
        return None
