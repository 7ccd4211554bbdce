"""Two engines in one consumer group on one store: each record is stored once, also where one of
them was held up past its session with a batch in hand and wakes as an owner of the past."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
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
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 4)
        outlive_an_owner(tmp_path, broker.bootstrap, "raw-logs", FAST)


@pytest.mark.slow
@pytest.mark.real_kafka
def test_an_owner_of_the_past_is_refused_with_a_real_kafka(
    tmp_path: Path, kafka_bootstrap: str, new_topic: Callable[..., str]
) -> None:
    shortest = ("-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=500")
    outlive_an_owner(tmp_path, kafka_bootstrap, new_topic(4), shortest)


def outlive_an_owner(tmp_path: Path, brokers: str, topic: str, session: tuple[str, ...]) -> None:
    records = list(made_records(RECORDS))
    store = tmp_path / "events.db"
    (tmp_path / "empty.log").touch()
    succeed("run", "--systems", SYSTEMS, "--from", "empty.log", cwd=tmp_path)
    send(ClientSettings(brokers), topic, records[: RECORDS // 2])
    source = ("--brokers", brokers, "--topic", topic, *session)
    options = ("run", "--systems", SYSTEMS, *source, "--group", topic)
    with (
        closing(sqlite3.connect(store, isolation_level=None)) as lock,
        engine_running(*options, cwd=tmp_path) as sleeper,
    ):
        lock.execute("BEGIN IMMEDIATE")
        sleeper.wait_for_talk("waiting")  # with a batch in hand
        sleeper.process.send_signal(signal.SIGSTOP)
        lock.execute("ROLLBACK")
        with engine_running(*options, cwd=tmp_path) as heir:
            heir.wait_until(lambda: stored(store) == RECORDS // 2, 40.0)
            sleeper.process.send_signal(signal.SIGCONT)
            sleeper.wait_for_talk("another owner has moved the progress")
            send(ClientSettings(brokers), topic, records[RECORDS // 2 :])
            heir.wait_until(lambda: stored(store) == RECORDS, 40.0)
            sleeper.end()
            heir.end()
    succeed(*options, "--until-end", cwd=tmp_path)
    alone = ("--until-end", "--store", "alone.db", "--group", f"{topic}-alone")
    succeed("run", "--systems", SYSTEMS, *source, *alone, cwd=tmp_path)
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
