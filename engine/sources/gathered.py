"""The bytes of a record that is being read, in bounded memory."""

from __future__ import annotations

import hashlib
from typing import Final

from engine.model import Oversize

BEGINNING_BYTES: Final = 4096
"""What is kept of a record beyond the limit, beside its length and digest."""


class Gathered:
    """The bytes of the record that is being read: whole up to the limit, beyond it only the
    beginning, the length and a running digest.

    The last byte is kept out of the digest, for it may turn out to be half of a line's end.
    """

    def __init__(self, record_bytes_max: int) -> None:
        self._max = record_bytes_max
        self._kept = bytearray()
        self._digest = hashlib.sha256()
        self._last = b""
        self.length = 0

    def add(self, data: bytes) -> None:
        """More of it."""
        if not data:
            return
        if self._last:
            self._digest.update(self._last)
            self._digest.update(data[:-1])
            self._last = data[-1:]
        else:
            self._kept += data
            if len(self._kept) > self._max + 1:
                self._digest.update(self._kept[:-1])
                self._last = bytes(self._kept[-1:])
                del self._kept[BEGINNING_BYTES:]
        self.length += len(data)

    def take(self, *, drop_return: bool = False) -> tuple[bytes, Oversize | None]:
        """The value, and what is kept of one beyond the limit; then begin anew.
        ``drop_return`` leaves out a carriage return at its end."""
        length, value, last = self.length, bytes(self._kept), self._last or bytes(self._kept[-1:])
        if drop_return and last == b"\r":
            length, last = length - 1, b""
        oversize = None
        if length > self._max:
            if self._last:
                self._digest.update(last)
                digest = self._digest
            else:
                digest = hashlib.sha256(value[:length])
            value = value[: min(BEGINNING_BYTES, self._max)]
            oversize = Oversize(length, digest.digest())
        self._kept.clear()
        self._digest, self._last, self.length = hashlib.sha256(), b"", 0
        return value[:length], oversize
