from __future__ import annotations

import io
import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from engine.views.amounts import counted, cut, decimals_of, duration, in_ms, iso, since_start
from engine.views.terminal import console, print_json, show, talk, visible


class Screen(io.StringIO):
    """A terminal as far as anyone asks."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _no_wishes_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain ä 漢 😀", "plain ä 漢 😀"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("a\nb\r\tc\x00", "a\\nb\\r\\tc\\x00"),
        ("csi \x9b31m", "csi \\x9b31m"),
        ("turn \u202e\u2066 round", "turn \\u202e\\u2066 round"),
        ("in\u200bvis\u00ad\U000e0041ible\ufeff", "in\\u200bvis\\xad\\U000e0041ible\\ufeff"),
        ("half \ud800", "half \\ud800"),
        ("line\u2028end", "line\\u2028end"),
    ],
)
def test_what_steers_or_hides_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown


def test_markup_of_a_log_is_text() -> None:
    out = io.StringIO()
    show(console(out), Text("[red]x[/red] :smile: https://a.example"))
    assert out.getvalue() == "[red]x[/red] :smile: https://a.example\n"


def _two_columns() -> Table:
    table = Table("name", "value", box=None, pad_edge=False)
    table.add_row("n" * 30, "v" * 30)
    table.add_row("short", "")
    table.columns[0].overflow = table.columns[1].overflow = "fold"
    return table


def test_a_pipe_folds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    out = io.StringIO()
    show(console(out), _two_columns(), indent=2)
    lines = out.getvalue().splitlines()
    assert lines[1].split() == ["n" * 30, "v" * 30]
    assert lines[2] == "  short"


def test_a_terminal_folds_and_loses_nothing() -> None:
    out = Screen()
    show(console(out), _two_columns(), indent=2)
    text = out.getvalue()
    assert max(len(line) for line in text.splitlines() if "\x1b" not in line) <= 40
    assert (text.count("n"), text.count("v")) == (31, 31)


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(out: io.StringIO) -> str:
        show(console(out), Text("FAILURE", style="red"))
        return out.getvalue()

    assert "\x1b[31m" in shown(Screen())
    assert shown(io.StringIO()) == "FAILURE\n"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(Screen())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(Screen())


def test_a_locale_without_unicode_gets_escapes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    show(console(out), Text("ä → b"))
    out.flush()
    assert raw.getvalue() == b"\\xe4 \\u2192 b\n"


def test_json_for_programs_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"id": "\u202e\x1b\x9bä"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert json.loads(out) == {"id": "\u202e\x1b\x9bä"}


def test_talk_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    talk("no\nsuch\x1b[2J")
    assert capsys.readouterr() == ("", "engine: no\\nsuch\\x1b[2J\n")


@pytest.mark.parametrize(
    "us, text",
    [
        (0, "0 s"),
        (999, "999 µs"),
        (12_500, "12.5 ms"),
        (250_000, "250 ms"),
        (4_200_000, "4.2 s"),
        (59_999_999, "60 s"),
        (60_000_000, "1 min"),
        (192_000_000, "3 min 12 s"),
        (3_600_000_000, "1 h"),
        (5_460_000_000, "1 h 31 min"),
        (190_800_000_000, "2 d 5 h"),
    ],
)
def test_durations_have_two_units_at_most(us: int, text: str) -> None:
    assert duration(us) == text


@pytest.mark.parametrize(
    "us, decimals, text",
    [
        (0, 0, "+0:00"),
        (4_000_000, 0, "+0:04"),
        (123_250_000, 3, "+2:03.250"),
        (123_250_001, 3, "+2:03.250"),
        (250_001, 6, "+0:00.250001"),
        (250_000, 3, "+0:00.250"),
        (3_600_000_000, 0, "+1:00:00"),
        (190_800_000_000, 0, "+2d 5:00:00"),
    ],
)
def test_times_since_the_start_stand_in_columns(
    us: int, decimals: Literal[0, 3, 6], text: str
) -> None:
    assert since_start(us, decimals) == text
    assert decimals_of([0, us]) == decimals


def test_other_amounts() -> None:
    assert counted(1, "event") == "1 event"
    assert counted(1234, "event") == "1,234 events"
    assert counted(2, "copy", "copies") == "2 copies"
    assert in_ms(1_500) == 1.5
    assert iso(1_746_354_600_000_000) == "2025-05-04T10:30:00Z"
    assert iso(1_746_354_600_120_000) == "2025-05-04T10:30:00.12Z"
    assert iso(-1) == "1969-12-31T23:59:59.999999Z"
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
