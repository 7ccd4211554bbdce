"""Attributes of any shape come out of every store and format as they went in, and an event
without a correlation id is an event like others, that nothing joins."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import ALPHA, GAMMA, SYSTEMS

from engine.event_json import attributes_text
from engine.interpreter import normalized_of
from engine.model import Detail, Event, Outcome, Record, Records, StreamAdvance, System
from engine.ports import Batch
from engine.stores.lines import LineStore
from engine.stores.sqlite import SqliteStore
from engine.views.export import Selection, csv_lines, json_lines

STREAM: Final = "file:aa"

_texts = st.text(st.characters(exclude_categories=["Cs"]))
_any_texts = st.text()
"""Halves of characters too, which JSON can name."""
_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def _json(texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.recursive(
        st.none() | st.booleans() | _numbers | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    )
    return st.dictionaries(texts, values, max_size=5)


class Lines:
    """A sink that keeps what it gets."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, block: bytes) -> None:
        self.written += block.splitlines()

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def _event(
    attributes: Mapping[str, object] | None,
    *,
    offset: int = 0,
    correlation_id: str | None = "a",
    of: System = GAMMA,
    content_hash: bytes | None = None,
) -> Event:
    return Event(
        STREAM,
        offset,
        of,
        "checkpoint",
        "PAID",
        "1970-01-01T00:00:01Z",
        1_000_000,
        "SUCCESS",
        correlation_id,
        None,
        content_hash=content_hash,
        attributes=attributes,
    )


def _batch(outcomes: Sequence[Outcome], begin: int = 0) -> Batch:
    end = begin + len(outcomes)
    records = [Record(STREAM, n, n + 1, b"x") for n in range(begin, end)]
    return Batch(
        [StreamAdvance(STREAM, begin, end, Records.of(records))],
        [normalized_of(outcomes)],
        now_us=2_000_000,
    )


def _stored(*batches: Batch) -> SqliteStore:
    store = SqliteStore.open(":memory:", SYSTEMS)
    for batch in batches:
        store.commit(batch)
    return store


def _lines_of(batch: Batch) -> list[bytes]:
    sink = Lines()
    store = LineStore(sink)
    store.commit(batch)
    store.finish()
    return sink.written


def _same(found: object, given: object) -> bool:
    """Equal, with the same types (1 is not 1.0, nor true), and keys in the same order."""
    return repr(found) == repr(given)


@given(st.lists(_json(_texts), min_size=1, max_size=4))
@examples(60)
def test_any_shape_comes_back_from_every_store_and_format(
    shapes: list[dict[str, object]],
) -> None:
    wanted = [one or None for one in shapes]
    batch = _batch([_event(one, offset=n) for n, one in enumerate(shapes)])
    with closing(_stored(batch)) as store:
        reader = store.reader()
        texts = [row[0] for row in reader.rows("SELECT attributes FROM events ORDER BY event_key")]
        lines = list(json_lines(reader, Selection()))
        cells = [row[-1] for row in list(csv.reader(csv_lines(reader, Selection())))[1:]]
        valid = reader.rows("SELECT count(*) FROM events WHERE json_valid(attributes) = 0")
        assert next(valid) == (0,)
    assert _same([None if one is None else json.loads(str(one)) for one in texts], wanted)
    assert cells == [one or "" for one in texts]
    assert _same([json.loads(one).get("attributes") for one in lines], wanted)
    assert [one.encode() for one in lines] == [one + b"\n" for one in _lines_of(batch)]


@given(_json(_any_texts))
@examples(60)
def test_half_a_character_harms_nobody(shape: dict[str, object]) -> None:
    batch = _batch([_event(shape)])
    as_json = json.loads(json.dumps(shape)) or None  # two halves are one character in JSON
    with closing(_stored(batch)) as store:
        (line,) = json_lines(store.reader(), Selection())
    assert _same(json.loads(line.encode()).get("attributes"), as_json)
    (line_out,) = _lines_of(batch)
    assert line_out + b"\n" == line.encode()


def test_the_text_is_compact_and_as_it_was_written() -> None:
    given_now = {"z": "é€", "a": [1, 2.5, None], "s": "\ud800", "": {"k": True}}
    assert attributes_text(given_now) == (r'{"z":"é€","a":[1,2.5,null],"s":"\ud800","":{"k":true}}')
    assert attributes_text({}) is None
    assert attributes_text(None) is None


@pytest.mark.parametrize("first, second", [(0, 1), (1, 0)])
def test_of_two_that_are_one_record_the_earlier_gives_the_attributes(
    first: int, second: int
) -> None:
    """Whichever comes first: a row is a function of the set of records."""
    with closing(SqliteStore.open(":memory:", SYSTEMS)) as store:
        for number, place in enumerate((first, second)):
            one = _event({"n": place}, content_hash=b"h")
            one.stream = f"file:{place}"
            record = Record(one.stream, 0, 1, b"x")
            store.commit(
                Batch(
                    [StreamAdvance(one.stream, 0, 1, Records.of([record]))],
                    [normalized_of([one])],
                    now_us=number,
                )
            )
        rows = list(store.reader().rows("SELECT attributes, seen FROM events"))
    assert rows == [('{"n":0}', 2)]


def test_no_id_joins_nothing_and_is_exported() -> None:
    detail = Detail(STREAM, 0, ALPHA, "error", "a", "LIMIT", 1_000_000)
    without = [_event({"n": n}, offset=n, correlation_id=None, of=ALPHA) for n in (1, 2)]
    batch = _batch([detail, *without])
    with closing(_stored(batch)) as store:
        reader = store.reader()
        rows = list(reader.rows("SELECT correlation_id, join_state, attributes FROM events"))
        assert rows == [(None, "none", '{"n":1}'), (None, "none", '{"n":2}')]
        assert next(reader.rows("SELECT count(*) FROM events WHERE correlation_id = 'None'")) == (
            0,
        )
        lines = list(json_lines(reader, Selection()))
        cells = list(csv.DictReader(csv_lines(reader, Selection())))
    assert [json.loads(one)["correlation_id"] for one in lines] == [None, None]
    assert [one["correlation_id"] for one in cells] == ["", ""]
    assert _lines_of(batch) == [one.rstrip("\n").encode() for one in lines]
