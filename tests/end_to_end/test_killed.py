"""`kill -9` of a running engine: nothing is lost and nothing doubled, wherever it strikes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_process import (
    SYSTEMS,
    contents,
    count,
    environment,
    made_records,
    send,
    succeed,
    write_records,
)

from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.stores.sqlite_commit import STEPS

DRIVER = Path(__file__).parent / "killed_run.py"
KILLS = 50


def drive(cwd: Path, *arguments: str) -> int:
    """How many processes the driver has killed."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), *arguments],
        cwd=cwd,
        capture_output=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return int(done.stdout)


def run_of(store: str) -> tuple[str, ...]:
    return ("run", "--systems", SYSTEMS, "--from", "records.log", "--store", store)


@pytest.mark.slow
def test_killed_at_random_again_and_again(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 40_000)
    succeed(*run_of("undisturbed.db"), cwd=tmp_path)
    killed = drive(tmp_path, "at-random", str(KILLS), "0.05", "7", "--", *run_of("killed.db"))
    assert killed == KILLS
    assert count(tmp_path / "killed.db", "archive") > KILLS / 2  # they were killed at their work
    succeed(*run_of("killed.db"), cwd=tmp_path)
    assert contents(tmp_path / "killed.db") == contents(tmp_path / "undisturbed.db")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step_of_a_commit(tmp_path: Path, step: str) -> None:
    write_records(tmp_path / "records.log", 400)
    succeed(*run_of("undisturbed.db"), cwd=tmp_path)
    assert drive(tmp_path, "at-steps", step, "3", "--", *run_of("killed.db")) == 1
    committed = 3 if step == "committed" else 2
    assert count(tmp_path / "killed.db", "archive") == committed
    succeed(*run_of("killed.db"), cwd=tmp_path)
    assert contents(tmp_path / "killed.db") == contents(tmp_path / "undisturbed.db")


@pytest.mark.slow
def test_killed_at_each_step_while_it_reads_kafka(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 4)
        kill_a_reader(tmp_path, broker.bootstrap, "raw-logs")


@pytest.mark.slow
@pytest.mark.real_kafka
def test_killed_at_each_step_while_it_reads_a_real_kafka(
    tmp_path: Path, kafka_bootstrap: str, new_topic: Callable[..., str]
) -> None:
    kill_a_reader(tmp_path, kafka_bootstrap, new_topic(4))


def kill_a_reader(tmp_path: Path, brokers: str, topic: str) -> None:
    send(ClientSettings(brokers), topic, made_records(6000))
    options = ("run", "--systems", SYSTEMS, "--brokers", brokers, "--topic", topic, "--until-end")
    succeed(*options, "--store", "undisturbed.db", "--group", f"{topic}-a", cwd=tmp_path)
    # Each member is of a group of its own: the store knows how far the others came, and nobody
    # has to wait until a dead member's session is over.
    disturbed = (*options, "--store", "killed.db", "--group")
    killed = drive(tmp_path, "at-steps", ",".join(STEPS), "3", "--", *disturbed, f"{topic}-{{n}}")
    assert killed == len(STEPS)
    assert count(tmp_path / "killed.db", "archive") >= 2 * len(STEPS)
    succeed(*disturbed, f"{topic}-last", cwd=tmp_path)
    assert contents(tmp_path / "killed.db") == contents(tmp_path / "undisturbed.db")
