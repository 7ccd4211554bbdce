"""Whether a JSON text has one reading, told by a fast decoder that would not say so itself.

The decoder takes the last of two equal keys. Every key and every text of a value stands between two
quotes, so a text has as many of them as what was decoded has when it is written again, unless a
value was lost on the way.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from engine.json_text import DEPTH_MAX

NUL: Final = "\\u0000"
"""How JSON writes a character that no store can hold."""

_LONG_NUMBER: Final = re.compile(r"[0-9]{19}")
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


def decoded(text: str) -> dict[str, object] | None:
    """The object that ``text`` is, if nothing in it needs a closer look: each key once, numbers
    that 64 bits hold, no deep nesting, no NUL. None otherwise, and for what is no JSON object."""
    if NUL in text or _LONG_NUMBER.search(text):
        return None
    return _decoded_once(text)


def is_unambiguous(text: str) -> bool:
    """Whether ``text`` is a JSON object that names no key twice and does not nest deeply."""
    return _decoded_once(text) is not None


def _decoded_once(text: str) -> dict[str, object] | None:
    if text.count("{") + text.count("[") > DEPTH_MAX:
        return None
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(found, dict) or _quotes(text) != _quotes_written(_encode(found)):
        return None
    return found


def _quotes(text: str) -> int:
    """The quotes around its keys and texts: all but those that are escaped."""
    count = text.count('"')
    return count - text.replace("\\\\", "").count('\\"') if "\\" in text else count


def _quotes_written(text: bytes) -> int:
    """The same of what was written again."""
    count = text.count(b'"')
    return count - text.replace(b"\\\\", b"").count(b'\\"') if b"\\" in text else count
