"""Times in the formats of a spec, as instants (semantics, chapter 6)."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from time_writing import time_formats, written_time

from engine.conversions import TimeError, parse_iso, parse_time, year_reference_us, zone_named
from engine.time_formats import NAMED_FORMATS, has_year

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US = 86_400_000_000
_ZONES = "UTC Europe/Berlin America/New_York Asia/Kolkata Pacific/Kiritimati Australia/Lord_Howe"


def us_of(utc: datetime) -> int:
    return (utc.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def us_at(text: str) -> int:
    return us_of(datetime.fromisoformat(text))


def reason_of(
    text: str, formats: list[str], zone: str = "UTC", reference_us: int | None = None
) -> str:
    try:
        parse_time(text, formats, zone_named(zone), reference_us)
    except TimeError as error:
        return error.reason
    return "a time"


@pytest.mark.parametrize(
    "time_format, text, expected",
    [
        ("iso", "2025-05-04 10:30:00,500", "2025-05-04T10:30:00.500Z"),
        ("clf", "04/May/2025:10:30:00 -0700", "2025-05-04T17:30:00Z"),
        ("ctime", "Sun May  4 10:30:00 2025", "2025-05-04T10:30:00Z"),
        ("epoch", "1746354600", "2025-05-04T10:30:00Z"),
        ("epoch", "1746354600.1234567890"[:-1], "2025-05-04T10:30:00.123456789Z"),
        ("epoch", "0", "1970-01-01T00:00:00Z"),
        ("epoch", "253402300799.9", "9999-12-31T23:59:59.9Z"),
        ("epoch", "000000000000000000000001", "1970-01-01T00:00:01Z"),
        ("epoch_ms", "1746354600120", "2025-05-04T10:30:00.120Z"),
        ("epoch_ms", "7", "1970-01-01T00:00:00.007Z"),
        ("epoch_us", "1746354600123456", "2025-05-04T10:30:00.123456Z"),
        ("epoch_ns", "1746354600123456789", "2025-05-04T10:30:00.123456789Z"),
        ("%s%L", "1746354600123", "2025-05-04T10:30:00.123Z"),
        ("%s %z", "1746354600 +0200", "2025-05-04T10:30:00Z"),
        ("%F", "2025-05-04", "2025-05-04T00:00:00Z"),
        ("%F %T.%f", "2025-05-04 10:30:00.10", "2025-05-04T10:30:00.10Z"),
        ("%F %T,%L", "2025-05-04 10:30:00,007", "2025-05-04T10:30:00.007Z"),
        ("%Y/%j", "2024/366", "2024-12-31T00:00:00Z"),
        ("%d.%m.%y", "04.05.68", "2068-05-04T00:00:00Z"),
        ("%d.%m.%y", "04.05.69", "1969-05-04T00:00:00Z"),
        ("%F %I%p", "2025-05-04 12AM", "2025-05-04T00:00:00Z"),
        ("%F %I%p", "2025-05-04 12PM", "2025-05-04T12:00:00Z"),
        ("%F %l:%M %p", "2025-05-04  9:05 PM", "2025-05-04T21:05:00Z"),
        ("%e%H %b %Y", "411 May 2025", "2025-05-04T11:00:00Z"),
        # The weekday is read, not checked.
        ("%A %F", "Friday 2025-05-04", "2025-05-04T00:00:00Z"),
        ("%F %T%z", "2025-05-04 10:30:00Z", "2025-05-04T10:30:00Z"),
        ("%F %T%z", "2025-05-04 10:30:00+05:30", "2025-05-04T05:00:00Z"),
        ("%F %T%z", "2025-05-04 10:30:00-07", "2025-05-04T17:30:00Z"),
        # An offset says more than an abbreviation.
        ("%F %T %z (%Z)", "2025-05-04 10:30:00 +0100 (XYZ)", "2025-05-04T09:30:00Z"),
        ("%F %T %Z", "2025-05-04 10:30:00 CEST", "2025-05-04T08:30:00Z"),
        ("%F %T %Z", "2025-05-04 10:30:00 PDT", "2025-05-04T17:30:00Z"),
        ("%F %T %Z", "2025-05-04 10:30:00 Z", "2025-05-04T10:30:00Z"),
    ],
)
def test_a_time_of_each_format(time_format: str, text: str, expected: str) -> None:
    found = parse_time(text, [time_format], UTC, None)
    assert found == (expected, parse_iso(expected, UTC).us)


@pytest.mark.parametrize(
    "zone, text, expected",
    [
        ("Europe/Berlin", "2025-05-04 10:30:00", "2025-05-04T08:30:00Z"),
        # Clocks set back: the first of the two. Set forward: the offset before.
        ("Europe/Berlin", "2025-10-26 02:30:00", "2025-10-26T00:30:00Z"),
        ("Europe/Berlin", "2025-03-30 02:30:00", "2025-03-30T01:30:00Z"),
        # The abbreviation tells which one.
        ("Europe/Berlin", "2025-10-26 02:30:00 CEST", "2025-10-26T00:30:00Z"),
        ("Europe/Berlin", "2025-10-26 02:30:00 CET", "2025-10-26T01:30:00Z"),
        ("Pacific/Auckland", "2025-04-06 02:30:00 NZDT", "2025-04-05T13:30:00Z"),
        ("Pacific/Auckland", "2025-04-06 02:30:00 NZST", "2025-04-05T14:30:00Z"),
        # One of the zone's own, at that time of the year.
        ("Europe/London", "2025-05-04 10:30:00 BST", "2025-05-04T09:30:00Z"),
        ("Asia/Kolkata", "2025-05-04 10:30:00 IST", "2025-05-04T05:00:00Z"),
        ("Asia/Shanghai", "2025-05-04 10:30:00 CST", "2025-05-04T02:30:00Z"),
        ("America/Chicago", "2025-05-04 10:30:00 CST", "2025-05-04T16:30:00Z"),
        ("Asia/Tokyo", "2025-05-04 10:30:00 GMT", "2025-05-04T10:30:00Z"),
    ],
)
def test_a_local_time_in_its_zone(zone: str, text: str, expected: str) -> None:
    formats = ["%F %T", "%F %T %Z"]
    assert parse_time(text, formats, zone_named(zone), None).text == expected


@pytest.mark.parametrize(
    "reference, text, expected",
    [
        ("2025-05-04T10:30:05+00:00", "May  4 10:30:00", "2025-05-04T10:30:00Z"),
        # The turn of the year, from both sides.
        ("2025-01-01T00:00:05+00:00", "Dec 31 23:59:59", "2024-12-31T23:59:59Z"),
        ("2024-12-31T23:59:59+00:00", "Jan  1 00:00:05", "2025-01-01T00:00:05Z"),
        # A day after the reference, and a second more than that.
        ("2025-05-04T10:30:00+00:00", "May  5 10:30:00", "2025-05-05T10:30:00Z"),
        ("2025-05-04T10:30:00+00:00", "May  5 10:30:01", "2024-05-05T10:30:01Z"),
        ("2024-02-28T12:00:00+00:00", "Feb 29 11:00:00", "2024-02-29T11:00:00Z"),
        ("2025-03-01T00:00:00+00:00", "Feb 29 11:00:00", "2024-02-29T11:00:00Z"),
        ("1904-02-01T00:00:00+00:00", "Feb 29 11:00:00", "1896-02-29T11:00:00Z"),
    ],
)
def test_a_missing_year_is_the_one_nearest_to_the_reference(
    reference: str, text: str, expected: str
) -> None:
    assert parse_time(text, ["syslog"], UTC, us_at(reference)).text == expected


def test_the_turn_of_the_year_is_that_of_the_zone() -> None:
    reference_us = us_at("2024-12-31T10:00:01+00:00")
    found = parse_time(
        "Jan  1 00:00:00", ["syslog"], zone_named("Pacific/Kiritimati"), reference_us
    )
    assert found.text == "2024-12-31T10:00:00Z"


@pytest.mark.parametrize("text", ["Jan  1 00:00:00", "Jul  4 12:00:00", "Dec 31 23:59:59"])
@pytest.mark.parametrize("zone", _ZONES.split())
def test_a_reference_for_a_whole_year(text: str, zone: str) -> None:
    place = zone_named(zone)
    found = parse_time(text, ["syslog"], place, year_reference_us(2023, place))
    assert found == parse_time(f"2023 {text}", ["%Y %b %e %T"], place, None)


@pytest.mark.parametrize(
    "formats, text, reason",
    [
        ("", "2025-05-04T10:30:00Z", "bad_time"),
        ("iso", "04/May/2025", "bad_time"),
        ("clf", "04/Mai/2025:10:30:00 +0200", "bad_time"),
        ("clf|iso", "yesterday", "bad_time"),
        ("%F", "2025-05-04\n", "bad_time"),
        ("%F", "٢٠٢٥-05-04", "bad_time"),
        ("%F %Z", "2025-05-04 BST", "bad_time"),
        ("epoch", "-1", "bad_time"),
        ("epoch_ms", "1.5", "bad_time"),
        ("clf|iso", "2025-05-04T10:30:60Z", "impossible_time"),
        ("%F|%Y-%d-%m|%j", "2025-13-13", "impossible_time"),
        ("%F %T", "2025-02-29 10:30:00", "impossible_time"),
        ("%F %T", "2025-05-04 23:59:60", "impossible_time"),
        ("%F %T", "2025-05-04 24:00:00", "impossible_time"),
        ("%F %I%p", "2025-05-04 00AM", "impossible_time"),
        ("%F %I%p", "2025-05-04 13PM", "impossible_time"),
        ("%F%z", "2025-05-04+24:00", "impossible_time"),
        ("%F%z", "2025-05-04+0160", "impossible_time"),
        ("%F%z", "0001-01-01+00:01", "impossible_time"),
        ("%Y %j", "2025 366", "impossible_time"),
        ("%Y %j", "2025 000", "impossible_time"),
        ("%Y %j", "0000 001", "impossible_time"),
        ("epoch", "253402300800", "impossible_time"),
        ("epoch_ns", "9" * 5000, "impossible_time"),
        ("syslog", "May  4 10:30:00", "missing_year"),
        ("clf|syslog", "May  4 10:30:00", "missing_year"),
    ],
)
def test_what_is_no_instant(formats: str, text: str, reason: str) -> None:
    assert reason_of(text, formats.split("|") if formats else []) == reason


def test_no_year_has_it() -> None:
    assert reason_of("Feb 30 10:30:00", ["syslog"], reference_us=0) == "impossible_time"


@pytest.mark.parametrize("reference_us", [-(10**30), 10**30])
def test_a_reference_off_the_calendar_is_none(reference_us: int) -> None:
    assert reason_of("May  4 10:30:00", ["syslog"], reference_us=reference_us) == "missing_year"


@pytest.mark.parametrize("text", ["2025-05-04", "20250504"])
def test_the_first_format_that_gives_a_time_counts(text: str) -> None:
    assert parse_time(text, ["%F", "%Y%m%d", "%Y%d%m"], UTC, None).text == "2025-05-04T00:00:00Z"
    assert parse_time("20251305", ["%Y%m%d", "%Y%d%m"], UTC, None).text == "2025-05-13T00:00:00Z"


_YEAR_1970, _YEAR_2068 = (datetime(year, 1, 2) for year in (1970, 2068))  # noqa: DTZ001 - hypothesis asks for it


@given(
    st.data(),
    time_formats(),
    st.datetimes(_YEAR_1970, _YEAR_2068),
    st.text("0123456789", min_size=3, max_size=9),
    st.sampled_from(_ZONES.split()),
)
@examples(200)
def test_what_is_written_is_read_back(
    data: st.DataObject, time_format: str, local: datetime, fraction: str, zone: str
) -> None:
    # Only what the format writes can come back.
    given = re.sub("%T", "%H%M%S", time_format)
    local = local.replace(
        microsecond=0,
        second=local.second if re.search("%[Ss]", given) else 0,
        minute=local.minute if re.search("%[Ms]", given) else 0,
        hour=local.hour if re.search("%[HkIls]", given) else 0,
    )
    fraction = fraction[: 3 if "%L" in given else 9] if re.search("%[fL]", given) else ""
    offset_minutes = data.draw(st.integers(-1439, 1439))
    hours, minutes = divmod(abs(offset_minutes), 60)
    sign = "-" if offset_minutes < 0 else "+"
    colon = data.draw(st.sampled_from([":", ""]))
    text = written_time(time_format, local, fraction, f"{sign}{hours:02}{colon}{minutes:02}")
    place = zone_named(zone)
    if "%s" in given:
        place = UTC
    elif "%z" in given:
        place = timezone(timedelta(minutes=offset_minutes))
    utc = local.replace(tzinfo=place).astimezone(UTC)
    whole_us = us_of(utc)
    reference_us = None
    if not has_year(time_format):
        reference_us = whole_us + data.draw(st.integers(-_DAY_US + 1_000_000, 363 * _DAY_US))
    found = parse_time(text, [time_format], zone_named(zone), reference_us)
    dotted = f".{fraction}" if fraction else ""
    assert found.text == f"{utc.replace(tzinfo=None).isoformat()}{dotted}Z"
    assert found.us == whole_us + int(fraction[:6].ljust(6, "0"))


@given(st.text(max_size=30) | st.from_regex(r"[0-9T:.,Z+ -]{0,35}", fullmatch=True))
@examples(200)
def test_iso_is_what_it_was(text: str) -> None:
    def outcome(read: str) -> object:
        try:
            zone = zone_named("Europe/Berlin")
            return parse_iso(text, zone) if read else parse_time(text, ["iso"], zone, 0)
        except TimeError as error:
            return (error.reason, str(error))

    assert outcome("iso") == outcome("")


@given(
    st.text(max_size=20) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [A-Z]{1,4}", fullmatch=True),
    st.sampled_from([*NAMED_FORMATS, "%F %Z", "%s%L", "%e %b %y"]),
    st.sampled_from([None, 0, -62_135_596_800_000_000, 253_402_300_799_999_999]),
)
@examples(200)
def test_any_text_is_a_time_or_a_time_error(
    text: str, time_format: str, reference_us: int | None
) -> None:
    reasons = {"a time", "bad_time", "impossible_time", "missing_year"}
    assert reason_of(text, [time_format], "Pacific/Kiritimati", reference_us) in reasons


@pytest.mark.parametrize("time_format", [*NAMED_FORMATS, "%s.%f", "%s%L", "%b %e %f %T"])
@pytest.mark.parametrize("unit", ["1", " ", "1.", "Jan ", "2025-05-04T", "+01:"])
def test_hostile_texts_take_linear_time(time_format: str, unit: str) -> None:
    text = unit * 200_000 + "!"
    began = time.perf_counter()
    assert reason_of(text, [time_format] * 3, reference_us=0) != "a time"
    assert time.perf_counter() - began < 1
