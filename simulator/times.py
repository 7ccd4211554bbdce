"""Times as systems write them, and what a written time means: each way is the check of the other
and of the code that reads records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Final, NamedTuple

from engine.patterns import regex
from engine.time_formats import MONTHS, WEEKDAYS, parts_of

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_YEARS_BACK: Final = 9
_AWAY: Final = tuple(timezone(timedelta(minutes=one)) for one in (-570, -60, 120, 330))
"""Offsets from universal time at which a time may be written."""
_COUNTED: Final[Mapping[str, int]] = {"epoch": 0, "epoch_ms": 3, "epoch_us": 6, "epoch_ns": 9}
_UNIVERSAL: Final = ("UTC", "GMT", "Z")
_ISO: Final = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)


class Instant(NamedTuple):
    """A time as events show it, UTC in the precision of the source, and in µs since the epoch."""

    text: str
    us: int


def instant_of(us: int) -> Instant:
    """The time of a record's own timestamp, to the millisecond or, where it is finer, to the
    microsecond."""
    utc = EPOCH + timedelta(microseconds=us)
    fraction = f"{us % 1_000_000:06}".removesuffix("000" if us % 1000 == 0 else "")
    return Instant(f"{utc:%Y-%m-%dT%H:%M:%S}.{fraction}Z", us)


# --- writing --------------------------------------------------------------------------------------


def time_texts(us: int, zone: tzinfo, rng: Random) -> Iterator[str]:
    """Ways to write a time in ISO 8601, the likelier ones first: mostly local time of the spec's
    zone to the millisecond, now and then another precision, offset, or decimal sign."""
    away = rng.choice(_AWAY)
    fraction = f"{us % 1_000_000:06}"
    fractions = [
        f".{fraction[:3]}",
        "",
        f",{fraction}",
        f".{fraction}{int(1000 * rng.random()):03}",
    ]
    if rng.random() < 0.1:
        rng.shuffle(fractions)
    utc = EPOCH + timedelta(microseconds=us)
    zones: list[tuple[tzinfo, str]] = [(UTC, "Z"), (away, "")]
    if zone is UTC or _is_plain(utc.astimezone(zone), zone):
        zones.insert(0, (zone, ""))
    if rng.random() < 0.1:
        rng.shuffle(zones)
    for sign in ("T", " "):
        for one, tail in zones:
            moment = (utc if one is UTC else utc.astimezone(one)).isoformat(sign, "seconds")
            clock, offset = moment[:19], moment[19:]
            for fraction in fractions:
                yield f"{clock}{fraction}{offset if one is away else tail}"


def _is_plain(local: datetime, zone: tzinfo) -> bool:
    """Whether the local time alone tells which time it is."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC) == local.astimezone(UTC)


def formatted_times(us: int, formats: Sequence[str], zone: tzinfo, rng: Random) -> Iterator[str]:
    """Ways to write a time in any of these formats (names, or directives of strftime), the
    likelier ones first."""
    for one in formats:
        if one == "iso":
            yield from time_texts(us, zone, rng)
        elif one in _COUNTED:
            yield from _counts(us, _COUNTED[one], rng)
        else:
            yield from _in_directives(us, one, zone, rng)


def _counts(us: int, digits: int, rng: Random) -> Iterator[str]:
    nanoseconds = us * 1000 + rng.randrange(1000)
    if digits:
        yield str(nanoseconds // 10 ** (9 - digits))
        return
    seconds, fraction = divmod(nanoseconds, 10**9)
    texts = [str(seconds), f"{seconds}.{fraction // 10**6:03}", f"{seconds}.{fraction:09}"]
    yield from rng.sample(texts, len(texts))


def _in_directives(us: int, time_format: str, zone: tzinfo, rng: Random) -> Iterator[str]:
    directives = {part.directive for part in parts_of(time_format)}
    utc = EPOCH + timedelta(microseconds=us)
    local = utc.astimezone(zone)
    away = utc.astimezone(rng.choice(_AWAY))
    zones = [(local, f"{local:%z}"), (utc, "Z"), (utc, "+00:00"), (away, f"{away:%z}")]
    if "Z" in directives and "z" not in directives:
        zones = [(utc, ""), *([(local, "")] if str(local.tzname()).isalpha() else [])]
    elif directives.isdisjoint("zs"):
        zones = [(local, "")] if _is_plain(local, zone) else []
    digits = f"{us % 1_000_000:06}{rng.randrange(1000):03}"
    for moment, offset in rng.sample(zones, len(zones)):
        for length in rng.sample((3, 6, 9), 3):
            yield "".join(
                _directive(part.directive, moment, offset, digits[:length])
                if part.directive
                else regex(part.pattern).replace("\\", "") or "\\"
                for part in parts_of(time_format)
            )


def _directive(directive: str, moment: datetime, offset: str, fraction: str) -> str:
    hour = moment.hour % 12 or 12
    texts = {
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "b": MONTHS[moment.month - 1][:3],
        "B": MONTHS[moment.month - 1],
        "d": f"{moment.day:02}",
        "e": f"{moment.day:2}",
        "j": f"{moment.timetuple().tm_yday:03}",
        "a": WEEKDAYS[moment.weekday()][:3],
        "A": WEEKDAYS[moment.weekday()],
        "H": f"{moment.hour:02}",
        "k": f"{moment.hour:2}",
        "I": f"{hour:02}",
        "l": f"{hour:2}",
        "p": "AM" if moment.hour < 12 else "PM",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "f": fraction,
        "L": fraction[:3],
        "z": offset,
        "Z": str(moment.tzname()),
        "s": str((moment - EPOCH) // _SECOND),
    }
    return texts[directive]


# --- reading --------------------------------------------------------------------------------------


def read_time(
    text: str, zone: tzinfo, formats: Sequence[str] = ("iso",), reference_us: int | None = None
) -> Instant | None:
    """What a written time means; None if it is none. A time without a year is the latest that is
    at most a day after the reference."""
    for one in formats:
        try:
            found = _read(text, one, zone, reference_us)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            return found
    return None


def _read(text: str, time_format: str, zone: tzinfo, reference_us: int | None) -> Instant | None:
    if time_format == "iso":
        return _read_iso(text, zone)
    if time_format in _COUNTED:
        return _read_count(text, _COUNTED[time_format])
    found = re.fullmatch(
        "".join(
            f"(?P<{part.directive}>{regex(part.pattern)})"
            if part.directive
            else regex(part.pattern)
            for part in parts_of(time_format)
        ),
        text,
    )
    if found is None:
        return None
    said = found.groupdict()
    fraction = said.get("f") or said.get("L") or ""
    if "s" in said:
        return _instant(EPOCH + timedelta(seconds=int(said["s"])), fraction)
    if "Y" in said or "y" in said:
        century = "" if "Y" in said else "19" if said["y"] >= "69" else "20"
        year = int(century + (said.get("Y") or said["y"]))
        return _instant(_moment(year, said, zone), fraction)
    if reference_us is None:
        return None
    reference = EPOCH + timedelta(microseconds=reference_us)
    candidates = []
    for year in range(reference.year - _YEARS_BACK, reference.year + 2):
        try:
            candidates.append(_instant(_moment(year, said, zone), fraction))
        except ValueError:
            continue  # a year without this day
    latest = (reference + _DAY - EPOCH) // timedelta(microseconds=1)
    return max((one for one in candidates if one.us <= latest), key=lambda one: one.us)


def _read_iso(text: str, zone: tzinfo) -> Instant | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    read = datetime.fromisoformat(text)
    return _instant(read if read.tzinfo else read.replace(tzinfo=zone), (found[2] or "")[1:])


def _read_count(text: str, digits: int) -> Instant | None:
    if not re.fullmatch(r"[0-9]+(\.[0-9]{1,9})?" if digits == 0 else "[0-9]+", text):
        return None
    seconds, fraction = text, ""
    if digits:
        number = int(text)
        seconds, fraction = str(number // 10**digits), f"{number % 10**digits:0{digits}}"
    elif "." in text:
        seconds, fraction = text.split(".")
    return _instant(EPOCH + timedelta(seconds=int(seconds)), fraction)


def _moment(year: int, said: Mapping[str, str], zone: tzinfo) -> datetime:
    """What a clock and a calendar show, in the zone that is said. Raises ValueError."""
    hour = int(said.get("H") or said.get("k") or said.get("I") or said.get("l") or 0)
    if "p" in said:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if said["p"] in {"PM", "pm"} else 0)
    clock = (hour, int(said.get("M", 0)), int(said.get("S", 0)))
    if "j" in said:
        local = datetime(year, 1, 1, *clock, tzinfo=zone) + timedelta(days=int(said["j"]) - 1)
        if local.year != year:
            raise ValueError
    else:
        names = [one[:3] for one in MONTHS]
        named = said.get("b") or said.get("B")
        month = names.index(named[:3]) + 1 if named else int(said["m"])
        local = datetime(year, month, int(said.get("d") or said["e"]), *clock, tzinfo=zone)
    if "z" in said:
        return local.replace(tzinfo=_offset(said["z"]))
    if "Z" in said:
        return _named_zone(local, said["Z"])
    return local


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    minutes = int(text[3:].lstrip(":") or 0)
    if minutes > 59:
        raise ValueError
    east = timedelta(hours=int(text[1:3]), minutes=minutes)
    return timezone(-east if text[0] == "-" else east)


def _named_zone(local: datetime, name: str) -> datetime:
    """In the spec's zone if it is called so then, else in universal time; others are not read
    here, and so not judged. Raises ValueError."""
    for fold in (0, 1):
        if local.replace(fold=fold).tzname() == name:
            return local.replace(fold=fold)
    if name not in _UNIVERSAL:
        raise ValueError(name)
    return local.replace(tzinfo=UTC)


def _instant(moment: datetime, fraction: str) -> Instant:
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    us = (utc - EPOCH) // _SECOND * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    return Instant(utc.isoformat("T", "seconds")[:19] + (f".{fraction}Z" if fraction else "Z"), us)
