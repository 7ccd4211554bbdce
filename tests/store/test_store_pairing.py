"""New halves are paired in memory and stored ones by the store: whatever the store knows, has
forgotten or has had to take back, the rows are those of all halves paired at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any, Final, NamedTuple

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import ALPHA, SYSTEMS

from engine.interpreter import normalized_of
from engine.joiner import Half, pair
from engine.model import Detail, Event, Outcome, Record, Records, StreamAdvance
from engine.ports import Batch, Fenced
from engine.stores import sqlite_numbers
from engine.stores.sqlite import SqliteStore
from engine.stores.sqlite_commit import STEPS
from engine.stores.sqlite_pairing import JoinKey, _New, _pair_few

STREAMS: Final = ("file:aa", "file:bb")
SECOND_US: Final = 1_000_000


class Given(NamedTuple):
    """A half to come."""

    stream: str
    is_event: bool
    correlation_id: str
    time_us: int


class Broken(Exception):
    """What a commit is broken off with."""


_halves = st.lists(
    st.builds(
        Given,
        st.sampled_from(STREAMS),
        st.booleans(),
        st.sampled_from("abcd"),
        st.integers(0, 40).map(lambda second: second * SECOND_US),
    ),
    max_size=24,
)


def _outcome(one: Given, offset: int) -> Outcome:
    if not one.is_event:
        return Detail(one.stream, offset, ALPHA, "error", one.correlation_id, "LIMIT", one.time_us)
    return Event(
        one.stream,
        offset,
        ALPHA,
        "checkpoint",
        "PAID",
        "1970-01-01T00:00:00Z",
        one.time_us,
        "FAILURE",
        one.correlation_id,
        None,
        expects_detail=True,
    )


def _batch(halves: Sequence[Given], ends: dict[str, int]) -> Batch:
    """A batch of them; ``ends`` says how far each stream has come and is moved."""
    batch = Batch([], now_us=100 * SECOND_US)
    for stream in STREAMS:
        of_stream = [one for one in halves if one.stream == stream]
        if of_stream:
            begin = ends.get(stream, 0)
            ends[stream] = begin + len(of_stream)
            records = [Record(stream, n, n + 1, b"x") for n in range(begin, ends[stream])]
            advance = StreamAdvance(stream, begin, ends[stream], Records.of(records))
            batch.advances.append(advance)
            outcomes = [_outcome(one, begin + n) for n, one in enumerate(of_stream)]
            batch.normalized.append(normalized_of(outcomes))
    return batch


def _found(store: SqliteStore) -> dict[str, Any]:
    rows = store.reader().rows
    return {
        "events": {
            event: (detail, bool(flag))
            for event, detail, flag in rows("SELECT event_id, detail_id, ambiguous FROM events")
        },
        "details": {row[0]: row[1] for row in rows("SELECT detail_id, event_id FROM details")},
    }


def _wanted(halves: Sequence[Given]) -> dict[str, Any]:
    """What ``pair`` says of all halves of each key at once."""
    assert ALPHA.join is not None
    ends: dict[str, int] = {}
    sides: dict[str, tuple[list[Half], list[Half]]] = {}
    names: list[str] = []
    found: dict[str, Any] = {"events": {}, "details": {}}
    for one in halves:
        offset = ends.get(one.stream, 0)
        ends[one.stream] = offset + 1
        names.append(f"{one.stream}:{offset}")
        found["events" if one.is_event else "details"][names[-1]] = (
            (None, False) if one.is_event else None
        )
        of_key = sides.setdefault(one.correlation_id, ([], []))
        half = Half(one.time_us, one.stream, offset, len(names) - 1)
        of_key[0 if one.is_event else 1].append(half)
    for events, details in sides.values():
        changes = pair(events, details, within_us=ALPHA.join.within_us, pairing=ALPHA.join.pairing)
        for event, (detail, flag) in changes.events.items():
            found["events"][names[event]] = (None if detail is None else names[detail], flag)
        for detail, partner in changes.details.items():
            found["details"][names[detail]] = None if partner is None else names[partner]
    return found


def _break(store: SqliteStore, batch: Batch, step: str) -> None:
    """Begin to store a batch and break off, as a full disk does."""

    def on_step(name: str) -> None:
        if name == step:
            raise Broken

    store.on_step = on_step
    with pytest.raises(Broken):
        store.commit(batch)
    store.on_step = lambda _: None


@given(_halves, st.lists(st.integers(0, 24)), st.data())
@examples(150)
def test_halves_are_paired_as_if_all_came_at_once(
    halves: list[Given], cuts: list[int], data: st.DataObject
) -> None:
    bounds = sorted({0, len(halves), *(cut for cut in cuts if cut < len(halves))})
    ends: dict[str, int] = {}
    with closing(SqliteStore.open(":memory:", SYSTEMS)) as store:
        for begin, end in pairwise(bounds):
            hindrance = data.draw(st.sampled_from(["none", "broken", "fenced", "forgotten"]))
            if hindrance == "broken":
                before = _found(store)
                step = data.draw(st.sampled_from(STEPS[1:-1]))
                _break(store, _batch(halves[begin:], dict(ends)), step)
                assert _found(store) == before
            elif hindrance == "fenced":
                with pytest.raises(Fenced):
                    store.commit(_batch(halves[begin:], dict.fromkeys(STREAMS, 99)))
            elif hindrance == "forgotten":
                store._numbers = sqlite_numbers.Numbers(store._connection)
            store.commit(_batch(halves[begin:end], ends))
        assert _found(store) == _wanted(halves)


@given(_halves)
@examples(100)
def test_two_connections_that_take_turns_pair_alike(
    tmp_path_factory: pytest.TempPathFactory, halves: list[Given]
) -> None:
    path = str(tmp_path_factory.mktemp("store") / "events.db")
    ends: dict[str, int] = {}
    with (
        closing(SqliteStore.open(path, SYSTEMS)) as one,
        closing(SqliteStore.open(path, SYSTEMS)) as other,
    ):
        for number, half in enumerate(halves):
            (one, other)[number % 2].commit(_batch([half], ends))
        assert _found(one) == _wanted(halves)


def test_few_ids_are_remembered_and_none_is_given_two_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_numbers, "FLOWS_REMEMBERED", 3)
    ids = [str(n % 11) for n in range(40)]
    ends: dict[str, int] = {}
    with closing(SqliteStore.open(":memory:", SYSTEMS)) as store:
        for begin in range(0, len(ids), 4):
            halves = [Given(STREAMS[0], True, one, 0) for one in ids[begin : begin + 4]]
            store.commit(_batch(halves, ends))
            assert len(store._numbers.flows) <= 3 + 1 + 4
        rows = list(store.reader().rows("SELECT correlation_id FROM events ORDER BY event_key"))
    assert [row[0] for row in rows] == ids


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=2),
    st.sampled_from(["nearest", "in_order"]),
)
def test_few_halves_are_paired_as_many_are(given_now: list[tuple[bool, int]], pairing: Any) -> None:
    key = JoinKey("s", 1, "s")
    new = [_New(n, is_event, key, us, us) for n, (is_event, us) in enumerate(given_now)]
    events, details = (
        [Half(us, "s", n, n) for n, (is_event, us) in enumerate(given_now) if is_event == side]
        for side in (True, False)
    )
    assert _pair_few(new, 10) == pair(events, details, within_us=10, pairing=pairing)
