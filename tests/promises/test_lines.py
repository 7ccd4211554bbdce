"""Events as lines: each once, when it is final, and the same ones whenever nothing is a choice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from examples import examples
from histories import (
    BEGIN_US,
    KAFKA,
    KINDS_THAT_JOIN,
    NOW_US,
    History,
    ListSource,
    histories,
    runner,
    seeds,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from made_systems import ALPHA, BETA, SECOND_US, WITHIN_US
from oracle import oracle

from engine.compiler import compile_normalizer
from engine.event_json import UNSAID
from engine.model import EVENT_FIELDS, EXPORT_FIELDS, Record, Records, StreamAdvance
from engine.pipeline import normalize
from engine.ports import Batch, Progress
from engine.stores.lines import LineStore

SYSTEMS = (ALPHA, BETA)
joining = histories(kinds=KINDS_THAT_JOIN)
orderly = histories(kinds=KINDS_THAT_JOIN, in_time_order=True)


@dataclass
class Lines:
    """A sink that keeps what it gets, with what a line need not say."""

    written: list[dict[str, Any]] = field(default_factory=list)
    last: bytes = b""
    flushed: int = 0

    def write(self, block: bytes) -> None:
        assert block.endswith(b"\n")
        self.last = block
        self.written += [{**UNSAID, **json.loads(line)} for line in block.splitlines()]

    def flush(self) -> None:
        self.flushed = len(self.written)

    def close(self) -> None:
        pass

    def ids(self) -> list[str]:
        return [line["event_id"] for line in self.written]


def write(history: History, seed: int, *, most: int = 6) -> Lines:
    """All lines of a run to the end."""
    sink = Lines()
    runner(ListSource(history, seed, most=most), LineStore(sink), SYSTEMS).run()
    assert sink.flushed == len(sink.written)
    return sink


def at_once(history: History) -> Lines:
    """All lines of a run that sees everything in one batch."""
    sink = Lines()
    store = LineStore(sink)
    batch = Batch(
        [
            StreamAdvance(name, 0, records[-1].next_offset, Records.of(records))
            for name, records in history.items()
            if records
        ],
        now_us=NOW_US,
    )
    normalize(batch, compile_normalizer(SYSTEMS))
    store.commit(batch)
    store.finish()
    return sink


def expected(history: History) -> list[tuple[Any, ...]]:
    """What the oracle says, with the state that nothing is waited for any more."""
    rows = oracle(history, SYSTEMS)["events"]
    final = (
        (*row[:7], "unmatched" if row[7] == "waiting" else row[7], *row[8:10], row[12])
        for row in rows
    )
    return sorted(final, key=repr)


def as_rows(sink: Lines) -> list[tuple[Any, ...]]:
    names = (*EVENT_FIELDS, "event_id", "join_state", "ambiguous", "seen", "detail_id")
    found = (tuple(line[name] for name in names) for line in sink.written)
    return sorted(found, key=repr)


@given(joining, seeds)
@examples(80)
def test_each_event_leaves_once(history: History, seed: int) -> None:
    found = Counter(write(history, seed).ids())
    assert found == Counter(row[6] for row in oracle(history, SYSTEMS)["events"])


@given(joining)
@examples(80)
def test_what_is_seen_at_once_is_paired_as_in_a_store(history: History) -> None:
    assert as_rows(at_once(history)) == expected(history)


@given(orderly, seeds)
@examples(200)
def test_without_a_choice_the_lines_are_those_of_a_store(history: History, seed: int) -> None:
    """Streams in the order of time, read in any batches and any interleaving."""
    assume(not any(row[8] for row in oracle(history, SYSTEMS)["events"]))
    assert as_rows(write(history, seed)) == expected(history)


# --- what is held back ------------------------------------------------------------------------


@given(joining, seeds, st.integers(0, 6))
@examples(80)
def test_going_on_from_the_low_water_misses_no_event(
    history: History, seed: int, batches: int
) -> None:
    low: dict[str, int] = {}
    first, second = Lines(), Lines()
    source = ListSource(history, seed)
    broken_off = runner(source, LineStore(first, on_low_water=low.__setitem__), SYSTEMS)
    source.open(lambda _: None)
    for _ in range(batches):
        broken_off._one_batch()
    later = LineStore(
        second,
        progress=lambda stream: Progress(low[stream], "") if stream in low else None,
        on_low_water=low.__setitem__,
    )
    runner(ListSource(history, seed + 1), later, SYSTEMS).run()
    assert {*first.ids(), *second.ids()} == {row[6] for row in oracle(history, SYSTEMS)["events"]}
    for stream, records in history.items():
        if records:
            assert low[stream] == records[-1].next_offset


LATER_US = BEGIN_US + 600 * SECOND_US
LATER = (
    b"2025-05-04T11:10:00Z ALPHA: P - SUCCESS (ID: z)",
    (
        b'{"system":"beta","checkpoint":"P","status":"SUCCESS","timestamp":"2025-05-04T11:10:00Z",'
        b'"correlation_id":"z"}'
    ),
)


@given(joining, seeds)
@examples(80)
def test_nothing_is_held_longer_than_within(history: History, seed: int) -> None:
    """So that a run without an end keeps its memory and its low water."""
    sink, low = Lines(), dict[str, int]()
    store = LineStore(sink, on_low_water=low.__setitem__)
    source = ListSource(history, seed)
    going_on = runner(source, store, SYSTEMS)
    source.open(lambda _: None)
    while not source.finished:
        going_on._one_batch()
    records = [Record("kafka:c/later/0", n, n + 1, one, LATER_US) for n, one in enumerate(LATER)]
    batch = Batch([StreamAdvance("kafka:c/later/0", 0, 2, Records.of(records))], now_us=NOW_US)
    normalize(batch, compile_normalizer(SYSTEMS))
    store.commit(batch)
    held = [one.join_us for one in store._waiting._outcomes.values() if one.join_us is not None]
    assert all(join_us + WITHIN_US >= LATER_US for join_us in held)


def commit_one(store: LineStore, number: int, value: bytes) -> None:
    record = Record(KAFKA[0], number, number + 1, value, BEGIN_US)
    batch = Batch(
        [StreamAdvance(KAFKA[0], number, number + 1, Records.of([record]))], now_us=NOW_US
    )
    normalize(batch, compile_normalizer(SYSTEMS))
    store.commit(batch)


def test_a_detail_that_loses_its_event_after_its_time_is_let_go() -> None:
    """It would hold the low water for ever."""
    sink, low = Lines(), dict[str, int]()
    store = LineStore(sink, on_low_water=low.__setitem__)
    for number, value in enumerate(
        [
            b"2025-05-04T11:00:10Z ALPHA ERROR: (ID: a) - R1",
            b"2025-05-04T11:00:15Z ALPHA ERROR: (ID: a) - R2",
            b"2025-05-04T11:00:15Z ALPHA: P - FAILURE (ID: a)",
            b"2025-05-04T11:00:22Z ALPHA: Q - SUCCESS (ID: b)",
            b"2025-05-04T11:00:09Z ALPHA ERROR: (ID: a) - R0",
            b"2025-05-04T11:01:00Z ALPHA: Q - SUCCESS (ID: b)",
        ]
    ):
        commit_one(store, number, value)
    assert [line["failure_reason"] for line in sink.written] == [None, None, "R0"]
    assert low == {KAFKA[0]: 6}
    assert store._waiting._outcomes == {}


def test_a_waiting_event_leaves_when_its_time_is_over() -> None:
    sink, low = Lines(), dict[str, int]()
    store = LineStore(sink, on_low_water=low.__setitem__)
    steps: list[tuple[bytes, list[str], int]] = [
        (b"2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)", [], 0),
        (b"2025-05-04T11:00:10Z ALPHA: Q - SUCCESS (ID: a)", ["none"], 0),
        (b"2025-05-04T11:00:11Z ALPHA: Q - SUCCESS (ID: a)", ["none", "unmatched"], 3),
        (b"2025-05-04T11:00:12Z ALPHA: P - FAILURE (ID: b)", [], 3),
        (b"2025-05-04T11:00:13Z ALPHA ERROR: (ID: b) - R1", ["complete"], 5),
    ]
    for number, (value, states, low_water) in enumerate(steps):
        before = len(sink.written)
        commit_one(store, number, value)
        assert [line["join_state"] for line in sink.written[before:]] == states
        assert low == {KAFKA[0]: low_water}


def test_an_event_waits_for_the_slowest_stream_that_has_not_reached_its_end() -> None:
    """Its detail is still to come there, however far the other streams are."""
    fast = [
        b"2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)",
        b"2025-05-04T11:30:00Z ALPHA: Q - SUCCESS (ID: b)",
    ]
    slow = [
        b"2025-05-04T11:00:01Z ALPHA: Q - SUCCESS (ID: c)",
        b"2025-05-04T11:00:02Z ALPHA ERROR: (ID: a) - R1",
    ]
    sink = Lines()
    store = LineStore(sink)
    streams = {name: list(values) for name, values in zip(KAFKA, (fast, slow), strict=True)}
    for number in range(2):
        advances = [
            StreamAdvance(
                name,
                number,
                number + 1,
                Records.of([Record(name, number, number + 1, values[number])]),
            )
            for name, values in streams.items()
            if (name, number) != (KAFKA[1], 1)
        ]
        batch = Batch(advances, lagging=frozenset(KAFKA), now_us=NOW_US)
        normalize(batch, compile_normalizer(SYSTEMS))
        store.commit(batch)
    assert [line["correlation_id"] for line in sink.written] == ["c", "b"]
    record = Record(KAFKA[1], 1, 2, slow[1])
    batch = Batch([StreamAdvance(KAFKA[1], 1, 2, Records.of([record]))], now_us=NOW_US)
    normalize(batch, compile_normalizer(SYSTEMS))
    store.commit(batch)
    assert sink.written[-1]["failure_reason"] == "R1"


def test_a_line_has_the_fields_of_the_export_in_their_order_and_says_nothing_needless() -> None:
    sink = at_once(
        {KAFKA[0]: [Record(KAFKA[0], 0, 1, b"2025-05-04T11:00:00Z ALPHA: P - SUCCESS (ID: a)")]}
    )
    (line,) = sink.last.splitlines()
    assert list(json.loads(line)) == [name for name in EXPORT_FIELDS if name not in UNSAID]


def test_a_sink_that_fails_fails_the_commit() -> None:
    class Broken(Lines):
        def write(self, block: bytes) -> None:
            raise BrokenPipeError

    history = {
        KAFKA[0]: [Record(KAFKA[0], 0, 1, b"2025-05-04T11:00:00Z ALPHA: P - SUCCESS (ID: a)")]
    }
    low: dict[str, int] = {}
    with pytest.raises(BrokenPipeError):
        runner(
            ListSource(history, 0), LineStore(Broken(), on_low_water=low.__setitem__), SYSTEMS
        ).run()
    assert low == {}
