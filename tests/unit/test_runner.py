"""The loop between a source and a store: what it tells each of them, and when."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from made_systems import SYSTEMS

from engine.diagnostics import EnvironmentFailure
from engine.interpreter import compile_normalizer
from engine.model import Record, Records, StreamAdvance
from engine.ports import Batch, Fenced, Progress, ProgressLookup
from engine.runner import Runner, Totals

LINES = (
    b"2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)",
    b"2025-05-04T11:00:01Z ALPHA ERROR: (ID: a) - R",
    b"DELTA health check from 10.0.0.1",
    b"junk",
)


@dataclass
class TwoStreams:
    """A source of one batch of two streams, handed over again if it is refused."""

    calls: list[str] = field(default_factory=list)
    finished: bool = False
    batches: int = 1
    asked: list[int] = field(default_factory=list)

    def open(self, progress: ProgressLookup) -> None:
        self.calls.append("open")

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        self.asked.append(max_records)
        return [
            StreamAdvance(
                name,
                0,
                4,
                Records.of([Record(name, n, n + 1, one) for n, one in enumerate(LINES)]),
            )
            for name in ("a", "b")
        ]

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        self.calls += [f"committed {one.stream}" for one in advances]
        self.finished = len(self.asked) >= self.batches

    def refused(self, stream: str) -> None:
        self.calls.append(f"refused {stream}")

    def keep_alive(self) -> None:
        raise AssertionError("no store is busy here")

    def lagging_streams(self) -> frozenset[str]:
        return frozenset({"b"})

    def close(self) -> None:
        self.calls.append("close")


@dataclass
class Batches:
    """A store that first raises what it is given."""

    troubles: list[Exception] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    is_finished: bool = False

    def progress(self, stream: str) -> Progress | None:
        return None

    def commit(self, batch: Batch) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.batches.append(batch)

    def finish(self) -> None:
        self.is_finished = True

    def close(self) -> None:
        raise AssertionError("whoever opened the store closes it")


def run(source: TwoStreams, store: Batches, stop: threading.Event, notes: list[str]) -> Totals:
    normalizer = compile_normalizer(SYSTEMS)
    return Runner(source, store, normalizer, stop, on_note=notes.append, now_us=lambda: 7).run()


def test_a_batch_is_stored_then_said_to_the_source_then_counted() -> None:
    source, store, notes = TwoStreams(), Batches(), list[str]()
    totals = run(source, store, threading.Event(), notes)
    assert source.calls == ["open", "committed a", "committed b", "close"]
    assert totals.read == 8
    assert totals.outcomes == {"event": 2, "detail": 2, "ignored": 2, "quarantined": 2}
    (batch,) = store.batches
    assert (batch.now_us, batch.lagging) == (7, frozenset({"b"}))
    assert store.is_finished
    assert notes == []


def test_where_one_stream_is_fenced_all_of_the_batch_are_read_again() -> None:
    """The others were not stored either: all or nothing."""
    source, store, notes = TwoStreams(), Batches([Fenced("a")]), list[str]()
    totals = run(source, store, threading.Event(), notes)
    assert source.calls[1:3] == ["refused a", "refused b"]
    assert totals.read == 8
    assert notes == ["another owner has moved the progress of a: reading on from there"]


def test_a_store_that_fails_ends_the_run_and_closes_the_source() -> None:
    source, store = TwoStreams(), Batches([EnvironmentFailure("no room")])
    with pytest.raises(EnvironmentFailure, match="no room"):
        run(source, store, threading.Event(), [])
    assert source.calls == ["open", "close"]
    assert not store.is_finished


def test_a_run_that_is_told_to_stop_is_not_at_the_end_of_its_input() -> None:
    source, store, stop = TwoStreams(), Batches(), threading.Event()
    stop.set()
    assert run(source, store, stop, []).read == 0
    assert source.calls == ["open", "close"]
    assert not store.is_finished


def test_batches_begin_small_and_grow() -> None:
    source = TwoStreams(batches=6)
    run(source, Batches(), threading.Event(), [])
    assert source.asked == [1_000, 4_000, 16_000, 20_000, 20_000, 20_000]


def test_no_batch_is_larger_than_was_asked_for() -> None:
    source = TwoStreams(batches=2)
    normalizer = compile_normalizer(SYSTEMS)
    Runner(source, Batches(), normalizer, threading.Event(), batch_records=25).run()
    assert source.asked == [25, 25]


@pytest.fixture
def _nothing_frozen() -> Iterator[None]:
    """As in a process of its own: `conftest` has frozen what all tests share."""
    gc.unfreeze()
    yield
    gc.freeze()


@pytest.mark.usefixtures("_nothing_frozen")
def test_the_garbage_collector_is_left_as_it_was() -> None:
    frozen: list[int] = []
    normalizer = compile_normalizer(SYSTEMS)

    def look(_: Totals) -> None:
        frozen.append(gc.get_freeze_count())

    Runner(TwoStreams(), Batches(), normalizer, threading.Event(), on_progress=look).run()
    assert frozen[0] > 0
    assert gc.get_freeze_count() == 0
