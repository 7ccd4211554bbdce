"""A system whose spec exists only here, text with a separate detail record: it works everywhere by
being dropped into a directory, with no code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from engine_process import SYSTEMS, environment, event_rows, run_engine, succeed

sys.path.append(str(Path(__file__).parents[1] / "simulator"))
from ledger_oracle import expected

SPEC = """\
system: turnstile
format: text
timezone: Europe/Lisbon

records:
  passage:
    template: "[{timestamp:iso}] turnstile/{checkpoint_id:word} ticket={correlation_id} -> {status}"
    samples:
      - record: "[2025-05-04T10:30:00] turnstile/NORTH ticket=t-1 -> FAILURE"
        gives:
          checkpoint_id: NORTH
          timestamp: 2025-05-04T09:30:00Z
          status: FAILURE
          correlation_id: t-1
  refusal:
    template: "[{timestamp:iso}] turnstile refused ticket={correlation_id}: {failure_reason}"
    samples:
      - record: "[2025-05-04T10:30:01] turnstile refused ticket=t-1: expired"
        gives: {timestamp: 2025-05-04T09:30:01Z, correlation_id: t-1, failure_reason: expired}

join: {event: passage, detail: refusal, when: {status: FAILURE}, take: failure_reason, within: 10s}
"""

RECORDS = """\
[2025-05-04T10:30:00] turnstile/NORTH ticket=t-1 -> FAILURE
2025-05-04T10:30:00 BCIS: CHECKPOINT_A - SUCCESS (ID: t-1)
[2025-05-04T10:30:02] turnstile refused ticket=t-1: expired - buy another
[2025-05-04T10:30:09] turnstile/NORTH ticket=t-1 -> SUCCESS
[2025-05-04T10:31:00] turnstile/NORTH ticket= -> SUCCESS
"""


@pytest.fixture
def specs(tmp_path: Path) -> str:
    """The directory of five specs."""
    shutil.copytree(SYSTEMS, tmp_path / "systems")
    (tmp_path / "systems" / "turnstile.yaml").write_text(SPEC)
    return str(tmp_path / "systems")


def test_validate(tmp_path: Path, specs: str) -> None:
    assert json.loads(succeed("validate", specs, "--format", "json", cwd=tmp_path)) == []


def test_validate_can_tell_a_sample_that_is_not_so(tmp_path: Path, specs: str) -> None:
    (tmp_path / "systems" / "turnstile.yaml").write_text(SPEC.replace("09:30:01Z", "10:30:01Z"))
    assert run_engine("validate", specs, cwd=tmp_path).returncode == 1


def test_run_and_trace(tmp_path: Path, specs: str) -> None:
    (tmp_path / "records.log").write_text(RECORDS)
    succeed("run", "--from", "records.log", cwd=tmp_path)
    assert Counter(event_rows(tmp_path / "events.db")) == Counter(
        [
            ("bcis", "CHECKPOINT_A", "2025-05-04T10:30:00Z", "SUCCESS", "t-1", None, "none"),
            (
                "turnstile",
                "NORTH",
                "2025-05-04T09:30:00Z",
                "FAILURE",
                "t-1",
                "expired - buy another",
                "complete",
            ),
            ("turnstile", "NORTH", "2025-05-04T09:30:09Z", "SUCCESS", "t-1", None, "none"),
        ]
    )
    stats = json.loads(succeed("stats", "--format", "json", cwd=tmp_path))
    assert (stats["read"], stats["details_joined"], stats["quarantined"]) == (5, 1, 1)
    trace = json.loads(succeed("trace", "t-1", "--format", "json", cwd=tmp_path))
    told = [(event["system_id"], event["failure_reason"]) for event in trace["events"]]
    assert told == [("turnstile", "expired - buy another"), ("turnstile", None), ("bcis", None)]


def test_the_simulator_speaks_it(tmp_path: Path, specs: str) -> None:
    options = ("--to", "records.log", "--truth", "ledger.jsonl", "--flows", "100", "--seed", "3")
    subprocess.run(
        [sys.executable, "-m", "simulator", *options, "--systems", specs, "--faults", "all"],
        cwd=tmp_path,
        env=environment(),
        check=True,
        timeout=60,
    )
    succeed("run", "--from", "records.log", cwd=tmp_path)
    ledger = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    told = expected([json.loads(line) for line in ledger], clock="file")
    found = event_rows(tmp_path / "events.db")
    assert Counter(found) == Counter(told.events)
    own = [row for row in found if row[0] == "turnstile"]
    assert {row[6] for row in own} >= {"none", "complete"}
