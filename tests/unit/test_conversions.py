"""Times: ISO 8601 in UTC with a Z, in the precision of the source (semantics, chapter 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.conversions import TimeError, parse_iso, zone_named


@pytest.mark.parametrize(
    "text, zone, expected",
    [
        ("2025-05-04T10:30:00", "UTC", "2025-05-04T10:30:00Z"),
        ("2025-05-04T10:30:00Z", "Asia/Tokyo", "2025-05-04T10:30:00Z"),
        ("2025-05-04 10:30:00", "UTC", "2025-05-04T10:30:00Z"),
        ("2025-05-04T10:30", "UTC", "2025-05-04T10:30:00Z"),
        ("2025-05-04T10:30:00+02:00", "UTC", "2025-05-04T08:30:00Z"),
        ("2025-05-04T10:30:00+0530", "UTC", "2025-05-04T05:00:00Z"),
        ("2025-05-04T10:30:00-07", "UTC", "2025-05-04T17:30:00Z"),
        ("2025-05-04T10:30:00-00:00", "Asia/Tokyo", "2025-05-04T10:30:00Z"),
        ("2025-05-04T10:30:00+23:59", "UTC", "2025-05-03T10:31:00Z"),
        ("2025-05-04T10:30:00-23:59", "UTC", "2025-05-05T10:29:00Z"),
        ("2025-05-04T10:30:00", "Europe/Berlin", "2025-05-04T08:30:00Z"),
        ("2025-01-04T10:30:00", "Europe/Berlin", "2025-01-04T09:30:00Z"),
        ("2025-05-04T10:30:00", "Asia/Kolkata", "2025-05-04T05:00:00Z"),
        ("2024-02-29T00:00:00", "UTC", "2024-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "UTC", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "UTC", "9999-12-31T23:59:59.999999999Z"),
        # Fractions keep their digits, trailing zeros too.
        ("2025-05-04T10:30:00.5Z", "UTC", "2025-05-04T10:30:00.5Z"),
        ("2025-05-04T10:30:00,500Z", "UTC", "2025-05-04T10:30:00.500Z"),
        ("2025-05-04T10:30:00.123456789+01:00", "UTC", "2025-05-04T09:30:00.123456789Z"),
        # Clocks set back: 02:30 occurs twice, and the first of the two is meant.
        ("2025-10-26T02:30:00", "Europe/Berlin", "2025-10-26T00:30:00Z"),
        ("2025-10-26T03:00:00", "Europe/Berlin", "2025-10-26T02:00:00Z"),
        # Clocks set forward: 02:30 never occurs; it is counted on the offset before.
        ("2025-03-30T02:30:00", "Europe/Berlin", "2025-03-30T01:30:00Z"),
        # Local mean time, with seconds in its offset.
        ("1800-01-01T00:00:00", "Europe/Berlin", "1799-12-31T23:06:32Z"),
    ],
)
def test_a_time_in_utc_in_the_precision_of_the_source(text: str, zone: str, expected: str) -> None:
    assert parse_iso(text, zone_named(zone)).text == expected


@pytest.mark.parametrize(
    "text, us",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.0000019Z", 1),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1969-12-31T23:59:59.9Z", -100_000),
    ],
)
def test_microseconds_since_the_epoch(text: str, us: int) -> None:
    assert parse_iso(text, UTC).us == us


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "20250504T103000Z", "2025-05-04", "10:30:00", "2025-5-4T10:30:00Z"),
        *("2025-05-04t10:30:00z", "2025-05-04T10:30:00 Z", " 2025-05-04T10:30:00Z"),
        *("2025-05-04T10:30:00Z\n", "2025-05-04T10:30:00.Z", "2025-05-04T10:30:00.1234567890Z"),
        *("2025-05-04T10:30:00+2", "2025-05-04T10:30:00 CET", "2025-W18-7T10:30:00Z"),
        *("٢٠٢٥-05-04T10:30:00Z", "-2025-05-04T10:30:00Z", "12025-05-04T10:30:00Z"),
        "2025-05-04T10:30.5Z",
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(TimeError) as error:
        parse_iso(text, UTC)
    assert error.value.reason == "bad_time"


@pytest.mark.parametrize(
    "text",
    [
        *("2025-00-04T10:30:00Z", "2025-13-04T10:30:00Z", "2025-05-00T10:30:00Z"),
        *("2025-05-32T10:30:00Z", "2025-02-29T10:30:00Z", "1900-02-29T10:30:00Z"),
        *("2025-05-04T25:00:00Z", "2025-05-04T10:60:00Z", "2025-05-04T23:59:60Z"),
        *("2025-05-04T24:00:00Z", "2025-05-04T24:00Z", "2025-05-04T24:30:00Z"),
        *("0000-01-01T00:00:00Z", "2025-05-04T10:30:00+24:00", "2025-05-04T10:30:00+01:60"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
    ],
)
def test_what_no_calendar_has(text: str) -> None:
    with pytest.raises(TimeError) as error:
        parse_iso(text, UTC)
    assert error.value.reason == "impossible_time"


def outcome(text: str, zone: str) -> str:
    try:
        parse_iso(text, zone_named(zone))
    except TimeError as error:
        return error.reason
    return "a time"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_in_a_zone_are_a_time_or_impossible(text: str, zone: str) -> None:
    assert outcome(text, zone) in {"a time", "impossible_time"}


_YEAR_2, _YEAR_9998 = (datetime(year, 1, 1) for year in (2, 9998))  # noqa: DTZ001 - hypothesis asks for it


@given(
    st.datetimes(_YEAR_2, _YEAR_9998),
    st.integers(-1439, 1439),
    st.text("0123456789", max_size=9),
)
@examples(200)
def test_every_time_with_an_offset_is_the_same_instant(
    local: datetime, offset_minutes: int, fraction: str
) -> None:
    local = local.replace(microsecond=0)
    hours, minutes = divmod(abs(offset_minutes), 60)
    sign = "-" if offset_minutes < 0 else "+"
    dotted = f".{fraction}" if fraction else ""
    found = parse_iso(f"{local.isoformat()}{dotted}{sign}{hours:02}:{minutes:02}", UTC)
    utc = local.replace(tzinfo=timezone(timedelta(minutes=offset_minutes))).astimezone(UTC)
    assert found.text == f"{utc.replace(tzinfo=None).isoformat()}{dotted}Z"
    fraction_us = int(fraction[:6].ljust(6, "0"))
    since = utc - datetime(1970, 1, 1, tzinfo=UTC)
    assert found.us == (since.days * 86_400 + since.seconds) * 1_000_000 + fraction_us


@given(st.text(max_size=30) | st.from_regex(r"[0-9T:.,Z+ -]{0,35}", fullmatch=True))
@examples(200)
def test_any_text_is_a_time_or_a_time_error(text: str) -> None:
    assert outcome(text, "Europe/Berlin") in {"a time", "bad_time", "impossible_time"}
