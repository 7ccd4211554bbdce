"""The generated normalizer says of every record what the reference says, reason and message too.

All specs of the repository, records of them and what mutations make of those. Together with the
tests beside it more than 200,000 comparisons in every run, more than ten million at night.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from examples import IS_NIGHT
from fuzzing import fuzz, seeds_of, with_bad
from made_systems import SYSTEMS
from seeding import CROWDSEC, LNAV, SHIPPED, checked, many, proved, rendered, without_attributes
from world import records_of

TIMES = 80 if IS_NIGHT else 1
SEED = secrets.randbits(32) if IS_NIGHT else 5
"""Another one every night; a difference is told with the record that shows it."""

PARTS = range(4)


@pytest.mark.parametrize("part", PARTS)
def test_the_shipped_specs(part: int) -> None:
    comparison = fuzz(checked(*SHIPPED), 12_000 * TIMES, SEED + part)
    assert comparison.row_count > comparison.count // 6


@pytest.mark.parametrize("part", PARTS)
def test_systems_that_join_and_merge_and_keep(part: int) -> None:
    fuzz(SYSTEMS, 7_000 * TIMES, SEED + part)


@pytest.mark.parametrize("part", PARTS)
def test_many_systems_with_texts_that_hold_each_other(part: int) -> None:
    systems = many()
    comparison = fuzz(systems, 4_000 * TIMES, SEED + part, seeds_of(systems, Random(SEED), 2))
    assert comparison.row_count > comparison.count // 6


@pytest.mark.parametrize("paths", [LNAV, CROWDSEC[::2], CROWDSEC[1::2]], ids=["lnav", "1", "2"])
def test_formats_of_the_world(paths: Sequence[Path]) -> None:
    """Left to the reference as they are, for their attributes; without those, not."""
    row_count = 0
    for number, path in enumerate(paths):
        systems = checked(path)
        seeds = with_bad(records_of(path, systems, SEED), Random(SEED))
        row_count += fuzz(without_attributes(systems), 120 * TIMES, SEED, seeds).row_count
        if IS_NIGHT or number % 4 == 0:
            fuzz(systems, 120 * TIMES, SEED, seeds)
    assert row_count > 10 * len(paths)


def test_formats_of_the_world_beside_the_shipped_systems() -> None:
    shipped = checked(*SHIPPED)
    records = list(rendered(shipped, Random(SEED), 5))
    for path in [*LNAV, *CROWDSEC][:: 3 if IS_NIGHT else 12]:
        systems = checked(path)
        both = proved((*shipped, *without_attributes(systems)))
        if both is not None:
            seeds = [*records, *records_of(path, systems, SEED)]
            fuzz(both, 200 * TIMES, SEED, with_bad(seeds, Random(SEED)))
