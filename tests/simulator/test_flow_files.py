"""Flow files: what they say happens, and what is wrong with one is told with its place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from made_up_specs import Spec, load

from engine.diagnostics import EnvironmentFailure, SpecError
from engine.resources import resource
from engine.spec import load_systems
from simulator import Emission, Simulation, default_flow_file, load_flow

SHOP: Spec = {
    "system": "shop",
    "format": "json",
    "records": {"step": {"where": {"app": "shop"}}},
}
DEPOT: Spec = {
    "system": "depot",
    "format": "text",
    "records": {
        "fine": {"template": "{timestamp:iso} {checkpoint_id:word} {status} ({correlation_id})"},
        "bad": {
            "template": "{timestamp:iso} {checkpoint_id:word} {status} ({correlation_id}): "
            "{failure_reason}"
        },
    },
}


def simulate(tmp_path: Path, text: str, flows: int = 1) -> dict[int | None, list[Emission]]:
    """The emissions of each flow."""
    systems = load(SHOP, DEPOT)
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    by_flow: dict[int | None, list[Emission]] = {}
    for one in Simulation(systems, load_flow(file, systems), flows=flows).emissions():
        by_flow.setdefault(one.flow, []).append(one)
    return by_flow


def steps(emissions: list[Emission]) -> list[tuple[str, str | None, str | None, str | None]]:
    told = [one.meaning for one in emissions if one.meaning]
    return [(one.system_id, one.checkpoint_id, one.status, one.failure_reason) for one in told]


def told_by(emission: Emission, system: str) -> bool:
    return emission.meaning is not None and emission.meaning.system_id == system


def test_steps_come_in_sequence(tmp_path: Path) -> None:
    flow = """
        flow:
          - system: shop
            steps: [ORDERED, {checkpoint: PAID, status: FAILURE, reasons: refused}, PAID]
          - system: depot
            steps:
              - {checkpoint: PICKED, status: FAILURE, reasons: ['gone - (ID: 42): "x"']}
              - "0123"
    """
    assert steps(simulate(tmp_path, flow)[1]) == [
        ("shop", "ORDERED", "SUCCESS", None),
        ("shop", "PAID", "FAILURE", "refused"),
        ("shop", "PAID", "SUCCESS", None),
        ("depot", "PICKED", "FAILURE", 'gone - (ID: 42): "x"'),
        ("depot", "0123", "SUCCESS", None),
    ]


def test_ways_are_chosen_by_weight(tmp_path: Path) -> None:
    flow = """
        flow:
          - choose:
              - {weight: 3, flow: {system: shop, steps: [LIKELY]}}
              - {flow: [{system: shop, steps: [RARE]}]}
              - {weight: 0, flow: [{system: shop, steps: [NEVER]}]}
          - {system: depot, steps: [DONE]}
    """
    flows = simulate(tmp_path, flow, flows=200)
    chosen = Counter(steps(one)[0][1] for one in flows.values())
    assert set(chosen) == {"LIKELY", "RARE"}
    assert 110 < chosen["LIKELY"] < 190


def test_branches_run_side_by_side_and_what_follows_waits(tmp_path: Path) -> None:
    flow = """
        pause: 1s..2s
        flow:
          - parallel:
              - {system: shop, steps: [A, A, A, A, A]}
              - - {system: depot, steps: [B, B]}
                - {system: depot, steps: [B, B, B]}
          - {system: shop, steps: [END]}
    """
    orders = set()
    for emissions in simulate(tmp_path, flow, flows=20).values():
        order = "".join(str(one[1]) for one in steps(emissions))
        assert order.endswith("END")
        assert (order.count("A"), order.count("B")) == (5, 5)
        orders.add(order)
    assert len(orders) > 5


def test_pauses_are_kept(tmp_path: Path) -> None:
    flow = """
        pause: 7s
        flow:
          - {system: shop, steps: [A, {checkpoint: B, pause: 1m}, C], pause: 20ms..30ms}
          - {system: shop, steps: [D]}
    """
    a, b, c, d = (one.sent_us for one in simulate(tmp_path, flow)[1] if told_by(one, "shop"))
    assert b - a == 60_000_000
    assert 19_000 <= c - b <= 31_000
    assert abs(d - c - 7_000_000) <= 1000


def test_a_failure_without_reasons_gets_one_that_its_system_can_carry(tmp_path: Path) -> None:
    flow = "flow: [{system: depot, steps: [{checkpoint: A, status: FAILURE}]}]"
    flows = simulate(tmp_path, flow, flows=30).values()
    reasons = [told[3] for one in flows for told in steps(one) if told[1] == "A"]
    assert len(reasons) == 30
    assert None not in reasons
    assert len(set(reasons)) > 5


def test_systems_that_are_not_named_take_part(tmp_path: Path) -> None:
    flows = simulate(tmp_path, "flow: [{system: shop, steps: [ONLY]}]", flows=10)
    for emissions in flows.values():
        told = [one[1] for one in steps(emissions) if one[0] == "shop"]
        assert told == ["ONLY"]
        assert any(one[0] == "depot" for one in steps(emissions))


def test_the_shipped_flow_is_the_one_of_the_proof_of_concept() -> None:
    systems = load_systems([resource("systems")])
    file = default_flow_file([resource("systems")])
    assert file is not None
    ways = Counter[bool]()
    by_flow: dict[int | None, list[Emission]] = {}
    for one in Simulation(systems, load_flow(file, systems), flows=60).emissions():
        by_flow.setdefault(one.flow, []).append(one)
    for emissions in by_flow.values():
        told = [one[:3] for one in steps(emissions) if one[2] is not None]
        assert [one[1:] for one in told if one[0] == "fedebom"] == [
            ("INITIATED", "SUCCESS"),
            ("CHECKPOINT_1", "FAILURE"),
            ("CHECKPOINT_1", "SUCCESS"),
            ("CHECKPOINT_2", "SUCCESS"),
            ("FINALIZED", "SUCCESS"),
        ]
        cmf = [one[1:] for one in told if one[0] == "cmf"]
        ways[bool(cmf)] += 1
        assert not cmf or cmf == [
            ("CMF_CHECKPOINT_1", "SUCCESS"),
            ("CMF_CHECKPOINT_2", "FAILURE"),
            ("CMF_CHECKPOINT_2", "SUCCESS"),
            ("CMF_FINALIZED", "SUCCESS"),
        ]
        for system, first in (("reporting", "REPORTING_INITIATED"), ("bcis", "BCIS_INITIALIZED")):
            own = [one[1] for one in told if one[0] == system]
            assert own[0] == first
            assert (own[-1] or "").endswith("_FINALIZED")
    assert min(ways.values()) > 15


def test_a_directory_without_a_flow_has_none(tmp_path: Path) -> None:
    assert default_flow_file([tmp_path]) is None


@pytest.mark.parametrize(
    "text, place, code, said",
    [
        ("steps: []", "1:1", "E201", 'unknown key "steps" in a flow file'),
        ("pause: 1s", "1:1", "E202", 'a flow file needs the key "flow"'),
        ("- a", "1:1", "E203", "a flow file is a mapping"),
        ("flow: 3", "1:7", "E203", "a flow is a list"),
        ("flow: [A]", "1:8", "E203", "not a part of a flow"),
        ("flow: [{system: shpo, steps: [A]}]", "1:17", "E204", 'no system "shpo" is loaded'),
        ("flow: [{system: shop}]", "1:8", "E202", '"shop" needs the key "steps"'),
        ("flow: [{system: shop, steps: A}]", "1:30", "E203", "steps is a list"),
        ("flow: [{system: shop, steps: [], stpes: []}]", "1:34", "E201", 'unknown key "stpes"'),
        ("flow: [{system: shop, steps: [{status: SUCCESS}]}]", "1:31", "E202", '"checkpoint"'),
        (
            "flow: [{system: shop, steps: [{checkpoint: A, status: FAILED}]}]",
            "1:55",
            "E204",
            '"FAILED" is no status',
        ),
        (
            "flow: [{system: shop, steps: [{checkpoint: A, pause: soon}]}]",
            "1:54",
            "E313",
            "a time or a range",
        ),
        ("{pause: 3s..1s, flow: []}", "1:9", "E313", "a time or a range"),
        (
            "flow: [{system: shop, steps: [{checkpoint: A, reasons: [a (ID: 4)]}]}]",
            "1:57",
            "E203",
            "a reason is a text",
        ),
        ("flow: [{choose: []}]", "1:17", "E206", "nothing to choose from"),
        ("flow: [{choose: [{weight: 0, flow: []}]}]", "1:17", "E205", "a weight above 0"),
        ("flow: [{choose: [{weight: much, flow: []}]}]", "1:27", "E205", "a weight is a number"),
        ("flow: [{choose: [{weight: -1, flow: []}]}]", "1:27", "E205", "a weight is a number"),
        ("flow: [{choose: [{wieght: 1, flow: []}]}]", "1:19", "E201", 'unknown key "wieght"'),
        ("flow: [{parallel: 3}]", "1:19", "E203", "parallel is a list"),
        ("flow: [{system: depot, steps: [A B]}]", "1:32", "E205", 'SUCCESS at "A B"'),
        (
            'flow:\n- {system: depot, steps: [{checkpoint: A, status: FAILURE, reasons: "a\\nb"}]}',
            "2:27",
            "E205",
            "no record kind of depot can say FAILURE",
        ),
        ("flow: [", "1:8", "E101", "not YAML"),
        ("flow: &a []", "1:7", "E106", "an anchor"),
    ],
)
def test_a_bad_flow_file_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, code: str, said: str
) -> None:
    with pytest.raises(SpecError) as error:
        simulate(tmp_path, text)
    found = [
        (f"{one.location.line}:{one.location.column}", one.code, one.message)
        for one in error.value.diagnostics
        if said in one.message
    ]
    assert [one[:2] for one in found] == [(place, code)], error.value.diagnostics
    assert error.value.diagnostics[0].location.file.endswith("flow.yaml")


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        simulate(tmp_path, "pause: x\nflow: [{system: a}, {system: shop, steps: [{status: X}]}]")
    assert len(error.value.diagnostics) == 4


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"none\.yaml"):
        load_flow(tmp_path / "none.yaml", load(SHOP))


def test_a_system_whose_records_cannot_become_events_is_said() -> None:
    mute: Spec = {
        "system": "mute",
        "format": "text",
        "records": {
            "it": {"template": "{timestamp:digits} {checkpoint_id} {status} {correlation_id}"}
        },
    }
    with pytest.raises(SpecError) as error:
        Simulation(load(SHOP, mute))
    (only,) = error.value.diagnostics
    assert only.code == "E308"
    assert "no record of mute that would become an event" in only.message


def test_records_of_several_lines_are_for_topics_only() -> None:
    tall: Spec = {
        "system": "tall",
        "format": "text",
        "records": {
            "it": {"template": "{timestamp:iso}\n{checkpoint_id} {status} {correlation_id}"}
        },
    }
    with pytest.raises(SpecError) as error:
        Simulation(load(tall))
    assert "take several lines" in error.value.diagnostics[0].message
    emissions = list(Simulation(load(tall), pretty=True, flows=2).emissions())
    assert all(one.value.count(b"\n") == 1 for one in emissions)
