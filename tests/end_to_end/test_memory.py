"""One million lines through `run --from` stay under 300 MB."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from engine_process import ENGINE, SYSTEMS, environment, stored, write_records

RECORDS = 1_000_000
KIB_MAX = 300_000_000 // 1024


@pytest.mark.slow
def test_a_million_lines(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", RECORDS)
    engine = subprocess.Popen(
        [*ENGINE, "run", "--systems", SYSTEMS, "--from", "records.log"],
        cwd=tmp_path,
        env=environment(),
    )
    _, status, usage = os.wait4(engine.pid, 0)
    engine.returncode = os.waitstatus_to_exitcode(status)
    assert engine.returncode == 0
    assert stored(tmp_path / "events.db") == RECORDS
    assert usage.ru_maxrss < KIB_MAX
