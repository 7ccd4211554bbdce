"""How a time may be written: what each format reads, and what is no format."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from time_writing import time_formats, written_time

from engine.patterns import TYPES, Alt, Chars, Pattern, Seq, regex
from engine.time_formats import (
    NAMED_FORMATS,
    TimeFormatError,
    has_date,
    has_year,
    parts_of,
    pattern_of,
)


def longest(time_format: str, text: str) -> str:
    found = re.match(regex(pattern_of(time_format)), text)
    return found[0] if found else ""


@pytest.mark.parametrize(
    "time_format, text, expected",
    [
        ("iso", "2025-05-04T10:30:00.5Z]", "2025-05-04T10:30:00.5Z"),
        ("clf", "04/May/2025:10:30:00 +0200]", "04/May/2025:10:30:00 +0200"),
        ("clf", "4/May/2025:10:30:00 +0200", ""),
        ("clf", "04/MAY/2025:10:30:00 +0200", ""),
        ("ctime", "Sun May  4 10:30:00 2025\n", "Sun May  4 10:30:00 2025"),
        ("syslog", "May  4 10:30:00 host", "May  4 10:30:00"),
        ("syslog", "May 4 10:30:00 host", "May 4 10:30:00"),
        ("syslog", "May 04 10:30:00 host", "May 04 10:30:00"),
        ("syslog", "May   4 10:30:00 host", ""),
        ("epoch", "1746354600.123456789123", "1746354600.123456789"),
        ("epoch", "1746354600. Next", "1746354600"),
        ("epoch", "-1", ""),
        ("epoch_ms", "1746354600123.5", "1746354600123"),
        ("epoch_us", "1746354600123456 ", "1746354600123456"),
        ("epoch_ns", "1746354600123456789 ", "1746354600123456789"),
        ("%F %T,%L", "2025-05-04 10:30:00,1234", "2025-05-04 10:30:00,123"),
        ("%F %T.%f", "2025-05-04 10:30:00.1234567890", "2025-05-04 10:30:00.123456789"),
        ("%F%z", "2025-05-04+02:00", "2025-05-04+02:00"),
        ("%F%z", "2025-05-04+02:0", "2025-05-04+02"),
        ("%F%z", "2025-05-04+020", "2025-05-04+02"),
        ("%F%z", "2025-05-04Z", "2025-05-04Z"),
        ("%F %Z", "2025-05-04 CEST", "2025-05-04 CEST"),
        ("%A, %e %B %y", "Sunday,  4 May 25", "Sunday,  4 May 25"),
        ("%A, %e %B %y", "Sun,  4 May 25", ""),
        ("%F %l%p", "2025-05-04  9PM", "2025-05-04  9PM"),
        ("%d.%m.%Y 100%%", "04.05.2025 100%", "04.05.2025 100%"),
        ("%Y%j", "2025124", "2025124"),
        ("[%F]", "[2025-05-04]", "[2025-05-04]"),
        ("%F", "٢٠٢٥-05-04", ""),
    ],
)
def test_what_a_format_reads(time_format: str, text: str, expected: str) -> None:
    assert longest(time_format, text) == expected


@pytest.mark.parametrize(
    "time_format, offset, message",
    [
        ("", 0, "neither"),
        ("rfc3339", 0, "neither"),
        ("%F %Q", 3, "no directive %Q"),
        ("%F %", 3, "no directive %"),
        ("%-b %d", 0, "no directive %-"),
        ("%-m%-d", 3, "where %m ends"),
        ("%d/%Y", 0, "needs %m or %b or %B"),
        ("%Y-%m-%d %Y", 9, "tells the year twice"),
        ("%Y-%m-%d %y", 9, "tells the year twice"),
        ("%d %e %b", 3, "tells the day twice"),
        ("%F %b", 3, "tells the month twice"),
        ("%F %T %H", 6, "tells the hour twice"),
        ("%F %j", 3, "tells what %m tells too"),
        ("%s %Y", 0, "tells what %Y tells too"),
        ("%F %I:%M", 3, "needs %p"),
        ("%F %H %p", 6, "needs %I or %l"),
        ("%F %M", 3, "needs %H"),
        ("%F %H:%S", 6, "needs %M"),
        ("%F %H:%M.%f", 9, "needs %S or %s"),
        ("%b %e%k", 5, "where %e ends"),
        ("%b %e0%k", 6, "where %e ends"),
        ("%b %T.%f%e", 8, "where %f ends"),
        ("%b %T %z%e", 8, "where %z ends"),
        ("%s%f", 2, "where %s ends"),
    ],
)
def test_what_is_no_format(time_format: str, offset: int, message: str) -> None:
    with pytest.raises(TimeFormatError, match=re.escape(message)) as error:
        pattern_of(time_format)
    assert error.value.offset == offset


def test_iso_is_the_type_of_templates() -> None:
    assert pattern_of("iso") == TYPES["iso"]
    assert parts_of("iso") == ()


@pytest.mark.parametrize("time_format", NAMED_FORMATS)
def test_a_named_format_is_the_one_it_stands_for(time_format: str) -> None:
    written = NAMED_FORMATS[time_format]
    assert written is None or pattern_of(written) == pattern_of(time_format)
    assert has_year(time_format) == (time_format != "syslog")


@pytest.mark.parametrize(
    "time_format, expected", [("%F", True), ("%d.%m.%y", True), ("%s", True), ("%j", False)]
)
def test_whether_a_format_tells_the_year(time_format: str, expected: bool) -> None:
    assert has_year(time_format) is expected


def ends(pattern: Pattern, text: str, starts: frozenset[int]) -> frozenset[int]:
    """Everywhere that a run may end which the pattern accepts and which begins at ``starts``."""
    if isinstance(pattern, Chars):
        return frozenset(at + 1 for at in starts if at < len(text) and text[at] in pattern)
    if isinstance(pattern, Alt):
        return frozenset[int]().union(*(ends(part, text, starts) for part in pattern.parts))
    if isinstance(pattern, Seq):
        for part in pattern.parts:
            starts = ends(part, text, starts)
        return starts
    found = starts if pattern.least == 0 else frozenset[int]()
    for count in range(1, (len(text) if pattern.most is None else pattern.most) + 1):
        starts = ends(pattern.part, text, starts)
        found |= starts if count >= pattern.least else frozenset()
    return found


@st.composite
def texts_like(draw: st.DrawFn, pattern: Pattern) -> str:
    """Texts that the pattern accepts."""
    if isinstance(pattern, Chars):
        some = [char for char in map(chr, range(32, 127)) if char in pattern]
        return draw(st.sampled_from(some))
    if isinstance(pattern, Alt):
        return draw(texts_like(draw(st.sampled_from(pattern.parts))))
    if isinstance(pattern, Seq):
        return "".join(draw(texts_like(part)) for part in pattern.parts)
    most = pattern.least + 5 if pattern.most is None else pattern.most
    return "".join(
        draw(texts_like(pattern.part)) for _ in range(draw(st.integers(pattern.least, most)))
    )


@given(st.data(), time_formats() | st.sampled_from(list(NAMED_FORMATS)), st.integers(0, 12))
@examples(100)
def test_the_first_choice_is_the_longest_run(
    data: st.DataObject, time_format: str, cut: int
) -> None:
    pattern = pattern_of(time_format)
    text = data.draw(texts_like(pattern))
    text = text[: len(text) - cut] + data.draw(st.text("0123456789 :.+-ZPMay", max_size=8))
    possible = ends(pattern, text, frozenset({0}))
    assert len(longest(time_format, text)) == max(possible, default=0)
    assert 0 not in possible


@given(time_formats(), st.datetimes(), st.text("0123456789", min_size=3, max_size=9))
@examples(100)
def test_a_format_reads_what_is_written_in_it(
    time_format: str, local: datetime, fraction: str
) -> None:
    if "%s" in time_format:
        local = local.replace(year=max(local.year, 1970))
    text = written_time(time_format, local, fraction, "+02:00")
    assert longest(time_format, text) == text


@given(st.text("%YymbBdejaAHkIlpMSfLzZsTF :", max_size=16))
@examples(200)
def test_any_text_is_a_format_or_a_format_error(text: str) -> None:
    try:
        pattern_of(text)
    except TimeFormatError as error:
        assert 0 <= error.offset <= len(text)  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    "time_format, has",
    [
        *((name, True) for name in ("iso", "epoch_ms", "%F", "%d %b", "%s", "%j")),
        *((name, False) for name in ("%H:%M:%S", "%Y-%m", "%I:%M %p")),
    ],
)
def test_a_time_of_day_has_no_date(time_format: str, has: bool) -> None:
    assert has_date(time_format) is has
