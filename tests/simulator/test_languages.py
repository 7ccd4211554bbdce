"""Records of the whole spec language are rendered, read, and mean the same; and a matcher or a
mapping that is wrong is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_up_languages import Spec, languages
from made_up_specs import load, text

from engine import asking, mapped_values
from engine.golden.checks import Result
from engine.golden.random_values import wanted_values
from engine.golden.round_trip import RoundTrip
from engine.interpreter import compile_normalizer
from engine.model import Event, Record, Rejection, System, Template
from engine.samples import SAMPLES_KEY
from engine.templates import Mismatch
from simulator import ALL_FAULTS, Simulation
from simulator.rendering import KindRenderer, Rendered
from simulator.slots import AT_TIME


def check_all(systems: tuple[System, ...], seed: int = 1) -> list[Result]:
    trip = RoundTrip(compile_normalizer(systems, redact_key=SAMPLES_KEY))
    return [trip.check(system, kind, Random(seed)) for system in systems for kind in system.kinds]


@examples(8)
@given(spec=languages(), seed=st.integers(0, 2**32))
def test_records_of_any_language_survive_the_round_trip(spec: Spec, seed: int) -> None:
    for result in check_all(load(spec), seed):
        assert result.failures == ()
        assert result.runs > 0


@examples(10)
@given(spec=languages(), seed=st.integers(0, 2**32))
def test_a_simulation_of_any_language_is_read_as_the_ledger_says(spec: Spec, seed: int) -> None:
    systems = load(spec)
    simulation = Simulation(
        systems, flows=6, seed=seed, pretty=True, faults=ALL_FAULTS, redact_key=SAMPLES_KEY
    )
    sent = [one for one in simulation.emissions() if one.number is not None]
    records = [
        Record("s", index, index + 1, one.value, timestamp_us=one.sent_us)
        for index, one in enumerate(sent)
    ]
    outcomes = compile_normalizer(systems, SAMPLES_KEY).normalize(records)
    for emission, outcome in zip(sent, outcomes, strict=True):
        told = emission.meaning
        assert isinstance(outcome, Rejection if told is None else Event), emission.value
        if told is None or not isinstance(outcome, Event):
            continue
        for name in ("checkpoint_id", "timestamp", "status", "correlation_id", "failure_reason"):
            assert getattr(outcome, name) == getattr(told, name), emission.value
        kept = outcome.attributes or {}
        assert {**kept, **(told.attributes or {})} == kept


@examples(10)
@given(spec=languages(), seed=st.integers(0, 2**32))
def test_what_a_renderer_has_made_before_changes_no_record(spec: Spec, seed: int) -> None:
    for system in load(spec):
        for kind in system.kinds:
            used, *fresh = (KindRenderer(system, kind, frozenset(), SAMPLES_KEY) for _ in range(6))
            for number, one in enumerate(fresh):
                wanted = wanted_values(one, Random(f"{seed}/{number}"))
                made = [
                    renderer.render(wanted, seed * 1000, Random(number)) for renderer in (used, one)
                ]
                assert made[0] == made[1]


def drawn(spec: Spec, **wanted: str | None) -> list[Rendered]:
    (system,) = load(spec)
    renderer = KindRenderer(system, system.kinds[0], frozenset(), SAMPLES_KEY)
    asked = {"timestamp": AT_TIME, **wanted}
    made = [renderer.render(asked, 10**15 + n * 10**9, Random(n)) for n in range(30)]
    return [one for one in made if one is not None]


def test_a_segment_is_there_where_its_field_has_a_value_asked_for() -> None:
    spec = text("{timestamp:iso} {correlation_id:word}{? - {failure_reason}}")
    assert all(" - why" in one.text for one in drawn(spec, failure_reason="why"))
    without = drawn(spec, failure_reason=None)
    assert len(without) == 30
    assert not any(" - " in one.text for one in without)
    free = drawn(spec)
    assert 0 < sum(" - " in one.text for one in free) < 30


def test_a_value_that_would_end_a_field_early_is_not_rendered() -> None:
    spec = text("{timestamp:iso} {failure_reason}{? user={user}} id={correlation_id:word}")
    assert not drawn(spec, failure_reason="a id=7")
    assert drawn(spec, failure_reason="a user: b")


@pytest.mark.parametrize(
    "mapping, status, raws",
    [
        ({"map": {"2xx": "SUCCESS", "otherwise": "FAILURE"}}, "SUCCESS", "2"),
        ({"map": {"ok*": "SUCCESS", "otherwise": "FAILURE"}}, "SUCCESS", "ok"),
        ({"map": {"OK": "SUCCESS", "otherwise": "FAILURE"}, "case": "upper"}, "SUCCESS", "ok"),
    ],
)
def test_a_map_is_inverted(mapping: Spec, status: str, raws: str) -> None:
    spec = text("{timestamp:iso} {correlation_id:word} code={code}")
    spec["records"]["step"]["fields"]["status"] = {"from": "code", **mapping}
    made = drawn(spec, status=status)
    assert made
    assert all(one.text.partition("code=")[2].lower().startswith(raws) for one in made)


def test_a_time_is_divided_among_its_fields() -> None:
    spec = text(
        "{clock:%H:%M:%S} on {day:%d.%m.%Y}: {correlation_id:word}",
        timestamp={"from": ["day", "clock"], "format": "%d.%m.%Y %H:%M:%S"},
    )
    made = drawn(spec)
    assert len(made) == 30
    assert all(one.time is not None for one in made)


def test_attributes_are_told_with_what_is_redacted() -> None:
    spec = text("{timestamp:iso} {correlation_id:word} user={user:word}", attributes=["user"])
    spec["redact"] = {"user": "mask"}
    assert {one.attributes == {"user": "***"} for one in drawn(spec)} == {True}


def test_a_regular_expression_is_filled_with_other_values() -> None:
    spec = text("")
    del spec["records"]["step"]["template"]
    spec["records"]["step"]["regex"] = r"(?P<timestamp>\S+) \[(?P<correlation_id>\w+)\] (done|over)"
    spec["records"]["step"]["samples"] = [
        {"record": "2025-05-04T10:00:00Z [a1] over", "gives": {"correlation_id": "a1"}}
    ]
    made = drawn(spec, correlation_id="zz9")
    assert made
    assert all("[zz9]" in one.text for one in made)


def hasty(_template: Template) -> Callable[[str], Any]:
    """A matcher that takes the first branch of all that can be read, whatever follows."""

    def read(text: str) -> dict[str, str] | None:
        captures = re.fullmatch("(?P<timestamp>\\S+) (?P<correlation_id>\\w+) end", text)
        return None if captures is None else captures.groupdict()

    return read


def test_a_matcher_that_takes_the_first_branch_whatever_follows_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = text("{timestamp:iso} {|{correlation_id:word}|{correlation_id:token}} end")
    assert [one.failures for one in check_all(load(spec))] == [()]
    monkeypatch.setattr(asking, "compile_match", hasty)
    monkeypatch.setattr(asking, "match_of", lambda _: lambda _: Mismatch(0, "something else"))
    (result,) = check_all(load(spec))
    assert result.failures


def test_a_map_that_forgets_its_ranges_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = text("{timestamp:iso} {correlation_id:word} {code:digits}")
    values = {"2xx": "SUCCESS", "otherwise": "FAILURE"}
    spec["records"]["step"]["fields"]["status"] = {"from": "code", "map": values}
    monkeypatch.setattr(mapped_values, "look_up", lambda values, _: values.otherwise)
    (result,) = check_all(load(spec))
    assert any("status: expected" in one for f in result.failures for one in f.details)
