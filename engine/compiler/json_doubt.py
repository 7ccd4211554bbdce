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
_encode: Final = msgspec.json.encode
_decode: Final = msgspec.json.decode


def decoded(text: str) -> dict[str, object] | None:
    """The object that ``text`` is, if nothing in it needs a closer look: each key once, numbers
    that 64 bits hold, no deep nesting, no NUL. None otherwise, and for what is no JSON object."""
    if text.count("{") + text.count("[") > DEPTH_MAX or NUL in text:
        return None
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(found, dict) or _quotes(text) != _quotes(_encode(found).decode()):
        return None
    return None if _LONG_NUMBER.search(text) else found


def is_unambiguous(text: str) -> bool:
    """Whether ``text`` is a JSON object in which nothing needs a closer look."""
    return decoded(text) is not None


def _quotes(text: str) -> int:
    """The quotes around its keys and texts: all but those that are escaped."""
    count = text.count('"')
    return count - text.replace("\\\\", "").count('\\"') if "\\" in text else count
