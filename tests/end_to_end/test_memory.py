"""Many lines through `run --from` stay under 300 MB: one million at night, less in every run, since
memory must not grow with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from engine_process import ENGINE, SYSTEMS, environment, stored, write_records
from examples import IS_NIGHT

RECORDS = 1_000_000 if IS_NIGHT else 400_000
BYTES_MAX = 300_000_000
RUN = ("run", "--systems", SYSTEMS, "--from", "records.log")

# A process begins with the peak of the one it was forked from, and a test worker's is large: so a
# small process stands between the two. Linux counts in KiB, macOS in bytes.
MEASURED = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(child.pid, 0)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.slow
def test_many_lines(tmp_path: Path) -> None:
    write_records(tmp_path / "records.log", RECORDS)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *ENGINE, *RUN],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert stored(tmp_path / "events.db") == RECORDS
    assert 10_000_000 < int(done.stdout) < BYTES_MAX
