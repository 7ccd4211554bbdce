"""A broken environment and wrong usage, through the command: one clear line, the right exit
status, no traceback, and the next run goes on where this one ended."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from engine_process import (
    ENGINE,
    SYSTEMS,
    contents,
    environment,
    run_engine,
    stored,
    succeed,
    write_records,
)

from engine.kafka.embedded import EmbeddedBroker

USAGE, ENVIRONMENT, PROBLEMS = 2, 3, 1
RUN = ("run", "--systems", SYSTEMS, "--from", "records.log")


def failed(done: subprocess.CompletedProcess[bytes], status: int) -> str:
    """The one line that says why, after the line that says what was begun if it came so far."""
    lines = done.stderr.decode().splitlines()
    if lines and lines[0].startswith("engine: reading "):
        del lines[0]
    assert done.returncode == status, lines
    assert len(lines) == 1, lines
    assert done.stdout == b""
    return lines[0]


def test_no_broker(tmp_path: Path) -> None:
    done = run_engine("run", "--systems", SYSTEMS, "--brokers", "127.0.0.1:1", cwd=tmp_path)
    assert "no Kafka broker answered at 127.0.0.1:1" in failed(done, ENVIRONMENT)


def test_wrong_topic(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs")
        options = ("--brokers", broker.bootstrap, "--topic", "raw-log")
        done = run_engine("run", "--systems", SYSTEMS, *options, cwd=tmp_path)
    assert "did you mean raw-logs?" in failed(done, ENVIRONMENT)


@pytest.mark.parametrize("store", ["no/such/directory/events.db", ".", "/proc/events.db"])
def test_a_store_that_cannot_be_written(tmp_path: Path, store: str) -> None:
    write_records(tmp_path / "records.log", 10)
    line = failed(run_engine(*RUN, "--store", store, cwd=tmp_path), ENVIRONMENT)
    assert f"cannot open the store {store}" in line


def test_a_kind_of_store_that_is_not_there(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    line = failed(run_engine(*RUN, "--store", "oracle://host/db", cwd=tmp_path), ENVIRONMENT)
    assert "no store of the kind oracle://" in line


def test_a_store_of_a_newer_version(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    succeed(*RUN, cwd=tmp_path)
    with closing(sqlite3.connect(tmp_path / "events.db")) as store:
        store.execute("PRAGMA user_version = 999")
    assert "was made by a newer Logloom" in failed(run_engine(*RUN, cwd=tmp_path), ENVIRONMENT)


def test_a_database_of_something_else(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    with closing(sqlite3.connect(tmp_path / "events.db")) as other:
        other.execute("CREATE TABLE theirs (x)")
    assert "a database of something else" in failed(run_engine(*RUN, cwd=tmp_path), ENVIRONMENT)
    (tmp_path / "events.db").write_bytes(b"not a database at all" * 100)
    assert "not a sound SQLite database" in failed(run_engine(*RUN, cwd=tmp_path), ENVIRONMENT)


def test_disk_full_and_then_room_again(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 30_000)
    command = shlex.join([*ENGINE, *RUN])
    limited = subprocess.run(
        ["sh", "-c", f"ulimit -f 8000; exec {command}"],  # blocks of 512 bytes
        cwd=tmp_path,
        capture_output=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    line = failed(limited, ENVIRONMENT)
    assert "the store events.db" in line
    assert stored(tmp_path / "events.db") < 30_000
    succeed(*RUN, cwd=tmp_path)
    succeed(*RUN, "--store", "undisturbed.db", cwd=tmp_path)
    assert contents(tmp_path / "events.db") == contents(tmp_path / "undisturbed.db")


def test_a_store_that_is_locked_for_a_while_is_waited_for(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    (tmp_path / "empty.log").touch()
    succeed("run", "--systems", SYSTEMS, "--from", "empty.log", cwd=tmp_path)
    with closing(
        sqlite3.connect(tmp_path / "events.db", isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(3.0, other.execute, ["ROLLBACK"])
        release.start()
        done = run_engine(*RUN, cwd=tmp_path)
        release.join()
    assert done.returncode == 0
    assert "another process holds the lock of events.db: waiting" in done.stderr.decode()
    assert stored(tmp_path / "events.db") == 10


def test_nothing_starts_on_invalid_specs(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    shutil.copytree(SYSTEMS, tmp_path / "specs")
    (tmp_path / "specs" / "broken.yaml").write_text("system: broken\nformat: sideways\n")
    options = ("run", "--systems", "specs", "--from", "records.log")
    done = run_engine(*options, cwd=tmp_path)
    assert done.returncode == PROBLEMS
    talk = done.stderr.decode()
    assert "broken.yaml:2:9" in talk
    assert "nothing was started" in talk
    assert "Traceback" not in talk
    assert not (tmp_path / "events.db").exists()


def test_no_specs(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 10)
    line = failed(run_engine("run", "--from", "records.log", cwd=tmp_path), ENVIRONMENT)
    assert "there are no specs at systems" in line
    assert "--systems" in line


@pytest.mark.parametrize("path", ["missing.log", "missing/folder"])
def test_no_such_file(tmp_path: Path, path: str) -> None:
    done = run_engine("run", "--systems", SYSTEMS, "--from", path, cwd=tmp_path)
    assert path in failed(done, ENVIRONMENT)


@pytest.mark.parametrize("target", ["/dev/full", "no/such/directory/out.jsonl", "."])
def test_a_target_that_cannot_be_written(tmp_path: Path, target: str) -> None:
    write_records(tmp_path / "records.log", 10)
    assert target in failed(run_engine(*RUN, "--to", target, cwd=tmp_path), ENVIRONMENT)


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 20_000)
    command = shlex.join([*ENGINE, *RUN, "--to", "-"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.count(b"\n") == 1
    assert "Traceback" not in done.stderr.decode()
    assert "rror" not in done.stderr.decode()


@pytest.mark.parametrize(
    "options",
    [
        ("--frm", "records.log"),
        ("--from", "records.log", "--brokers", "localhost:9092"),
        ("--from", "records.log", "-X", "acks=all"),
        ("--from", "records.log", "--topic", "t"),
        ("--from", "records.log", "--group", "g"),
        ("--from", "records.log", "--until-end"),
        ("--from", "records.log", "--store", "a.db", "--to", "-"),
        ("--from", "records.log", "--record-bytes-max", "0"),
        ("--from", "records.log", "--framing", "xml"),
        ("--from", "-", "records.log"),
        ("--from", "."),
        ("--from", ".", "--to", "out.jsonl"),
        ("--from", "records.log", "--to", "kafka:"),
        ("--from", "records.log", "--to", "kafka:events"),  # no brokers are named
        ("--follow", "--brokers", "localhost:9092"),
        ("--framing", "json", "--brokers", "localhost:9092"),
        ("--record-bytes-max", "10", "--brokers", "localhost:9092"),
        ("--brokers", "localhost:9092", "--to", "kafka:raw-logs"),
        ("--brokers", "localhost:9092", "--topic", "t", "--to", "kafka:t"),
        ("--brokers", "localhost:9092", "-X", "nonsense"),
        ("--brokers", "localhost:9092", "-X", "enable.auto.commit=true"),
        ("--brokers", "localhost:9092", "-X", "no.such.property=1"),
        (),
    ],
)
def test_wrong_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    write_records(tmp_path / "records.log", 10)
    line = failed(run_engine("run", "--systems", SYSTEMS, *options, cwd=tmp_path), USAGE)
    assert line.startswith("engine")
    assert not (tmp_path / "events.db").exists()


def test_no_command_at_all(tmp_path: Path) -> None:
    assert "COMMAND" in failed(run_engine(cwd=tmp_path), USAGE)


def test_a_traceback_only_when_asked_for(tmp_path: Path) -> None:
    options = ("run", "--systems", SYSTEMS, "--from", "missing.log")
    for argv in (("--debug", *options), (*options, "--debug")):
        done = run_engine(*argv, cwd=tmp_path)
        assert done.returncode == ENVIRONMENT
        assert b"Traceback" in done.stderr


def test_files_are_not_written_twice_into_one_target(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 100)
    succeed(*RUN, "--to", "out.jsonl", cwd=tmp_path)
    written = (tmp_path / "out.jsonl").read_bytes()
    assert "is not empty" in failed(run_engine(*RUN, "--to", "out.jsonl", cwd=tmp_path), USAGE)
    assert (tmp_path / "out.jsonl").read_bytes() == written != b""
