"""Events as lines instead of rows, and the ways in which files are read, through the command."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from engine_process import (
    ENGINE,
    SYSTEMS,
    engine_running,
    environment,
    event_rows,
    made_records,
    send,
    stored,
    succeed,
    write_records,
)

from engine.cli import main
from engine.event_json import UNSAID
from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.model import EXPORT_FIELDS

RUN = ("run", "--systems", SYSTEMS, "--from", "records.log")
SIX = ("system_id", "checkpoint_id", "timestamp", "status", "correlation_id", "failure_reason")
Row = tuple[Any, ...]
FAST = ("-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=200")


def as_rows(lines: Iterable[bytes]) -> Counter[Row]:
    events = [json.loads(line) for line in lines]
    for event in events:
        told = [name for name in EXPORT_FIELDS if name in event or name not in UNSAID]
        assert list(event) == told
    return Counter(tuple(event[name] for name in SIX) for event in events)


def rows_of_store(folder: Path) -> Counter[Row]:
    succeed(*RUN, "--store", "reference.db", cwd=folder)
    return Counter(row[:6] for row in event_rows(folder / "reference.db"))


def test_to_standard_output_and_to_a_file(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 3000)
    reference = rows_of_store(tmp_path)
    assert as_rows(succeed(*RUN, "--to", "-", cwd=tmp_path).splitlines()) == reference
    assert succeed(*RUN, "--to", "events.jsonl", cwd=tmp_path) == b""
    assert as_rows((tmp_path / "events.jsonl").read_bytes().splitlines()) == reference


def test_lines_say_where_what_they_leave_out_would_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("records.log").write_text("of no system\n", encoding="utf-8")
    assert main([*RUN, "--to", "events.jsonl"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "engine: 1 read: 1 quarantined; with --store they are kept, with the reason"


def test_from_standard_input_in_a_pipeline(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", 3000)
    engine = shlex.join([*ENGINE, "run", "--systems", SYSTEMS, "--from", "-", "--to", "-"])
    done = subprocess.run(
        ["sh", "-c", f"cat records.log | {engine}"],
        cwd=tmp_path,
        capture_output=True,
        env=environment(),
        timeout=60,
        check=True,
    )
    assert as_rows(done.stdout.splitlines()) == rows_of_store(tmp_path)


def test_from_a_topic_to_a_topic_and_again_from_where_it_ended(tmp_path: Path) -> None:
    records = list(made_records(3000))
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 1)
        broker.create_topic("events", 1)
        run = ("run", "--systems", SYSTEMS, "--brokers", broker.bootstrap, "--until-end", *FAST)
        for half in (records[:1500], records[1500:]):
            send(ClientSettings(broker.bootstrap), "raw-logs", half)
            succeed(*run, "--to", "kafka:events", cwd=tmp_path)
        lines = read_topic(broker.bootstrap, "events")
        succeed(*run, "--group", "another", cwd=tmp_path)
    wanted = Counter(row[:6] for row in event_rows(tmp_path / "events.db"))
    found = as_rows(lines)
    each = Counter(row[:5] for row in wanted.elements())
    assert Counter(row[:5] for row in found.elements()) == each  # once, though read in two runs
    assert (wanted - found).total() <= 2  # what waited for its reason where the first run ended


def test_the_brokers_of_the_environment(tmp_path: Path) -> None:
    with EmbeddedBroker() as broker:
        broker.create_topic("raw-logs", 2)
        send(ClientSettings(broker.bootstrap), "raw-logs", made_records(20))
        subprocess.run(
            [*ENGINE, "run", "--systems", SYSTEMS, "--until-end"],
            cwd=tmp_path,
            env=environment({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap}),
            timeout=60,
            check=True,
        )
    assert stored(tmp_path / "events.db") == 20


def read_topic(bootstrap: str, topic: str) -> list[bytes]:
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "test",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([confluent_kafka.TopicPartition(topic, 0, confluent_kafka.OFFSET_BEGINNING)])
    lines: list[bytes] = []
    while (message := consumer.poll(10)) is not None and message.error() is None:
        lines.append(message.value() or b"")
    consumer.close()
    assert message is not None
    return lines


def test_pretty_printed_json(tmp_path: Path) -> None:
    records = [json.loads(record) for record in made_records(2000) if record.startswith(b"{")]
    (tmp_path / "records.log").write_bytes(
        b"".join(json.dumps(r).encode() + b"\n" for r in records)
    )
    pretty = "".join(json.dumps(record, indent=2) + "\n" for record in records)
    (tmp_path / "pretty.json").write_text(pretty)
    options = ("run", "--systems", SYSTEMS, "--from", "pretty.json", "--framing", "json")
    lines = succeed(*options, "--to", "-", cwd=tmp_path).splitlines()
    assert as_rows(lines) == rows_of_store(tmp_path)


def test_a_long_record_is_quarantined_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "records.log").write_bytes(b"x" * 5000 + b"\n" + b"y" * 50 + b"\n")
    succeed(*RUN, "--record-bytes-max", "100", cwd=tmp_path)
    listed = json.loads(succeed("stats", "--format", "json", cwd=tmp_path))
    assert (listed["read"], listed["quarantined"]) == (2, 2)


@pytest.mark.parametrize("to_store", [True, False])
def test_a_file_that_grows(tmp_path: Path, to_store: bool) -> None:
    records = list(made_records(300))
    growing, out = tmp_path / "records.log", tmp_path / "out.jsonl"
    growing.write_bytes(b"".join(record + b"\n" for record in records[:100]))
    target = () if to_store else ("--to", out.name)
    with engine_running(*RUN, "--follow", *target, cwd=tmp_path) as engine:
        with growing.open("ab", buffering=0) as file:
            for record in records[100:]:
                file.write(record + b"\n")
                time.sleep(0.002)
        if to_store:
            engine.wait_until(lambda: stored(tmp_path / "events.db") == 300)
        else:
            last = json.dumps(json.loads(last_event_of(tmp_path))["event_id"]).encode()
            engine.wait_until(lambda: last in out.read_bytes())
        engine.end()
    if to_store:
        assert Counter(row[:6] for row in event_rows(tmp_path / "events.db")) == rows_of_store(
            tmp_path
        )
    else:
        assert as_rows(out.read_bytes().splitlines()) == rows_of_store(tmp_path)


def last_event_of(folder: Path) -> bytes:
    """The line of the last event that waits for nothing."""
    lines = succeed(*RUN, "--to", "-", cwd=folder).splitlines()
    free = [line for line in lines if json.loads(line)["join_state"] == "none"]
    return max(free, key=lambda line: int(json.loads(line)["event_id"].rpartition(":")[2]))
