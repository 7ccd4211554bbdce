"""The framing of archived records: raw values with their positions, compressed.

A frame is zlib over: the number of records (uint32), then for each its offset and next offset
(uint64), timestamp in microseconds (int64, the least value for none), length before the cut and
length of the value (uint64, uint32), then the SHA-256 of each cut record, then all values.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from engine.model import Oversize, Record, Records

_COUNT: Final = struct.Struct("<I")
_ENTRY: Final = struct.Struct("<QQqQI")
_NO_TIMESTAMP: Final = -(2**63)
_DIGEST_BYTES: Final = 32
_LEVEL: Final = 1
"""Logs repeat themselves; the fastest level already leaves a tenth."""


def pack(records: Records) -> bytes:
    """One frame of the records, in order."""
    entries = bytearray(_COUNT.pack(len(records)))
    digests = bytearray()
    for record in records:
        cut = record.oversize
        entries += _ENTRY.pack(
            record.offset,
            record.next_offset,
            _NO_TIMESTAMP if record.timestamp_us is None else record.timestamp_us,
            0 if cut is None else cut.length,
            len(record.value),
        )
        digests += b"" if cut is None else cut.sha256
    values = b"".join(record.value for record in records)
    return zlib.compress(bytes(entries + digests) + values, _LEVEL)


def unpack(stream: str, frame: bytes) -> Iterator[Record]:
    """The records of a frame, as they were read from ``stream``."""
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
