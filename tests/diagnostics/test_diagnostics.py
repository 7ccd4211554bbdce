"""Every way to be wrong has a case: a spec, and word for word what is said about it.

``LOGLOOM_UPDATE=1`` writes the expected side anew (never in CI).
"""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from rich.cells import cell_len

from engine.cli.findings import print_findings, summary
from engine.diagnostics import CODES, Diagnostic
from engine.samples import check_specs

CASES = Path(__file__).resolve().parent / "cases"
UPDATE = bool(os.environ.get("LOGLOOM_UPDATE")) and not os.environ.get("CI")


def cases() -> list[Path]:
    return sorted(one for one in CASES.iterdir() if one.is_dir() or one.suffix == ".yaml")


def said(diagnostics: tuple[Diagnostic, ...]) -> str:
    text = io.StringIO()
    print_findings(diagnostics, text)
    return text.getvalue() + summary(diagnostics) + "\n"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_is_said_word_for_word(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    diagnostics = check_specs([Path(case.name)]).diagnostics
    expected = case.with_suffix(".expected")
    if UPDATE:
        expected.write_text(said(diagnostics))
    assert said(diagnostics) == expected.read_text()
    named = re.match(r"E\d{3}", case.name)
    if named:
        assert {one.code for one in diagnostics} == {named[0]}


def test_every_code_has_a_case() -> None:
    made_here = {"E102", "E103", "E402"}
    have = {case.name[:4] for case in cases()} | made_here
    assert set(CODES) <= have


def codes_in(path: Path) -> list[tuple[str, int, int]]:
    return [
        (one.code, one.location.line, one.location.column)
        for one in check_specs([path]).diagnostics
    ]


def test_a_file_of_more_than_a_mebibyte_is_not_read(tmp_path: Path) -> None:
    spec = tmp_path / "large.yaml"
    spec.write_text("#" * (1 << 20) + "\n")
    assert codes_in(spec) == [("E102", 1, 1)]


def test_text_that_is_not_utf_8_is_told_with_its_place(tmp_path: Path) -> None:
    spec = tmp_path / "latin.yaml"
    spec.write_bytes("system: pay\nformat: té\n".encode("latin-1"))
    assert codes_in(spec) == [("E103", 2, 10)]


def test_a_directory_without_specs_is_told(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    assert codes_in(tmp_path) == [("E402", 1, 1)]


def test_twenty_thousand_brackets_and_billions_of_laughs_are_refused_at_once(
    tmp_path: Path,
) -> None:
    spec = tmp_path / "deep.yaml"
    spec.write_text("[" * 20_000)
    assert [code for code, *_ in codes_in(spec)] == ["E104"]
    laughs = "a0: &a0 [lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    spec.write_text(laughs)
    assert {code for code, *_ in codes_in(spec)} == {"E106"}


def test_hostile_text_cannot_steer_a_terminal(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text('system: "\\e[2Jpay"\nformat: text\nrecords: {}\n')
    text = said(check_specs([spec]).diagnostics)
    assert "\x1b" not in text
    assert r"\x1b[2Jpay" in text


@pytest.mark.parametrize("before", ["x", "漢字", "e\u0301", "\u200b😀", "漢" * 200])
def test_a_caret_stands_under_its_place_however_wide_the_text_is(
    before: str, tmp_path: Path
) -> None:
    spec = tmp_path / "spec.yaml"
    kind = f'{{a: {{template: "{before} {{x:wrd}}"}}}}'
    spec.write_text(f"system: pay\nformat: text\nrecords: {kind}\n", encoding="utf-8")
    found = [one for one in check_specs([spec]).diagnostics if one.code == "E303"]
    lines = said(tuple(found)).splitlines()
    caret = next(index for index, line in enumerate(lines) if line.endswith("^"))
    ahead = lines[caret - 1].partition("{x:wrd}")[0]
    assert cell_len(ahead) == cell_len(lines[caret][:-1])


def test_findings_are_the_same_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.cli import main

    monkeypatch.chdir(CASES)
    assert main(["validate", "several-independent-ones.yaml", "--format", "json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(
        printed,
        {
            "type": "array",
            "minItems": 10,
            "items": {
                "type": "object",
                "required": [
                    "file",
                    "line",
                    "column",
                    "code",
                    "severity",
                    "message",
                    "help",
                    "notes",
                ],
                "additionalProperties": False,
                "properties": {
                    "line": {"type": "integer", "minimum": 1},
                    "column": {"type": "integer", "minimum": 1},
                    "code": {"enum": sorted(CODES)},
                    "severity": {"enum": ["error", "warning"]},
                    "file": {"const": "several-independent-ones.yaml"},
                    "message": {"type": "string", "minLength": 1},
                    "help": {"type": "string"},
                    "notes": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    )
