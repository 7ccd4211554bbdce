"""A comparison that could not fail would prove nothing: source in which one condition is another
is told from what was generated."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from comparing import Comparison, Different
from fuzzing import seeds_of
from mutations import Mutator
from seeding import SHIPPED, checked, literals

CHANGES = {
    "a status that is none": (r'if f2 != "SUCCESS" and .*:', "if False:"),
    "a status of JSON that is none": (r'if v_status != "SUCCESS" and .*:', "if False:"),
    "an id of JSON that is empty": ("not v_correlation_id", "v_correlation_id is None"),
    "a checkpoint that is empty": ("not v_checkpoint", "v_checkpoint is None"),
    "an id that is too long": (r"len\(f3\) > 1024", "False"),
    "an id of one character more": ("> 1024", "> 1025"),
    "a key twice": (r"not is_unambiguous\(line\)", "False"),
    "a NUL": ("is_escaped and NUL in line", "False"),
    "an empty field": ("if found and f1:", "if found:"),
    "an empty reason": (r"if r3:\n", "if True:\n"),
    "something after the end": ("if not r3:", "if True:"),
    "a literal": ("' BCIS: '", "' BCIS:'"),
    "another time": (r"if f0 != (seen\[\d+\]):", r"if \1 is None:"),
    "another instant": (r"text, us = (.*)\n", r"text, us = \1; us += 1\n"),
    "a detail that is expected": ("if f2 == 'FAILURE':", "if False:"),
    "a detail that is not": ("if v_status == 'FAILURE':", "if True:"),
    "a quote in a text": ("if '\"' in line or", "if False and"),
    "the wrong kind": (r"add\(\(offset, 6,", "add((offset, 4,"),
    "no reason": (r"f3, f4\)\)", "f3, None))"),
    "nothing for what is refused": (r"untaken\(line, offset\)", "pass"),
    "nothing for other JSON": (r"takes_any\(line, offset\)", "pass"),
}


EMPTY = (
    b'{"system": "reporting", "checkpoint": "", "status": "SUCCESS", '
    b'"timestamp": "2025-05-04T10:30:00", "correlation_id": "a"}'
)


@pytest.fixture(scope="module")
def values() -> list[list[bytes]]:
    systems, rng = checked(*SHIPPED), Random(7)
    seeds = seeds_of(systems, rng, 12)
    mutated = Mutator(rng, seeds, literals(systems)).mutated
    sizes = [500] * 30 + [4] * 500
    return [[*seeds, EMPTY], *([mutated(rng.choice(seeds)) for _ in range(size)] for size in sizes)]


def test_what_was_generated_is_the_same(values: list[list[bytes]]) -> None:
    compare_all(Comparison(checked(*SHIPPED)), values)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_source_is_noticed(
    change: tuple[str, str], values: list[list[bytes]]
) -> None:
    comparison = Comparison(checked(*SHIPPED))
    comparison.change_source(*change)
    with pytest.raises(Different):
        compare_all(comparison, values)


def compare_all(comparison: Comparison, values: Sequence[Sequence[bytes]]) -> None:
    for batch in values:
        comparison.compare(batch)
