"""Records of several lines: what a line begins, and what it goes on with."""

from __future__ import annotations

import hashlib
import re
import time
import tracemalloc

import pytest
from examples import examples
from file_reading import cut, frame
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import Oversize, Record
from engine.sources import record_framing
from engine.sources.framing import new_framer
from engine.sources.line_framing import LineFramer
from engine.sources.record_framing import HEAD_BYTES, LINES_MAX, RecordFramer

CUTS = st.lists(st.integers(0, 10_000), max_size=12)
LINE = st.sampled_from([b"#", b"#one", b"# two\xff", b" at x", b"", b"\r", b"{}", b"\xef\xbb\xbf#"])
LINES = st.lists(
    st.tuples(LINE, st.sampled_from([b"\n", b"\r\n", b""])).map(b"".join), max_size=25
).map(b"".join)
FIRST = b"#"


def begins_record(line: bytes) -> bool:
    return line.startswith(FIRST)


def framer_of(limit: int = 1 << 20, offset: int = 0, *, mid_line: bool = False) -> RecordFramer:
    return RecordFramer("s", offset, limit, begins_record, mid_line=mid_line)


def records_of(data: bytes, limit: int = 1 << 20) -> list[Record]:
    return frame(framer_of(limit), [data])


def values_of(data: bytes) -> list[bytes]:
    return [record.value for record in records_of(data)]


def whole_records(data: bytes) -> list[tuple[int, int]]:
    """Where records begin and end, by the rules as they are said."""
    places: list[tuple[int, int]] = []
    is_open = False
    for line in re.finditer(rb"[^\n]*\n|[^\n]+\Z", data):
        text = line[0].removeprefix(b"\xef\xbb\xbf")
        if begins_record(text) or text.startswith(b"{") or not is_open:
            is_open = begins_record(text)
            places.append(line.span())
        else:
            places[-1] = places[-1][0], line.end()
    return places


@given(data=LINES)
@example(data=b"one\n#two\n at x\n\n{}\nthree\n# four")
def test_records_are_as_the_rules_say(data: bytes) -> None:
    found = records_of(data)
    assert [(one.offset, one.next_offset) for one in found] == whole_records(data)
    for record in found:
        whole = data[record.offset : record.next_offset]
        assert whole.startswith(record.value)
        assert not whole.removeprefix(record.value).strip(b"\r\n")


@given(data=LINES, cuts=CUTS, limit=st.integers(1, 40))
@example(data=b"#abc\r\n\r\nd\r\n#\n", cuts=[5, 7], limit=4)
def test_how_the_bytes_come_changes_nothing(data: bytes, cuts: list[int], limit: int) -> None:
    whole = records_of(data, limit)
    assert frame(framer_of(limit), cut(data, cuts)) == whole
    assert frame(framer_of(limit), [data[at : at + 1] for at in range(len(data))]) == whole


@given(data=LINES, limit=st.integers(1, 40))
def test_the_limit_counts_the_joined_value(data: bytes, limit: int) -> None:
    for record, known in zip(records_of(data, limit), records_of(data), strict=True):
        if len(known.value) <= limit:
            assert record == known
        else:
            digest = hashlib.sha256(known.value).digest()
            assert record.oversize == Oversize(len(known.value), digest)
            assert record.value == known.value[:limit]


@given(data=LINES, which=st.integers(0, 100), limit=st.integers(1, 40))
def test_reading_can_go_on_after_any_record(data: bytes, which: int, limit: int) -> None:
    whole = records_of(data, limit)
    if whole:
        which %= len(whole)
        at = whole[which].next_offset
        mid_line = data[at - 1 : at] != b"\n"
        rest = framer_of(limit, at, mid_line=mid_line)
        assert frame(rest, [data[at:]]) == whole[which + 1 :]


@given(data=LINES, cuts=CUTS)
def test_what_lies_before_begin_was_given(data: bytes, cuts: list[int]) -> None:
    framer = framer_of()
    for piece in cut(data, cuts):
        records = framer.feed(piece)
        if records:
            assert records[-1].next_offset == framer.begin


@given(data=LINES.filter(lambda data: FIRST not in data))
def test_without_a_first_line_every_line_is_a_record(data: bytes) -> None:
    assert records_of(data) == frame(LineFramer("s", 0, 1 << 20), [data])


def test_without_first_lines_in_a_spec_lines_are_framed_as_ever() -> None:
    assert isinstance(new_framer("lines", "s", 10), LineFramer)
    assert isinstance(new_framer("lines", "s", 10, begins_record=begins_record), RecordFramer)
    assert not isinstance(new_framer("json", "s", 10, begins_record=begins_record), RecordFramer)


@pytest.mark.parametrize(
    "data, values",
    [
        (b"#a\r\n at x\r\n at y\r\n#b\r\n", [b"#a\r\n at x\r\n at y", b"#b"]),
        (b"before\nall\n#a\n", [b"before", b"all", b"#a"]),
        (b"#a\n{}\nsingle\nlines\n#b\n c", [b"#a", b"{}", b"single", b"lines", b"#b\n c"]),
        (b"#a\n\n\n#b\n\n c\n\n", [b"#a", b"#b\n\n c"]),
        (b"\n\n#a\n", [b"", b"", b"#a"]),
        (b"\xef\xbb\xbf#a\n at x\n", [b"\xef\xbb\xbf#a\n at x"]),
        (b"#a\n at x", [b"#a\n at x"]),
        (b"", []),
    ],
    ids=["CRLF", "before", "mixed", "blank", "blank first", "mark", "no end", "empty"],
)
def test_values(data: bytes, values: list[bytes]) -> None:
    assert values_of(data) == values


@pytest.mark.parametrize(
    "data, may_go_on",
    [(b"", False), (b"#a\n at", False), (b"#a\n at x\n", True), (b"#a\n{}\n", False)],
    ids=["nothing", "within a line", "whole lines", "one line"],
)
def test_a_record_of_whole_lines_may_go_on(data: bytes, may_go_on: bool) -> None:
    framer = framer_of()
    framer.feed(data)
    assert framer.may_go_on is may_go_on


def test_a_record_that_was_taken_is_closed() -> None:
    framer = framer_of()
    assert not framer.feed(b"#a\n at x\n")
    assert framer.begin == 0
    assert [*framer.end()] == [Record("s", 0, 9, b"#a\n at x")]
    assert [*framer.feed(b" at y\n#b\n")] == [Record("s", 9, 15, b" at y")]
    assert [*framer.end()] == [Record("s", 15, 18, b"#b")]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("size", [1, 100])
def test_the_end_of_a_line_already_given_is_no_record(line_end: bytes, size: int) -> None:
    data = line_end + b"#a\n b\n"
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    first = 7 + len(line_end)
    expected = [Record("s", first, first + 6, b"#a\n b")]
    assert frame(framer_of(offset=7, mid_line=True), pieces) == expected


def test_the_rest_of_a_line_already_given_is_no_first_line() -> None:
    found = frame(framer_of(offset=7, mid_line=True), [b"#rest\n at x\n#a"])
    assert [one.value for one in found] == [b"#rest", b" at x", b"#a"]


@examples(30)
@given(data=LINES, cuts=CUTS)
def test_a_record_has_at_most_so_many_lines(data: bytes, cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_framing, "LINES_MAX", 2)
        whole = records_of(data)
        assert frame(framer_of(), cut(data, cuts)) == whole
    assert all(data[one.offset : one.next_offset].count(b"\n") <= 2 for one in whole)
    reached = 0
    for record in whole:
        assert record.offset == reached
        reached = record.next_offset
    assert reached == len(data)


def test_what_looked_like_a_first_line_takes_no_whole_file() -> None:
    found = records_of(b"#a\n" + b" x\n" * (LINES_MAX + 5) + b"#b\n y\n")
    assert found[0].value.count(b"\n") == LINES_MAX - 1
    assert [one.value for one in found[1:]] == [b" x"] * 6 + [b"#b\n y"]


@pytest.mark.parametrize("length", [HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 1])
@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
def test_only_the_head_of_a_line_is_looked_at(length: int, line_end: bytes) -> None:
    heads: list[bytes] = []

    def see(line: bytes) -> bool:
        heads.append(line)
        return False

    data = b"x" * length + line_end
    for size in (1, 7, HEAD_BYTES, 1 << 20):
        framer = RecordFramer("s", 0, 1 << 20, see)
        frame(framer, [data[at : at + size] for at in range(0, len(data), size)])
    assert set(heads) == {b"x" * min(length, HEAD_BYTES)}
    assert len(heads) == 4


@pytest.mark.parametrize("line", [b"x" * 65_536, b"x" * 65_535 + b"\n"], ids=["one line", "lines"])
def test_ten_megabytes_are_never_held(line: bytes) -> None:
    data = b"#" + line * 150
    pieces = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    tracemalloc.start()
    try:
        (record,) = frame(framer_of(), pieces)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    value = data.removesuffix(b"\n")
    assert record.oversize == Oversize(len(value), hashlib.sha256(value).digest())
    assert record.value == data[:4096]
    assert peak < 3 << 20


@pytest.mark.parametrize("line", [b"", b" x", b"#"])
def test_it_takes_linear_time(line: bytes) -> None:
    def seconds(count: int) -> float:
        data = b"#\n" + (line + b"\n") * count
        framer = framer_of(1 << 30)
        began = time.process_time()
        framer.feed(data)
        framer.end()
        return time.process_time() - began

    # Both beyond the lines that one record may have.
    few = min(seconds(20_000) for _ in range(3))
    many = min(seconds(200_000) for _ in range(3))
    assert many < 40 * few
