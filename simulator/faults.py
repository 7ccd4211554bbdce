"""What goes wrong between a system and its reader: records lost, doubled, late, out of order, cut
off, and bytes that are no record at all.

A cut record and junk are made so that no spec can accept them: what is left of a record could mean
something else (a shorter reason), and the ledger must stay true. That a record is unusable is
told without reading it: a template needs its literals, in their order, and a JSON object its end.
"""

from __future__ import annotations

import heapq
import string
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from itertools import accumulate
from random import Random
from typing import Final

from engine.model import FieldPart, GroupPart, LiteralPart, Part, System, Template
from simulator.ledger import Emission

DELAY_RECORDS_MAX: Final = 200
"""How many records later a delayed record or a duplicate comes, at most."""

_NAMES: Final = ("drop", "duplicate", "delay", "truncate", None)
_CUTS_MAX: Final = 12
_JUNK_BYTES_MAX: Final = 120
_JUNK_LINES: Final = (
    b"\tat com.example.Worker.run(Worker.java:117)",
    b"Traceback (most recent call last):",
    b'{"level": "info", "message": "half a rec',
    b'{"a": 1} {"a": 2}',
    b"[1, 2, 3]",
    b"<14>1 2025-05-04T10:00:00Z host app - - - hello",
    b"-----BEGIN NOTHING-----",
    b"\xff\xfe\x00j\x00u\x00n\x00k",
    b"\x1b[31mred\x1b[0m",
    b"null",
)


class FaultError(ValueError):
    """A ``--faults`` text that cannot be: one line that says why."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often what goes wrong: shares of the records, and for ``reorder`` how many records one
    may overtake."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    truncate: float = 0.0
    junk: float = 0.0
    reorder: int = 0

    @classmethod
    def parse(cls, text: str) -> Faults:
        """From ``drop=0.01,reorder=20``, ``all``, ``none`` or ``all,drop=0``. Raises FaultError."""
        faults = cls()
        for item in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = item.partition("=")
            if not equals and name in {"all", "none"}:
                faults = ALL_FAULTS if name == "all" else cls()
                continue
            faults = cls(**{**asdict(faults), name: _amount(name, equals, value)})
        if faults.drop + faults.duplicate + faults.delay + faults.truncate > 1:
            raise FaultError("--faults: drop, duplicate, delay and truncate together exceed 1")
        return faults


ALL_FAULTS: Final = Faults(
    drop=0.01, duplicate=0.02, delay=0.01, truncate=0.005, junk=0.005, reorder=20
)


def _amount(name: str, equals: str, value: str) -> float | int:
    known = [one.name for one in fields(Faults)]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}, all, none"
        raise FaultError(f"--faults: unknown fault {name!r} ({hint})")
    if not equals:
        raise FaultError(f"--faults: {name} needs a number, like {name}=0.01")
    try:
        if name == "reorder":
            amount: float = int(value)
            is_possible = 0 <= amount <= 1_000_000
        else:
            amount = float(value)
            is_possible = 0 <= amount <= 1
    except ValueError:
        is_possible = False
    if not is_possible:
        wanted = "a number of records from 0" if name == "reorder" else "a share from 0 to 1"
        raise FaultError(f"--faults: {name} needs {wanted}, not {value!r}")
    return amount


def spoil(
    emissions: Iterator[Emission], faults: Faults, systems: Sequence[System], seed: int
) -> Iterator[Emission]:
    """The emissions as they are sent, faults and all. One record has one fault at most, beside
    being overtaken. A dropped record is given too, marked, for the ledger."""
    rng = Random(f"{seed}/faults")
    no_record = _NoRecord(systems)
    shares = [*accumulate((faults.drop, faults.duplicate, faults.delay, faults.truncate))]
    queue: list[tuple[float, int, Emission]] = []
    count = 0

    def put(index: int, emission: Emission, later: int) -> None:
        nonlocal count
        count += 1
        overtaken = rng.uniform(0, faults.reorder) if faults.reorder else 0.0
        heapq.heappush(queue, (index + later + overtaken, count, emission))

    for index, emission in enumerate(emissions):
        fault = _NAMES[bisect(shares, rng.random())]
        for spoilt, later in _with_fault(emission, fault, no_record, rng):
            put(index, spoilt, later)
        if rng.random() < faults.junk:
            put(index, no_record.junk(emission.sent_us, index, rng), 0)
        while queue and queue[0][0] <= index:
            yield heapq.heappop(queue)[-1]
    while queue:
        yield heapq.heappop(queue)[-1]


def _with_fault(
    emission: Emission, fault: str | None, no_record: _NoRecord, rng: Random
) -> Iterator[tuple[Emission, int]]:
    """The emissions that one becomes, each with how many records later it comes."""
    if fault == "truncate":
        cut = no_record.cut(emission.value, rng)
        if cut is None:
            yield emission, 0  # whatever is cut off, the rest might mean something
        else:
            yield replace(emission, fault=fault, value=cut, meaning=None), 0
    elif fault == "duplicate":
        yield replace(emission, fault=fault), 0
        yield replace(emission, fault=fault), rng.randint(1, DELAY_RECORDS_MAX)
    elif fault == "delay":
        yield replace(emission, fault=fault), rng.randint(1, DELAY_RECORDS_MAX)
    else:
        emission.fault = fault
        yield emission, 0


class _NoRecord:
    """Makes bytes that no record kind of any system can accept."""

    def __init__(self, systems: Sequence[System]) -> None:
        self._templates = [
            kind.template
            for system in systems
            for kind in system.kinds
            if kind.template is not None
        ]

    def cut(self, value: bytes, rng: Random) -> bytes | None:
        """The beginning of a record; None if none was found that is surely unusable."""
        for _ in range(_CUTS_MAX):
            if len(value) < 2:
                break
            part = value[: rng.randrange(1, len(value))]
            if part.strip() and not self._might_be_one(part, is_part=True):
                return part
        return None

    def junk(self, sent_us: int, index: int, rng: Random) -> Emission:
        """Something that is no record: a line of something else, or any bytes."""
        value = b"\xff"
        for _ in range(_CUTS_MAX):
            made = self._junk_bytes(rng)
            if made.strip() and not self._might_be_one(made, is_part=made in _JUNK_LINES):
                value = made
                break
        name = f"junk.{index + 1}"
        return Emission(name, None, sent_us, name.encode(), value, None, fault="junk")

    @staticmethod
    def _junk_bytes(rng: Random) -> bytes:
        choice = rng.random()
        if choice < 0.5:
            return rng.choice(_JUNK_LINES)
        length = rng.randint(1, _JUNK_BYTES_MAX)
        if choice < 0.75:
            return rng.randbytes(length).replace(b"\n", b"?").replace(b"\r", b"?")
        return "".join(rng.choices(string.printable[:95], k=length)).strip().encode() or b"?"

    def _might_be_one(self, value: bytes, *, is_part: bool) -> bool:
        """False only where no kind can accept it. ``is_part``: a JSON object in it has no end."""
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return False
        if text.lstrip().startswith("{"):
            return not is_part
        return any(_might_match(template, text) for template in self._templates)


def _might_match(template: Template, text: str) -> bool:
    """Whether the template's literals stand in the text in their order, the first and the last
    ones at the ends where no field stands there: less than a match needs, so never wrongly no."""
    at = _earliest_end(template.parts, text, 0)
    if at is None:
        return False
    first, last = template.parts[0], template.parts[-1]
    if isinstance(first, LiteralPart) and not text.startswith(first.text):
        return False
    if isinstance(last, LiteralPart) and not text.endswith(last.text):
        return False
    return at <= len(text)


def _earliest_end(parts: Sequence[Part], text: str, at: int) -> int | None:
    """Where the parts can have ended at the earliest; None if some literal is not there."""
    for part in parts:
        if isinstance(part, LiteralPart):
            found = text.find(part.text, at)
            if found < 0:
                return None
            at = found + len(part.text)
        elif isinstance(part, GroupPart):
            ends = [_earliest_end(branch, text, at) for branch in part.branches]
            able = [end for end in ends if end is not None]
            if not able:
                return None
            at = min(able)
        elif isinstance(part, FieldPart) and not part.may_be_empty:
            at += 1
    return at
