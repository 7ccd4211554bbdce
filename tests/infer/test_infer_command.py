"""The command: where records come from, where the spec goes, and what is said about it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from made_logs import FORMATS, made_log

from engine.cli import main
from engine.spec import load_systems

PAGE = Path(__file__).resolve().parents[2] / "docs" / "infer.md"


def blocks() -> list[str]:
    return re.findall(r"^```(?:console)?\n((?:.*\n)*?)```$", PAGE.read_text(), re.MULTILINE)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "made.log"
    path.write_text("\n".join(made_log(FORMATS["piped"], 60).lines) + "\n")
    return path


def test_the_page_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    records, spec, told, *_ = blocks()
    Path("pay.log").write_text(records)
    assert main(["infer", "pay.log"]) == 0
    printed = capsys.readouterr()
    assert f"$ engine infer pay.log\n{printed.out}" == spec
    assert printed.err == told


def test_the_spec_goes_to_a_new_file(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = log.with_name("made.yaml")
    assert main(["infer", str(log), "--system", "made", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert not printed.out
    assert f"engine validate {out}" in printed.err
    assert load_systems([out])[0].name == "made"
    assert main(["validate", str(out)]) == 0
    assert main(["test", str(out)]) == 0
    before = out.read_bytes()
    assert main(["infer", str(log), "--out", str(out)]) == 2
    assert out.read_bytes() == before


def test_records_come_from_standard_input(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with log.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert main(["infer", "-", "--limit", "40"]) == 0
    assert "40 records" in capsys.readouterr().err


def test_records_come_from_the_quarantine_of_a_store(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = str(tmp_path / "events.db")
    assert main(["run", "--from", str(log), "--store", store]) == 0
    assert main(["infer", "--store", store, "--system", "made"]) == 0
    from_store = capsys.readouterr().out
    assert main(["infer", str(log), "--system", "made"]) == 0
    assert from_store == capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["infer"], 2),
        (["infer", "x", "--store", "y"], 2),
        (["infer", "is-not-there.log"], 3),
        (["infer", "--store", "is-not-there.db"], 3),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    assert capsys.readouterr().err.count("\n") == 1


def test_no_record_is_no_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"\n\xff\xfe\n  \n")
    assert main(["infer", str(empty)]) == 1
    assert not capsys.readouterr().out


def test_a_name_that_is_none_is_wrong_usage(log: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["infer", str(log), "--system", "a b"])
    assert ended.value.code == 2
