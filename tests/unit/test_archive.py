"""What was read comes out of the archive as it went in."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Oversize, Record, Records
from engine.stores.archive import pack, unpack
from engine.stores.sqlite_keys import OFFSET_MAX

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError
else:
    from backports.zstd import ZstdError

STREAM = "file:aa"

_offsets = st.integers(0, OFFSET_MAX)
_timestamps = st.none() | st.integers(-(2**62), 2**62)
_cuts = st.none() | st.builds(Oversize, st.integers(1, 2**63), st.binary(min_size=32, max_size=32))
records = st.builds(
    Record, st.just(STREAM), _offsets, _offsets, st.binary(max_size=50), _timestamps, _cuts
)


@st.composite
def rows_of_records(draw: st.DrawFn) -> list[Record]:
    """Records whose positions follow each other by a rule, but for one of them now and then."""
    values = draw(st.lists(st.binary(max_size=20) | st.just(b"") | st.just(b"a\nb"), max_size=8))
    is_file, offset = draw(st.booleans()), draw(st.integers(0, 1 << 40))
    timed = not is_file or draw(st.booleans())
    made = []
    for value in values:
        end = offset + 1 + (len(value) if is_file else 0) + draw(st.sampled_from([0] * 9 + [1]))
        made.append(Record(STREAM, offset, end, value, offset if timed else None, draw(_cuts)))
        offset = end + draw(st.sampled_from([0] * 9 + [1]))
    return made


@given(st.lists(records, max_size=20) | rows_of_records())
@examples(400)
def test_packing_and_unpacking_give_the_same_records(packed: list[Record]) -> None:
    assert list(unpack(STREAM, pack(Records.of(packed)))) == packed


@given(st.lists(records, max_size=20) | rows_of_records())
@examples(100)
def test_frames_of_earlier_versions_are_still_read(packed: list[Record]) -> None:
    assert list(unpack(STREAM, pack_before_version_3(packed))) == packed


def pack_before_version_3(packed: Sequence[Record]) -> bytes:
    """As stores of versions 1 and 2 have it."""
    table = struct.pack("<I", len(packed))
    for one in packed:
        time_us = -(2**63) if one.timestamp_us is None else one.timestamp_us
        length = 0 if one.oversize is None else one.oversize.length
        table += struct.pack("<QQqQI", one.offset, one.next_offset, time_us, length, len(one.value))
    table += b"".join(one.oversize.sha256 for one in packed if one.oversize is not None)
    return zlib.compress(table + b"".join(one.value for one in packed), 1)


def test_lines_of_a_file_leave_no_positions() -> None:
    lines = [Record(STREAM, n * 4, n * 4 + 4, b"%03d" % n) for n in range(1000)]
    without_rule = [Record(STREAM, n * 9, n * 9 + 4, b"%03d" % n) for n in range(1000)]
    assert len(pack(Records.of(lines))) < len(pack(Records.of(without_rule))) * 0.7


def test_a_frame_that_was_damaged_is_refused() -> None:
    frame = bytearray(pack(Records.of([Record(STREAM, 0, 9, b"checksum")])))
    frame[-6] ^= 1
    with pytest.raises(ZstdError):
        list(unpack(STREAM, bytes(frame)))


def test_logs_leave_a_small_part_of_their_size() -> None:
    line = b"2025-05-04T10:32:00 Some system: CHECKPOINT_%d - FAILURE (ID: def-%d)"
    lines = [Record(STREAM, n, n + 1, line % (n % 7, n)) for n in range(5000)]
    assert len(pack(Records.of(lines))) < sum(len(one.value) for one in lines) / 8
