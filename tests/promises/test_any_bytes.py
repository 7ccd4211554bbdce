"""Any bytes give an outcome, never an exception, and the store takes whatever comes out."""

from __future__ import annotations

import json
from typing import Any

from examples import examples
from histories import NOW_US, accounts, play, tables
from hypothesis import given
from hypothesis import strategies as st
from made_systems import SYSTEMS

from engine.interpreter import compile_normalizer
from engine.model import Detail, Event, Ignored, Oversize, Record, Rejection
from engine.rejections import REASONS
from engine.stores.sqlite import SqliteStore

STREAM = "kafka:c/raw-logs/0"

VALID = (
    b"2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)",
    b"2025-05-04T11:00:01.123456789+05:30 ALPHA ERROR: (ID: a) - R1",
    b"2025-05-04T11:00:00Z DELTA: P FAILURE [a] R1",
    b"EPSILON 2025-05-04 11:00 P FAILURE a",
    b"EPSILON error a: R1",
    (
        b'{"system":"beta","checkpoint":"P","status":"FAILURE","timestamp":"2025-05-04T11:00:00Z",'
        b'"correlation_id":"a"}'
    ),
    b'{"system":"beta","correlation_id":"a","failure_reason":"R1"}',
    (
        b'{"system":"gamma","checkpoint":"P","code":1,"timestamp":"2025-05-04T11:00:00Z",'
        b'"correlation_id":"a","failure_reason":"R1"}'
    ),
)

_scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.text(st.characters(), max_size=8),  # half characters too
    st.sampled_from(["beta", "gamma", "FAILURE", "0", "", "\0", "2025-05-04T11:00:00Z"]),
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
_keys = st.sampled_from(
    ["system", "checkpoint", "status", "code", "timestamp", "correlation_id", "failure_reason"]
)
_objects = st.dictionaries(_keys, _values, max_size=7).map(json.dumps).map(str.encode)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid record with one to three spots changed."""
    value = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(value)))
        end = draw(st.integers(begin, min(len(value), begin + 6)))
        value = value[:begin] + draw(st.binary(max_size=4)) + value[end:]
    return value


anything = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(str.encode),
    _objects,
    mutated(),
    st.sampled_from(VALID),
)
timestamps = st.sampled_from([None, 0, NOW_US, 253_402_300_799_999_000])


@given(st.lists(st.tuples(anything, timestamps, st.booleans()), max_size=12))
@examples(250)
def test_every_record_has_an_outcome_and_a_place_in_the_store(
    given_records: list[tuple[bytes, int | None, bool]],
) -> None:
    records = [
        Record(STREAM, n, n + 1, value, at, Oversize(10**7, b"\0" * 32) if is_cut else None)
        for n, (value, at, is_cut) in enumerate(given_records)
    ]
    outcomes = compile_normalizer(SYSTEMS).normalize(records)
    assert [one.offset for one in outcomes] == list(range(len(records)))
    for one, record in zip(outcomes, records, strict=True):
        assert isinstance(one, Event | Detail | Ignored | Rejection)
        if isinstance(one, Rejection):
            assert one.reason in REASONS
            assert one.value == record.value
    store = SqliteStore.open(":memory:", SYSTEMS)
    play({STREAM: records}, store=store)
    sums = accounts(store)
    assert sums.pop("read") == sum(sums.values()) == len(records)
    assert tables(store)["archive"] == ({STREAM: records} if records else {})


@given(mutated() | _objects)
@examples(200)
def test_an_outcome_is_a_function_of_the_bytes_alone(value: bytes) -> None:
    record = Record(STREAM, 7, 8, value)
    first, second = (compile_normalizer(SYSTEMS).normalize([record]) for _ in range(2))
    assert first == second
    with_line_end = Record(STREAM, 7, 8, value + b"\r\n")
    if value[-1:] not in {b"\r", b"\n"}:
        (one,) = compile_normalizer(SYSTEMS).normalize([with_line_end])
        assert type(one) is type(first[0])
