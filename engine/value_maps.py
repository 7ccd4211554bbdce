"""What a spec's map makes of a text."""

from __future__ import annotations

import re
from typing import Final

from engine.model import ValueMap

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")


class NoEntry(LookupError):
    """A text that a map does not have; it must not be guessed."""


def look_up(values: ValueMap, text: str) -> str | None:
    """What ``text`` becomes; None where the map says that it is no value. Raises NoEntry."""
    exact = values.exact
    if text in exact:
        return exact[text]
    if values.ranges and _WHOLE_NUMBER.fullmatch(text):
        number = int(text)
        for first, last, becomes in values.ranges:
            if first <= number <= last:
                return becomes
    for glob, becomes in values.globs:
        if is_like(glob, text):
            return becomes
    if not values.has_otherwise:
        raise NoEntry(text)
    return values.otherwise


def is_like(glob: str, text: str) -> bool:
    """Whether ``text`` is ``glob`` with any text for each ``*``. The pieces between the stars are
    sought from left to right, each at the first place where it stands, so no place is tried
    twice."""
    first, *pieces = glob.split("*")
    if not pieces:
        return text == glob
    last = pieces.pop()
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in pieces:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
