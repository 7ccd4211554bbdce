"""What a typed field may hold, said once: the matcher reads a pattern as a regular expression,
the proofs read it as an automaton.

Patterns are regular and never accept the empty text. A field takes the longest run that its
pattern accepts, so a pattern is written such that the regular expression's first choice is the
longest one; a property test holds the two readings together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set, given as in a regular expression's brackets: ``0-9A-Fa-f``."""

    members: str

    def __contains__(self, char: str) -> bool:
        return char in _members(self.members)


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """Any one of them; the longer ones first."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """At least ``least`` times, at most ``most`` (None: without an end)."""

    part: Pattern
    least: int
    most: int | None


Pattern = Chars | Seq | Alt | Repeat


def regex(pattern: Pattern) -> str:
    """The pattern as a regular expression without capturing groups."""
    if isinstance(pattern, Chars):
        is_one = len(pattern.members) == 1
        return re.escape(pattern.members) if is_one else f"[{pattern.members}]"
    if isinstance(pattern, Seq):
        return "".join(map(regex, pattern.parts))
    if isinstance(pattern, Alt):
        return "(?:" + "|".join(map(regex, pattern.parts)) + ")"
    inner = regex(pattern.part)
    if not isinstance(pattern.part, Chars | Alt):
        inner = f"(?:{inner})"
    return inner + _count(pattern.least, pattern.most)


def _count(least: int, most: int | None) -> str:
    if (least, most) == (0, 1):
        return "?"
    if most is None:
        return {0: "*", 1: "+"}.get(least, f"{{{least},}}")
    return f"{{{least}}}" if least == most else f"{{{least},{most}}}"


@cache
def _members(written: str) -> frozenset[str]:
    found: set[str] = set()
    at = 0
    while at < len(written):
        if written[at + 1 : at + 2] == "-" and at + 2 < len(written):
            found |= {chr(code) for code in range(ord(written[at]), ord(written[at + 2]) + 1)}
            at += 3
        else:
            found.add(written[at])
            at += 1
    return frozenset(found)


# --- the types of a template's fields ---------------------------------------------------------


def _one(char: str) -> Chars:
    return Chars(char)


def _some(part: Pattern, least: int = 1, most: int | None = None) -> Repeat:
    return Repeat(part, least, most)


def _maybe(*parts: Pattern) -> Repeat:
    return Repeat(parts[0] if len(parts) == 1 else Seq(parts), 0, 1)


def _exactly(part: Pattern, times: int) -> Repeat:
    return Repeat(part, times, times)


_DIGIT: Final = Chars("0-9")
_HEX: Final = Chars("0-9A-Fa-f")
_TWO_DIGITS: Final = _exactly(_DIGIT, 2)

_OCTET: Final = Alt(
    (
        Seq((_one("2"), _one("5"), Chars("0-5"))),
        Seq((_one("2"), Chars("0-4"), _DIGIT)),
        Seq((_one("1"), _DIGIT, _DIGIT)),
        Seq((_maybe(Chars("1-9")), _DIGIT)),
    )
)
_IPV4: Final = Seq((_OCTET, _exactly(Seq((_one("."), _OCTET)), 3)))
_GROUP: Final = _some(_HEX, 1, 4)
_COLON_GROUP: Final = Seq((_one(":"), _GROUP))
_GROUP_COLON: Final = Seq((_GROUP, _one(":")))
_COLONS: Final = Seq((_one(":"), _one(":")))
_IPV6: Final = Alt(
    (
        Seq(
            (
                _maybe(_GROUP, _some(_COLON_GROUP, 0, 5)),
                _COLONS,
                _some(_GROUP_COLON, 0, 5),
                _IPV4,
            )
        ),
        Seq((_GROUP, _exactly(_COLON_GROUP, 7))),
        Seq(
            (
                _maybe(_GROUP, _some(_COLON_GROUP, 0, 6)),
                _COLONS,
                _maybe(_GROUP, _some(_COLON_GROUP, 0, 6)),
            )
        ),
    )
)
_ZONE: Final = Alt(
    (
        _one("Z"),
        Seq((Chars("+-"), _TWO_DIGITS, _maybe(_maybe(_one(":")), _TWO_DIGITS))),
    )
)
_ISO: Final = Seq(
    (
        Seq((_exactly(_DIGIT, 4), _one("-"), _TWO_DIGITS, _one("-"), _TWO_DIGITS)),
        Chars("T "),
        Seq((_TWO_DIGITS, _one(":"), _TWO_DIGITS)),
        _maybe(_one(":"), _TWO_DIGITS, _maybe(Chars(".,"), _some(_DIGIT, 1, 9))),
        _maybe(_ZONE),
    )
)

TYPES: Final[Mapping[str, Pattern]] = {
    "word": _some(Chars("A-Za-z0-9_")),
    "digits": _some(_DIGIT),
    "number": Seq((_maybe(_one("-")), _some(_DIGIT), _maybe(_one("."), _some(_DIGIT)))),
    "hex": _some(_HEX),
    "uuid": Seq(
        (
            _exactly(_HEX, 8),
            _exactly(Seq((_one("-"), _exactly(_HEX, 4))), 3),
            _one("-"),
            _exactly(_HEX, 12),
        )
    ),
    "ip": Alt((_IPV6, _IPV4)),
    "iso": _ISO,
}
"""What a field of each type may be (``engine.model.FIELD_TYPES``). ``iso`` is extended ISO 8601,
to the nanosecond, zone optional."""
