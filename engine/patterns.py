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
    """One character of a set, given as in a regular expression's brackets: ``0-9A-Fa-f``, or,
    ``negated``, any other character. ``-`` itself stands first or last; nothing is escaped."""

    members: str
    negated: bool = False

    def __contains__(self, char: str) -> bool:
        return (char in _members(self.members)) != self.negated


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


def regex(pattern: Pattern, *, is_possessive: bool = False) -> str:
    """The pattern as a regular expression without capturing groups; ``is_possessive``: whose
    repetitions give back nothing of what they took."""
    if isinstance(pattern, Chars):
        return _brackets(pattern)
    if isinstance(pattern, Seq | Alt):
        parts = (regex(part, is_possessive=is_possessive) for part in pattern.parts)
        return "".join(parts) if isinstance(pattern, Seq) else f"(?:{'|'.join(parts)})"
    inner = regex(pattern.part, is_possessive=is_possessive)
    if is_possessive and not isinstance(pattern.part, Chars):
        # Up to 3.11.4 a group that fails in a possessive repetition keeps what it had read
        # (python/cpython#106052), but not an atomic group.
        inner = f"(?>{inner})"
    elif not isinstance(pattern.part, Chars | Alt):
        inner = f"(?:{inner})"
    return inner + _count(pattern.least, pattern.most) + ("+" if is_possessive else "")


def literal(text: str) -> Seq:
    """The pattern of one text."""
    return Seq(tuple(map(Chars, text)))


def may_be_empty(pattern: Pattern) -> bool:
    """Whether the empty text fits."""
    if isinstance(pattern, Chars):
        return False
    if isinstance(pattern, Repeat):
        return pattern.least == 0 or may_be_empty(pattern.part)
    every = all if isinstance(pattern, Seq) else any
    return every(map(may_be_empty, pattern.parts))


def members_of(chars: Chars) -> frozenset[str]:
    """The characters that are written between the brackets, negated or not."""
    return _members(chars.members)


def _brackets(chars: Chars) -> str:
    if len(chars.members) == 1 and not chars.negated:
        return re.escape(chars.members)
    if not chars.members:
        return r"[\s\S]" if chars.negated else r"[^\s\S]"
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", chars.members)
    return f"[{'^' if chars.negated else ''}{escaped}]"


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
_TWO_HEX: Final = _exactly(_HEX, 2)

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

_BLANKS: Final = " \t"
_SPACE: Final = _BLANKS + "\r\n\x0b\x0c"
_LABEL: Final = Seq((Chars("A-Za-z0-9_"), _some(Chars("A-Za-z0-9_-"), 0)))
_HOST: Final = Seq((_LABEL, _some(Seq((_one("."), _LABEL)), 0)))
_MAC: Final = Alt(
    tuple(Seq((_TWO_HEX, _exactly(Seq((_one(sign), _TWO_HEX)), 5))) for sign in (":", "-"))
)


def _quoted(sign: str) -> Pattern:
    plain = Chars(sign + "\\\n", negated=True)
    escape = Seq((_one("\\"), Chars("\n", negated=True)))
    return Seq((_one(sign), _some(Alt((plain, escape)), 0), _one(sign)))


def _between(opening: str, closing: str) -> Pattern:
    return Seq((_one(opening), _some(Chars("\n", negated=True), 0), _one(closing)))


TYPES: Final[Mapping[str, Pattern]] = {
    "word": _some(Chars("A-Za-z0-9_")),
    "name": _some(Chars("A-Za-z0-9_.$-")),
    "token": _some(Chars(_SPACE, negated=True)),
    "alpha": _some(Chars("A-Za-z")),
    "digits": _some(_DIGIT),
    "integer": Seq((_maybe(_one("-")), _some(_DIGIT))),
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
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "mac": _MAC,
    "host": _HOST,
    "address": Alt((_IPV6, _HOST)),
    "email": Seq((_some(Chars("A-Za-z0-9.!#$%&'*+/=?^_`{|}~-")), _one("@"), _HOST)),
    "path": Seq((_one("/"), _some(Chars(_SPACE + '"', negated=True), 0))),
    "quoted": Alt((_quoted('"'), _quoted("'"))),
    "json": Alt((_between("{", "}"), _between("[", "]"))),
    "spaces": _some(Chars(_BLANKS)),
    "rest": _some(Chars("", negated=True)),
    "iso": _ISO,
}
"""What a field of each built-in type may be. ``iso`` is extended ISO 8601, to the nanosecond, zone
optional; the other types of times are in ``engine.time_formats``."""
