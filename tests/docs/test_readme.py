"""What the README shows is what happens: its files, its commands, and what they print."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.resources import resource

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FILES = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
RUNS = re.findall(r"<!-- run -->\n```console\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def transcript() -> list[tuple[str, str]]:
    """Each command with what it is shown to print."""
    shown = re.split(r"^\$ (.*)\n", "".join(RUNS), flags=re.MULTILINE)[1:]
    return list(zip(shown[::2], shown[1::2], strict=True))


def run(folder: Path, command: str) -> str:
    """What a person sees: both outputs of a command, where the engine is on the path."""
    words = shlex.split(command)
    assert words[0] == "engine"
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout


def test_a_fifth_system_step_by_step(tmp_path: Path) -> None:
    shutil.copytree(resource("systems"), tmp_path / "systems")
    for name, content in FILES:
        (tmp_path / name).write_text(content)
    assert len(transcript()) >= 5
    for command, printed in transcript():
        assert run(tmp_path, command) == printed, command


def test_the_spec_that_the_readme_shows_is_new() -> None:
    (spec,) = (name for name, _ in FILES if name.startswith("systems/"))
    assert not (ROOT / spec).exists()


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_are_there(target: str) -> None:
    assert re.search(rf"^make {target} ", README, re.MULTILINE)
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
