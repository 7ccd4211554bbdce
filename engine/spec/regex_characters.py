r"""Sets of characters in a regular expression, as RE2 reads them: ``\d``, ``[[:alpha:]]``,
``[^a-z]``, with ``(?i)`` for ASCII. A set is a list of ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.patterns import Chars

Ranges = tuple[tuple[int, int], ...]
"""Code points from one to another, both included; in order, with gaps between."""

_LAST: Final = 0x10FFFF
_ASCII_END: Final = 0x80
_MEMBERS_MAX: Final = 0x8000
"""How many characters a set may have before the proofs leave it alone."""

_ALSO: Final = {"k": 0x212A, "s": 0x017F}
"""Characters beyond ASCII that are another case of an ASCII letter: K for Kelvin, the long s."""


def _of(written: str) -> Ranges:
    """The set written as pairs: ``AZaz``."""
    pairs = zip(written[::2], written[1::2], strict=True)
    return tidy((ord(low), ord(high)) for low, high in pairs)


def tidy(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges in order, with gaps between."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def others(ranges: Ranges) -> Ranges:
    """All other characters."""
    found: list[tuple[int, int]] = []
    begin = 0
    for low, high in ranges:
        if begin < low:
            found.append((begin, low - 1))
        begin = high + 1
    return (*found, (begin, _LAST)) if begin <= _LAST else tuple(found)


ALL: Final[Ranges] = ((0, _LAST),)
NEW_LINE: Final[Ranges] = ((10, 10),)

PERL: Final[dict[str, Ranges]] = {
    "d": _of("09"),
    "s": _of("\t\n\f\r  "),
    "w": _of("09AZ__az"),
}
"""``\\d``, ``\\s``, ``\\w``; a capital letter is all others."""

POSIX: Final[dict[str, Ranges]] = {
    "alnum": _of("09AZaz"),
    "alpha": _of("AZaz"),
    "ascii": _of("\x00\x7f"),
    "blank": _of("\t\t  "),
    "cntrl": _of("\x00\x1f\x7f\x7f"),
    "digit": _of("09"),
    "graph": _of("!~"),
    "lower": _of("az"),
    "print": _of(" ~"),
    "punct": _of("!/:@[`{~"),
    "space": _of("\t\r  "),
    "upper": _of("AZ"),
    "word": _of("09AZ__az"),
    "xdigit": _of("09AFaf"),
}
"""``[:alpha:]`` and the like."""

ESCAPED: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
"""Letters that stand for a control character."""


def folded(ranges: Ranges) -> Ranges | None:
    """The set in both cases; None where that needs more than ASCII's letters."""
    if ranges and ranges[-1][1] >= _ASCII_END:
        return None
    found = list(ranges)
    for low, high in ranges:
        for code in range(low, high + 1):
            char = chr(code)
            if char.isalpha():
                found.append((ord(char.swapcase()),) * 2)
                also = _ALSO.get(char.lower())
                if also is not None:
                    found.append((also, also))
    return tidy(found)


def chars_of(ranges: Ranges) -> Chars | None:
    """The set as a pattern; None if it is too large to be written down."""
    negated = bool(ranges) and ranges[-1][1] == _LAST
    written = others(ranges) if negated else ranges
    if sum(high - low + 1 for low, high in written) > _MEMBERS_MAX:
        return None
    if any(_is_half(code) for pair in written for code in pair):
        return None
    return Chars(_members(written), negated)


def _is_half(code: int) -> bool:
    """Whether it is a surrogate, which no text has by itself."""
    return 0xD800 <= code <= 0xDFFF


def _members(ranges: Ranges) -> str:
    """As a pattern's brackets have it: ``-`` last, nothing escaped."""
    dash = ord("-")
    found, has_dash = "", False
    for low, high in ranges:
        parts = [(low, high)]
        if low <= dash <= high:
            has_dash = True
            parts = [(low, dash - 1), (dash + 1, high)]
        for begin, end in parts:
            if end - begin < 2:
                found += "".join(map(chr, range(begin, end + 1)))
            else:
                found += f"{chr(begin)}-{chr(end)}"
    return found + ("-" if has_dash else "")
