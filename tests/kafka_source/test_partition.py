"""What a partition takes of the runs that come, held against one record at a time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.kafka.partition import Partition, Run
from engine.ports import Progress

OFFSETS = st.lists(st.integers(0, 20), min_size=1, max_size=8)
RUNS = st.lists(OFFSETS | OFFSETS.map(sorted) | OFFSETS.map(lambda found: sorted(set(found))))


def partition(end: int | None, begin: int | None) -> Partition:
    progress = None if begin is None else Progress(begin, "")
    return Partition(0, "s", "", progress, end)


def run_of(offsets: list[int]) -> Run:
    return Run(
        0, offsets, [b"%d" % offset for offset in offsets], [offset * 1000 for offset in offsets]
    )


@given(runs=RUNS, end=st.none() | st.integers(0, 20), begin=st.none() | st.integers(0, 10))
def test_runs_and_single_records_are_the_same(
    runs: list[list[int]], end: int | None, begin: int | None
) -> None:
    part, single = partition(end, begin), partition(end, begin)
    for offsets in runs:
        taken = part.take(run_of(offsets))
        one_by_one = [value for offset in offsets for value in single.take(run_of([offset]))]
        assert taken == one_by_one
        assert (part.next_offset, part.at_end, part.done, part.waiting) == (
            single.next_offset,
            single.at_end,
            single.done,
            single.waiting,
        )


@given(
    runs=RUNS,
    end=st.none() | st.integers(0, 20),
    begin=st.integers(0, 10),
    counts=st.lists(st.integers(0, 6), max_size=8),
)
def test_each_offset_is_handed_over_once_with_what_belongs_to_it(
    runs: list[list[int]], end: int | None, begin: int, counts: list[int]
) -> None:
    part, expected = partition(end, begin), list[int]()
    for offset in (offset for offsets in runs for offset in offsets):
        if end is not None and offset >= end:
            break
        if offset >= (expected[-1] + 1 if expected else begin):
            expected.append(offset)
    for offsets in runs:
        part.take(run_of(offsets))
    found = list[int]()
    for count in (*counts, 200):
        advance = part.hand_over(count, "logs")
        assert len(advance.records) <= count
        for record in advance.records:
            assert record.next_offset == record.offset + 1
            assert record.value == b"%d" % record.offset
            assert record.timestamp_us == record.offset * 1000
            found.append(record.offset)
        if part.waiting:
            assert advance.next_offset == (found[-1] + 1 if found else begin)
    assert found == expected
    assert part.handed == part.next_offset


def test_what_another_has_stored_is_not_handed_over() -> None:
    part = partition(None, 0)
    part.take(run_of([0, 1, 4, 5]))
    part.stored(4)
    assert [record.offset for record in part.hand_over(10, "logs").records] == [4, 5]
    part.take(run_of([6, 7]))
    part.stored(20)
    assert (part.waiting, part.next_offset, part.has_more) == (0, 20, False)
