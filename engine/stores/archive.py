"""The framing of archived records: raw values with their positions, compressed.

A frame is Zstandard over a header, columns and the values. What can be told from the values is not
written: of lines of a file only the first offset is, of consecutive messages too. Frames of earlier
versions are zlib over a table with an entry for each record, and are still read.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from engine.model import Oversize, Record, Records

if sys.version_info >= (3, 14):
    from compression.zstd import CompressionParameter, ZstdCompressor, decompress
else:
    from backports.zstd import CompressionParameter, ZstdCompressor, decompress

_MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""How every Zstandard frame begins."""
_COMPRESSOR: Final = ZstdCompressor(
    options={CompressionParameter.compression_level: 1, CompressionParameter.checksum_flag: 1}
)
"""Logs repeat themselves: the first level leaves a fourteenth, the next ones hardly less."""

_HEADER: Final = struct.Struct("<IBqI")
"""Number of records, form, first offset, number of cut records."""
_CUT: Final = struct.Struct("<IQ32s")
"""Which record, its length before the cut, the SHA-256 of the whole."""
_SEPARATED, _LINES, _NUMBERED, _TIMED = 1, 2, 4, 8
"""The forms, as bits. Values: separated by line breaks, which none of them has; else a column of
their lengths comes first. Positions: each begins one byte behind the one before it, as lines do; or
they are numbered one by one; else two columns. Timed: a column of timestamps."""
_BREAK: Final = b"\n"
_NO_TIMESTAMP: Final = -(2**63)


def pack(records: Records) -> bytes:
    """One frame of the records, in order."""
    values, offsets = records.values, records.offsets
    data = _BREAK.join(values)
    lengths = list(map(len, values))
    columns: list[bytes] = []
    form = 0
    positions_form = _positions_form(records, lengths)
    if positions_form:
        form |= positions_form
    else:
        columns += [_column("q", offsets), _column("q", records.next_offsets)]
    if values and data.count(_BREAK) == len(values) - 1:
        form |= _SEPARATED
    else:
        columns.append(_column("I", lengths))
        data = b"".join(values)
    if records.timestamps_us is not None:
        form |= _TIMED
        times = (_NO_TIMESTAMP if us is None else us for us in records.timestamps_us)
        columns.append(_column("q", times))
    cuts = (_CUT.pack(at, cut.length, cut.sha256) for at, cut in records.oversizes.items())
    header = _HEADER.pack(len(values), form, offsets[0] if values else 0, len(records.oversizes))
    frame = b"".join((header, *columns, *cuts, data))
    return _COMPRESSOR.compress(frame, ZstdCompressor.FLUSH_FRAME)


def _positions_form(records: Records, lengths: Sequence[int]) -> int:
    """The rule that gives all positions from the first; 0 where there is none."""
    if not lengths:
        return _LINES
    first, count = records.offsets[0], len(lengths)
    extent = records.next_offsets[-1] - first
    if extent == count:
        form, ends = _NUMBERED, list(range(first + 1, first + 1 + count))
    elif extent == sum(lengths) + count:
        form, ends = _LINES, list(accumulate((n + 1 for n in lengths), initial=first))[1:]
    else:
        return 0
    follow = ends == list(records.next_offsets) and ends[:-1] == list(records.offsets[1:])
    return form if follow else 0


def _column(code: str, numbers: Iterable[int]) -> bytes:
    column = array(code, numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def unpack(stream: str, frame: bytes) -> Iterator[Record]:
    """The records of a frame, as they were read from ``stream``."""
    if not frame.startswith(_MAGIC):
        return _unpack_table(stream, frame)
    return iter(_unpack_columns(stream, decompress(frame)))


def _unpack_columns(stream: str, data: bytes) -> Records:
    count, form, first, cut_count = _HEADER.unpack_from(data)
    at = _HEADER.size

    def column(code: str) -> list[int]:
        nonlocal at
        numbers = array(code)
        end = at + count * numbers.itemsize
        numbers.frombytes(data[at:end])
        at = end
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()

    positions = None if form & (_LINES | _NUMBERED) else (column("q"), column("q"))
    lengths = None if form & _SEPARATED else column("I")
    times = column("q") if form & _TIMED else None
    cuts = [_CUT.unpack_from(data, at + number * _CUT.size) for number in range(cut_count)]
    data = data[at + cut_count * _CUT.size :]
    if lengths is None:
        values = data.split(_BREAK)
        lengths = list(map(len, values))
    else:
        ends = list(accumulate(lengths))
        values = [data[end - size : end] for end, size in zip(ends, lengths, strict=True)]
    if positions is None:
        sizes = [1] * count if form & _NUMBERED else [length + 1 for length in lengths]
        begins = list(accumulate(sizes, initial=first))
        positions = begins[:-1], begins[1:]
    return Records(
        stream,
        values,
        *positions,
        None if times is None else [None if us == _NO_TIMESTAMP else us for us in times],
        {index: Oversize(length, digest) for index, length, digest in cuts},
    )


# --- frames of the stores before version 3 ----------------------------------------------------

_COUNT: Final = struct.Struct("<I")
_ENTRY: Final = struct.Struct("<QQqQI")
"""Offset, next offset, timestamp, length before the cut or 0, length of the value."""
_DIGEST_BYTES: Final = 32


def _unpack_table(stream: str, frame: bytes) -> Iterator[Record]:
    data = zlib.decompress(frame)
    (count,) = _COUNT.unpack_from(data)
    entries = [_ENTRY.unpack_from(data, _COUNT.size + i * _ENTRY.size) for i in range(count)]
    digest_at = _COUNT.size + count * _ENTRY.size
    value_at = digest_at + _DIGEST_BYTES * sum(1 for entry in entries if entry[3])
    for offset, next_offset, timestamp_us, full_length, length in entries:
        oversize = None
        if full_length:
            oversize = Oversize(full_length, data[digest_at : digest_at + _DIGEST_BYTES])
            digest_at += _DIGEST_BYTES
        yield Record(
            stream=stream,
            offset=offset,
            next_offset=next_offset,
            value=data[value_at : value_at + length],
            timestamp_us=None if timestamp_us == _NO_TIMESTAMP else timestamp_us,
            oversize=oversize,
        )
        value_at += length
