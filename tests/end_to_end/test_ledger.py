"""What the simulator's ledger says is what the store holds, whichever way the records took and
whatever went wrong on it. What the store must hold is worked out from the ledger alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import confluent_kafka
import pytest
from engine_process import SYSTEMS, environment, event_rows, succeed

from engine.kafka.embedded import EmbeddedBroker
from engine.samples import load_checked
from simulator import Emission, Faults, Simulation, load_flow, send

sys.path.append(str(Path(__file__).parents[1] / "simulator"))
from ledger_oracle import Expected, Line, expected

PARTITIONS = 4
FAULTS = ("none", "all", "all,drop=0.1,duplicate=0.1,truncate=0.05,junk=0.05,reorder=200")


class PlacedTarget:
    """A topic of which each record's place is chosen here, so that the ledger can name it."""

    def __init__(self, bootstrap: str) -> None:
        self.places: dict[int, tuple[str, int]] = {}
        self._producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
        self._next = Counter[int]()

    def write(self, emission: Emission) -> None:
        partition = zlib.crc32(emission.key) % PARTITIONS
        assert emission.number is not None
        self.places[emission.number] = (str(partition), self._next[partition])
        self._next[partition] += 1
        self._producer.produce(
            "raw-logs",
            emission.value,
            emission.key,
            partition=partition,
            timestamp=emission.sent_us // 1000,
        )
        self._producer.poll(0)

    def flush(self) -> None:
        assert self._producer.flush(10) == 0

    def close(self) -> None:
        pass


def assert_holds(folder: Path, told: Expected) -> None:
    """The store of this folder is exactly what was told."""
    assert Counter(event_rows(folder / "events.db")) == Counter(told.events)
    stats = json.loads(succeed("stats", "--format", "json", cwd=folder))
    assert {name: stats[name] for name in told.counts} == told.counts
    assert told.counts["read"] > 1000


def lines_of(ledger: bytes) -> list[Line]:
    return [json.loads(line) for line in ledger.splitlines()]


@pytest.mark.parametrize("faults", FAULTS)
def test_through_the_embedded_broker(tmp_path: Path, faults: str) -> None:
    systems = load_checked([Path(SYSTEMS)])
    flow = load_flow(Path(SYSTEMS) / "flows" / "orders.yaml", systems)
    simulation = Simulation(
        systems, flow, flows=200, seed=5, faults=Faults.parse(faults), pretty=True
    )
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", PARTITIONS)
        target, truth = PlacedTarget(broker.bootstrap), io.BytesIO()
        send(simulation.emissions(), target, truth=truth)
        options = ("--systems", SYSTEMS, "--brokers", broker.bootstrap, "--until-end")
        succeed("run", *options, cwd=tmp_path)
    lines = lines_of(truth.getvalue())
    told = expected(lines, clock="kafka", position_of=lambda line: target.places[line["number"]])
    assert_holds(tmp_path, told)


@pytest.mark.parametrize("faults", FAULTS)
def test_through_a_file(tmp_path: Path, faults: str) -> None:
    simulate = ("--to", "records.log", "--truth", "ledger.jsonl", "--flows", "200", "--seed", "6")
    subprocess.run(
        [sys.executable, "-m", "simulator", *simulate, "--systems", SYSTEMS, "--faults", faults],
        cwd=tmp_path,
        env=environment(),
        check=True,
        timeout=60,
    )
    succeed("run", "--systems", SYSTEMS, "--from", "records.log", cwd=tmp_path)
    lines = lines_of((tmp_path / "ledger.jsonl").read_bytes())
    assert_holds(tmp_path, expected(lines, clock="file"))


def test_every_fault_is_among_them() -> None:
    systems = load_checked([Path(SYSTEMS)])
    simulation = Simulation(systems, flows=200, seed=5, faults=Faults.parse("all"))
    found = {emission.fault for emission in simulation.emissions()}
    assert found == {None, "drop", "duplicate", "delay", "truncate", "junk"}
