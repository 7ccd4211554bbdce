"""The page about testing specs shows a case that holds, and names what the code names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.cli import main
from engine.golden.coverage import JOIN_OUTCOMES

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "testing-specs.md").read_text()


def block(page: str, language: str, beginning: str) -> str:
    blocks = re.findall(r"^```(.*)\n((?:.*\n)*?)```$", page, re.MULTILINE)
    found = [text for name, text in blocks if name == language and text.startswith(beginning)]
    return str(found[0])


def test_the_case_of_the_page_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "systems" / "payments").mkdir(parents=True)
    spec = block((DOCS / "specs.md").read_text(), "yaml", "# yaml-language-server")
    (tmp_path / "systems" / "payments.yaml").write_text(spec)
    case = tmp_path / "systems" / "payments" / "retry"
    case.with_suffix(".log").write_text(block(PAGE, "", "2025-"))
    expected = case.with_suffix(".expected.jsonl")
    rows = block(PAGE, "json", '{"line": 1')
    expected.write_text(rows)
    assert main(["test"]) == 0
    capsys.readouterr()
    first, *others = rows.splitlines()
    spoilt = first.replace('"failure_reason": "CARD_EXPIRED"', '"failure_reason": null')
    expected.write_text("\n".join([spoilt, *others]))
    assert main(["test"]) == 1
    assert capsys.readouterr().out == block(PAGE, "", "FAILED")


def test_the_page_names_every_join_outcome() -> None:
    for outcome, words in JOIN_OUTCOMES.items():
        assert f"| `{outcome}` | {words} |" in PAGE
