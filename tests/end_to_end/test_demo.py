"""`engine demo`: all of it with nothing but the package, from anywhere."""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import closing
from pathlib import Path

import pytest
from engine_process import count, engine_running, run_engine, succeed

from engine import demo
from engine.demo import Ledger, Play, Scene, perform
from engine.diagnostics import EnvironmentFailure
from engine.kafka.source import KafkaSource
from engine.model import StreamAdvance
from engine.stores.sqlite import open_reader
from simulator.faults import Faults

SUM = ("events", "details_joined", "details_waiting", "duplicates", "ignored", "quarantined")


def test_from_another_directory(tmp_path: Path) -> None:
    began = time.monotonic()
    done = run_engine("demo", "--flows", "300", "--store", "demo.db", cwd=tmp_path)
    talk = done.stderr.decode()
    assert done.returncode == 0, talk
    assert time.monotonic() - began < 60
    stats = json.loads(succeed("stats", "--store", "demo.db", "--format", "json", cwd=tmp_path))
    assert stats["read"] == sum(stats[name] for name in SUM) > 300 * 15
    assert stats["details_joined"] > 300
    assert f"{stats['read']:,} read" in talk
    assert f"agree on every one of {stats['events']:,} events" in talk
    shown = done.stdout.decode()
    assert f"read {stats['read']:,} = events {stats['events']:,}" in shown
    traced = re.search(r"\$ engine trace (\S+)", talk)
    assert traced
    trace = succeed("trace", traced[1], "--store", "demo.db", cwd=tmp_path).decode()
    assert trace in shown


def test_it_tells_where_its_own_store_is(tmp_path: Path) -> None:
    done = run_engine("demo", "--flows", "5", "--faults", "none", cwd=tmp_path)
    assert done.returncode == 0
    told = re.search(r"the store is (\S+);", done.stderr.decode())
    assert told
    store = Path(told[1])
    assert count(store, "events") > 50
    shutil.rmtree(store.parent)
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_events(tmp_path: Path) -> None:
    for store in ("one.db", "two.db"):
        succeed("demo", "--flows", "20", "--seed", "9", "--store", store, cwd=tmp_path)
    one, two = (
        succeed("export", "--store", store, "--format", "csv", "--out", "-", cwd=tmp_path)
        for store in ("one.db", "two.db")
    )
    assert _six(one) == _six(two)


def _six(exported: bytes) -> list[list[bytes]]:
    return sorted(line.split(b",")[:6] for line in exported.splitlines())


def test_a_store_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.db").write_bytes(b"mine")
    done = run_engine("demo", "--store", "mine.db", cwd=tmp_path)
    assert done.returncode == 2
    assert "exists already" in done.stderr.decode()
    assert (tmp_path / "mine.db").read_bytes() == b"mine"


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    options = ("demo", "--flows", "1000000", "--store", "demo.db")
    with engine_running(*options, cwd=tmp_path) as engine:
        engine.wait_until(lambda: count(tmp_path / "demo.db", "archive") > 0)
        engine.process.send_signal(2)
        assert engine.process.wait(5) == 130
        assert "Traceback" not in engine.talk


def perform_small(store: Path) -> Ledger:
    scene = Scene(flows=30, seed=4, faults=Faults.parse("all"), store_url=str(store))
    return perform(scene, Play(), lambda: None, lambda _: None)


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    ledger = perform_small(tmp_path / "demo.db")
    with closing(open_reader(str(tmp_path / "demo.db"))) as reader:
        assert ledger.disagreements(reader) == []
        ledger.quarantined += 1
        ledger._events.pop()
        never_were, quarantined = ledger.disagreements(reader)
    assert never_were == "events that never were: 1, not 0"
    assert quarantined.startswith("records in the quarantine: ")


def test_records_that_do_not_come_end_it_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(_source: KafkaSource, _max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        time.sleep(max_wait_s)
        return []

    monkeypatch.setattr(demo, "_STALLED_SECONDS_MAX", 1.0)
    monkeypatch.setattr(KafkaSource, "read", read)
    with pytest.raises(EnvironmentFailure, match="only 0 came through"):
        perform_small(tmp_path / "demo.db")


def test_a_simulator_that_fails_ends_it_with_its_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EnvironmentFailure("the simulator's word")

    monkeypatch.setattr(demo, "send", fail)
    with pytest.raises(EnvironmentFailure, match="the simulator's word"):
        perform_small(tmp_path / "demo.db")
