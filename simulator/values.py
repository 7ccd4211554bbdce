"""Values that records can hold: what fits a place in a record, and texts to put there.

Written against the description of the field types, not with the code that reads them: a record is
rendered here and read there, and each side is the check of the other.
"""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
IDENTIFIER_CHARS_MAX: Final = 1024

REASONS: Final = (
    "connection refused",
    "TIMEOUT",
    "quota of 5 exceeded",
    "upstream answered 503 - giving up after 3 attempts",
    "rolled back (ID: 42)",
    "rolled back (ID: 42) - will not be retried",
    'expected "}" but found "," at column 17',
    "clé refusée: «Größe» ≠ 数量 ✗",
    "C:\\orders\\new\\17.xml: it's locked",
    "100% of {slots} are taken; retry=false",
)
"""Why something failed. Some look like parts of records; a template carries those it can."""

_FILLERS: Final = ("worker-7", "GET /orders/7?page=2", "10.0.0.7", "main", "x", "7", "Q")
_CONTINUING: Final = {
    "word": string.ascii_letters + string.digits + "_",
    "digits": string.digits,
    "number": string.digits,
    "hex": string.hexdigits,
    "ip": string.digits,
}
"""The characters with which a value of a type could go on."""
_ZONELESS_TAIL: Final = frozenset("Z+-.,:" + string.digits)
_SHAPES: Final = {
    "word": re.compile("[A-Za-z0-9_]+"),
    "digits": re.compile("[0-9]+"),
    "number": re.compile("-?[0-9]+([.][0-9]+)?"),
    "hex": re.compile("[0-9A-Fa-f]+"),
    "uuid": re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    "iso": re.compile(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
        "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. ``follower`` is the literal after it, ``""`` at the record's end;
    ``opens`` tells that nothing but blanks stands before it, ``closes`` that the follower is the
    end of the record. A JSON value has no neighbours."""

    type: str | None = None
    follower: str = ""
    opens: bool = False
    closes: bool = False
    in_json: bool = False

    def carries(self, text: str) -> bool:
        """Whether a reader gets exactly ``text`` back from this place."""
        if not text or "\0" in text:
            return False
        if self.in_json:
            return True
        if self.type is not None:
            return _is_of_type(self.type, text) and not self._runs_on(text)
        if "\n" in text or not text.strip() or text.endswith("\r"):
            return False
        if self.opens and text.lstrip().startswith("{"):
            return False  # the record would be taken for JSON
        return not self.follower or (text + self.follower).find(self.follower) == len(text)

    def _runs_on(self, text: str) -> bool:
        """Whether a field of this type might take more than ``text`` of what comes next."""
        after = self.follower[:1]
        if not after:
            return False
        if self.type == "number" and after == ".":
            beyond = self.follower[1:2] or ("" if self.closes else "0")  # a field may be a digit
            return "." not in text and beyond.isdecimal()
        if self.type == "iso":
            has_zone = text.endswith("Z") or re.search("[+-][0-9]{2}:?[0-9]{2}$", text[11:])
            return not has_zone and after in _ZONELESS_TAIL
        is_ipv6 = self.type == "ip" and ":" in text
        return after in (
            string.hexdigits + ":." if is_ipv6 else _CONTINUING.get(self.type or "", "")
        )


def _is_of_type(name: str, text: str) -> bool:
    if name != "ip":
        return _SHAPES[name].fullmatch(text) is not None
    try:
        return "%" not in str(ipaddress.ip_address(text))
    except ValueError:
        return False


def filler(place: Place, rng: Random) -> str | None:
    """Some text that fits the place; None where none was found."""
    number = rng.randrange(1, 100_000)
    texts = rng.sample(_FILLERS, len(_FILLERS)) if place.type is None else []
    texts += [make(number, rng) for make in FORMS.values()]
    texts += [*string.ascii_letters, *string.punctuation]
    return next((text for text in texts if place.carries(text)), None)


# --- identifiers --------------------------------------------------------------------------------


def _letters(rng: Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=3))


FORMS: Final[Mapping[str, Callable[[int, Random], str]]] = {
    "plain": lambda number, rng: f"{_letters(rng)}-{number:03}",
    "word": lambda number, rng: f"{_letters(rng)}{number:03}",
    "hex": lambda number, rng: f"{rng.choice('abcdef')}{rng.getrandbits(12):03x}{number:04x}",
    "digits": lambda number, rng: f"{rng.randrange(1, 10)}{number:08}",
    "decimal": lambda number, _: f"{number}.5",
    "uuid": lambda number, rng: str(UUID(int=rng.getrandbits(96) << 32 | number)),
    "ip": lambda number, _: str(ipaddress.ip_address(0x0A000000 + number)),
    "iso": lambda number, _: f"{(EPOCH + timedelta(minutes=number)):%Y-%m-%dT%H:%M:%S}Z",
}
"""Identifiers made of a number: another number gives another one. The first that all systems of a
flow can carry is used, so that one identifier joins them."""


# --- times --------------------------------------------------------------------------------------


class Instant(NamedTuple):
    """A time as events show it, UTC in the precision of the source, and in µs since the epoch."""

    text: str
    us: int


def time_texts(us: int, zone: tzinfo, rng: Random) -> Iterator[str]:
    """Ways to write a time, the likelier ones first: mostly local time of the spec's zone to the
    millisecond, now and then another precision, offset, or decimal sign."""
    utc = EPOCH + timedelta(microseconds=us)
    local = utc.astimezone(zone)
    is_plain = local.replace(tzinfo=zone, fold=0).astimezone(UTC) == utc
    away = utc.astimezone(timezone(timedelta(minutes=rng.choice((-570, -60, 120, 330)))))
    offset = f"{away:%z}"
    fractions = [f".{us % 1_000_000 // 1000:03}", "", f",{us % 1_000_000:06}"]
    fractions.append(f".{us % 1_000_000:06}{rng.randrange(1000):03}")
    if rng.random() < 0.1:
        rng.shuffle(fractions)
    forms = [(local, "")] if is_plain else []
    forms += [(utc, "Z"), (away, f"{offset[:3]}:{offset[3:]}")]
    if rng.random() < 0.1:
        rng.shuffle(forms)
    for moment, tail in forms:
        for fraction in fractions:
            yield f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{tail}"


def read_time(text: str, zone: tzinfo) -> Instant | None:
    """What a written time means; None if it is none."""
    if not _is_of_type("iso", text):
        return None
    try:
        read = datetime.fromisoformat(text)
        utc = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    fraction = re.search("[.,]([0-9]+)", text)
    tail = f".{fraction[1]}Z" if fraction else "Z"
    return Instant(f"{utc:%Y-%m-%dT%H:%M:%S}{tail}", (utc - EPOCH) // timedelta(microseconds=1))
