"""Pairing is a function of the set of halves, whoever came first and however often it is run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.joiner import Half, Pairing, Pairs, pair, window

WITHIN = 10
PAIRINGS: tuple[Pairing, ...] = ("nearest", "in_order")


def obvious(
    events: Iterable[Half], details: Iterable[Half], pairing: Pairing
) -> dict[int, tuple[int | None, bool]]:
    """Chapter 4 word by word, without any of the shortcuts."""
    events, details = sorted(events), sorted(details)
    taken: dict[int, int] = {}
    for detail in details:
        reach = [
            event
            for event in events
            if event.key not in taken and abs(event.time_us - detail.time_us) <= WITHIN
        ]
        before = [event for event in reach if event.time_us <= detail.time_us]
        if pairing == "in_order":
            choice = reach[:1]
        else:
            choice = before[-1:] or reach[:1]
        for event in choice:
            taken[event.key] = detail.key
    by_key = {detail.key: detail for detail in details}

    def near(halves: Sequence[Half], half: Half) -> int:
        return sum(abs(one.time_us - half.time_us) <= WITHIN for one in halves)

    result: dict[int, tuple[int | None, bool]] = {}
    for event in events:
        partner = taken.get(event.key)
        choice_was = partner is not None and (
            near(details, event) > 1 or near(events, by_key[partner]) > 1
        )
        result[event.key] = (partner, choice_was)
    return result


class Memory:
    """What a store keeps of halves, driven as a store drives the joiner."""

    def __init__(self, pairing: Pairing, *, windows: bool = True) -> None:
        self.events: dict[int, Half] = {}
        self.details: dict[int, Half] = {}
        self.pairing = pairing
        self.windows = windows

    def arrive(self, events: Sequence[Half], details: Sequence[Half]) -> None:
        self.events |= {one.key: one for one in events}
        self.details |= {one.key: one for one in details}
        since, settled = window(min(one.time_us for one in [*events, *details]), WITHIN)
        if not self.windows:
            since, settled = -(10**9), -(10**9)
        changes: Pairs = pair(
            [one for one in self.events.values() if one.time_us >= since],
            [one for one in self.details.values() if one.time_us >= since],
            within_us=WITHIN,
            pairing=self.pairing,
            settled_before_us=settled,
        )
        for key, (partner, ambiguous) in changes.events.items():
            self.events[key] = self.events[key]._replace(partner=partner, ambiguous=ambiguous)
        for key, event in changes.details.items():
            self.details[key] = self.details[key]._replace(partner=event)

    def pairs(self) -> dict[int, tuple[int | None, bool]]:
        return {key: (one.partner, one.ambiguous) for key, one in self.events.items()}


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Half], list[Half]]:
    span = draw(st.sampled_from([20, 60, 200]))
    sides: list[list[Half]] = []
    key = itertools.count(1)
    for _ in range(2):
        times = draw(st.lists(st.integers(0, span), max_size=12))
        sides.append(
            [
                Half(time, draw(st.sampled_from(["a", "b"])), next(key) * 7 % 97, next(key))
                for time in times
            ]
        )
    return sides[0], sides[1]


@pytest.mark.parametrize("pairing", PAIRINGS)
@given(data=st.data())
def test_any_arrival_order_and_batching_gives_the_obvious_pairs(
    pairing: Pairing, data: st.DataObject
) -> None:
    events, details = data.draw(histories())
    halves = data.draw(st.permutations([*events, *details]))
    is_event = {one.key for one in events}
    memory = Memory(pairing)
    position = 0
    while position < len(halves):
        size = data.draw(st.integers(1, 5))
        arriving = halves[position : position + size]
        position += size
        memory.arrive(
            [one for one in arriving if one.key in is_event],
            [one for one in arriving if one.key not in is_event],
        )
    assert memory.pairs() == obvious(events, details, pairing)
    for key, (partner, _) in memory.pairs().items():
        if partner is not None:
            assert memory.details[partner].partner == key
    assert sum(one.partner is not None for one in memory.details.values()) == sum(
        partner is not None for partner, _ in memory.pairs().values()
    )


def halves(*times: int, first_key: int) -> list[Half]:
    return [Half(time, "s", time, first_key + n) for n, time in enumerate(times)]


@pytest.mark.parametrize(
    "events, details, pairing, expected",
    [
        pytest.param([0], [1], "nearest", {1: 101}, id="a detail after its event"),
        pytest.param([5], [1], "nearest", {1: 101}, id="a detail before its event"),
        pytest.param([0], [0], "nearest", {1: 101}, id="both at one time"),
        pytest.param([0], [10], "nearest", {1: 101}, id="exactly within"),
        pytest.param([0], [11], "nearest", {1: None}, id="just too late"),
        pytest.param([0, 8], [9], "nearest", {1: None, 2: 101}, id="the latest before it"),
        pytest.param([0, 8], [9], "in_order", {1: 101, 2: None}, id="the first in order"),
        pytest.param([0, 8], [3], "nearest", {1: 101, 2: None}, id="before wins over after"),
        pytest.param([0, 4], [5, 6], "nearest", {1: 102, 2: 101}, id="one to one, in turn"),
        pytest.param([0, 4], [5, 6], "in_order", {1: 101, 2: 102}, id="one to one, in order"),
        pytest.param([0], [1, 2], "nearest", {1: 101}, id="a second detail finds nothing"),
    ],
)
def test_the_rules_by_example(
    events: list[int], details: list[int], pairing: Pairing, expected: dict[int, Any]
) -> None:
    changes = pair(
        halves(*events, first_key=1),
        halves(*details, first_key=101),
        within_us=WITHIN,
        pairing=pairing,
    )
    assert {key: changes.events.get(key, (None, False))[0] for key in expected} == expected


def test_a_later_half_takes_a_detail_back() -> None:
    """A better candidate that comes late heals what was paired before."""
    memory = Memory("nearest")
    memory.arrive(halves(0, first_key=1), halves(6, first_key=101))
    assert memory.pairs() == {1: (101, False)}
    memory.arrive(halves(5, first_key=2), [])
    assert memory.pairs() == {1: (None, False), 2: (101, True)}


def test_a_key_that_never_ends_is_looked_at_by_windows() -> None:
    """The cost of a batch does not grow with the history of its key."""
    loaded: list[int] = []
    memory = Memory("nearest")
    for number in range(200):
        since, _ = window(number * WITHIN, WITHIN)
        loaded.append(sum(one.time_us >= since for one in memory.events.values()))
        memory.arrive(
            [Half(number * WITHIN, "s", 2 * number, 2 * number)],
            [Half(number * WITHIN + 1, "s", 2 * number + 1, 2 * number + 1)],
        )
    assert max(loaded) <= 5
    assert all(partner is not None for partner, _ in memory.pairs().values())
