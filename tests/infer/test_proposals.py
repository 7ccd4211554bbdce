"""Whole proposals: of systems in formats of their own, and of the shipped ones as the simulator
writes them."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from made_logs import FORMATS, made_log

from engine.golden.suite import load_suite
from engine.golden.table import Table, numbered, tabulate
from engine.infer import Proposal, propose
from engine.interpreter import compile_normalizer
from engine.model import Rejection
from engine.samples import load_checked
from engine.spec import load_systems
from simulator import Emission, Simulation, load_flow

RECORDED_US = 1_746_352_800_000_000
RECORDS = 500
TODOS_MAX = 2


def outcome_table(proposal: Proposal) -> Table:
    return tabulate([numbered(list(proposal.records))], compile_normalizer(proposal.systems))


def check_sound(proposal: Proposal, folder: Path) -> None:
    path = folder / "proposal.yaml"
    path.write_text(proposal.text, encoding="utf-8")
    load_checked([path])
    failures = [one for check in load_suite([path]).checks() for one in check.run().failures]
    assert not failures
    assert proposal.text.count("# TODO") <= TODOS_MAX
    assert not any(isinstance(one, Rejection) for one in proposal.outcomes)


@pytest.mark.parametrize("name", FORMATS)
def test_a_made_up_system_is_read_and_joined_as_it_was_meant(name: str, tmp_path: Path) -> None:
    log = made_log(FORMATS[name], RECORDS)
    proposal = propose(log.lines, "made", recorded_us=RECORDED_US)
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
    first = propose(lines, "made", recorded_us=RECORDED_US)
    again = propose(random.Random(3).sample(lines, len(lines)), "made", recorded_us=RECORDED_US)

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
    proposal = propose([one.value.decode() for one in emissions], recorded_us=RECORDED_US)
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
