from __future__ import annotations

import argparse
import csv
import errno
import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest
from store_building import StoreBuilder, flow

from engine.cli import export, quarantine, stats, trace
from engine.cli.options import UsageError
from engine.diagnostics import EnvironmentFailure
from engine.model import EXPORT_FIELDS


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    store = StoreBuilder(tmp_path / "events.db")
    flow(store)
    return store


@pytest.fixture(autouse=True)
def _a_pipe_without_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for command in (trace, stats, quarantine, export):
        command.add_to(commands)
    arguments = parser.parse_args(words)
    status: int = arguments.run(arguments)
    return status


def test_trace(store: StoreBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("trace", "abc-123", "--store", store.url) == 0
    assert capsys.readouterr().out.startswith("abc-123\n7 events in 2 systems, 3 failures")
    assert _run("trace", "abc-123", "--store", store.url, "--format", "json") == 0
    assert len(json.loads(capsys.readouterr().out)["events"]) == 7
    assert _run("trace", "abc-123", "--store", store.url, "--format", "json", "--limit", "2") == 0
    document = json.loads(capsys.readouterr().out)
    assert (len(document["events"]), document["events_total"]) == (2, 7)


def test_trace_with_attributes(store: StoreBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    store.event("PACKED", correlation_id="x", attributes={"weight": 3})
    store.commit()
    assert _run("trace", "x", "--store", store.url, "--attributes") == 0
    assert "weight=3" in capsys.readouterr().out
    assert _run("trace", "x", "--store", store.url, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["events"][0]["attributes"] == {"weight": 3}


def test_trace_of_an_unknown_id(store: StoreBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("trace", "abc-12", "--store", store.url) == 1
    assert capsys.readouterr() == (
        "",
        (
            "engine: nothing has the correlation id abc-12; 1 quarantined record mentions it "
            "(engine quarantine show file:aa11:110); near it: abc-123\n"
        ),
    )
    assert _run("trace", "\x1b[2J", "--store", store.url, "--format", "json") == 1
    assert capsys.readouterr() == ("", "engine: nothing has the correlation id \\x1b[2J\n")


def test_stats(store: StoreBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("stats", "--store", store.url) == 0
    assert "Every record is accounted for.\n" in capsys.readouterr().out
    assert _run("stats", "--store", store.url, "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["read"] == 12
    assert [(one["system_id"], one["events"]) for one in document["systems"]] == [
        ("bank", 4),
        ("shop", 3),
    ]


@pytest.mark.parametrize("form", ["text", "json"])
def test_stats_of_a_wrong_sum_is_a_problem(
    store: StoreBuilder, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    store.lose_an_event()
    assert _run("stats", "--store", store.url, "--format", form) == 1
    out = capsys.readouterr().out
    if form == "json":
        assert json.loads(out)["balanced"] is False
    else:
        assert out.startswith("THE SUM IS WRONG: read 12, accounted for 11 (-1)\n")


def test_quarantine(store: StoreBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("quarantine", "list", "--store", store.url) == 0
    assert "<time> BANK CHECKED FAILURE abc-<n>" in capsys.readouterr().out
    reason = ("--reason", "empty_record")
    assert _run("quarantine", "list", "--store", store.url, "--format", "json", *reason) == 0
    assert json.loads(capsys.readouterr().out)["quarantined"] == 0
    assert _run("quarantine", "show", "file:aa11:110", "--store", store.url) == 0
    assert "│ 2025-05-04T10:30:01 BANK CHECKED FAILURE abc-123\n" in capsys.readouterr().out
    assert _run("quarantine", "show", "file:aa11:110", "--store", store.url, "--format=json") == 0
    assert json.loads(capsys.readouterr().out)["record_id"] == "file:aa11:110"


def test_quarantine_of_an_unknown_id(
    store: StoreBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("quarantine", "show", "file:aa11:0", "--store", store.url) == 1
    assert capsys.readouterr() == (
        "",
        "engine: no record file:aa11:0 in the quarantine (`engine quarantine list`)\n",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "abc", "--limit", "0"),
        ("trace", "abc", "--limit", "9" * 30),
        ("trace", "half \udcff"),
        ("quarantine", "list", "--reason", "because"),
        ("quarantine",),
        ("export", "--format", "parquet"),
        ("export",),
        ("export", "--format", "csv", "--status", "MAYBE"),
    ],
)
def test_wrong_usage_is_2(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        _run(*words)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "x"),
        ("stats",),
        ("quarantine", "list"),
        ("quarantine", "show", "x"),
        ("export", "--format", "csv"),
    ],
)
def test_a_missing_store_is_the_environment_s_failure(words: tuple[str, ...]) -> None:
    with pytest.raises(EnvironmentFailure, match=r"no store at nowhere\.db"):
        _run(*words, "--store", "nowhere.db")
    assert not Path("nowhere.db").exists()


def test_export_to_standard_output(
    store: StoreBuilder, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert _run("export", "--store", store.url, "--format", "csv") == 0
    out = capfdbinary.readouterr().out
    assert out.startswith(",".join(EXPORT_FIELDS).encode() + b"\r\n")
    assert out.count(b"\r\n") == 8
    assert _run("export", "--store", store.url, "--format", "jsonl", "--system", "shop") == 0
    lines = capfdbinary.readouterr().out.splitlines()
    assert [json.loads(line)["system_id"] for line in lines] == ["shop"] * 3


def test_export_to_a_terminal_steers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    store = StoreBuilder(tmp_path / "events.db")
    store.event("\x1b[2J\x9b", status="FAILURE", reason="a\nb")
    store.commit()
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    for form in ("csv", "jsonl"):
        assert _run("export", "--store", store.url, "--format", form) == 0
    text = screen.getvalue()
    assert text.replace("\n", "").isprintable()
    assert text.count("\n") == 3


def test_export_to_a_file_replaces_it_when_it_is_whole(store: StoreBuilder, tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    words = ("export", "--store", store.url, "--format", "csv", "--status", "FAILURE")
    assert _run(*words, "--out", str(link)) == 0
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    with real.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["failure_reason"] for row in rows] == ["LIMIT_REACHED", "NO_TRUCK", ""]
    assert _run("export", "--store", store.url, "--format", "jsonl", "--out", str(real)) == 0
    assert len(real.read_text().splitlines()) == 7
    assert not list(tmp_path.glob(".*"))


def test_an_export_that_fails_leaves_the_old_file(
    store: StoreBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "out.csv"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFailure, match=r"cannot write .*out.csv: No space left"):
        _run("export", "--store", store.url, "--format", "csv", "--out", str(path))
    assert path.read_text() == "old"
    assert not list(tmp_path.glob(".*"))


def test_an_export_into_nowhere_is_the_environment_s_failure(
    store: StoreBuilder, tmp_path: Path
) -> None:
    for path in (tmp_path / "no" / "such.csv", tmp_path):
        with pytest.raises(EnvironmentFailure, match="cannot write"):
            _run("export", "--store", store.url, "--format", "csv", "--out", str(path))


def test_an_export_onto_the_store_is_refused(store: StoreBuilder) -> None:
    before = store.path.read_bytes()
    with pytest.raises(UsageError, match="is the store itself"):
        _run("export", "--store", store.url, "--format", "csv", "--out", store.url)
    assert store.path.read_bytes() == before


def test_an_export_into_a_device_leaves_the_device(store: StoreBuilder) -> None:
    assert _run("export", "--store", store.url, "--format", "csv", "--out", os.devnull) == 0
    assert not Path(os.devnull).is_file()
