"""`--watch`: what is checked is checked again when it changes, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.cli import main
from engine.resources import resource

LIMIT_S = 20.0


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    folder = tmp_path / "systems"
    folder.mkdir()
    shipped = min(resource("systems").glob("*.yaml"))
    (folder / "one.yaml").write_text(shipped.read_text())
    return folder


@contextmanager
def watching(command: str, specs: Path, told: Path) -> Iterator[subprocess.Popen[bytes]]:
    with told.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", command, str(specs), "--watch"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(told: Path, text: str, times: int = 1) -> None:
    deadline = time.monotonic() + LIMIT_S
    while told.read_text().count(text) < times:
        assert time.monotonic() < deadline, told.read_text()
        time.sleep(0.05)


def save_until(spec: Path, content: str, told: Path, text: str) -> None:
    """Save again until it is seen: the watching begins a moment after the first answer."""
    deadline = time.monotonic() + LIMIT_S
    while text not in told.read_text():
        assert time.monotonic() < deadline, told.read_text()
        spec.write_text(content)
        time.sleep(0.3)


@pytest.mark.parametrize("command, well", [("validate", "nothing wrong"), ("test", "all well")])
def test_a_mistake_is_told_when_it_is_saved_and_forgotten_when_it_is_mended(
    command: str, well: str, specs: Path, tmp_path: Path
) -> None:
    spec, told = specs / "one.yaml", tmp_path / "told"
    sound = spec.read_text()
    with watching(command, specs, told) as process:
        wait_for(told, well)
        save_until(spec, sound.replace("format: text", "format: txt"), told, 'cannot be "txt"')
        assert "| format: txt" in told.read_text()
        before = told.read_text().count(well)
        spec.write_text(sound)
        wait_for(told, well, before + 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 0
    assert "Traceback" not in told.read_text()


def test_what_is_not_there_cannot_be_watched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(tmp_path / "none"), "--watch"]) == 3
    assert "there is nothing to watch" in capsys.readouterr().err


def test_watching_and_writing_do_not_go_together(
    specs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert main(["test", str(specs), "--watch", "--update"]) == 2
    assert "--watch" in capsys.readouterr().err
