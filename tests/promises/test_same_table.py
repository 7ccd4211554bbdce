"""The same records give the same table, whatever happens on the way (semantics, chapters 1 to 4).

Each run is held against another run or against the oracle, which knows the whole history at once.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from histories import (
    JUNK_REASONS,
    KINDS_OF_ALPHA,
    History,
    ListSource,
    accounts,
    histories,
    play,
    runner,
    seeds,
    tables,
)
from hypothesis import given
from hypothesis import strategies as st
from made_systems import ALPHA, BETA, DELTA, EPSILON, GAMMA, SYSTEMS, ZETA
from oracle import oracle, seen_by

from engine.model import System
from engine.ports import Batch
from engine.stores.sqlite import SqliteStore
from engine.stores.sqlite_commit import STEPS


@given(histories(), seeds)
@examples(150)
def test_any_batches_in_any_order_give_the_table_of_the_oracle(history: History, seed: int) -> None:
    found = seen_by(play(history, seed))
    assert found == oracle(history)
    assert {reason for _, reason, _ in found["quarantined"]} <= JUNK_REASONS


@given(histories(kinds=KINDS_OF_ALPHA), seeds)
@examples(100)
def test_a_key_that_is_paired_again_and_again_ends_in_the_table_of_the_oracle(
    history: History, seed: int
) -> None:
    assert seen_by(play(history, seed, most=2)) == oracle(history)


@given(histories(), seeds, seeds)
@examples(60)
def test_two_runs_agree_in_all_that_is_stored(history: History, one: int, other: int) -> None:
    assert play(history, one) == play(history, other, most=100)


@given(histories(), seeds)
@examples(60)
def test_all_that_was_read_is_accounted_for_and_archived_once(history: History, seed: int) -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    archive = play(history, seed, store=store)["archive"]
    assert archive == {name: records for name, records in history.items() if records}
    sums = accounts(store)
    assert sums.pop("read") == sum(len(records) for records in history.values())
    assert sum(sums.values()) == sum(len(records) for records in history.values())


@given(histories(), seeds)
@examples(60)
def test_redelivery_to_a_reader_with_stale_progress_changes_nothing(
    history: History, seed: int
) -> None:
    assert play(history, seed, forgetful=True) == play(history, 0, most=100)


@given(histories(), seeds)
@examples(40)
def test_reading_all_of_it_again_changes_nothing(history: History, seed: int) -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    once = play(history, seed, store=store)
    assert play(history, seed + 1, store=store) == once


# --- crashes ----------------------------------------------------------------------------------


class Crash(BaseException):
    """The end of the process, as far as the process can tell."""


def play_with_crashes(history: History, seed: int, crashes: Sequence[int], step: str) -> Any:
    """Run, and at the given occurrences of a step (counted over all batches) copy the store's
    files as a kill would leave them, and go on with the copy alone."""
    occurrences = itertools.count()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "0.db")
        while True:
            store = SqliteStore.open(str(path), SYSTEMS)
            survivor = path.with_stem(str(int(path.stem) + 1))

            def crash(name: str, path: Path = path, survivor: Path = survivor) -> None:
                if name == step and next(occurrences) in crashes:
                    shutil.copy(path, survivor)
                    shutil.copy(f"{path}-wal", f"{survivor}-wal")
                    raise Crash

            store.on_step = crash
            try:
                found = play(history, seed, store=store)
                store.close()
                return found
            except Crash:
                store.close()
                path, seed = survivor, seed + 1


@pytest.mark.parametrize("step", STEPS)
@given(history=histories(), seed=seeds, crashes=st.lists(st.integers(0, 8), max_size=3))
@examples(12)
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    step: str, history: History, seed: int, crashes: list[int]
) -> None:
    assert play_with_crashes(history, seed, crashes, step) == play(history)


def test_every_step_of_a_commit_is_named() -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    steps: list[str] = []
    store.on_step = steps.append
    store.commit(Batch([]))
    assert tuple(steps) == STEPS


# --- two owners -------------------------------------------------------------------------------


def play_with_two_owners(history: History, seed: int) -> tuple[dict[str, Any], int]:
    """Two readers of the same streams take turns on one store; also how often one was refused."""
    turns = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        stores = [SqliteStore.open(f"{folder}/events.db", SYSTEMS) for _ in range(2)]
        sources = [ListSource(history, seed + owner) for owner in range(2)]
        runners = [runner(*one) for one in zip(sources, stores, strict=True)]
        for source, store in zip(sources, stores, strict=True):
            source.open(store.progress)
        while not all(source.finished for source in sources):
            turns.choice(runners)._one_batch()
        found = tables(stores[0])
        for store in stores:
            store.close()
    return found, sum(source.refusals for source in sources)


@given(histories(), seeds)
@examples(30)
def test_two_interleaved_owners_store_everything_once(history: History, seed: int) -> None:
    found, _ = play_with_two_owners(history, seed)
    assert found == play(history)


# --- other systems and other specs ------------------------------------------------------------


@pytest.mark.parametrize("added", SYSTEMS, ids=lambda one: str(one.name))
@given(history=histories(), seed=seeds)
@examples(12)
def test_a_further_system_changes_nothing_for_the_others(
    added: System, history: History, seed: int
) -> None:
    others = tuple(one for one in SYSTEMS if one is not added)
    without, along = play(history, seed, systems=others), play(history, seed)
    for table in ("events", "details", "ignored"):
        of_others = [row for row in along[table] if row[0] != added.name]
        assert of_others == without[table]
    # What the others have refused stays refused, and for the same reason.
    kept = {row[0]: row[1] for row in along["quarantined"] if row[6] != added.name}
    before = {row[0]: row[1] for row in without["quarantined"]}
    assert kept.items() <= before.items()


def _changed(system: System) -> System:
    return replace(system, digest=f"another {system.digest}")


@given(histories(), seeds, st.integers(1, 10))
@examples(40)
def test_a_new_version_of_a_spec_pairs_with_what_the_old_one_read(
    history: History, seed: int, batches: int
) -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    source = ListSource(history, seed)
    source.open(store.progress)
    for _ in range(batches):
        runner(source, store)._one_batch()
    found = play(history, seed, store=store, systems=[_changed(one) for one in SYSTEMS])
    expected = seen_by(play(history))
    for table in ("events", "details"):
        assert [row[:-1] for row in found[table]] == [row[:-1] for row in expected[table]]


@given(histories(), seeds, st.integers(1, 10))
@examples(40)
def test_specs_that_no_longer_join_leave_the_sums_right(
    history: History, seed: int, batches: int
) -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    source = ListSource(history, seed)
    source.open(store.progress)
    for _ in range(batches):
        runner(source, store)._one_batch()
    single = [
        replace(one, join=None, kinds=tuple(k for k in one.kinds if k.role != "detail"))
        for one in (ALPHA, BETA, GAMMA, DELTA, EPSILON, ZETA)
    ]
    found = play(history, seed, store=store, systems=single)
    sums = accounts(store)
    assert sums.pop("read") == sum(sums.values())
    # Each partner that is named is there, and names the other.
    events = {row[6]: row[12] for row in found["events"]}
    details = {row[3]: row[8] for row in found["details"]}
    assert {(e, d) for e, d in events.items() if d} == {(e, d) for d, e in details.items() if e}
