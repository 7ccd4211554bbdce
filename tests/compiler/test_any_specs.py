"""Whatever a spec says, the generated normalizer says what the reference says."""

from __future__ import annotations

from random import Random

from elsewhere import Spec, languages, load, spec_sets
from examples import examples
from fuzzing import fuzz, seeds_of
from hypothesis import assume, given
from hypothesis import strategies as st
from made_up_kinds import filled, made_up
from seeding import proved, without_attributes

from engine.diagnostics import SpecError
from engine.model import System


def loaded(specs: list[Spec]) -> tuple[System, ...]:
    """The systems of specs that a run would begin with."""
    try:
        systems = proved(load(*specs))
    except SpecError:
        systems = None
    assume(systems is not None)
    assert systems is not None
    return systems


@examples(60)
@given(specs=made_up(), seed=st.integers(0, 2**32))
def test_all_ways_to_a_value(specs: list[Spec], seed: int) -> None:
    rng = Random(seed)
    seeds = list(filled(specs, rng, 250))
    fuzz(loaded(specs), 500, seed, seeds)


@examples(10)
@given(specs=spec_sets(), seed=st.integers(0, 2**32))
def test_specs_that_join_and_merge(specs: list[Spec], seed: int) -> None:
    systems = loaded(specs)
    fuzz(systems, 500, seed, seeds_of(systems, Random(seed), 3))


@examples(20)
@given(spec=languages(), seed=st.integers(0, 2**32))
def test_the_whole_language(spec: Spec, seed: int) -> None:
    """As it is, and without what only the reference keeps."""
    systems = loaded([spec])
    seeds = seeds_of(systems, Random(seed), 3)
    fuzz(systems, 200, seed, seeds)
    fuzz(without_attributes(systems), 400, seed, seeds)
