"""Every code and every reason has a page, and what the pages show is so."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from code_index import PHASES, index

from engine.cli import main
from engine.diagnostics import CODES
from engine.interpreter import compile_normalizer
from engine.model import Record, Rejection
from engine.rejections import REASONS
from engine.resources import resource
from engine.samples import check_specs
from engine.views.terminal import console

PAGES = resource("docs/diagnostics")
UPDATE = bool(os.environ.get("LOGLOOM_UPDATE")) and not os.environ.get("CI")

NO_EXAMPLE = {
    *("E102", "E103", "E402", "empty_record", "too_long", "invalid_utf8", "value_too_long"),
    "attributes_too_long",
}
"""What no few lines of text on a page can show: sizes, bytes, an empty directory."""


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def sections(name: str) -> dict[str, str]:
    title, *parts = re.split(r"^## (.+)\n", page(name), flags=re.MULTILINE)
    return {"": title} | dict(zip(parts[::2], parts[1::2], strict=True))


def examples(text: str) -> list[str]:
    return re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def codes_of(specs: list[str], folder: Path) -> set[str]:
    """What is found in these specs together, but for a missing sample: examples are short."""
    folder.mkdir()
    for number, spec in enumerate(specs):
        (folder / f"{number}.yaml").write_text(spec, encoding="utf-8")
    return {one.code for one in check_specs([folder]).diagnostics}


def test_every_code_and_reason_has_a_page_and_every_page_one_of_them() -> None:
    assert {one.stem for one in PAGES.glob("*.md")} == {*CODES, *REASONS, "README"}


def test_the_index_is_what_the_registries_say() -> None:
    file = PAGES / "README.md"
    if UPDATE:
        file.write_text(index(), encoding="utf-8")
    assert file.read_text(encoding="utf-8") == index()
    assert set(PHASES) == {code[:2] for code in CODES}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_page_of_a_code_shows_a_mistake_and_how_it_is_mended(code: str, tmp_path: Path) -> None:
    parts = sections(code)
    assert parts[""].startswith(f"# {code}: {CODES[code].title}\n\n")
    if code in NO_EXAMPLE:
        assert list(parts) == ["", "Why"]
        return
    assert list(parts) == ["", "Wrong", "Right", "Why"]
    wrong = codes_of(examples(parts["Wrong"]), tmp_path / "wrong")
    right = codes_of(examples(parts["Right"]), tmp_path / "right")
    assert wrong - {"E504"} | (wrong & {code}) == {code}
    assert right <= {"E504"} - {code}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_page_of_a_reason_shows_a_record_that_has_it(reason: str, tmp_path: Path) -> None:
    parts = sections(reason)
    assert parts[""].startswith(f"# {reason}: {REASONS[reason]}\n\n")
    if reason in NO_EXAMPLE:
        assert list(parts) == ["", "What to do"]
        return
    assert list(parts) == ["", "Spec", "Record", "What to do"]
    specs, (record,) = examples(parts["Spec"]), examples(parts["Record"])
    found = codes_of(specs, tmp_path / "specs")
    assert found <= {"E504"} | ({"E403"} if reason == "ambiguous" else set())
    systems = check_specs([tmp_path / "specs"]).systems
    value = record.removesuffix("\n").encode()
    (outcome,) = compile_normalizer(systems).normalize([Record("page", 0, len(value), value)])
    assert isinstance(outcome, Rejection)
    assert outcome.reason == reason


# --- engine explain-code ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked, name", [("E201", "E201"), ("e201", "E201"), ("NO_MATCH", "no_match")]
)
def test_the_command_prints_the_page(
    asked: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain-code", asked]) == 0
    assert capsys.readouterr().out == page(name)


def test_without_a_code_it_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-code"]) == 0
    assert capsys.readouterr().out == page("README")


@pytest.mark.parametrize(
    "asked, said",
    [
        ("EE402", 'did you mean "E402"'),
        ("unknown_satus", 'did you mean "unknown_status"'),
        ("../../pyproject", "`engine explain-code` lists them"),
        ("README", "`engine explain-code` lists them"),
        ("\x1b[2J", r"\x1b[2J"),
    ],
)
def test_an_unknown_code_is_wrong_usage(
    asked: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain-code", asked]) == 2
    captured = capsys.readouterr()
    assert (captured.out, said in captured.err, "\x1b" in captured.err) == ("", True, False)


def test_an_example_has_a_colour_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.cli.explain_code import _print_page

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = {}
    for name, out in (("terminal", Terminal()), ("pipe", io.StringIO())):
        _print_page("# Title\n```yaml\n# comment\n```\n# Title\n", console(out))
        shown[name] = out.getvalue()
    assert shown["pipe"] == "# Title\n```yaml\n# comment\n```\n# Title\n"
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown["terminal"]) == shown["pipe"]
    assert shown["terminal"].count("\x1b[36m") == 1  # the comment is part of the example
