"""Whole proposals: of systems in formats of their own, and of the shipped ones as the simulator
writes them."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_logs import FORMATS, made_log

from engine.golden.suite import load_suite
from engine.golden.table import Table, numbered, tabulate
from engine.infer import Proposal
from engine.infer import propose as propose_or_none
from engine.interpreter import compile_normalizer
from engine.model import Event, Rejection
from engine.samples import load_checked
from engine.spec import load_systems
from simulator import Emission, Simulation, load_flow

RECORDED_US = 1_746_352_800_000_000
RECORDS = 500
TODOS_MAX = 2


def propose(texts: list[str], system: str | None = None) -> Proposal:
    proposal = propose_or_none(texts, system, recorded_us=RECORDED_US)
    assert proposal is not None
    return proposal


def outcome_table(proposal: Proposal) -> Table:
    return tabulate([numbered(list(proposal.records))], compile_normalizer(proposal.systems))


def check_sound(proposal: Proposal, folder: Path) -> None:
    path = folder / "proposal.yaml"
    path.write_text(proposal.text, encoding="utf-8")
    load_checked([path])
    failures = [one for check in load_suite([path]).checks() for one in check.run().failures]
    assert not failures
    assert proposal.todos <= TODOS_MAX
    assert not any(isinstance(one, Rejection) for one in proposal.outcomes)


@pytest.mark.parametrize("name", FORMATS)
def test_a_made_up_system_is_read_and_joined_as_it_was_meant(name: str, tmp_path: Path) -> None:
    log = made_log(FORMATS[name], RECORDS)
    proposal = propose(log.lines, "made")
    check_sound(proposal, tmp_path)
    rows = outcome_table(proposal).rows
    reasons = {}
    for number, (step, is_detail) in enumerate(log.truth, start=1):
        row = rows[number]
        if is_detail:
            reasons[(step.order, step.name)] = step.reason
            assert row["outcome"] == "detail"
            continue
        assert row["outcome"] == "event"
        assert row["correlation_id"] == step.order
        assert row["status"] == ("FAILURE" if step.is_failed else "SUCCESS")
        assert step.name in str(row["checkpoint_id"]).upper()
    for number, (step, is_detail) in enumerate(log.truth, start=1):
        if not is_detail and (step.order, step.name) in reasons:
            assert rows[number]["join_state"] == "complete"
            assert rows[number]["failure_reason"] == step.reason


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_of_the_records_changes_no_kind(name: str) -> None:
    lines = made_log(FORMATS[name], 200).lines
    first = propose(lines, "made")
    again = propose(random.Random(3).sample(lines, len(lines)), "made")

    def lasting(text: str) -> list[str]:
        return [
            line for line in text.splitlines() if line.strip().startswith(("template", "where"))
        ]

    assert lasting(first.text) == lasting(again.text)


@cache
def simulated() -> dict[str, list[Emission]]:
    """The first records of each shipped system, as the simulator's own flow logs them."""
    systems = load_systems([Path("systems")])
    flow = load_flow(Path("systems/flows/orders.yaml"), systems)
    found: dict[str, list[Emission]] = {system.name: [] for system in systems}
    for emission in Simulation(systems, flow, flows=400, seed=5).emissions():
        assert emission.meaning is not None
        own = found[emission.meaning.system_id]
        if len(own) < RECORDS:
            own.append(emission)
    return found


@pytest.mark.parametrize("name", ["bcis", "cmf", "fedebom", "reporting"])
def test_a_shipped_system_is_read_as_the_simulator_meant_it(name: str, tmp_path: Path) -> None:
    emissions = simulated()[name]
    assert len(emissions) == RECORDS
    proposal = propose([one.value.decode() for one in emissions])
    check_sound(proposal, tmp_path)
    assert proposal.systems[0].name == name
    rows = outcome_table(proposal).rows
    lines = {one.record: line for line, one in enumerate(emissions, start=1)}
    for line, emission in enumerate(emissions, start=1):
        row, meaning = rows[line], emission.meaning
        assert meaning is not None
        assert row["outcome"] == meaning.role
        assert row["correlation_id"] == meaning.correlation_id
        if meaning.role == "event":
            assert row["checkpoint_id"] == meaning.checkpoint_id
            assert row["status"] == meaning.status
            assert row["timestamp"] == meaning.timestamp
            if not meaning.expects_detail:
                assert row["failure_reason"] == meaning.failure_reason
        elif emission.completes in lines:
            assert row["failure_reason"] == meaning.failure_reason
            assert row["event_line"] == lines[emission.completes]
            assert rows[lines[emission.completes]]["failure_reason"] == meaning.failure_reason


def test_columns_are_named_by_their_heading(tmp_path: Path) -> None:
    proposal = propose(
        [
            "time;order;step;result;note",
            "2025-05-04 10:00:00;A-1;PICK;OK;",
            "2025-05-04 10:00:01;A-2;PICK;OK;",
            '2025-05-04 10:00:02;A-1;PACK;ERROR;"no paper; at all"',
            "2025-05-04 10:00:03;A-2;PACK;OK;",
        ]
    )
    check_sound(proposal, tmp_path)
    assert "columns: [time, order, step, result, note]" in proposal.text
    assert "  - {time: time}" in proposal.text
    event = proposal.outcomes[3]
    assert isinstance(event, Event)
    assert (event.checkpoint_id, event.status) == ("PACK", "FAILURE")
    assert (event.correlation_id, event.failure_reason) == ("A-1", "no paper; at all")


def test_a_word_that_nobody_knows_is_marked(tmp_path: Path) -> None:
    ends = ["OK", "OK", "KO", "OK", "OK", "PARKED"] * 3
    proposal = propose(
        [f"ship,2025-05-04T10:00:{n:02}Z,A-{n // 2},PICK,{end}" for n, end in enumerate(ends)]
    )
    check_sound(proposal, tmp_path)
    assert "where: {column_1: ship}" in proposal.text
    assert "{OK: SUCCESS, PARKED: SUCCESS, KO: FAILURE}}  # TODO: which" in proposal.text


def test_without_an_id_or_a_status_there_are_constants_and_levels(tmp_path: Path) -> None:
    words = ["start", "stop", "load", "save", "open", "close", "find", "lose"]
    proposal = propose(
        [
            f"2025-05-04 10:00:{n:02},123 {level} [main] {words[n % 8]} {words[n % 5]} the thing"
            for n, level in enumerate(["INFO", "WARN", "ERROR"] * 15)
        ]
    )
    check_sound(proposal, tmp_path)
    assert "correlation_id: {value: null}" in proposal.text
    assert "from: level" in proposal.text
    assert {one.status for one in proposal.outcomes if isinstance(one, Event)} == {
        "SUCCESS",
        "FAILURE",
    }


HOSTILE = {
    "quotes": '"' * 20_001,
    "braces": '{"' * 10_000,
    "pairs": "a=" * 10_000,
    "times": "2025-05-04T" * 2_000,
    "brackets": "x (" * 10_000,
    "slashes": "/" * 20_000,
    "lines": "a b\n" * 5_000,
    "braces of templates": "{x}} {{ | {?y} % \\ ' \" \x85 \ufeff é",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_the_records_are_the_proposal_is_sound(name: str, tmp_path: Path) -> None:
    hostile = HOSTILE[name]
    text = "x" + hostile
    proposal = propose([text, text + "x", text[:100], "2025-05-04 10:00:00 all is well"])
    path = tmp_path / "proposal.yaml"
    path.write_text(proposal.text, encoding="utf-8")
    load_checked([path])


def test_of_what_no_spec_can_read_there_is_no_proposal() -> None:
    assert propose_or_none(['{"a', "{", " "], recorded_us=RECORDED_US) is None


@given(
    st.lists(
        st.one_of(
            st.text(min_size=1, max_size=30),
            st.lists(
                st.sampled_from(
                    ["2025-05-04T10:00:00", "OK", "a-1", ": ", " ", "[", "]", "x=", '"q"']
                ),
                min_size=1,
                max_size=9,
            ).map("".join),
            st.dictionaries(st.text(min_size=1, max_size=4), st.text(max_size=4), max_size=3).map(
                json.dumps
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
@examples(30)
def test_any_records_give_a_sound_proposal_or_none(texts: list[str]) -> None:
    texts = [text for text in texts if "\0" not in text]
    proposal = propose_or_none(texts, recorded_us=RECORDED_US)
    if proposal is None:
        return
    assert len(proposal.outcomes) == len(texts)
    assert not [one for one in proposal.findings if one.severity == "error"]
