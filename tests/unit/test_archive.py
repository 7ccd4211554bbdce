"""What was read comes out of the archive as it went in."""

from __future__ import annotations

from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Oversize, Record, Records
from engine.stores.archive import pack, unpack
from engine.stores.sqlite_keys import OFFSET_MAX

STREAM = "file:aa"

_offsets = st.integers(0, OFFSET_MAX)
_timestamps = st.none() | st.integers(-(2**62), 2**62)
_cuts = st.none() | st.builds(Oversize, st.integers(1, 2**63), st.binary(min_size=32, max_size=32))
records = st.builds(
    Record, st.just(STREAM), _offsets, _offsets, st.binary(max_size=50), _timestamps, _cuts
)


@given(st.lists(records, max_size=20))
@examples(200)
def test_packing_and_unpacking_give_the_same_records(packed: list[Record]) -> None:
    assert list(unpack(STREAM, pack(Records.of(packed)))) == packed


def test_logs_leave_a_small_part_of_their_size() -> None:
    line = b"2025-05-04T10:32:00 Some system: CHECKPOINT_%d - FAILURE (ID: def-%d)"
    lines = [Record(STREAM, n, n + 1, line % (n % 7, n)) for n in range(5000)]
    assert len(pack(Records.of(lines))) < sum(len(one.value) for one in lines) / 4
