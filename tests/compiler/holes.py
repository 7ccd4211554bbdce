"""Records of few shapes: those of some systems with other times and ids put in, most of them as
they may be, some as nobody would write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from engine.interpreter import compile_normalizer
from engine.model import Event, Records, System
from engine.samples import SAMPLES_KEY

STREAM = "kafka:compared/records/0"

ODD_IDS = [
    *(
        "",
        " ",
        "a)b",
        ")",
        ") - x",
        "(ID: 7)",
        " (ID: 7",
        "a - b",
        "}",
        '"',
        'a"b',
        '"}',
        '", "x": "y',
    ),
    *("\\", "a\\", "\\u0041", "\\n", "\t", "\x01", "\x00", "\n", "\r", "é", "数", "null", "None"),
    *("x" * 1_024, "x" * 1_025, "x" * 1_024 + "é", " BCIS: ", " CMF: a - SUCCESS (ID: b)"),
    *('", "correlation_id": "b', '", "timestamp": "2025-05-04T10:30:00', "2025-05-04T10:30:00"),
]
ODD_TIMES = [
    *(
        "",
        " ",
        "2025-02-31T10:30:00",
        "2025-05-04T25:30:00",
        "2025-05-04T10:30:60",
        "0000-05-04T10:30:00",
    ),
    *(
        "2025-05-04 10:30:00",
        "2025-05-04T10:30:00Z",
        "2025-05-04T10:30:00.123456789Z",
        "20250504T103000",
    ),
    *(
        "2025-05-04T10:30:00+02:00",
        " 2025-05-04T10:30:0",
        "2025-05-04T10:30:0 ",
        '2025-05-04"10:30:00',
    ),
    *(
        "\ufeff2025-05-04T10:30:0",
        "2025-05-04T10:30:0\\",
        "2025-05-04T10:30:0)",
        "\uff12025-05-04T10:30:00",
    ),
    *(
        "2025-05-04T10:30:00 BCIS: x",
        "x",
        "1746354600",
        "9999-12-31T23:59:59",
        "1969-12-31T23:59:59",
    ),
]
WRITTEN = Path(__file__).with_name("written.log").read_bytes().splitlines()
"""Records of the shipped systems as programs write them."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.,:+Z-]*")
_ENDS = ["", "", "", " ", "}", ")", ") - why", ', "failure_reason": "why"}', "\r", "\n", "\\", " x"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A record with its time and its id taken out: the pieces around them, in their order."""

    before: str
    between: str
    after: str
    is_time_first: bool

    def filled(self, time: str, identifier: str) -> bytes:
        """A record of this shape."""
        first, second = (time, identifier) if self.is_time_first else (identifier, time)
        return f"{self.before}{first}{self.between}{second}{self.after}".encode()


def shapes_of(systems: Sequence[System], seeds: Sequence[bytes]) -> list[Shape]:
    """The shapes of those seeds that are events with a time and an id that stand in them once."""
    reference = compile_normalizer(systems, SAMPLES_KEY)
    numbers = range(len(seeds) + 1)
    records = Records(STREAM, list(seeds), numbers[:-1], numbers[1:])
    found: dict[Shape, None] = {}
    for seed, outcome in zip(seeds, reference.normalize(list(records)), strict=True):
        if not isinstance(outcome, Event) or not outcome.correlation_id:
            continue
        line, identifier = seed.decode(), outcome.correlation_id
        time = _TIME.search(line)
        if time is None or line.count(identifier) != 1:
            continue
        begin = line.index(identifier)
        holes = sorted([(time.span(), True), ((begin, begin + len(identifier)), False)])
        (first, is_time_first), (second, _) = holes
        if first[1] <= second[0]:
            pieces = line[: first[0]], line[first[1] : second[0]], line[second[1] :]
            found[Shape(*pieces, is_time_first)] = None
    return list(found)


def batches(shapes: Sequence[Shape], rng: Random, count: int) -> Iterator[list[bytes]]:
    """First records that are nothing but usual, then some that are not among them. Ids have one
    length, or several."""
    most = rng.choice([6, 6, 0])
    yield [_usual(shapes, rng, most) for _ in range(200)]
    for _ in range(count):
        oddness = rng.choice([0.02, 0.1, 0.3])
        yield [
            _odd(shapes, rng, most) if rng.random() < oddness else _usual(shapes, rng, most)
            for _ in range(rng.choice([1, 30, 300]))
        ]


def _usual(shapes: Sequence[Shape], rng: Random, digits: int) -> bytes:
    return rng.choice(shapes).filled(_time(rng), _id(rng, digits))


def _id(rng: Random, digits: int) -> str:
    return f"id-{rng.randrange(10 ** (digits or rng.randint(1, 6))):0{digits}}"


def _time(rng: Random) -> str:
    return f"2025-05-04T10:{rng.randrange(30, 33)}:{rng.randrange(60):02}"


def _odd(shapes: Sequence[Shape], rng: Random, digits: int) -> bytes:
    shape, how = rng.choice(shapes), rng.randrange(7)
    identifier = _id(rng, digits)
    if how == 0:
        return shape.filled(_time(rng), rng.choice(ODD_IDS))
    if how == 1:
        return shape.filled(rng.choice(ODD_TIMES), identifier)
    if how == 2:
        return shape.filled(rng.choice(ODD_TIMES), rng.choice(ODD_IDS))
    if how == 3:
        return shape.filled(_time(rng), identifier) + rng.choice(_ENDS).encode()
    if how == 4:
        at = rng.randrange(len(identifier))
        char = rng.choice([")", '"', "\\", " ", "\t", "}", "é", "\n", "\x00"])
        return shape.filled(_time(rng), f"{identifier[:at]}{char}{identifier[at + 1 :]}")
    record = bytearray(shape.filled(_time(rng), identifier))
    at = rng.randrange(len(record))
    if how == 5:
        del record[at : at + rng.choice([1, 1, 5])]
        return bytes(record)
    size = rng.choice([0, 0, 1])  # put in, or instead
    record[at : at + size] = rng.choice(
        [b" ", b'"', b"\\", b"a", b"{", b"\xff", b")", b"\n", b"-", b"7"]
    )
    return bytes(record)
