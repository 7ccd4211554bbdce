"""Positions as integers: how a record's key packs them, the cheapest key there is."""

from __future__ import annotations

from typing import Final

import apsw

OFFSET_BITS: Final = 44
OFFSET_MAX: Final = (1 << OFFSET_BITS) - 1
"""The largest offset that fits: 17 TB of a file, 17 thousand milliards of messages."""

STREAM_ID_MAX: Final = (1 << 63 - OFFSET_BITS) - 1
"""The largest number of a stream: half a million partitions and files in one store."""


class Keys:
    """The numbers of streams, and keys made of them: ``stream_id << 44 | offset``."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._names: dict[int, str] = {}
        self.stream_ids: dict[str, int] = {}
        """Filled by the fence, which touches every stream of a batch."""

    def pack(self, stream: str, offset: int) -> int:
        """The key of a position in a stream of this batch."""
        return self.stream_ids[stream] << OFFSET_BITS | offset

    def position(self, key: int) -> tuple[str, int]:
        """The stream's name and the offset: what positions are ordered by."""
        stream_id = key >> OFFSET_BITS
        if stream_id not in self._names:
            self._names[stream_id] = self._connection.execute(
                "SELECT name FROM stream WHERE stream_id = ?", (stream_id,)
            ).get
        return self._names[stream_id], key & OFFSET_MAX
