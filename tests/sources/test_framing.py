"""Bytes to records: nothing is lost, nothing depends on how the bytes come."""

from __future__ import annotations

import hashlib
import json
import time
import tracemalloc

import pytest
from file_reading import cut, frame
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import Oversize, Record
from engine.sources.framing import FRAMINGS, Framing, new_framer
from engine.sources.json_framing import JsonFramer

CUTS = st.lists(st.integers(0, 10_000), max_size=12)
ANY_BYTES = st.binary(max_size=200) | st.lists(
    st.sampled_from([b"\n", b"\r", b"\r\n", b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b" "])
    | st.sampled_from([b"a", b"\xff", b"\0", b'{"a": 1}', b'"x"', b"\n{"]),
    max_size=60,
).map(b"".join)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=4)
INDENTS = st.sampled_from([None, 0, 1, 2, "\t"])


def records_of(framing: Framing, data: bytes, limit: int = 1 << 20) -> list[Record]:
    return frame(new_framer(framing, "s", limit), [data])


# --- both -------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", FRAMINGS)
@given(data=ANY_BYTES, cuts=CUTS, limit=st.integers(1, 40))
@example(data=b'{"a": [\n{}]}', cuts=[8], limit=40)
@example(data=b'{"a": "\n{}', cuts=[8], limit=40)
@example(data=b"abcdef\r\n", cuts=[7], limit=6)
def test_how_the_bytes_come_changes_nothing(
    framing: Framing, data: bytes, cuts: list[int], limit: int
) -> None:
    whole = records_of(framing, data, limit)
    assert frame(new_framer(framing, "s", limit), cut(data, cuts)) == whole
    assert frame(new_framer(framing, "s", limit), [data[i : i + 1] for i in range(len(data))]) == (
        whole
    )


@pytest.mark.parametrize("framing", FRAMINGS)
@given(data=ANY_BYTES, limit=st.integers(1, 40))
def test_every_byte_is_in_one_record_or_separates(
    framing: Framing, data: bytes, limit: int
) -> None:
    reached = 0
    for record in records_of(framing, data, limit):
        between = data[reached : record.offset]
        assert not between.strip(b" \t\r\n" if framing == "json" else b"")
        whole = data[record.offset : record.next_offset]
        if record.oversize is None:
            assert whole in {record.value + end for end in (b"", b"\n", b"\r\n")}
            assert len(record.value) <= limit
        else:
            length, digest = record.oversize
            assert whole[length:] in {b"", b"\n", b"\r\n"}
            assert length > limit
            assert digest == hashlib.sha256(whole[:length]).digest()
            assert record.value == whole[:limit]
        reached = record.next_offset
    assert not data[reached:].strip(b" \t\r\n" if framing == "json" else b"")


@pytest.mark.parametrize("framing", FRAMINGS)
@given(data=ANY_BYTES, limit=st.integers(1, 40), which=st.integers(0, 100))
def test_reading_can_go_on_after_any_record(
    framing: Framing, data: bytes, limit: int, which: int
) -> None:
    whole = records_of(framing, data, limit)
    if whole:
        which %= len(whole)
        at = whole[which].next_offset
        mid_line = data[at - 1 : at] != b"\n"
        rest = new_framer(framing, "s", limit, offset=at, mid_line=mid_line)
        assert frame(rest, [data[at:]]) == whole[which + 1 :]


@pytest.mark.parametrize("framing", FRAMINGS)
@given(data=ANY_BYTES, cuts=CUTS)
def test_what_lies_before_begin_was_given(framing: Framing, data: bytes, cuts: list[int]) -> None:
    framer = new_framer(framing, "s", 1 << 20)
    fed, given_up_to = b"", 0
    for piece in cut(data, cuts):
        fed += piece
        for record in framer.feed(piece):
            given_up_to = record.next_offset
        assert given_up_to <= framer.begin <= len(fed)
        between = fed[given_up_to : framer.begin]
        assert not between.strip(b" \t\r\n")


@pytest.mark.parametrize("beginning", [b"", b'{"a": "'])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_ten_megabytes_are_never_held(framing: Framing, beginning: bytes) -> None:
    data = beginning + b"x" * 10_000_000
    framer = new_framer(framing, "s", 1 << 20)
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
    tracemalloc.start()
    try:
        records = frame(framer, pieces)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (record,) = records
    assert record.oversize == Oversize(len(data), hashlib.sha256(data).digest())
    assert record.value == data[:4096]
    assert peak < 3 << 20


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": ' + b"[" * 1_500_000,
        b'{"a": ' + b'"\\' * 700_000,
        b'{"a": [' + b"1,\n{},\n" * 200_000,
        b'{"a":' * 300_000,
    ],
    ids=["brackets", "escapes", "list", "braces"],
)
def test_what_has_no_end_is_one_record(data: bytes) -> None:
    framer = new_framer("json", "s", 1 << 16)
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)]
    (record,) = frame(framer, pieces)
    assert record.oversize == Oversize(len(data), hashlib.sha256(data).digest())


def test_json_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        data = b'{"a": [\n' + b'{"b": "\\n"},\n' * count
        began = time.process_time()
        frame(new_framer("json", "s", 1 << 30), [data])
        return time.process_time() - began

    few = min(seconds(5_000) for _ in range(3))
    many = min(seconds(50_000) for _ in range(3))
    assert many < 40 * few


# --- lines ------------------------------------------------------------------------------------


@given(data=ANY_BYTES)
def test_lines_are_what_lies_between_line_feeds(data: bytes) -> None:
    lines = data.split(b"\n")
    last = lines.pop()
    expected = [line.removesuffix(b"\r") for line in lines] + ([last] if last else [])
    assert [record.value for record in records_of("lines", data)] == expected


def test_a_line_has_its_place() -> None:
    assert records_of("lines", b"ab\r\n\nc") == [
        Record("s", 0, 4, b"ab"),
        Record("s", 4, 5, b""),
        Record("s", 5, 6, b"c"),
    ]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("size", [1, 100])
def test_the_end_of_a_line_already_given_is_no_record(line_end: bytes, size: int) -> None:
    framer = new_framer("lines", "s", 100, offset=7, mid_line=True)
    data = line_end + b"next\n\n"
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    first = 7 + len(line_end)
    assert frame(framer, pieces) == [
        Record("s", first, first + 5, b"next"),
        Record("s", first + 5, first + 6, b""),
    ]


def test_the_rest_of_a_line_already_given_is_a_record() -> None:
    framer = new_framer("lines", "s", 100, offset=7, mid_line=True)
    assert frame(framer, [b"rest\n"]) == [Record("s", 7, 12, b"rest")]


@pytest.mark.parametrize("length, is_whole", [(9, True), (10, True), (11, False)])
@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n"])
def test_the_limit_counts_the_value(length: int, is_whole: bool, line_end: bytes) -> None:
    for size in (1, 5, 100):
        data = b"x" * length + line_end
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        (record,) = frame(new_framer("lines", "s", 10), pieces)
        assert (record.oversize is None) == is_whole


# --- JSON -------------------------------------------------------------------------------------


@given(
    objects=st.lists(st.tuples(OBJECTS, INDENTS, st.booleans()), max_size=5),
    between=st.sampled_from([b"", b"\n", b"\r\n", b" \t\n\n "]),
    cuts=CUTS,
)
def test_valid_objects_are_never_split_whatever_their_layout(
    objects: list[tuple[dict[str, object], int | str | None, bool]], between: bytes, cuts: list[int]
) -> None:
    texts = [
        json.dumps(one, indent=indent, ensure_ascii=escaped).encode()
        for one, indent, escaped in objects
    ]
    data = between.join(texts)
    found = frame(new_framer("json", "s", 1 << 20), cut(data, cuts))
    assert [record.value for record in found] == texts
    assert [data[one.offset : one.next_offset] for one in found] == texts


@given(
    objects=st.lists(OBJECTS.filter(bool), min_size=2, max_size=5),
    indent=INDENTS,
    at=st.integers(1, 10_000),
)
def test_an_object_that_was_cut_off_takes_at_most_the_next_with_it(
    objects: list[dict[str, object]], indent: int | str | None, at: int
) -> None:
    texts = [json.dumps(one, indent=indent).encode() for one in objects]
    torn = texts[0][: 1 + at % (len(texts[0]) - 1)]
    data = b"\n".join([torn, *texts[1:]])
    values = [record.value for record in records_of("json", data)]
    assert values[-len(texts[2:]) :] == texts[2:] or len(texts) == 2
    assert b"".join(values).replace(b"\n", b"") == data.replace(b"\n", b"")
    if not torn.rstrip().endswith((b":", b"[", b",")):
        assert texts[1] in values


def test_text_between_objects_is_a_record_a_line() -> None:
    data = b'2025 GET {x} "y\r\n{"a": "}"}trailing } {"b": 1}\n, {"c": 2}\n'
    assert [record.value for record in records_of("json", data)] == [
        b'2025 GET {x} "y',
        b'{"a": "}"}',
        b'trailing } {"b": 1}',
        b', {"c": 2}',
    ]


@pytest.mark.parametrize(
    "torn",
    [
        b'{"a": 1,\n',
        b'{"a": "b\n',
        b'{"a": "b\\\n',
        b'{"a": {"b": 1}\n',
        b'{"a": [1\n',
        b'{"a"\n\r\n',
        b'{\n  "a": {\n    "b": tru\n',
        b"{\n",
    ],
)
def test_a_new_object_at_the_beginning_of_a_line_ends_one_that_was_cut_off(torn: bytes) -> None:
    whole = b'{"next": 1}'
    for size in (1, 1000):
        data = torn + whole
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        values = [one.value for one in frame(new_framer("json", "s", 1000), pieces)]
        assert values == [torn, whole]


def test_without_that_rule_one_cut_object_takes_all_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(JsonFramer, "_is_new_record", lambda *_: False)
    data = b'{"a": 1,\n' + b'{"next": 1}\n' * 5
    assert [record.value for record in records_of("json", data)] == [data]


def test_what_is_too_long_ends_where_it_would_have_ended() -> None:
    inner = b'{"b": [\n{"c": 1}\n]}'
    long = b'{"a": [\n' + b",\n".join([inner] * 20) + b"\n]}"
    first, second = records_of("json", long + b'{"next": 1}', limit=50)
    assert first.oversize == Oversize(len(long), hashlib.sha256(long).digest())
    assert second.value == b'{"next": 1}'


def test_too_deep_ends_at_the_next_line_that_begins_with_a_brace() -> None:
    flood = b'{"a": ' + b"[" * ((1 << 20) + 1) + b"\n"
    first, second = records_of("json", flood + b'{"next": 1}')
    assert first.oversize == Oversize(len(flood), hashlib.sha256(flood).digest())
    assert second.value == b'{"next": 1}'
