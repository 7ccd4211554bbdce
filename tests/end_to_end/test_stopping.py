"""SIGTERM and Ctrl-C: exit status 0 within five seconds wherever it strikes, nothing lost, nothing
done twice afterwards."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from engine_process import (
    SYSTEMS,
    RunningEngine,
    contents,
    count,
    engine_running,
    environment,
    made_records,
    send,
    stored,
    succeed,
    write_records,
)

from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker

SECONDS_MAX = 5.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)
FAST = ("-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=200")
"""So that the embedded broker lets the next member in soon."""


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        running.create_topic("raw-logs", 4)
        yield running


@pytest.mark.parametrize("number", SIGNALS)
def test_while_it_waits_for_kafka(
    tmp_path: Path, broker: EmbeddedBroker, number: signal.Signals
) -> None:
    records = list(made_records(3000))
    send(ClientSettings(broker.bootstrap), "raw-logs", records)
    options = ("run", "--systems", SYSTEMS, "--brokers", broker.bootstrap, *FAST)
    with engine_running(*options, cwd=tmp_path) as engine:
        engine.wait_until(lambda: stored(tmp_path / "events.db") == len(records))
        assert engine.end(number) < SECONDS_MAX
    before = contents(tmp_path / "events.db")
    succeed(*options, "--until-end", cwd=tmp_path)
    assert contents(tmp_path / "events.db") == before


@pytest.mark.parametrize("number", SIGNALS)
def test_while_standard_input_sends_nothing(tmp_path: Path, number: signal.Signals) -> None:
    records = list(made_records(100))
    with engine_running("run", "--systems", SYSTEMS, "--from", "-", cwd=tmp_path) as engine:
        assert engine.process.stdin is not None
        engine.process.stdin.write(b"".join(record + b"\n" for record in records))
        engine.process.stdin.flush()
        engine.wait_until(lambda: stored(tmp_path / "events.db") == len(records))
        assert engine.end(number) < SECONDS_MAX


def test_what_waits_for_its_other_half_is_written_where_it_cannot_be_read_again(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.jsonl"
    out.touch()
    options = ("run", "--systems", SYSTEMS, "--from", "-", "--to", out.name)
    with engine_running(*options, cwd=tmp_path) as engine:
        assert engine.process.stdin is not None
        engine.process.stdin.write(b"2025-05-04T10:32:00 CMF: CMF_CHECKPOINT_2 - FAILURE (ID: a)\n")
        engine.process.stdin.write(b"2025-05-04T10:32:00 CMF: CMF_CHECKPOINT_1 - SUCCESS (ID: a)\n")
        engine.process.stdin.flush()
        engine.wait_until(lambda: b"SUCCESS" in out.read_bytes())
        assert b"FAILURE" not in out.read_bytes()
        engine.end()
    assert b"FAILURE" in out.read_bytes()


def test_in_the_middle_of_a_file(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 60_000)
    run = ("run", "--systems", SYSTEMS, "--from", "records.log", "--store")
    with engine_running(*run, "stopped.db", cwd=tmp_path) as engine:
        engine.wait_until(lambda: count(tmp_path / "stopped.db", "archive") > 0)
        assert engine.end() < SECONDS_MAX
        assert "stopped, " in engine.talk
    read = stored(tmp_path / "stopped.db")
    assert 0 < read < 60_000
    succeed(*run, "stopped.db", cwd=tmp_path)
    succeed(*run, "undisturbed.db", cwd=tmp_path)
    assert contents(tmp_path / "stopped.db") == contents(tmp_path / "undisturbed.db")


def test_while_no_broker_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        options = ("run", "--systems", SYSTEMS, "--brokers", address)
        with engine_running(*options, cwd=tmp_path) as engine:
            engine.wait_for_talk("reading topic")
            time.sleep(0.5)
            assert engine.end() < SECONDS_MAX


def test_while_the_broker_has_gone_away(tmp_path: Path, broker: EmbeddedBroker) -> None:
    send(ClientSettings(broker.bootstrap), "raw-logs", made_records(50))
    options = ("run", "--systems", SYSTEMS, "--brokers", broker.bootstrap, *FAST)
    with engine_running(*options, cwd=tmp_path) as engine:
        engine.wait_until(lambda: stored(tmp_path / "events.db") > 0)
        broker.down()
        engine.wait_for_talk("no Kafka broker answers")
        assert engine.end() < SECONDS_MAX


def test_while_the_topic_it_writes_to_is_out_of_reach(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    with writing_out_of_reach(tmp_path, broker) as engine:
        assert engine.end() < SECONDS_MAX
        assert "could not be written" in engine.talk


def test_while_the_store_is_locked(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 50)
    run = ("run", "--systems", SYSTEMS, "--from", "records.log")
    (tmp_path / "empty.log").touch()
    succeed("run", "--systems", SYSTEMS, "--from", "empty.log", cwd=tmp_path)
    with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with engine_running(*run, cwd=tmp_path) as engine:
            engine.wait_for_talk("waiting")
            assert engine.end() < SECONDS_MAX
            assert "not stored" in engine.talk
        other.execute("ROLLBACK")
    succeed(*run, cwd=tmp_path)
    assert stored(tmp_path / "events.db") == 50


def test_a_second_ctrl_c_ends_it_at_once(tmp_path: Path, broker: EmbeddedBroker) -> None:
    with writing_out_of_reach(tmp_path, broker) as engine:
        engine.process.send_signal(signal.SIGINT)
        time.sleep(0.8)
        engine.process.send_signal(signal.SIGINT)
        assert engine.process.wait(0.8) == 130
        assert "Traceback" not in engine.talk


def test_signals_that_come_together_are_one(tmp_path: Path, broker: EmbeddedBroker) -> None:
    with writing_out_of_reach(tmp_path, broker) as engine:
        engine.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        assert engine.end(signal.SIGINT) < SECONDS_MAX


@contextmanager
def writing_out_of_reach(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[RunningEngine]:
    """An engine that cannot end its batch: the brokers it writes to have gone away."""
    broker.create_topic("events", 1)
    to = ("--to", "kafka:events", "--brokers", broker.bootstrap)
    with engine_running("run", "--systems", SYSTEMS, "--from", "-", *to, cwd=tmp_path) as engine:
        engine.wait_for_talk("reading standard input")
        broker.down()
        assert engine.process.stdin is not None
        engine.process.stdin.write(b"".join(record + b"\n" for record in made_records(10)))
        engine.process.stdin.flush()
        time.sleep(2.0)  # the records are in the producer's hands by now
        yield engine


HELD_BY_A_LIBRARY = """
import sqlite3, sys
from engine.cli.stopping import StopRequest
stop = StopRequest(lambda: print("sudden end", flush=True))
holder = sqlite3.connect("lock.db", isolation_level=None)
holder.execute("BEGIN EXCLUSIVE")
waiter = sqlite3.connect("lock.db", timeout=60, isolation_level=None)
with stop.listening():
    stop.is_set()
    print("held", flush=True)
    waiter.execute("BEGIN EXCLUSIVE")  # 60 s in C, where no handler of Python runs
"""


@pytest.mark.parametrize("signals, status", [("T", 0), ("I", 0), ("II", 130), ("TT", 0)])
def test_a_library_that_does_not_come_back(tmp_path: Path, signals: str, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HELD_BY_A_LIBRARY],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    began = time.monotonic()
    for one in signals:
        process.send_signal({"T": signal.SIGTERM, "I": signal.SIGINT}[one])
        time.sleep(0.7)
    assert process.stdout.read() == b"sudden end\n"
    assert process.wait(SECONDS_MAX) == status
    assert time.monotonic() - began < SECONDS_MAX
    process.stdout.close()
