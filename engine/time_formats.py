"""How a time may be written: formats by name (``iso``, ``clf``, …) and formats in the directives
of strftime, read as the C locale writes them.

A format lays down a pattern, so that a template's field can be a time and the proofs can compare
it. What the text then means is told by ``engine.conversions``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from engine.patterns import TYPES, Alt, Chars, Pattern, Repeat, Seq

NAMED_FORMATS: Final[Mapping[str, str | None]] = {
    "iso": None,
    "clf": "%d/%b/%Y:%H:%M:%S %z",
    "ctime": "%a %b %e %H:%M:%S %Y",
    "syslog": "%b %e %H:%M:%S",
    "epoch": None,
    "epoch_ms": None,
    "epoch_us": None,
    "epoch_ns": None,
}
"""The formats that have a name, with what they stand for; None for a shape of its own. ``epoch``
counts seconds since 1970 UTC, with a fraction of up to 9 digits or without; ``epoch_ms``,
``epoch_us`` and ``epoch_ns`` count thousandths, millionths and billionths of a second."""

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""What ``%B`` reads; ``%b`` reads the first three letters."""

WEEKDAYS: Final = (*("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),)
"""What ``%A`` reads; ``%a`` reads the first three letters."""


class TimeFormatError(ValueError):
    """Text that is no time format. ``offset`` is where in the format the trouble is."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class FormatPart(NamedTuple):
    """One directive of a format, or, with ``directive`` empty, one character that stands for
    itself. ``offset`` is where the format says it."""

    directive: str
    pattern: Pattern
    offset: int
    is_unpadded: bool = False
    """``%-d``: one digit where two are not needed."""

    @property
    def is_loose(self) -> bool:
        """Whether it may read fewer digits or more."""
        return self.is_unpadded or (self.directive != "" and self.directive in _LOOSE)


# --- what each directive reads, and what it tells ---------------------------------------------


def _digits(least: int, most: int | None) -> Pattern:
    return Repeat(_DIGIT, least, most)


def _words(words: tuple[str, ...]) -> Pattern:
    # No word is the beginning of another, so their order does not matter.
    return Alt(tuple(Seq(tuple(map(Chars, word))) for word in words))


_DIGIT: Final = Chars("0-9")
_TWO: Final = _digits(2, 2)
_PADDED: Final = Alt((Seq((Chars(" 0-9"), _DIGIT)), _DIGIT))
_MINUTES: Final = Repeat(Seq((Repeat(Chars(":"), 0, 1), _TWO)), 0, 1)
_OFFSET: Final = Alt((Chars("Z"), Seq((Chars("+-"), _TWO, _MINUTES))))

_READS: Final[Mapping[str, Pattern]] = {
    "Y": _digits(4, 4),
    "y": _TWO,
    "m": _TWO,
    "b": _words(tuple(month[:3] for month in MONTHS)),
    "B": _words(MONTHS),
    "d": _TWO,
    "e": _PADDED,
    "j": _digits(3, 3),
    "a": _words(tuple(day[:3] for day in WEEKDAYS)),
    "A": _words(WEEKDAYS),
    "H": _TWO,
    "k": _PADDED,
    "I": _TWO,
    "l": _PADDED,
    "p": _words(("AM", "PM", "am", "pm")),
    "M": _TWO,
    "S": _TWO,
    "f": _digits(1, 9),
    "L": _digits(3, 3),
    "z": _OFFSET,
    "Z": Repeat(Chars("A-Za-z"), 1, 5),
    "s": _digits(1, None),
}
_STANDS_FOR: Final[Mapping[str, str]] = {"T": "%H:%M:%S", "F": "%Y-%m-%d"}

_TELLS: Final[Mapping[str, str]] = {
    **dict.fromkeys("Yy", "year"),
    **dict.fromkeys("mbB", "month"),
    **dict.fromkeys("de", "day"),
    "j": "day of the year",
    **dict.fromkeys("aA", "weekday"),
    **dict.fromkeys("HkIl", "hour"),
    "p": "half of the day",
    "M": "minute",
    "S": "second",
    **dict.fromkeys("fL", "fraction"),
    "z": "offset",
    "Z": "zone",
    "s": "epoch",
}
_NEEDS: Final[Mapping[str, str]] = {
    **dict.fromkeys("de", "mbB"),
    **dict.fromkeys("Il", "p"),
    "p": "Il",
    "M": "HkIl",
    "S": "M",
    **dict.fromkeys("fL", "Ss"),
}
"""Directives that say nothing without one of these."""

_EXCLUDES: Final[Mapping[str, str]] = {"j": "mbBde", "s": "YymbBdejHkIlpMS"}
"""Directives that already tell what these tell. (The zone beside ``%s`` is read and not used.)"""

_OPEN: Final = "eklfsz"
"""May read fewer digits or more, so what follows at once must not be such a one again."""

_LOOSE: Final = "eklfs"
_DIGITS_ONLY: Final = "YymdjHIMSL" + _LOOSE
_UNPADDED: Final = tuple("mdHIMS")
"""Directives that ``%-`` makes one digit or two."""

_DATES: Final = "dejs"

_EPOCHS: Final[Mapping[str, Pattern]] = {
    "epoch": Seq((_digits(1, None), Repeat(Seq((Chars("."), _digits(1, 9))), 0, 1))),
    **dict.fromkeys(("epoch_ms", "epoch_us", "epoch_ns"), _digits(1, None)),
}


# --- formats ----------------------------------------------------------------------------------


@cache
def pattern_of(time_format: str) -> Pattern:
    """What a time of this format may be: a name of ``NAMED_FORMATS`` or a format in directives.

    Raises TimeFormatError, as ``parts_of`` does.
    """
    if time_format == "iso":
        return TYPES["iso"]
    if time_format in _EPOCHS:
        return _EPOCHS[time_format]
    return Seq(tuple(part.pattern for part in parts_of(time_format)))


@cache
def parts_of(time_format: str) -> tuple[FormatPart, ...]:
    """What a format is made of, from left to right; the names with a shape of their own have no
    parts.

    Raises TimeFormatError for a directive that there is not, for two that say the same, for one
    that says nothing without another, and for numbers whose ends cannot be told.
    """
    written = NAMED_FORMATS.get(time_format, time_format)
    if written is None:
        return ()
    if "%" not in written:
        names = ", ".join(NAMED_FORMATS)
        raise TimeFormatError(f"is neither a format in %-directives nor one of {names}", 0)
    parts = tuple(_read(written))
    _check_doubled(parts)
    _check_complete(parts)
    _check_ends(parts)
    return parts


def has_date(time_format: str) -> bool:
    """Whether a time of this format tells a day: without one it is a time of day, which can be
    captured and is no timestamp. Raises TimeFormatError."""
    parts = parts_of(time_format)
    return not parts or not {part.directive for part in parts}.isdisjoint(_DATES)


def has_year(time_format: str) -> bool:
    """Whether a time of this format tells its year. Raises TimeFormatError."""
    parts = parts_of(time_format)
    return not parts or any(part.directive in ("Y", "y", "s") for part in parts)


def _read(written: str) -> Iterator[FormatPart]:
    at = 0
    while at < len(written):
        char, after = written[at], written[at + 1 : at + 2]
        if char != "%" or after == "%":
            yield FormatPart("", Chars(char), at)
        elif after in _STANDS_FOR:
            yield from (part._replace(offset=at) for part in _read(_STANDS_FOR[after]))
        elif after in _READS:
            yield FormatPart(after, _READS[after], at)
        elif after == "-" and written[at + 2 : at + 3] in _UNPADDED:
            yield FormatPart(written[at + 2], _digits(1, 2), at, is_unpadded=True)
            at += 1
        else:
            known = " ".join(f"%{one}" for one in (*_READS, *_STANDS_FOR, "-d", "%"))
            raise TimeFormatError(f"has no directive %{after}; there are {known}", at)
        at += 2 if char == "%" else 1


def _check_doubled(parts: tuple[FormatPart, ...]) -> None:
    told: dict[str, str] = {}
    for part in parts:
        if not part.directive:
            continue
        meaning = _TELLS[part.directive]
        if meaning in told:
            raise TimeFormatError(
                f"tells the {meaning} twice, by %{told[meaning]} and %{part.directive}",
                part.offset,
            )
        told[meaning] = part.directive
    for part in parts:
        for other in told.values():
            if other in _EXCLUDES.get(part.directive, ""):
                raise TimeFormatError(
                    f"has %{part.directive}, which tells what %{other} tells too", part.offset
                )


def _check_complete(parts: tuple[FormatPart, ...]) -> None:
    given = {part.directive for part in parts}
    for part in parts:
        needed = _NEEDS.get(part.directive)
        if needed is not None and given.isdisjoint(needed):
            choice = " or ".join(f"%{one}" for one in needed)
            raise TimeFormatError(
                f"has %{part.directive}, which needs {choice} beside it", part.offset
            )


def _check_ends(parts: tuple[FormatPart, ...]) -> None:
    before = ""
    for part in parts:
        if before and part.is_loose:
            raise TimeFormatError(
                f"does not tell where %{before} ends and %{part.directive} begins; "
                "something else than digits must stand between them",
                part.offset,
            )
        if part.is_unpadded or (part.directive and part.directive in _OPEN):
            before = part.directive
        elif not _is_digits(part):
            before = ""


def _is_digits(part: FormatPart) -> bool:
    if part.directive:
        return part.directive in _DIGITS_ONLY
    return isinstance(part.pattern, Chars) and part.pattern.members in "0123456789"
