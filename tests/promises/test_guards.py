"""Each guard has its control: the same story goes wrong without the guard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from histories import BEGIN_US, ListSource, accounts, play, runner, tables
from made_systems import SECOND_US, SYSTEMS

from engine import attributes, mapped_values, pipeline
from engine.compiler import compile_normalizer
from engine.model import Record, Records, StreamAdvance
from engine.pipeline import normalize
from engine.ports import Batch, Fenced
from engine.stores import sqlite_rows
from engine.stores.sqlite import SqliteStore
from engine.stores.sqlite_commit import Commit

STREAM, OTHER = "kafka:c/raw-logs/0", "kafka:c/raw-logs/1"

SUCCESS = b"2025-05-04T11:00:00Z ALPHA: P - SUCCESS (ID: a)"
FAILURE = b"2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)"
REASON = b"2025-05-04T11:00:01Z ALPHA ERROR: (ID: a) - R1"
MERGED = b"2025-05-04T11:00:00Z DELTA: P SUCCESS [a]"


def records(*values: bytes, stream: str = STREAM) -> list[Record]:
    return [
        Record(stream, number, number + 1, value, BEGIN_US + number * SECOND_US)
        for number, value in enumerate(values)
    ]


def batch(*advances: StreamAdvance) -> Batch:
    made = Batch(list(advances), now_us=BEGIN_US)
    normalize(made, compile_normalizer(SYSTEMS))
    return made


def advance(taken: list[Record], expected: int) -> StreamAdvance:
    return StreamAdvance(taken[0].stream, expected, taken[-1].next_offset, Records.of(taken))


# --- the fence --------------------------------------------------------------------------------


def without_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an owner believes to be stored is taken for what is stored."""
    fenced = Commit._move_progress

    def trusting(self: Commit, one: StreamAdvance) -> int:
        stored = self._connection.execute(
            "SELECT next_offset FROM stream WHERE name = ?", (one.stream,)
        ).fetchone()
        one.expected_offset = stored[0] if stored else 0
        return fenced(self, one)

    monkeypatch.setattr(Commit, "_move_progress", trusting)


def stale_owner(*values: bytes) -> tuple[SqliteStore, Callable[[], None]]:
    """A store with three records, and what an owner does that believes it to hold one; it has
    read a record of another stream too."""
    store = SqliteStore.open(":memory:", SYSTEMS)
    all_three = records(*values)
    store.commit(batch(advance(all_three[:1], 0)))
    store.commit(batch(advance(all_three[1:], 1)))
    other = records(b"junk", stream=OTHER)
    return store, lambda: store.commit(batch(advance(other, 0), advance(all_three[2:], 1)))


def test_a_stale_owner_is_fenced_and_nothing_of_its_batch_is_stored() -> None:
    store, act = stale_owner(MERGED, REASON, FAILURE)
    before = tables(store)
    with pytest.raises(Fenced) as fenced:
        act()
    assert fenced.value.stream == STREAM
    assert tables(store) == before
    assert store.progress(OTHER) is None


def test_an_owner_that_believes_too_much_is_fenced_too() -> None:
    """A new store begins at offset 0: a reader that skips to 7 would lose what is before."""
    store = SqliteStore.open(":memory:", SYSTEMS)
    with pytest.raises(Fenced):
        store.commit(
            batch(StreamAdvance(STREAM, 7, 8, Records.of([Record(STREAM, 7, 8, FAILURE)])))
        )
    assert store.progress(STREAM) is None


def test_control_without_the_fence_a_merged_record_counts_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_fence(monkeypatch)
    store, act = stale_owner(REASON, FAILURE, MERGED)
    act()
    assert accounts(store)["read"] == 5
    assert accounts(store)["duplicates"] == 1


def test_control_without_the_fence_unique_keys_still_refuse_the_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_fence(monkeypatch)
    store, act = stale_owner(MERGED, REASON, FAILURE)
    before = tables(store)
    with pytest.raises(apsw.ConstraintError):
        act()
    assert tables(store) == before


def test_control_without_unique_keys_and_fence_the_sums_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_fence(monkeypatch)
    overwrite = sqlite_rows._INSERT_EVENT.replace("INSERT", "INSERT OR REPLACE")
    monkeypatch.setattr(sqlite_rows, "_INSERT_EVENT", overwrite)
    store, act = stale_owner(MERGED, REASON, SUCCESS)
    act()
    sums = accounts(store)
    assert sums.pop("read") == sum(sums.values()) + 1


def play_again_and_again() -> None:
    history = {STREAM: records(*[MERGED] * 6)}
    for seed in range(20):
        assert play(history, seed, most=2, forgetful=True) == play(history)


def test_a_forgetful_reader_changes_nothing() -> None:
    play_again_and_again()


def test_control_without_the_fence_a_forgetful_reader_does(monkeypatch: pytest.MonkeyPatch) -> None:
    without_fence(monkeypatch)
    with pytest.raises((AssertionError, apsw.ConstraintError)):
        play_again_and_again()


# --- one transaction --------------------------------------------------------------------------


class Crash(BaseException):
    pass


def crash_between(path: Path, crash_at: str, *, split_at: str | None = None) -> dict[str, Any]:
    """A run that dies in its first commit, and one that goes on. ``split_at``: a step before
    which what was done so far is committed on its own."""
    history = {STREAM: records(FAILURE, REASON, MERGED, b"junk")}
    store = SqliteStore.open(str(path), SYSTEMS)

    def on_step(step: str) -> None:
        if step == split_at:
            store._connection.execute("COMMIT; BEGIN IMMEDIATE")
        if step == crash_at:
            raise Crash

    store.on_step = on_step
    with pytest.raises(Crash):
        runner(ListSource(history, 0), store).run()
    store.close()
    store = SqliteStore.open(str(path), SYSTEMS)
    found = play(history, 0, store=store)
    store.close()
    return found


UNDISTURBED = {STREAM: records(FAILURE, REASON, MERGED, b"junk")}


def test_a_crash_between_progress_and_rows_is_none(tmp_path: Path) -> None:
    assert crash_between(tmp_path / "events.db", "halves") == play(UNDISTURBED)


def test_control_without_one_transaction_a_crash_loses_records(tmp_path: Path) -> None:
    found = crash_between(tmp_path / "events.db", "halves", split_at="archive")
    assert len(found["events"]) < len(play(UNDISTURBED)["events"])


# --- values are checked before the store --------------------------------------------------------


def poisoned() -> Batch:
    half_a_character = {
        "system": "beta",
        "checkpoint": "P",
        "status": "SUCCESS",
        "timestamp": "2025-05-04T11:00:00Z",
        "correlation_id": "\ud800",
    }
    return batch(advance(records(FAILURE, json.dumps(half_a_character).encode()), 0))


def test_a_value_that_no_store_can_hold_is_one_bad_record() -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    store.commit(poisoned())
    assert [row[0] for row in tables(store)["events"]] == ["alpha"]
    assert [row[1] for row in tables(store)["quarantined"]] == ["lone_surrogate"]


def test_control_without_the_check_one_value_poisons_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapped_values, "check_text", lambda *_: None)
    monkeypatch.setattr(attributes, "_check", lambda _: None)
    store = SqliteStore.open(":memory:", SYSTEMS)
    with pytest.raises(UnicodeEncodeError):
        store.commit(poisoned())
    assert tables(store)["events"] == []


# --- a time far ahead ---------------------------------------------------------------------------


def waiting_state() -> object:
    ahead = b"2031-01-01T00:00:00Z ALPHA: P - SUCCESS (ID: b)"
    store = SqliteStore.open(":memory:", SYSTEMS)
    store.commit(batch(advance(records(FAILURE, ahead), 0)))
    return store._connection.execute("SELECT join_state FROM events WHERE correlation_id = 'a'").get


def test_a_time_far_ahead_does_not_make_the_others_late() -> None:
    assert waiting_state() == "waiting"


def test_control_without_the_bound_on_times_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FUTURE_US_MAX", 2**62)
    assert waiting_state() == "unmatched"
