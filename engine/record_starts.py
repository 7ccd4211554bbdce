"""Where the records of a file begin, when they may have several lines (``first_line``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from engine.follows import ANYTHING, first_chars, follow_of
from engine.model import System, Template
from engine.templates import match_prefix

_ALL_BYTES: Final = frozenset(range(256))
_BEYOND_ASCII: Final = frozenset(range(0x80, 256))


def compile_record_starts(systems: Sequence[System]) -> Callable[[bytes], bool] | None:
    """What tells whether a line, given as bytes without its end, begins as the ``first_line`` of
    one of these systems says; None if none of them has one, and every line is a record. Its time
    is linear in the length of the line."""
    templates = [one.first_line for one in systems if one.first_line is not None]
    if not templates:
        return None
    first_bytes = [(one, _first_bytes(one)) for one in templates]
    by_byte = [[one for one, first in first_bytes if byte in first] for byte in range(256)]

    def begins_record(line: bytes) -> bool:
        if not line or not (candidates := by_byte[line[0]]):
            return False
        # Bytes that are no text must not hide where a record begins: they are told of later.
        text = line.decode(errors="replace")
        return any(match_prefix(template, text) for template in candidates)

    return begins_record


def _first_bytes(template: Template) -> frozenset[int]:
    """The bytes with which a line that begins like this can begin. Most lines that go on with a
    record are told by theirs, before they are decoded."""
    follow = follow_of(template.parts, ANYTHING)
    if follow.anything:
        return _ALL_BYTES
    chars = [one for start in follow.starts for one in first_chars(start)]
    ascii_ = (byte for byte in range(0x80) if any(chr(byte) in one for one in chars))
    return _BEYOND_ASCII.union(ascii_)
