"""Columns that wait: what is taken is what was added, in order, whatever the pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.model import Oversize, Record, Records
from engine.sources.read_ahead import ReadAhead, take

CUT = Oversize(99, b"digest")
SIZES = st.lists(st.integers(0, 5), max_size=8)


def records_of(flags: list[bool]) -> list[Record]:
    """Records with a gap between each two; those that are flagged were cut."""
    return [
        Record("s", 3 * n, 3 * n + 2, b"%d" % n, None, CUT if is_cut else None)
        for n, is_cut in enumerate(flags)
    ]


@given(flags=st.lists(st.booleans(), max_size=20), added=SIZES, taken=SIZES)
def test_what_is_taken_is_what_was_added(
    flags: list[bool], added: list[int], taken: list[int]
) -> None:
    ones = records_of(flags)
    waiting, found, at = ReadAhead("s"), list[Record](), 0
    for more, count in zip([*added, len(ones)], [*taken, *[2] * len(added)], strict=False):
        waiting.add(Records.of(ones[at : at + more], "s"))
        at = min(at + more, len(ones))
        records = waiting.take(count)
        assert len(records) <= count
        assert records.stream == "s"
        found += records
    waiting.add(Records.of(ones[at:], "s"))
    assert [*found, *waiting.take(len(ones))] == ones
    assert not waiting


@given(flags=st.lists(st.booleans(), max_size=12), count=st.integers(0, 12), offset=st.integers(0))
def test_what_is_put_back_comes_first(flags: list[bool], count: int, offset: int) -> None:
    ones = records_of(flags)
    waiting = ReadAhead("s")
    waiting.add(Records.of(ones, "s"))
    handed = waiting.take(count)
    waiting.put_back(handed, offset)
    again = [one for one in ones[:count] if one.offset >= offset]
    assert [*waiting.take(20)] == [*again, *ones[count:]]


def test_how_far_the_stream_is_read() -> None:
    waiting = ReadAhead("s")
    waiting.add(Records.of(records_of([False] * 3), "s"))
    assert [take(waiting, count, 50, 1)[1] for count in (0, 2, 1, 0)] == [1, 5, 50, 50]
