"""Findings for programs: GitHub's annotations, SARIF against its schema, JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli import main
from engine.cli.findings_formats import as_github, as_json, as_sarif
from engine.diagnostics import CODES, Diagnostic, Location
from engine.samples import check_specs

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"
SARIF = jsonschema.Draft4Validator(
    json.loads((HERE / "sarif" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
)
SPEC = "several-independent-ones.yaml"

names = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda name: name.strip("/"))
findings = st.builds(
    lambda file, line, column, code, texts: Diagnostic(
        Location(file, line, column), code, texts[0], texts[1], CODES[code].severity, texts[2:]
    ),
    names,
    st.integers(1, 9_999),
    st.integers(1, 9_999),
    st.sampled_from(sorted(CODES)),
    st.tuples(st.text(min_size=1), st.text(), st.text()),
)


def one(file: str = "systems/pay.yaml", message: str = "wrong", *notes: str) -> Diagnostic:
    return Diagnostic(Location(file, 3, 7), "E201", message, "do this", notes=notes)


# --- GitHub -----------------------------------------------------------------------------------


def read_command(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found is not None, line
    pairs = (pair.split("=", 1) for pair in found[2].split(","))
    properties = {
        name: re.sub("%(0D|0A|3A|2C|25)", lambda one: unquote(one[0]), value)
        for name, value in pairs
    }
    return found[1], properties, re.sub("%(0D|0A|25)", lambda one: unquote(one[0]), found[3])


def test_an_annotation_names_its_place_and_code() -> None:
    assert as_github([one("systems/pay.yaml", "50% wrong\r\n::error::x", "a note")]) == (
        "::error file=systems/pay.yaml,line=3,col=7,title=E201%3A unknown key"
        "::50%25 wrong%0D%0A::error::x%0Anote: a note%0Ahelp: do this"
    )
    missing = Diagnostic(Location("a,b:c%.yaml", 1, 1), "E504", "no sample", "", "warning")
    assert as_github([missing]).startswith("::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1,")


@given(st.lists(findings, min_size=1, max_size=3))
def test_any_finding_is_one_command_that_is_read_as_it_was_meant(found: list[Diagnostic]) -> None:
    lines = as_github(found).split("\n")
    assert len(lines) == len(found)
    for line, finding in zip(lines, found, strict=True):
        assert line.isprintable()
        severity, properties, _ = read_command(line)
        assert severity == finding.severity
        assert set(properties) == {"file", "line", "col", "title"}
        assert properties["line"] == str(finding.location.line)
        assert properties["title"] == f"{finding.code}: {CODES[finding.code].title}"


def test_in_actions_annotations_come_by_themselves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CASES)
    heads = {}
    for actions in ("true", "false"):
        monkeypatch.setenv("GITHUB_ACTIONS", actions)
        assert main(["validate", SPEC]) == 1
        heads[actions] = capsys.readouterr().out.split(" ")[0]
    assert heads == {"true": "::error", "false": "error[E205]:"}
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["validate", SPEC, "--format", "text"]) == 1
    assert capsys.readouterr().out.startswith("error[E205]:")


# --- SARIF ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(CASES.glob("*.yaml")), ids=lambda case: case.name)
def test_what_is_found_in_a_case_is_sarif(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)
    diagnostics = check_specs([Path(case.name)]).diagnostics
    log = json.loads(as_sarif(diagnostics))
    SARIF.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    for result, finding in zip(run["results"], diagnostics, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == finding.severity
        for said in (finding.message, finding.help, *finding.notes):
            assert said in result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == case.name
        assert physical["region"] == {
            "startLine": finding.location.line,
            "startColumn": finding.location.column,
        }


@given(st.lists(findings, max_size=3))
def test_any_finding_is_sarif(found: list[Diagnostic]) -> None:
    SARIF.validate(json.loads(as_sarif(found)))


@pytest.mark.parametrize("broken", ["version", "runs"])
def test_the_schema_refuses_what_is_none(broken: str) -> None:
    log = json.loads(as_sarif([one()]))
    del log[broken]
    assert not SARIF.is_valid(log)


@pytest.mark.parametrize(
    "file, uri",
    [
        ("systems/pay.yaml", "systems/pay.yaml"),
        ("./systems/pay ments #1%.yaml", "systems/pay%20ments%20%231%25.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/srv/ä.yaml", "file:///srv/%C3%A4.yaml"),
        ("\udcff.yaml", "%FF.yaml"),
    ],
)
def test_a_file_is_named_by_a_uri(file: str, uri: str) -> None:
    (result,) = json.loads(as_sarif([one(file)]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    written = unquote_to_bytes(uri.removeprefix("file://"))
    assert written == file.removeprefix("./").encode("utf-8", "surrogateescape")


# --- all of them ------------------------------------------------------------------------------


def test_documents_are_ascii_that_no_terminal_obeys() -> None:
    finding = one("\udcff.yaml", "\x1b[2J \x9b2J \ud800")
    for document in (as_json([finding]), as_sarif([finding])):
        assert document.isascii()
        assert document.replace("\n", "").isprintable()
    assert json.loads(as_json([finding]))[0]["message"] == finding.message


def test_where_nothing_is_wrong_each_format_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(HERE.parents[1])
    printed = {}
    for name in ("text", "json", "github", "sarif"):
        assert main(["validate", "systems", "--format", name]) == 0
        captured = capsys.readouterr()
        printed[name] = captured.out
        assert "nothing wrong" in captured.err
        assert "explain-code" not in captured.err
    assert (printed["text"], printed["json"], printed["github"]) == ("", "[]\n", "")
    assert json.loads(printed["sarif"])["runs"][0]["results"] == []


def test_a_hint_to_the_pages_comes_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CASES)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    hint = "`engine explain-code E205` tells more"
    for command in (["validate", SPEC], ["run", "--systems", SPEC, "--from", SPEC]):
        assert main(command) == 1
        assert capsys.readouterr().err.splitlines()[-1] == hint
