"""``python -m simulator``: options, exit statuses, targets, the rate, signals."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.diagnostics import EnvironmentFailure
from engine.resources import resource
from engine.spec import load_systems
from simulator import Emission, LinesTarget, Sent, Simulation, send
from simulator.cli import main

SYSTEMS = str(resource("systems"))
FIFTH = """
system: warehouse
format: text
records:
  step:
    template: "[{timestamp:iso}] warehouse {correlation_id:word} at {checkpoint_id}: {code:digits}"
    fields:
      status: {from: code, map: {"0": SUCCESS, "13": FAILURE, "14": FAILURE}}
  why:
    template: "warehouse trouble ({correlation_id:word}) {failure_reason}"
join:
  event: step
  detail: why
  when: {status: FAILURE}
  take: failure_reason
  within: 10s
ignore: ["warehouse is alive, load {:number}"]
"""


def run(*options: str) -> int:
    return main(["--systems", SYSTEMS, *options])


def ledger(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_records_go_to_a_file_and_the_ledger_beside_it(tmp_path: Path) -> None:
    log, truth = tmp_path / "log", tmp_path / "truth"
    options = ["--flows", "20", "--seed", "4", "--faults", "all,drop=0.1"]
    assert run(*options, "--to", str(log), "--truth", str(truth)) == 0
    records = log.read_bytes().split(b"\n")
    assert records.pop() == b""
    told = ledger(truth)
    sent = [one for one in told if one["number"] is not None]
    assert [one["number"] for one in sent] == list(range(1, len(records) + 1))
    assert [one["bytes"] for one in sent] == [len(one) for one in records]
    assert len(told) > len(sent)


def test_the_same_seed_gives_the_same_file_whatever_the_rate(tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    options = ["--flows", "2", "--faults", "all"]
    assert run(*options, "--seed", "4", "--to", str(files[0])) == 0
    begin = time.monotonic()
    assert run(*options, "--seed", "4", "--to", str(files[1]), "--rate", "100") == 0
    took = time.monotonic() - begin
    assert run(*options, "--seed", "5", "--to", str(files[2])) == 0
    first, second, third = (file.read_bytes() for file in files)
    assert first == second
    assert first != third
    assert took > (first.count(b"\n") - 5) / 100


def test_standard_output_holds_records_and_nothing_else(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert run("--flows", "3", "--to", "-") == 0
    out, err = capfdbinary.readouterr()
    assert out.count(b"\n") > 30
    assert err.startswith(b"simulator: ")
    assert err.count(b"\n") == 1
    assert f"{out.count(bytes([10]))} records of 3 flows sent".encode() in err


def test_simulated_time_begins_when_asked(tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    options = ["--flows", "1", "--to", str(tmp_path / "log"), "--truth", str(truth)]
    assert run(*options) == 0
    assert ledger(truth)[0]["timestamp"].startswith("2025-05-04T10:00:0")
    assert run(*options, "--start", "2031-01-01T00:00:00+01:00") == 0
    assert ledger(truth)[0]["timestamp"].startswith("2030-12-31T23:00:0")
    assert run(*options, "--start", "now") == 0
    assert abs(ledger(truth)[0]["sent_us"] / 1e6 - time.time()) < 60


def test_a_new_system_appears_with_no_code(tmp_path: Path) -> None:
    for spec in resource("systems").glob("*.yaml"):
        (tmp_path / spec.name).write_bytes(spec.read_bytes())
    (tmp_path / "flows").mkdir()
    for flow in resource("systems/flows").glob("*.yaml"):
        (tmp_path / "flows" / flow.name).write_bytes(flow.read_bytes())
    (tmp_path / "warehouse.yaml").write_text(FIFTH)
    log, truth = tmp_path / "log", tmp_path / "truth"
    options = ["--flows", "40", "--to", str(log), "--truth", str(truth)]
    assert main(["--systems", str(tmp_path), *options]) == 0
    records = [one for one in log.read_text().splitlines() if "warehouse" in one]
    told = [one for one in ledger(truth) if one["system_id"] == "warehouse"]
    assert len(told) == len(records)
    roles = {role: [one for one in told if one["role"] == role] for role in ("event", "detail")}
    assert {one["flow"] for one in roles["event"]} == set(range(1, 41))
    assert {one["status"] for one in roles["event"]} == {"SUCCESS", "FAILURE"}
    completed = [one for one in roles["event"] if one["completed_by"]]
    assert [one["status"] for one in completed] == ["FAILURE"] * len(completed)
    assert {one["completes"] for one in roles["detail"]} == {one["record"] for one in completed}
    assert any(one.startswith("warehouse trouble (") for one in records)
    # The others keep to their flow, under the same correlation id.
    ids: dict[int, set[str]] = {}
    for one in ledger(truth):
        if one["role"] != "ignore":
            ids.setdefault(one["flow"], set()).add(one["correlation_id"])
    assert all(len(one) == 1 for one in ids.values())


def test_only_the_specs_in_a_directory_without_a_flow(tmp_path: Path) -> None:
    (tmp_path / "warehouse.yaml").write_text(FIFTH)
    truth = tmp_path / "truth"
    options = ["--flows", "5", "--to", str(tmp_path / "log"), "--truth", str(truth)]
    assert main(["--systems", str(tmp_path), *options]) == 0
    assert {one["system_id"] for one in ledger(truth)} == {"warehouse"}


@pytest.mark.parametrize(
    "options, said",
    [
        ([], "the following arguments are required: --to"),
        (["--to", "-", "--flows", "0"], "--flows: 0 is not between 1 and 1,000,000,000"),
        (["--to", "-", "--flows", "many"], "--flows: invalid"),
        (["--to", "-", "--rate", "0"], "--rate: 0 is not between"),
        (["--to", "-", "--rate", "nan"], "--rate: nan is not between"),
        (["--to", "-", "--seed", "x"], "--seed: invalid int value"),
        (["--to", "-", "--speed", "3"], "unrecognized arguments: --speed"),
        (["--to", "-", "--faults", "dorp=1"], "did you mean drop?"),
        (["--to", "-", "--start", "yesterday\x1b"], '--start "yesterday\\x1b": a time like'),
        (["--to", "-", "--start", "1900-01-01T00:00:00Z"], "a time like"),
        (["--to", "kafka"], "no Kafka brokers are named"),
        (["--to", "kafka", "--brokers", "h:1", "-X", "acks"], "-X needs a client property"),
        (["--to", "same", "--truth", "./same"], "--truth and --to name the same file"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        sys.exit(run(*options))  # argparse ends at once
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    "options, said",
    [
        (["--to", "no/such/folder/log"], "--to: cannot write no/such/folder/log: No such file"),
        (["--to", "log", "--truth", "."], "--truth: cannot write .: Is a directory"),
        (["--to", "log", "--systems", "nowhere"], "nowhere does not exist"),
        (["--to", "log", "--flow-file", "no.yaml"], "no.yaml"),
    ],
)
def test_a_bad_environment_is_one_line_and_status_3(
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*options) == 3
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert said in err


def test_no_broker_is_one_line_and_status_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "engine.kafka.producer.KafkaProducer.__init__.__kwdefaults__", {"connect_timeout_s": 0.3}
    )
    assert run("--to", "kafka", "--brokers", "127.0.0.1:1") == 3
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "no Kafka broker answered at 127.0.0.1:1" in err


def test_bad_specs_and_flows_are_findings_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text("flow: [{system: nobody, steps: []}]")
    assert run("--to", str(tmp_path / "log"), "--flow-file", str(flow)) == 1
    err = capsys.readouterr().err
    assert f'{flow}:1:17: error E204: no system "nobody" is loaded' in err
    assert "1 finding in the specs: nothing was sent" in err
    assert not (tmp_path / "log").exists()
    (tmp_path / "bad.yaml").write_text("system: bad")
    assert main(["--systems", str(tmp_path / "bad.yaml"), "--to", "-"]) == 1


def test_what_should_not_happen_is_one_line_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("simulator.cli.load_systems", fail)
    assert run("--to", "-") == 3
    assert "this should not happen: RuntimeError('out of order')" in capsys.readouterr().err
    assert run("--to", "-", "--debug") == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_it() -> None:
    command = f"{sys.executable} -m simulator --systems {SYSTEMS} --flows 5000 --to - | head -n 3"
    done = subprocess.run(command, shell=True, capture_output=True, check=True, timeout=60)
    assert done.stdout.count(b"\n") == 3
    assert done.stderr == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_after_the_present_record_with_status_0(
    number: signal.Signals, tmp_path: Path
) -> None:
    log, truth = tmp_path / "log", tmp_path / "truth"
    command = [sys.executable, "-m", "simulator", "--systems", SYSTEMS, "--flows", "1000"]
    command += ["--rate", "50", "--to", str(log), "--truth", str(truth)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: log.exists() and log.read_bytes().count(b"\n") > 5)
            begin = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            assert time.monotonic() - begin < 5
        finally:
            process.kill()
    assert process.returncode == 0
    assert b" flows sent\n" in err
    assert log.read_bytes().endswith(b"\n")
    assert len(ledger(truth)) == log.read_bytes().count(b"\n")


def wait_until(is_so: Callable[[], bool], limit_s: float = 30.0) -> None:
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- sending ------------------------------------------------------------------------------------


class FullDisk(io.BytesIO):
    def write(self, content: Any) -> int:
        raise OSError(28, "No space left on device")


def some() -> list[Emission]:
    return list(Simulation(load_systems([Path(SYSTEMS)]), flows=3).emissions())


def test_a_full_disk_is_a_failure_of_the_environment() -> None:
    with pytest.raises(EnvironmentFailure, match="cannot write to log: No space left on device"):
        send(some(), LinesTarget(FullDisk(), "log"))
    with pytest.raises(EnvironmentFailure, match="cannot write to the ledger: No space"):
        send(some(), LinesTarget(io.BytesIO()), truth=FullDisk())


def test_sending_stops_when_asked_and_says_what_was_sent() -> None:
    stop = threading.Event()
    file = io.BytesIO()
    emissions = iter(some())

    def until_ten() -> Any:
        for count, one in enumerate(emissions, 1):
            yield one
            if count == 10:
                stop.set()

    sent = send(until_ten(), LinesTarget(file), stop=stop)
    assert sent.records == file.getvalue().count(b"\n") == 10


def test_progress_is_told() -> None:
    told: list[int] = []

    def note(sent: Sent) -> None:
        told.append(sent.records)

    emissions = list(Simulation(load_systems([Path(SYSTEMS)]), flows=100).emissions())
    sent = send(emissions, LinesTarget(io.BytesIO()), on_progress=note)
    assert told[0] == 1000
    assert told[-1] == sent.records == len(emissions)
    assert sent.flows == set(range(1, 101))
