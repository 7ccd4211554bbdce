"""The ledger of a simulation, read by the rules alone, equals what the engine stores of it."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from ledger_oracle import Line, Row, expected
from made_up_specs import Spec, load, spec_sets

from engine.cli import main as engine
from engine.kafka.embedded import EmbeddedBroker
from engine.resources import resource
from simulator import Faults, LinesTarget, Simulation, send
from simulator.cli import main as simulator

SYSTEMS = str(resource("systems"))
FAULTS = "drop=0.05,duplicate=0.05,delay=0.05,truncate=0.02,junk=0.02,reorder=30"
COLUMNS = "system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason, join_state"


def rows(store: Path) -> list[Row]:
    found: Any = apsw.Connection(str(store)).execute(f"SELECT {COLUMNS} FROM events")
    return sorted(found, key=lambda row: tuple(map(str, row)))


def counts(store: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    capsys.readouterr()
    assert engine(["stats", "--store", str(store), "--format", "json"]) == 0
    told: dict[str, int] = json.loads(capsys.readouterr().out)
    return told


def ledger(truth: Path) -> list[Line]:
    return [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]


def simulate(*options: str) -> None:
    assert simulator(["--systems", SYSTEMS, "--flows", "120", "--faults", FAULTS, *options]) == 0


def test_through_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, truth, store = tmp_path / "log", tmp_path / "truth", tmp_path / "events.db"
    simulate("--to", str(log), "--truth", str(truth), "--seed", "11")
    run = ["run", "--systems", SYSTEMS, "--from", str(log), "--store", str(store)]
    assert engine(run) == 0
    told = expected(ledger(truth), clock="file")
    assert rows(store) == told.events
    found = counts(store, capsys)
    assert {name: found[name] for name in told.counts} == told.counts
    assert {row[-1] for row in told.events} >= {"none", "complete", "waiting"}


@pytest.fixture
def brokers() -> Iterator[str]:
    with EmbeddedBroker() as running:
        running.create_topic("raw-logs", 3)
        yield running.bootstrap


def test_through_a_topic(tmp_path: Path, capsys: pytest.CaptureFixture[str], brokers: str) -> None:
    check_through_a_topic(tmp_path, capsys, brokers, "raw-logs")


@pytest.mark.real_kafka
def test_through_a_topic_of_a_real_kafka(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    kafka_bootstrap: str,
    new_topic: Callable[..., str],
) -> None:
    topic = new_topic(partitions=3, retention_ms="-1")
    check_through_a_topic(tmp_path, capsys, kafka_bootstrap, topic)


def check_through_a_topic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], brokers: str, topic: str
) -> None:
    truth, store = tmp_path / "truth", tmp_path / "events.db"
    kafka = ["--brokers", brokers, "--topic", topic]
    simulate("--to", "kafka", *kafka, "--truth", str(truth), "--seed", "12")
    run = ["run", "--systems", SYSTEMS, *kafka, "--group", topic, "--until-end"]
    assert engine([*run, "--store", str(store)]) == 0
    told = expected(ledger(truth), clock="kafka")
    assert rows(store) == told.events
    found = counts(store, capsys)
    assert {name: found[name] for name in told.counts} == told.counts
    apart: Any = apsw.Connection(str(store)).execute(
        "SELECT count(*) FROM events WHERE detail_id IS NOT NULL"
        " AND rtrim(event_id, '0123456789') <> rtrim(detail_id, '0123456789')"
    )
    assert apart.fetchall()[0][0] > 5


@pytest.mark.parametrize("change", ["reason", "detail"])
def test_the_comparison_can_fail(
    change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, truth, store = tmp_path / "log", tmp_path / "truth", tmp_path / "events.db"
    simulate("--to", str(log), "--truth", str(truth))
    assert engine(["run", "--systems", SYSTEMS, "--from", str(log), "--store", str(store)]) == 0
    lines: list[Any] = ledger(truth)
    details = (one for one in lines if one["role"] == "detail" and one["number"])
    if change == "reason":
        next(details)["failure_reason"] = "another"
    else:
        lines.remove(next(details))
    assert rows(store) != expected(lines, clock="file").events


def half(number: int, time_us: int | None, role: str, **more: Any) -> dict[str, Any]:
    join = {"within_us": 10, "pairing": "nearest", "clock": "body", **more.pop("join", {})}
    names = ("checkpoint_id", "status", "failure_reason", "merge")
    line: dict[str, Any] = dict.fromkeys(names)
    own = {"number": number, "time_us": time_us, "sent_us": time_us, "role": role, "join": join}
    line |= {"system_id": "s", "correlation_id": "c", "timestamp": str(time_us), "usable": True}
    return line | own | {"expects_detail": role == "event"} | more


def reasons(lines: list[dict[str, Any]], clock: Any = "file") -> dict[str, str | None]:
    return {row[2]: row[5] for row in expected(lines, clock=clock).events}


@pytest.mark.parametrize(
    "pairing, given", [("nearest", {"0": None, "5": "x"}), ("in_order", {"0": "x", "5": None})]
)
def test_the_oracle_pairs_by_the_rule(pairing: str, given: dict[str, str | None]) -> None:
    join = {"pairing": pairing}
    lines = [
        half(1, 7, "detail", failure_reason="x", join=join),
        half(2, 5, "event", join=join),
        half(3, 0, "event", join=join),
    ]
    assert reasons(lines) == given


def test_the_oracle_knows_the_clocks() -> None:
    join = {"clock": "record"}
    lines = [
        half(1, 100, "event", join=join, sent_us=0),
        half(2, None, "detail", sent_us=50, failure_reason="x", join=join),
    ]
    assert reasons(lines, "file") == {"100": "x"}
    assert reasons(lines, "kafka") == {"100": None}


def test_the_oracle_merges_what_the_spec_takes_for_the_same() -> None:
    lines = [half(1, 0, "event", merge=["timestamp"]), half(2, 0, "event", merge=["timestamp"])]
    assert expected(lines, clock="file").counts["duplicates"] == 1
    lines = [half(1, 0, "event"), half(2, 0, "event")]
    assert expected(lines, clock="file").counts["duplicates"] == 0


def test_the_oracle_tells_when_a_half_is_overdue() -> None:
    lines = [half(1, 0, "event"), half(2, 10, "event")]
    assert [row[-1] for row in expected(lines, clock="file").events] == ["waiting", "waiting"]
    lines = [half(1, 0, "event"), half(2, 11, "event")]
    assert [row[-1] for row in expected(lines, clock="file").events] == ["unmatched", "waiting"]


@examples(15)
@given(specs=spec_sets(), seed=st.integers(0, 2**32))
def test_any_specs_through_a_file(specs: list[Spec], seed: int) -> None:
    faults = Faults.parse(FAULTS)
    with tempfile.TemporaryDirectory() as folder:
        log, store = Path(folder, "log"), Path(folder, "events.db")
        simulation = Simulation(load(*specs), flows=8, seed=seed, faults=faults)
        truth = io.BytesIO()
        with log.open("wb") as file:
            send(simulation.emissions(), LinesTarget(file), truth=truth)
        for spec in specs:
            Path(folder, f"{spec['system']}.yaml").write_text(json.dumps(spec), encoding="utf-8")
        run = ["run", "--systems", folder, "--from", str(log), "--store", str(store)]
        assert engine(run) == 0
        lines = [json.loads(line) for line in truth.getvalue().splitlines()]
        assert rows(store) == expected(lines, clock="file").events
