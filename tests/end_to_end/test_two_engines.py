"""Two engines in one consumer group on one store: each record is stored once, also where one of
them was held up past its session with a batch in hand and wakes as an owner of the past."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from engine_process import (
    SYSTEMS,
    contents,
    engine_running,
    made_records,
    send,
    stored,
    succeed,
)

from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker

RECORDS = 4000
FAST = ("-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=200")


@pytest.mark.slow
def test_an_owner_of_the_past_is_refused(tmp_path: Path) -> None:
    records = list(made_records(RECORDS))
    store = tmp_path / "events.db"
    (tmp_path / "empty.log").touch()
    succeed("run", "--systems", SYSTEMS, "--from", "empty.log", cwd=tmp_path)
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 4)
        send(ClientSettings(broker.bootstrap), "raw-logs", records[: RECORDS // 2])
        options = ("run", "--systems", SYSTEMS, "--brokers", broker.bootstrap, *FAST)
        with (
            closing(sqlite3.connect(store, isolation_level=None)) as lock,
            engine_running(*options, cwd=tmp_path) as sleeper,
        ):
            lock.execute("BEGIN IMMEDIATE")
            sleeper.wait_for_talk("waiting")  # with a batch in hand
            sleeper.process.send_signal(signal.SIGSTOP)
            lock.execute("ROLLBACK")
            with engine_running(*options, cwd=tmp_path) as heir:
                heir.wait_until(lambda: stored(store) == RECORDS // 2)
                sleeper.process.send_signal(signal.SIGCONT)
                sleeper.wait_for_talk("another owner has moved the progress")
                send(ClientSettings(broker.bootstrap), "raw-logs", records[RECORDS // 2 :])
                heir.wait_until(lambda: stored(store) == RECORDS)
                sleeper.end()
                heir.end()
        until_end = (*options, "--until-end")
        succeed(*until_end, cwd=tmp_path)
        succeed(*until_end, "--store", "alone.db", "--group", "alone", cwd=tmp_path)
    assert contents(store) == contents(tmp_path / "alone.db")


@pytest.mark.slow
def test_two_engines_share_a_topic(tmp_path: Path) -> None:
    store = tmp_path / "events.db"
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 4)
        options = ("run", "--systems", SYSTEMS, "--brokers", broker.bootstrap, *FAST)
        with (
            engine_running(*options, cwd=tmp_path) as one,
            engine_running(*options, cwd=tmp_path) as other,
        ):
            sent = 0
            for seed in range(6):
                records = list(made_records(100, seed))
                sent += len(records)
                send(ClientSettings(broker.bootstrap), "raw-logs", records)
                one.wait_until(lambda: stored(store) == sent)  # noqa: B023 - called at once
            one.end()
            other.end()
            assert "stopped, 0 read" not in one.talk + other.talk  # they did share it
        succeed(*options, "--until-end", "--store", "alone.db", "--group", "alone", cwd=tmp_path)
    assert contents(store) == contents(tmp_path / "alone.db")
