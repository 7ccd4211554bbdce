"""Many records of some systems through both normalizers, without anything per record that does not
need to be there."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from comparing import Comparison
from elsewhere import BAD
from mutations import Mutator
from seeding import literals, rendered, samples

from engine.model import Oversize, System

_BATCH_MAX = 600
_LARGE_BATCH = 4_500
"""More than generated source takes at once."""

_NOW_US = 1_746_354_600_123_456
_RECORD_TIMES = [0, -1, _NOW_US, _NOW_US + 544, 253_402_300_800_000_000, 10**18]
_WRITTEN_US = 1_735_689_600_000_000


def seeds_of(systems: Sequence[System], rng: Random, renderings: int) -> list[bytes]:
    """Records of these systems, with some that are of none."""
    return with_bad([*rendered(systems, rng, renderings), *samples(systems)], rng)


def with_bad(records: Sequence[bytes], rng: Random) -> list[bytes]:
    """The records, and every fourth one a bad one."""
    bad = [value for value, _ in BAD.values() if len(value) < 3_000]
    return [*records, *rng.sample(bad, min(len(bad), 1 + len(records) // 3))]


def fuzz(
    systems: Sequence[System], count: int, seed: int, seeds: Sequence[bytes] = ()
) -> Comparison:
    """Compare at least ``count`` records: ``seeds`` (else those of ``seeds_of``) as they are, and
    changed."""
    print(f"seed {seed}, {', '.join(system.name for system in systems)}")  # shown where it fails
    rng = Random(seed)
    comparison = Comparison(systems)
    seeds = seeds or seeds_of(systems, rng, 12)
    mutated = Mutator(rng, seeds, literals(systems)).mutated
    comparison.compare(seeds)
    while comparison.count < count:
        size = min(1 + int(rng.random() ** 2 * _BATCH_MAX), count - comparison.count)
        if rng.random() < 0.02:
            size = min(_LARGE_BATCH, count - comparison.count)
        values = [
            mutated(rng.choice(seeds)) if rng.random() < 0.7 else rng.choice(seeds)
            for _ in range(size)
        ]
        comparison.compare(
            values,
            _record_times(rng, size),
            {rng.randrange(size): Oversize(10**6, bytes(32))} if rng.random() < 0.1 else None,
            _WRITTEN_US if rng.random() < 0.3 else None,
        )
    return comparison


def _record_times(rng: Random, size: int) -> list[int | None] | None:
    """Brokers' timestamps, as a rule; none in files."""
    how = rng.randrange(4)
    if how == 0:
        return None
    if how == 1:
        return [_NOW_US + n * 1_000 for n in range(size)]
    known = [None, *_RECORD_TIMES] if how == 2 else [*_RECORD_TIMES]
    return [rng.choice(known) for _ in range(size)]
