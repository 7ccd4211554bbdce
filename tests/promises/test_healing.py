"""Stories in which what was stored has to change because of what comes later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from histories import NOW_US, tables
from made_systems import ALPHA, EPSILON, SYSTEMS
from oracle import oracle, seen_by

from engine.compiler import compile_normalizer
from engine.model import Record, Records, StreamAdvance, System
from engine.pipeline import normalize
from engine.ports import Batch
from engine.stores.sqlite import SqliteStore

A, B, C = "file:aa", "file:bb", "file:cc"


class Story:
    """A store that is told one record after the other, each a batch of its own."""

    def __init__(self) -> None:
        self.store = SqliteStore.open(":memory:", SYSTEMS)
        self.history: dict[str, list[Record]] = {}

    def tell(self, stream: str, *values: str, systems: Sequence[System] = SYSTEMS) -> None:
        self.store._systems = systems
        for value in values:
            read = self.history.setdefault(stream, [])
            begin = read[-1].next_offset if read else 0
            record = Record(stream, begin, begin + len(value) + 1, value.encode())
            read.append(record)
            batch = Batch([StreamAdvance(stream, begin, record.next_offset, Records.of([record]))])
            batch.now_us = NOW_US
            normalize(batch, compile_normalizer(systems))
            self.store.commit(batch)

    def reasons(self, system: str) -> list[tuple[Any, ...]]:
        """Checkpoint and reason of a system's events, in the order of their times."""
        found: list[tuple[Any, ...]] = self.store._connection.execute(
            "SELECT checkpoint_id, failure_reason FROM events WHERE system_id = ? ORDER BY time_us",
            (system,),
        ).fetchall()
        assert seen_by(tables(self.store)) == oracle(self.history)
        return found


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_detail_goes_over_to_an_event_before_it_and_frees_one_far_ahead(story: Story) -> None:
    """The event that is freed lies further from the new one than `within`."""
    story.tell(A, "2025-05-04T11:00:12Z ALPHA: LATER - FAILURE (ID: a)")
    story.tell(A, "2025-05-04T11:00:07Z ALPHA ERROR: (ID: a) - R")
    assert story.reasons("alpha") == [("LATER", "R")]
    story.tell(B, "2025-05-04T11:00:00Z ALPHA: EARLIER - FAILURE (ID: a)")
    assert story.reasons("alpha") == [("EARLIER", "R"), ("LATER", None)]


def test_a_change_runs_along_a_chain_of_halves(story: Story) -> None:
    """Each detail hands its event on to the next; the last is four times `within` away."""
    for number in range(6):
        story.tell(A, f"2025-05-04T11:00:{8 * number + 8:02}Z ALPHA: P{number} - FAILURE (ID: a)")
        story.tell(A, f"2025-05-04T11:00:{8 * number + 6:02}Z ALPHA ERROR: (ID: a) - R{number}")
    story.tell(B, "2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)")
    assert [reason for _, reason in story.reasons("alpha")] == [
        *("R0", "R1", "R2", "R3", "R4", "R5"),
        None,
    ]


def test_a_first_time_in_a_file_pairs_the_details_before_it(story: Story) -> None:
    """Though the record that brings the time has another correlation id and waits for nothing."""
    story.tell(A, "EPSILON 2025-05-04T11:00:00Z P FAILURE a")
    story.tell(B, "EPSILON error a: R")
    assert story.reasons("epsilon") == [("P", None)]
    story.tell(B, "EPSILON 2025-05-04T11:00:05Z Q SUCCESS b")
    assert story.reasons("epsilon") == [("P", "R"), ("Q", None)]


def test_a_detail_is_free_again_when_its_event_turns_out_a_repetition(story: Story) -> None:
    """The first position stands for both, and there it was a success, an hour before; the detail
    goes to the other event within reach."""
    story.tell(B, "EPSILON 2025-05-04T11:00:00Z P FAILURE a", "EPSILON error a: R")
    story.tell(C, "EPSILON 2025-05-04T11:00:02Z Q FAILURE a")
    assert story.reasons("epsilon") == [("P", "R"), ("Q", None)]
    story.tell(A, "EPSILON 2025-05-04T10:00:00Z P SUCCESS a")
    assert story.reasons("epsilon") == [("P", None), ("Q", "R")]


def test_an_event_is_free_again_when_its_detail_turns_out_a_repetition(story: Story) -> None:
    """ZETA merges details of one correlation id; the first position is an hour before."""
    story.tell(B, "ZETA 2025-05-04T11:00:00Z P FAILURE a", "ZETA error 2025-05-04T11:00:01Z a: R")
    assert story.reasons("zeta") == [("P", "R")]
    story.tell(A, "ZETA error 2025-05-04T10:00:00Z a: R0")
    assert story.reasons("zeta") == [("P", None)]


def test_a_repetition_frees_its_partner_where_the_spec_joins_no_more(story: Story) -> None:
    story.tell(B, "EPSILON 2025-05-04T11:00:00Z P FAILURE a", "EPSILON error a: R")
    no_join = replace(EPSILON, join=None, kinds=EPSILON.kinds[:1])
    story.tell(A, "EPSILON 2025-05-04T10:00:00Z P SUCCESS a", systems=[no_join])
    run = story.store._connection.execute
    assert run("SELECT status, seen, detail_id FROM events").fetchall() == [("SUCCESS", 2, None)]
    assert run("SELECT state, event_id FROM details").fetchall() == [("waiting", None)]


def test_the_same_correlation_id_in_two_systems_is_two_keys(story: Story) -> None:
    story.tell(A, "2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)")
    story.tell(A, "ZETA error 2025-05-04T11:00:00Z a: R")
    assert story.reasons("alpha") == [("P", None)]


@pytest.mark.parametrize("second, reason", [(10, "R"), (11, None)])
@pytest.mark.parametrize("detail_first", [True, False])
def test_within_is_a_bound_that_counts(
    second: int, reason: str | None, detail_first: bool, story: Story
) -> None:
    halves = [
        "2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)",
        f"2025-05-04T11:00:{second}Z ALPHA ERROR: (ID: a) - R",
    ]
    story.tell(A, *(reversed(halves) if detail_first else halves))
    assert story.reasons("alpha") == [("P", reason)]


def test_a_retry_that_succeeds_keeps_no_reason(story: Story) -> None:
    """The worked example of chapter 4: the reason belongs to the first attempt alone."""
    story.tell(
        A,
        "2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)",
        "2025-05-04T11:00:01Z ALPHA ERROR: (ID: a) - R",
        "2025-05-04T11:00:02Z ALPHA: P - SUCCESS (ID: a)",
    )
    assert story.reasons("alpha") == [("P", "R"), ("P", None)]


def test_a_wider_within_in_a_new_spec_pairs_what_comes_from_then_on() -> None:
    assert ALPHA.join is not None
    wider = replace(ALPHA, join=replace(ALPHA.join, within_us=10 * ALPHA.join.within_us))
    told = Story()
    told.tell(A, "2025-05-04T11:00:00Z ALPHA: P - FAILURE (ID: a)")
    told.tell(A, "2025-05-04T11:01:00Z ALPHA ERROR: (ID: a) - R", systems=[wider])
    assert told.store._connection.execute("SELECT failure_reason FROM events").get == "R"
