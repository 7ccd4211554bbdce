"""What the simulator says a record means is what the normalizer reads: each side is the check of
the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_up_specs import Spec, load, spec_sets

from engine.interpreter import compile_normalizer
from engine.model import (
    Detail,
    Event,
    FieldPart,
    Ignored,
    LiteralPart,
    Record,
    Rejection,
    System,
    Template,
)
from engine.resources import resource
from engine.spec import load_systems
from engine.spec.field_types import FIELD_TYPES
from engine.templates import match
from simulator import ALL_FAULTS, Emission, Faults, Simulation, default_flow_file, load_flow
from simulator.places import Place
from simulator.taking_apart import PLAIN_TYPES
from simulator.values import FORMS

SHIPPED = resource("systems")


def shipped() -> tuple[System, ...]:
    return load_systems([SHIPPED])


def sent(simulation: Simulation) -> list[Emission]:
    return [one for one in simulation.emissions() if one.number is not None]


def check_meanings(systems: Sequence[System], emissions: Iterable[Emission]) -> Counter[str]:
    """Every record is read as the ledger says; how many there were of each role."""
    emissions = list(emissions)
    records = [Record("s", index, index + 1, one.value) for index, one in enumerate(emissions)]
    seen: Counter[str] = Counter()
    outcomes = compile_normalizer(systems).normalize(records)
    for emission, outcome in zip(emissions, outcomes, strict=True):
        told = emission.meaning
        seen[told.role if told else "junk"] += 1
        if told is None:
            assert isinstance(outcome, Rejection), emission.value
            continue
        assert not isinstance(outcome, Rejection), (outcome, emission.value)
        assert (outcome.system.name, outcome.kind) == (told.system_id, told.kind)
        if told.role == "ignore":
            assert isinstance(outcome, Ignored)
            continue
        assert isinstance(outcome, Event if told.role == "event" else Detail)
        assert isinstance(outcome, Event | Detail)
        assert outcome.correlation_id == told.correlation_id
        assert outcome.failure_reason == told.failure_reason
        assert outcome.time_us == told.time_us
        if isinstance(outcome, Event):
            assert outcome.checkpoint_id == told.checkpoint_id
            assert outcome.timestamp == told.timestamp
            assert outcome.status == told.status
            assert outcome.expects_detail == told.expects_detail
    return seen


@examples(60)
@given(specs=spec_sets(), seed=st.integers(0, 2**32))
def test_records_of_any_spec_are_read_as_the_ledger_says(specs: list[Spec], seed: int) -> None:
    systems = load(*specs)
    simulation = Simulation(systems, flows=8, seed=seed, pretty=True, faults=ALL_FAULTS)
    seen = check_meanings(systems, sent(simulation))
    assert seen["event"] >= 8 * len(systems) * 0.7


@pytest.mark.parametrize("pretty", [False, True])
def test_records_of_the_shipped_specs_are_read_as_the_ledger_says(pretty: bool) -> None:
    systems = shipped()
    file = default_flow_file([SHIPPED])
    assert file is not None
    flow = load_flow(file, systems)
    emissions = sent(Simulation(systems, flow, flows=100, pretty=pretty, faults=ALL_FAULTS))
    seen = check_meanings(systems, emissions)
    assert min(seen["event"], seen["detail"], seen["junk"]) > 0
    assert any(b"\n" in one.value for one in emissions) == pretty
    reasons = {one.meaning.failure_reason for one in emissions if one.meaning}
    assert any("(ID: 42)" in (one or "") and " - " in (one or "") for one in reasons)


def test_the_check_of_meanings_can_fail() -> None:
    emissions = sent(Simulation(shipped(), flows=1))
    first = next(one for one in emissions if one.meaning and one.meaning.role == "event")
    assert first.meaning is not None
    first.meaning.checkpoint_id = "ANOTHER"
    with pytest.raises(AssertionError):
        check_meanings(shipped(), emissions)


TEXTS = st.one_of(
    st.sampled_from([make(7, Random(1)) for make in FORMS.values()]),
    st.sampled_from(
        ["2025-05-04T10:00", "2025-05-04 10:00:00,5+02", "-1.5", "1.", "::1", "10.0.0.1"]
    ),
    st.text("aZ09 -.:{}_f(+\n\r", max_size=6),
)


@given(
    type_name=st.sampled_from([None, *sorted(PLAIN_TYPES)]),
    before=st.sampled_from(["", " ", "x="]),
    text=TEXTS,
    follower=st.sampled_from(
        ["", "Z", "-", "-0", ".", ".5", ",", ":", "::", "a", "0", " ", ")", " - "]
    ),
    rest=st.text("0a:.Z-f ", max_size=4),
)
def test_what_a_place_carries_comes_back_from_it(
    type_name: str | None, before: str, text: str, follower: str, rest: str
) -> None:
    type_ = None if type_name is None else FIELD_TYPES[type_name]
    place = Place(type_, follower, opens=not before.strip(), closes=not (follower and rest))
    if not place.carries(text):
        return
    parts: list[LiteralPart | FieldPart] = [LiteralPart(before)] if before else []
    parts.append(FieldPart("it", type_))
    record = before + text
    if follower:
        parts.append(LiteralPart(follower))
        record += follower
        if rest:
            parts.append(FieldPart(None, None))
            record += rest
    assert match(Template("", tuple(parts)), record) == {"it": text}
    assert not record.lstrip().startswith("{")


@pytest.mark.parametrize(
    "place, text, carries",
    [
        (Place(follower=")"), "a) b", False),
        (Place(follower=" - "), "a -", False),
        (Place(), "a\nb", False),
        (Place(opens=True), " {a", False),
        (Place(FIELD_TYPES["digits"], follower="5"), "12", False),
        (Place(FIELD_TYPES["iso"], follower="Z"), "2025-05-04T10:00:00", False),
        (Place(FIELD_TYPES["iso"], follower="Z"), "2025-05-04T10:00:00Z", True),
        (Place(FIELD_TYPES["ip"], follower=":"), "10.0.0.7", True),
        (Place(FIELD_TYPES["ip"], follower=":"), "2001:db8::1", False),
        (Place(FIELD_TYPES["number"], follower="."), "3", False),
        (Place(FIELD_TYPES["number"], follower="."), "3.5", True),
        (Place(FIELD_TYPES["number"], follower=".", closes=True), "3", True),
        (Place(FIELD_TYPES["number"], follower=". "), "3", True),
        (Place(in_json=True), 'a"\n', True),
    ],
)
def test_a_place_carries_what_can_be_read_back(place: Place, text: str, carries: bool) -> None:
    assert place.carries(text) == carries


# --- the simulation as a whole ------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    systems = shipped()

    def run(seed: int) -> list[bytes]:
        simulation = Simulation(systems, flows=30, seed=seed, faults=ALL_FAULTS, pretty=True)
        return [one.value + one.key + one.to_line() for one in simulation.emissions()]

    assert run(5) == run(5)
    assert run(5) != run(6)


def test_one_simulation_can_be_sent_twice() -> None:
    simulation = Simulation(shipped(), flows=5, faults=ALL_FAULTS)
    first = [one.to_line() for one in simulation.emissions()]
    assert first == [one.to_line() for one in simulation.emissions()]


def test_flows_are_interleaved_and_each_has_its_own_id() -> None:
    emissions = sent(Simulation(shipped(), flows=60))
    ids: dict[int, set[str | None]] = {}
    for one in emissions:
        assert one.flow is not None
        assert one.meaning is not None
        ids.setdefault(one.flow, set()).add(one.meaning.correlation_id)
    assert len(ids) == 60
    assert all(len(one) == 1 for one in ids.values())
    assert len(set.union(*ids.values())) == 60
    switches = sum(a.flow != b.flow for a, b in pairwise(emissions))
    assert switches > len(emissions) / 2
    times = [one.sent_us for one in emissions]
    assert times == sorted(times)


def test_no_more_flows_are_under_way_than_the_memory_of_one_window_needs() -> None:
    begun: set[int] = set()
    emissions = sent(Simulation(shipped(), flows=700))
    last = {one.flow: one.number for one in emissions}
    most = 0
    for one in emissions:
        assert one.flow is not None
        begun.add(one.flow)
        most = max(most, len(begun))
        if last[one.flow] == one.number:
            begun.remove(one.flow)
    assert 100 < most <= 200


def test_systems_with_different_ids_are_told_in_the_ledger_by_their_flow() -> None:
    uuids: Spec = text_spec(
        "uuids", "{timestamp:iso} U {correlation_id:uuid} {checkpoint_id} {status}"
    )
    digits: Spec = text_spec(
        "digits", "{timestamp:iso} D {correlation_id:digits} {checkpoint_id} {status}"
    )
    systems = load(uuids, digits)
    by_flow: dict[int | None, set[str | None]] = {}
    emissions = sent(Simulation(systems, flows=20))
    for one in emissions:
        assert one.meaning is not None
        by_flow.setdefault(one.flow, set()).add(one.meaning.correlation_id)
    assert all(len(ids) == 2 for ids in by_flow.values())
    check_meanings(systems, emissions)


def test_one_form_of_ids_that_all_can_carry_is_preferred() -> None:
    digits: Spec = text_spec(
        "digits", "{timestamp:iso} D {correlation_id:digits} {checkpoint_id} {status}"
    )
    systems = (*shipped(), *load(digits))
    emissions = sent(Simulation(systems, flows=20))
    ids = {one.meaning.correlation_id for one in emissions if one.meaning}
    assert len(ids) == 20
    assert all((one or "").isdigit() for one in ids)
    check_meanings(systems, emissions)


def text_spec(name: str, template: str) -> Spec:
    return {"system": name, "format": "text", "records": {"step": {"template": template}}}


def test_a_key_is_shared_by_most_flows_and_by_no_records_of_the_others() -> None:
    emissions = sent(Simulation(shipped(), flows=80))
    keys: dict[int | None, Counter[bytes]] = {}
    for one in emissions:
        keys.setdefault(one.flow, Counter())[one.key] += 1
    shared = [one for one in keys.values() if len(one) == 1]
    scattered = [one for one in keys.values() if set(one.values()) == {1}]
    assert len(shared) + len(scattered) == 80
    assert len(shared) > len(scattered) > 5


def test_details_come_within_reach_of_their_events() -> None:
    near: Spec = text_spec("near", "{timestamp:iso} N {correlation_id} {checkpoint_id} {status}")
    near["records"]["why"] = {"template": "WHY {correlation_id}: {failure_reason}"}
    near["join"] = {
        "event": "step",
        "detail": "why",
        "when": {"status": "FAILURE"},
        "take": "failure_reason",
        "within": "10ms",
    }
    emissions = sent(Simulation(load(near), flows=50))
    times = {one.record: one.sent_us for one in emissions}
    details = [one for one in emissions if one.completes]
    assert details
    assert all(0 <= one.sent_us - times[one.completes or ""] <= 10_000 for one in details)


def test_nothing_is_spoilt_unless_asked_for() -> None:
    emissions = list(Simulation(shipped(), flows=20, faults=Faults()).emissions())
    assert {one.fault for one in emissions} == {None}
    assert [one.number for one in emissions] == list(range(1, len(emissions) + 1))
