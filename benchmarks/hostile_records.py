"""How the time to refuse a hostile record grows with its length.

For every shipped template and some random ones, and for each of their fields, records of 1 kB to
1 MB that match up to that field and then nearly end it, again and again. Prints the largest
exponent of time over length (1: linear), and that of ``parse`` for records that begin the template
again and again, up to 4 kB only.

    python benchmarks/hostile_records.py
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable, Iterator

import parse

from engine.model import FIELD_TYPES, FieldPart, LiteralPart, Template
from engine.resources import resource
from engine.spec import load_systems
from engine.templates import Mismatch, match

SIZES = [1 << power for power in range(10, 21, 2)]
VALUES = {
    "word": "x",
    "digits": "7",
    "number": "7",
    "hex": "f",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "ip": "::1",
    "iso": "2025-05-04T10:30:00",
}
PARSE_SIZES = [1 << 10, 1 << 11, 1 << 12]


def shipped() -> list[Template]:
    """The templates of the shipped specs."""
    systems = load_systems([resource("systems")])
    return [kind.template for one in systems for kind in one.kinds if kind.template is not None]


def random_template(chance: random.Random) -> Template:
    """Fields and literals in turn; every fourth field has a type."""
    parts: list[LiteralPart | FieldPart] = []
    for index in range(chance.randint(2, 6)):
        type_name = chance.choice(FIELD_TYPES) if chance.random() < 0.25 else None
        parts.append(FieldPart(f"f{index}", type_name))
        parts.append(LiteralPart("".join(chance.choices("ab: -()", k=chance.randint(1, 5)))))
    return Template("", tuple(parts))


def hostile(template: Template, place: int, size: int) -> str:
    """A record of about ``size`` characters that the template nearly matches: right up to the
    field at ``place``, and then what nearly ends that field, again and again."""
    said = [
        part.text if isinstance(part, LiteralPart) else VALUES[part.type or "word"]
        for part in template.parts
    ]
    after = said[place + 1] if place + 1 < len(said) else "x"
    begun = "".join(said[: place + 1])
    nearly = after[:-1] or "x"
    return (begun + nearly * (size // len(nearly) + 1))[:size] + "\n\x01"


def exponent(refuse: Callable[[str], object], records: list[str]) -> float:
    """The slope of log time over log length, by least squares."""
    points = [(math.log(len(one)), math.log(_seconds(refuse, one))) for one in records]
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread


def _seconds(refuse: Callable[[str], object], record: str) -> float:
    best = math.inf
    for _ in range(3):
        began = time.perf_counter()
        refuse(record)
        best = min(best, time.perf_counter() - began)
    return best


def exponents(template: Template) -> Iterator[float]:
    """The exponent for records that are hostile at each of the template's fields."""

    def refuse(record: str) -> object:
        return match(template, record)

    for place, part in enumerate(template.parts):
        records = [hostile(template, place, size) for size in SIZES]
        if isinstance(part, FieldPart) and all(isinstance(refuse(r), Mismatch) for r in records):
            yield exponent(refuse, records)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--random", type=int, default=200, help="how many random templates")
    chance = random.Random(7)
    ours = shipped()
    made = [random_template(chance) for _ in range(arguments.parse_args().random)]
    for name, templates in (("shipped", ours), ("random", made)):
        found = sorted(one for template in templates for one in exponents(template))
        print(
            f"{name:8} {len(templates):4} templates, {len(found):4} kinds of hostile record, "
            f"largest exponent {found[-1]:.2f}"
        )
    for template in ours:
        compiled = parse.compile(template.source.replace(":iso", ""), case_sensitive=True)
        again = "".join("x" if isinstance(p, FieldPart) else p.text for p in template.parts[:-1])
        records = [again * (size // len(again)) + "\n" for size in PARSE_SIZES]
        print(f"parse    {template.source} {exponent(compiled.parse, records):.2f}")


if __name__ == "__main__":
    main()
