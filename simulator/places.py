"""Places: where a value can stand in a record, and what fits there.

Written against the description of the field types and of how a template reads, not with the code
that reads: a record is rendered here and read there, and each side is the check of the other.
"""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from random import Random
from typing import Final

from engine.model import Csv, FieldPart, FieldType, GroupPart, KeyValues, LiteralPart, RegexPart
from simulator.forms import can_hold
from simulator.sampling import fits, longest, sample
from simulator.taking_apart import PLAIN_TYPES, After, allowed, named_groups, reads_as_branch
from simulator.times import formatted_times
from simulator.values import FORMS

_FILLERS: Final = ("worker-7", "GET /orders/7?page=2", "10.0.0.7", "main", "x", "7", "Q")
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "alpha": ("INFO", "main"),
    "integer": ("-17", "0", "204"),
    "ipv4": ("10.0.0.7", "192.0.2.44"),
    "ipv6": ("2001:db8::7", "::1"),
    "mac": ("00:1b:44:11:3a:b7",),
    "host": ("node-7", "api.example.com"),
    "email": ("ops@example.com",),
    "path": ("/var/log/app.log", "/orders/7?page=2"),
    "name": ("com.example.Orders$Worker", "http-nio-8080"),
    "quoted": ("GET /orders/7 HTTP/1.1", 'it\'s "late"', "C:\\orders"),
    "json": ('{"took": 3.5, "tags": ["x"]}', "[]"),
    "spaces": (" ", "  ", "   "),
    "token": ("worker-7", "v1.2"),
    "rest": ("GET /orders/7?page=2", "main"),
}
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
_SAMPLES: Final = 6


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A record text that a regular expression takes, into which other values are put."""

    part: RegexPart
    text: str

    def with_value(self, name: str, value: str) -> Skeleton | None:
        """The same with another value for a named group; None where that cannot be."""
        found = re.fullmatch(self.part.source, self.text)
        if found is None or found.start(name) < 0:
            return None
        text = self.text[: found.start(name)] + value + self.text[found.end(name) :]
        now = named_groups(self.part, text)
        return Skeleton(self.part, text) if now is not None and now.get(name) == value else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands. ``follower`` is the text after it, ``""`` at the record's end or where
    something else comes next; ``after`` is all that may come next, where the text alone does not
    tell. ``opens`` tells that nothing but blanks stands before it, ``closes`` that the follower is
    the end of the record. A JSON value has no neighbours; one in a list (``form``) has those of
    the list; a ``group`` is what one of its branches reads; the group of a regular expression has
    the neighbours of the record kind's samples."""

    type: FieldType | None = None
    follower: str = ""
    opens: bool = False
    closes: bool = False
    in_json: bool = False
    may_be_empty: bool = False
    values: tuple[str, ...] = ()
    after: After | None = None
    form: KeyValues | Csv | None = None
    group: GroupPart | None = None
    skeletons: tuple[tuple[Skeleton, str], ...] = ()
    """Texts for a regular expression, each with the name of the group that is this place."""

    def carries(self, text: str) -> bool:
        """Whether a reader gets exactly ``text`` back from this place."""
        if not text or "\0" in text:
            return False
        if self.in_json:
            return True
        if self.form is not None:
            is_right = self.type is None or fits(self.type.pattern, text)
            return is_right and can_hold(self.form, text)
        if self.group is not None:
            return reads_as_branch(self.group, text)
        if self.skeletons:
            return any(one.with_value(name, text) is not None for one, name in self.skeletons)
        if self.values and text not in self.values:
            return False
        if self.type is not None:
            return self._is_of_type(text)
        if "\n" in text or not text.strip() or text.endswith("\r"):
            return False
        if self.opens and text.lstrip().startswith("{"):
            return False  # the record would be taken for JSON
        return self._ends_here(text)

    def written(self, text: str, rng: Random) -> str:
        """How the record has the value."""
        if self.type is None or self.type.value == "plain" or not text:
            return text
        sign = rng.choice("\"'") if '"' in text or rng.random() < 0.2 else '"'
        escaped = text.replace("\\", "\\\\").replace(sign, "\\" + sign)
        return f"{sign}{escaped}{sign}"

    def _ends_here(self, text: str) -> bool:
        if self.after is None:
            return not self.follower or (text + self.follower).find(self.follower) == len(text)
        whole = text + self.follower
        return not any(self.after.begins(whole, at) for at in range(len(text)))

    def _is_of_type(self, text: str) -> bool:
        assert self.type is not None
        if self.type.name in PLAIN_TYPES:
            return _is_of_shape(self.type.name, text) and not self._runs_on(text)
        if "\n" in text or text.endswith("\r") or (self.opens and text.lstrip().startswith("{")):
            return False
        if self.type.value == "quoted":
            return True
        whole = text + self.follower
        return fits(self.type.pattern, text) and longest(self.type.pattern, whole, 0) == len(text)

    def _runs_on(self, text: str) -> bool:
        """Whether a field of this type might take more than ``text`` of what comes next."""
        after = self.follower[:1]
        if not after:
            return False
        name = "" if self.type is None else self.type.name
        if name == "number" and after == ".":
            beyond = self.follower[1:2] or ("" if self.closes else "0")  # a field may be a digit
            return "." not in text and beyond.isdecimal()
        if name == "iso":
            has_zone = text.endswith("Z") or re.search("[+-][0-9]{2}:?[0-9]{2}$", text[11:])
            return not has_zone and after in _ZONELESS_TAIL
        is_ipv6 = name == "ip" and ":" in text
        return after in (string.hexdigits + ":." if is_ipv6 else _CONTINUING.get(name, ""))

    def laid_down(self) -> tuple[str, ...]:
        """The texts that the spec itself leaves for this place; none where it leaves any text."""
        if self.group is None:
            return self.values
        found = []
        for branch in allowed(self.group):
            if len(branch) != 1 or not isinstance(branch[0], LiteralPart):
                return ()
            found.append(branch[0].text)
        return tuple(found)


def _is_of_shape(name: str, text: str) -> bool:
    if name != "ip":
        return _SHAPES[name].fullmatch(text) is not None
    try:
        return "%" not in str(ipaddress.ip_address(text))
    except ValueError:
        return False


def filler(place: Place, rng: Random) -> str | None:
    """Some text that fits the place; None where none was found."""
    return next((text for text in _some(place, rng) if place.carries(text)), None)


def _branch_text(group: GroupPart, rng: Random) -> str:
    """What a branch may have read."""
    pieces = []
    for part in rng.choice(allowed(group)):
        if isinstance(part, LiteralPart):
            pieces.append(part.text)
        elif isinstance(part, GroupPart):
            pieces.append(_branch_text(part, rng))
        elif isinstance(part, FieldPart):
            place = Place(type=part.type, may_be_empty=part.may_be_empty, values=part.values)
            pieces.append(place.written(filler(place, rng) or "", rng))
    return "".join(pieces)


def _some(place: Place, rng: Random) -> Iterator[str]:
    type_ = place.type
    if place.laid_down():
        yield from rng.sample(place.laid_down(), len(place.laid_down()))
    if type_ is not None and type_.name not in PLAIN_TYPES:
        usual = _USUAL.get(type_.name, ())
        yield from rng.sample(usual, len(usual))
        if type_.time_format is not None:
            us = rng.randrange(0, 4_102_444_800_000_000)
            yield from formatted_times(us, (type_.time_format,), UTC, rng)
        yield from (sample(type_.pattern, rng) for _ in range(_SAMPLES))
    if place.group is not None:
        yield from (_branch_text(place.group, rng) for _ in range(_SAMPLES))
        return
    number = rng.randrange(1, 100_000)
    texts = rng.sample(_FILLERS, len(_FILLERS)) if type_ is None else []
    texts += [make(number, rng) for make in FORMS.values()]
    yield from texts
    yield from string.ascii_letters
    yield from string.punctuation
