"""What cannot be printed ends in one line, not in a report of a fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from engine_process import ENGINE, environment

from engine.cli import main

FULL = Path("/dev/full")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_full_disk_under_the_output_is_said(tmp_path: Path) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [*ENGINE, "schema", "spec"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert done.stderr == "engine: what was printed could not be written: No space left on device\n"


def test_an_empty_id_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ENGINE, "trace", ""],
        cwd=tmp_path,
        capture_output=True,
        env=environment(),
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_what_a_command_does_not_know_is_told_by_that_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compile", "--show", "systems"])
    assert ended.value.code == 2
    said = "engine compile: unrecognized arguments: systems (see engine compile --help)\n"
    assert capsys.readouterr().err == said
