"""Numbers as people read them: counts with their noun, durations in two units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

SECOND_US: Final = 1_000_000
_UNITS: Final = (("d", 86_400 * SECOND_US), ("h", 3_600 * SECOND_US), ("min", 60 * SECOND_US))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 event``, ``1,234 events``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(us: int) -> str:
    """``0 s``, ``250 µs``, ``12.5 ms``, ``4.2 s``, ``3 min 12 s``, ``2 d 5 h``."""
    if us == 0:
        return "0 s"
    if us < 1_000:
        return f"{us} µs"
    if us < SECOND_US:
        return f"{us / 1_000:.4g} ms"
    if us < 60 * SECOND_US:
        return f"{us / SECOND_US:.4g} s"
    for (unit, size), (part, part_size) in zip(
        _UNITS, (*_UNITS[1:], ("s", SECOND_US)), strict=True
    ):
        if us >= size:
            rest = us % size // part_size
            return f"{us // size} {unit}" + (f" {rest} {part}" if rest else "")
    raise AssertionError("every duration of a minute or more has a unit")


def decimals_of(times_us: Sequence[int]) -> Literal[0, 3, 6]:
    """How many decimals of a second a person wants of these times: none if all are whole seconds,
    else milliseconds; microseconds only where all is over within a second."""
    if not any(us % SECOND_US for us in times_us):
        return 0
    fine = max(times_us) < SECOND_US and any(us % 1_000 for us in times_us)
    return 6 if fine else 3


def since_start(us: int, decimals: Literal[0, 3, 6]) -> str:
    """``+0:04``, ``+2:03.250``, ``+1:00:00``, ``+2d 5:00:00``: digits that stand in columns."""
    seconds, fraction = divmod(us, SECOND_US)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    text = f"{minutes}:{seconds:02}"
    if days or hours:
        text = f"{hours}:{minutes:02}:{seconds:02}"
    if days:
        text = f"{days}d {text}"
    return f"+{text}" + (f".{fraction:06}"[: decimals + 1] if decimals else "")


def in_ms(us: int) -> float:
    """Microseconds as the milliseconds of JSON documents."""
    return us / 1_000


def iso(us: int) -> str:
    """The time so many microseconds after the epoch, as events write theirs."""
    text = (_EPOCH + timedelta(microseconds=us)).replace(tzinfo=None).isoformat()
    head, point, fraction = text.partition(".")
    return head + (point + fraction.rstrip("0") if point else "") + "Z"


def cut(text: str, chars_max: int) -> str:
    """At most so many characters of ``text``, with a sign where something is left out."""
    return text if len(text) <= chars_max else text[: chars_max - 1] + "…"
