"""How the time to normalize a hostile record grows with its length.

For every record kind of every spec here (the shipped ones, those of real formats, those that tests
are made of) and of random templates: records of 8 kB to 512 kB, made of one that the kind takes by
putting at one of its places, again and again, what its literals begin with, what its fields accept,
or quotes, brackets, pairs, columns and nested JSON, with the rest of the record after it or
without. All are measured at two lengths, and those that grow most again at four. Prints the largest
exponents of time over length (1: linear); exit status 1 if one is above 1.2. Prints that of
``parse`` too, for the shipped templates, up to 2 kB only.

    python benchmarks/hostile_records.py [--kind COUNT] [--random COUNT]
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import parse

from engine.diagnostics import SpecError
from engine.interpreter import Interpreter, compile_normalizer
from engine.model import FieldPart, GroupPart, Key, LiteralPart, Part, Record, RecordKind, System
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq, members_of
from engine.resources import resource
from engine.spec import load_systems

ROOT: Final = Path(__file__).parents[1]
SIZES: Final = (1 << 13, 1 << 15, 1 << 17, 1 << 19)
SCREENED: Final = (1 << 13, 1 << 17)
EXPONENT_MAX: Final = 1.2
MEASURED_AGAIN: Final = 40
"""How many of the records that grow most are measured at all sizes."""

SECONDS_LEAST: Final = 0.004
"""What one measurement takes at least, by repetition."""

PIECES: Final = (
    *(' "', "'", '\\"', "\\", "{", "[", '{"a":', "}]", "k=v ", 'k="v" ', "k=", ",", '"",', '""'),
    *("(", ")", "-", ": ", "/", "1.", "::", "ff:", "a@", "a.", "7", "é", "a_b-", "0", " ", "\t"),
)
REDACTED: Final = (
    ((Key("checkpoint_id"),), "mask"),
    ((Key("checkpoint"),), "mask"),
    ((Key("correlation_id"),), "hash"),
    ((Key("failure_reason"),), "drop"),
)
"""What the systems of the tests redact, when they are tried a second time."""

PARSE_SIZES: Final = (1 << 9, 1 << 10, 1 << 11)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A record that is hostile to one kind: how it is made for a size, and how its time grows."""

    name: str
    make: Callable[[int], str]
    normalizer: Interpreter
    exponent: float = 0.0
    longest_seconds: float = field(default=0.0)


# --- specs and their records --------------------------------------------------------------------


def systems() -> Iterator[tuple[str, System]]:
    """All systems, each with where it comes from."""
    for one in load_systems([resource("systems")]):
        yield "systems", one
    folder = ROOT / "benchmarks" / "expressiveness" / "specs"
    for path in sorted(folder.rglob("*.yaml")):
        try:
            loaded = load_systems([path])
        except SpecError as error:
            if path.name != "formats.yaml":
                print(f"left out: {error.diagnostics[0]}", file=sys.stderr)
            continue
        yield from ((path.parent.name, one) for one in loaded)
    sys.path.insert(0, str(ROOT / "tests"))
    from made_systems import SYSTEMS

    yield from (("tests", one) for one in SYSTEMS)
    for one in SYSTEMS:
        redacted = replace(one, raw="redact", redactions=REDACTED)
        yield "redacted", redacted


def random_systems(count: int, chance: random.Random) -> Iterator[tuple[str, System]]:
    """Systems of one random template each."""
    from made_systems import SYSTEMS, text_kind

    (base,) = (one for one in SYSTEMS if one.name == "alpha")
    types = ["", "", "", ":word", ":digits", ":ip", ":iso", ":host", ":quoted", ":number", ":json"]
    for number in range(count):
        source = "".join(
            f"{{f{at}{chance.choice(types)}}}" + "".join(chance.choices("ab: -()", k=length))
            for at, length in enumerate(chance.choices(range(1, 6), k=chance.randint(2, 6)))
        )
        kind = text_kind("made", source, "ignore")
        yield "random", replace(base, name=f"random{number}", kinds=(kind,), join=None)


def records_of(kind: RecordKind) -> list[str]:
    """Records to begin with: the samples, or what the template looks like."""
    samples = [one.record for one in kind.samples]
    if samples:
        return samples[:2]
    if kind.template is not None:
        return [rendered(kind.template.parts)]
    return [json.dumps({_key(one.path[0]): (*one.values, "x")[0] for one in kind.where})]


def rendered(parts: Sequence[Part]) -> str:
    """A text of these parts, or nearly one."""
    said = []
    for part in parts:
        if isinstance(part, LiteralPart):
            said.append(part.text)
        elif isinstance(part, GroupPart):
            said.append(rendered(part.branches[0]))
        elif isinstance(part, FieldPart):
            said.append("x" if part.type is None else shortest(part.type.pattern))
    return "".join(said)


def shortest(pattern: Pattern) -> str:
    """A short text of a pattern."""
    if isinstance(pattern, Chars):
        members = sorted(members_of(pattern))
        return next(one for one in "x7" if one in pattern) if pattern.negated else members[0]
    if isinstance(pattern, Repeat):
        return shortest(pattern.part) * pattern.least
    if isinstance(pattern, Seq):
        return "".join(map(shortest, pattern.parts))
    assert isinstance(pattern, Alt)
    return shortest(pattern.parts[-1])


def pieces_of(parts: Sequence[Part]) -> Iterator[str]:
    """What to repeat: the literals, all but their end, and what the fields accept."""
    for part in parts:
        if isinstance(part, LiteralPart):
            yield from (part.text, part.text[:-1] + "\x01", part.text + "x")
        elif isinstance(part, GroupPart):
            for branch in part.branches:
                yield from pieces_of(branch)
        elif isinstance(part, FieldPart) and part.type is not None:
            yield from (shortest(part.type.pattern), shortest(part.type.pattern)[:-1] or "x")


# --- hostile records ----------------------------------------------------------------------------


def hostile_to(where: str, system: System, count: int, chance: random.Random) -> Iterator[Hostile]:
    """About ``count`` hostile records for each kind."""
    normalizer = compile_normalizer([system], b"key")
    for kind in system.kinds:
        records = records_of(kind)
        name = f"{where}/{system.name}.{kind.name}"
        ways = [*in_json(records)]
        if kind.template is not None:
            pieces = sorted({*pieces_of(kind.template.parts)} - {""})
            ways += [*in_text(records, pieces, chance), *in_text(records, PIECES, chance)]
        chance.shuffle(ways)
        for way, make in ways[:count]:
            yield Hostile(f"{name}: {way}", make, normalizer)


Way = tuple[str, Callable[[int], str]]


def in_text(records: list[str], pieces: Sequence[str], chance: random.Random) -> Iterator[Way]:
    """A piece again and again, at places of the record where something begins or ends."""
    for record in records:
        places = [0, *(at for at in range(1, len(record)) if _is_border(record, at)), len(record)]
        for place in chance.sample(places, min(12, len(places))):
            for piece in pieces:
                for rest in (record[place:], "\n\x01", ""):
                    yield f"{piece!r} at {place}", _repeated(record[:place], piece, rest)


def _is_border(record: str, at: int) -> bool:
    return record[at - 1].isalnum() != record[at].isalnum()


def _repeated(before: str, piece: str, rest: str) -> Callable[[int], str]:
    def make(size: int) -> str:
        length = max(0, size - len(before) - len(rest))
        return before + (piece * (length // len(piece) + 1))[:length] + rest

    return make


def in_json(records: list[str]) -> Iterator[Way]:
    """Long values, many keys, many elements, deep values and texts without an end."""
    for record in records:
        if not record.startswith("{"):
            continue
        document = json.loads(record)
        yield '"\\"" at the end', _repeated(record[:-1] + ',"z":"', '\\"', "")
        yield "brackets", _repeated(record[:-1] + ',"z":', '[{"a":', "")
        for key in document:
            for piece in PIECES:
                yield f"{piece!r} under {key}", _under(document, key, piece)
            deep = "[" * 90 + "]" * 90
            yield f"deep under {key}", _many_under(document, key, json.loads(deep))
            yield f"elements under {key}", _many_under(document, key, document)
        yield "many keys", _many_keys(document)


def _many_keys(document: dict[str, object]) -> Callable[[int], str]:
    return lambda size: json.dumps({**{f"k{one}": one for one in range(size // 14)}, **document})


def _under(document: dict[str, object], key: str, piece: str) -> Callable[[int], str]:
    return lambda size: json.dumps({**document, key: piece * (size // len(piece))})


def _many_under(document: dict[str, object], key: str, element: object) -> Callable[[int], str]:
    length = len(json.dumps(element)) + 2
    return lambda size: json.dumps({**document, key: [element] * (size // length + 1)})


def _key(step: object) -> str:
    return step.name if isinstance(step, Key) else ""


# --- measuring ----------------------------------------------------------------------------------


def screened(one: Hostile) -> Hostile:
    """Its exponent between two lengths, from one measurement of each."""
    seconds = [_seconds(one, one.make(size), least=0.0, best_of=1) for size in SCREENED]
    slope = math.log(seconds[1] / seconds[0]) / math.log(SCREENED[1] / SCREENED[0])
    return replace(one, exponent=slope, longest_seconds=seconds[1])


def measured(one: Hostile) -> Hostile:
    """Its exponent by least squares, from the best of some measurements, over the lengths but for
    the shortest: there are steps, such as more brackets than can be nested too deep."""
    texts = [one.make(size) for size in SIZES]
    seconds = [_seconds(one, text, least=SECONDS_LEAST, best_of=3) for text in texts]
    points = [
        (math.log(len(text)), math.log(found)) for text, found in zip(texts, seconds, strict=True)
    ]
    slope = _slope(points[1:])
    return replace(one, exponent=slope, longest_seconds=seconds[-1])


def _slope(points: Sequence[tuple[float, float]]) -> float:
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


def _seconds(one: Hostile, text: str, *, least: float, best_of: int) -> float:
    """Seconds of CPU for one record."""
    value = text.encode()
    best = math.inf
    for _ in range(best_of):
        times, began = 0, time.process_time()
        while times == 0 or time.process_time() - began < least:
            one.normalizer.normalize([Record("file:hostile", 0, 1, value, written_us=0)])
            times += 1
        best = min(best, (time.process_time() - began) / times)
    return max(best, 1e-6)


# --- parse --------------------------------------------------------------------------------------


def exponent_of_parse() -> float:
    """The largest exponent of ``parse``, for records that begin a shipped template again and
    again."""
    slopes = []
    for system in load_systems([resource("systems")]):
        for template in (one.template for one in system.kinds if one.template is not None):
            compiled = parse.compile(template.source.replace(":iso", ""), case_sensitive=True)
            begun = template.parts[:-1]
            again = "".join(one.text if isinstance(one, LiteralPart) else "x" for one in begun)
            compiled.parse(again)
            points = []
            for size in PARSE_SIZES:
                began = time.process_time()
                compiled.parse(again * (size // len(again)) + "\n")
                points.append((math.log(size), math.log(time.process_time() - began)))
            slopes.append(_slope(points))
    return max(slopes)


def main() -> int:
    """Measure and print; the exit status."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--kind", type=int, default=100, help="hostile records for each kind")
    arguments.add_argument("--random", type=int, default=100, help="how many random templates")
    given = arguments.parse_args()
    gc.disable()  # its passes come at times of their own
    chance = random.Random(7)
    everything = [*systems(), *random_systems(given.random, chance)]
    found: list[Hostile] = []
    for where, system in everything:
        found += map(screened, hostile_to(where, system, given.kind, chance))
    found.sort(key=lambda one: one.exponent, reverse=True)
    worst = sorted(map(measured, found[:MEASURED_AGAIN]), key=lambda one: -one.exponent)
    slowest = max(found, key=lambda one: one.longest_seconds)
    kinds = sum(len(system.kinds) for _, system in everything)
    print(f"{len(everything)} specs, {kinds} kinds, {len(found)} kinds of hostile record")
    for one in worst[:5]:
        print(f"exponent {one.exponent:.2f}  {one.longest_seconds * 1e3:7.1f} ms  {one.name}")
    print(f"slowest  {slowest.longest_seconds * 1e3:7.1f} ms for 128 kB  {slowest.name}")
    print(f"parse    exponent {exponent_of_parse():.2f}")
    return int(worst[0].exponent > EXPONENT_MAX)


if __name__ == "__main__":
    sys.exit(main())
