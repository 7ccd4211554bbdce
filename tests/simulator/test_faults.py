"""Each fault does what it says, and the ledger accounts for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_up_specs import Spec, load

from engine.interpreter import compile_normalizer
from engine.model import Record, Rejection, System
from engine.resources import resource
from engine.spec import load_systems
from simulator import ALL_FAULTS, Emission, Faults, Simulation
from simulator.faults import FaultError, _NoRecord

FLOWS = 60


def systems() -> tuple[System, ...]:
    return load_systems([resource("systems")])


def run(faults: Faults, some: Sequence[System] = (), flows: int = FLOWS) -> list[Emission]:
    simulation = Simulation(some or systems(), flows=flows, seed=3, faults=faults)
    return list(simulation.emissions())


def test_a_dropped_record_is_in_the_ledger_and_has_no_number() -> None:
    clean, spoilt = run(Faults()), run(Faults(drop=0.2))
    dropped = [one for one in spoilt if one.number is None]
    assert {one.fault for one in dropped} == {"drop"}
    assert len(spoilt) == len(clean)
    assert 0.1 * len(clean) < len(dropped) < 0.3 * len(clean)
    assert [one.value for one in spoilt] == [one.value for one in clean]
    numbers = [one.number for one in spoilt if one.number is not None]
    assert numbers == list(range(1, len(clean) - len(dropped) + 1))


def test_a_duplicate_is_sent_twice_at_two_places() -> None:
    clean, spoilt = run(Faults()), run(Faults(duplicate=0.2))
    twice = [name for name, count in Counter(one.record for one in spoilt).items() if count == 2]
    assert len(spoilt) == len(clean) + len(twice)
    assert 0.1 * len(clean) < len(twice) < 0.3 * len(clean)
    copies = {name: [one for one in spoilt if one.record == name] for name in twice}
    for first, second in copies.values():
        assert first.fault == second.fault == "duplicate"
        assert (first.value, first.key, first.sent_us) == (second.value, second.key, second.sent_us)
        assert (first.number or 0) < (second.number or 0)


def test_a_delayed_record_comes_later_by_at_most_the_bound() -> None:
    clean = [one.record for one in run(Faults())]
    spoilt = run(Faults(delay=0.05))
    assert sorted(one.record for one in spoilt) == sorted(clean)
    for place, one in enumerate(spoilt):
        late = place - clean.index(one.record)
        assert late <= 201
        assert one.fault == "delay" or late <= 0
    assert sum(one.fault == "delay" for one in spoilt) > 5
    assert [one.record for one in spoilt] != clean


def test_reorder_moves_records_within_its_bound_and_loses_none() -> None:
    clean = [one.record for one in run(Faults())]
    places = {name: place for place, name in enumerate(clean)}
    spoilt = [one.record for one in run(Faults(reorder=20))]
    assert sorted(spoilt) == sorted(clean)
    moves = [abs(place - places[name]) for place, name in enumerate(spoilt)]
    assert 5 < max(moves) <= 21


def test_truncated_records_and_junk_are_surely_no_records() -> None:
    spoilt = run(Faults(truncate=0.3, junk=0.3))
    by_fault = Counter(one.fault for one in spoilt)
    assert min(by_fault["truncate"], by_fault["junk"]) > 0.15 * len(spoilt)
    check_unusable(systems(), spoilt)


def check_unusable(some: Sequence[System], spoilt: Sequence[Emission]) -> None:
    bad = [one for one in spoilt if one.fault in {"truncate", "junk"}]
    assert all(one.meaning is None and one.value.strip() for one in bad)
    assert not any(b"\n" in one.value for one in bad)
    records = [Record("s", index, index + 1, one.value) for index, one in enumerate(bad)]
    outcomes = compile_normalizer(some).normalize(records)
    assert [type(one) for one in outcomes] == [Rejection] * len(bad)


def test_what_is_left_of_a_record_is_never_another_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cut anywhere behind the id, a record of this spec would be one with a shorter reason, or
    one of the other kind."""
    spec: Spec = {
        "system": "short",
        "format": "text",
        "records": {
            "fine": {
                "template": "{timestamp:iso} {checkpoint_id} {status} id={correlation_id:hex}"
            },
            "bad": {
                "template": "{timestamp:iso} {checkpoint_id} {status} id={correlation_id:hex} "
                "{failure_reason}"
            },
        },
    }
    some = load(spec)
    spoilt = run(Faults(truncate=0.9), some)
    assert sum(one.fault == "truncate" for one in spoilt) > 100
    check_unusable(some, spoilt)
    # Without looking, some would be.
    monkeypatch.setattr(_NoRecord, "_might_be_one", lambda *_, **__: False)
    with pytest.raises(AssertionError):
        check_unusable(some, run(Faults(truncate=0.9), some))


def test_a_record_of_which_every_beginning_is_one_is_not_truncated() -> None:
    spec: Spec = {
        "system": "any",
        "format": "text",
        "records": {
            "it": {"template": "{timestamp:iso} {checkpoint_id} {status} {correlation_id}"}
        },
        "ignore": ["{}"],
    }
    some = load(spec)
    spoilt = run(Faults(truncate=1.0), some)
    for one in spoilt:
        if one.fault == "truncate":
            with pytest.raises(UnicodeDecodeError):
                one.value.decode()
        else:
            assert one.meaning is not None


@examples(40)
@given(
    drop=st.floats(0, 0.25),
    duplicate=st.floats(0, 0.25),
    delay=st.floats(0, 0.25),
    truncate=st.floats(0, 0.25),
    junk=st.floats(0, 1),
    reorder=st.integers(0, 50),
)
def test_every_record_is_accounted_for_under_any_faults(
    drop: float, duplicate: float, delay: float, truncate: float, junk: float, reorder: int
) -> None:
    some = systems()
    clean = {one.record: one for one in run(Faults(), some, flows=4)}
    spoilt = run(Faults(drop, duplicate, delay, truncate, junk, reorder), some, flows=4)
    assert {one.record for one in spoilt if one.fault != "junk"} == set(clean)
    for one in spoilt:
        if one.fault == "truncate":
            assert clean[one.record].value.startswith(one.value)
        elif one.fault != "junk":
            assert one.value == clean[one.record].value
            assert one.meaning == clean[one.record].meaning
    assert [one.number for one in spoilt if one.number] == list(
        range(1, sum(one.fault != "drop" for one in spoilt) + 1)
    )


def test_what_is_asked_for_is_read() -> None:
    assert Faults.parse("none") == Faults() == Faults.parse("")
    assert Faults.parse("all") == ALL_FAULTS
    assert Faults.parse("drop=0.5, reorder=7") == Faults(drop=0.5, reorder=7)
    assert Faults.parse("all,drop=0").drop == 0
    assert Faults.parse("all,drop=0").junk == ALL_FAULTS.junk


@pytest.mark.parametrize(
    "text, said",
    [
        ("dorp=0.1", "did you mean drop"),
        ("fire=1", "there are drop, duplicate, delay, truncate, junk, reorder, all, none"),
        ("drop", "like drop=0.01"),
        ("drop=2", "a share from 0 to 1, not '2'"),
        ("drop=nan", "a share from 0 to 1"),
        ("drop=-0.1", "a share from 0 to 1"),
        ("reorder=1.5", "a number of records from 0"),
        ("drop=0.6,delay=0.6", "together exceed 1"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(FaultError) as error:
        Faults.parse(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
