"""The round trip of `engine test` raises no false alarm, whatever the spec."""

from __future__ import annotations

from random import Random

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_up_specs import Spec, load, spec_sets

from engine.golden.round_trip import RoundTrip
from engine.interpreter import compile_normalizer


@examples(30)
@given(specs=spec_sets(), seed=st.integers(0, 2**32))
def test_records_of_any_spec_survive_the_round_trip(specs: list[Spec], seed: int) -> None:
    systems = load(*specs)
    trip = RoundTrip(compile_normalizer(systems))
    for system in systems:
        for kind in system.kinds:
            result = trip.check(system, kind, Random(seed))
            assert result.failures == ()
            assert result.runs > 0
