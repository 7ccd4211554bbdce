"""Where lines go: a file, standard output."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.diagnostics import EnvironmentFailure
from engine.stores.line_files import FileLines, StandardOutput
from engine.stores.lines import LineStore


def write(path: Path, *lines: bytes) -> None:
    sink = FileLines(path)
    for line in lines:
        sink.write(line + b"\n")
    sink.flush()
    sink.close()


def test_lines_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, b"one", b"two")
    write(path)
    write(path, b"three")
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_a_line_that_was_cut_off_ends_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'one\n{"cut off')
    write(path, b"two")
    assert path.read_bytes() == b'one\n{"cut off\ntwo\n'


def test_a_store_of_lines_takes_both(tmp_path: Path) -> None:
    for sink in (FileLines(tmp_path / "events.jsonl"), FileLines(Path(os.devnull))):
        LineStore(sink).close()
    assert (tmp_path / "events.jsonl").read_bytes() == b""


def test_lines_are_on_disk_when_flush_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    sink = FileLines(tmp_path / "events.jsonl")
    sink.write(b"one\n")
    sink.flush()
    sink.close()
    assert len(synced) == 1


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none" / "events.jsonl", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(EnvironmentFailure) as caught:
            FileLines(path)
        assert str(caught.value) == f"{path} cannot be written: {reason}"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told() -> None:
    sink = FileLines(Path("/dev/full"))
    with pytest.raises(EnvironmentFailure, match="/dev/full cannot be written: No space left"):
        sink.write(b"one\n")
    sink.close()


def test_a_disk_that_is_full_at_the_sync_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    sink = FileLines(tmp_path / "events.jsonl")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(EnvironmentFailure, match="No space left on device"):
        sink.flush()
    sink.close()


def test_standard_output(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", os.fdopen(os.dup(1), "w"))
    sink = StandardOutput()
    sink.write("one\nzwölf\n".encode())
    sink.flush()
    sink.close()
    sys.stdout.close()
    assert capfd.readouterr().out == "one\nzwölf\n"


def test_standard_output_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(EnvironmentFailure, match="standard output is closed"):
        StandardOutput()


def test_a_pipe_that_does_not_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    lines = [b"x" * 1000 + b"\n"] * 1000
    with os.fdopen(writing, "w") as out, os.fdopen(reading, "rb") as pipe:
        monkeypatch.setattr(sys, "stdout", out)
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.extend(pipe))
        reader.start()
        StandardOutput().write(b"".join(lines))
        out.close()
        reader.join()
    assert found == lines


WRITE_TO_NOBODY = """
import sys
from engine.stores.line_files import StandardOutput
sys.stdin.read()  # until the reader of standard output has gone
try:
    StandardOutput().write(b"one\\n")
except BrokenPipeError:
    sys.stderr.write("broken pipe")
"""


def test_a_reader_that_went_away_is_for_the_command_line() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_TO_NOBODY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, said = process.communicate(b"", timeout=30)
    assert said == b"broken pipe"
