"""Findings about specs as text: reason, place, the line with a caret, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

from rich.cells import cell_len
from rich.text import Text

from engine.diagnostics import Diagnostic, Location
from engine.views.terminal import console, visible

_LINE_CHARS_MAX = 160


def print_findings(findings: Sequence[Diagnostic], file: IO[str]) -> None:
    """Print each finding as a paragraph; in colour in a terminal."""
    _lines.cache_clear()  # with --watch the files change between two calls
    out = console(file)
    for finding in findings:
        out.print(_paragraph(finding), end="\n\n")


def summary(findings: Sequence[Diagnostic]) -> str:
    """How many errors and warnings there are, in words."""
    errors = sum(one.severity == "error" for one in findings)
    counts = ((errors, "error"), (len(findings) - errors, "warning"))
    return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count)


def _paragraph(finding: Diagnostic) -> Text:
    colour = "bold red" if finding.severity == "error" else "bold yellow"
    at = finding.location
    text = Text()
    text.append(f"{finding.severity}[{finding.code}]", style=colour)
    text.append(f": {visible(finding.message)}\n", style="bold")
    number = str(at.line)
    margin = " " * len(number)
    text.append(f"{margin}--> ", style="blue")
    text.append(f"{visible(at.file)}:{at.line}:{at.column}")
    line = _line(at)
    if line is not None:
        shown, caret = _cut(line, at.column - 1)
        text.append(f"\n{margin} |\n{number} | ", style="blue")
        text.append(shown)
        text.append(f"\n{margin} | ", style="blue")
        text.append(" " * caret + "^", style=colour)
    for note in finding.notes:
        text.append(f"\n{margin} = ", style="blue")
        text.append("note: ", style="bold")
        text.append(visible(note))
    if finding.help:
        text.append(f"\n{margin} = ", style="blue")
        text.append("help: ", style="bold")
        text.append(visible(finding.help))
    return text


def _line(at: Location) -> str | None:
    lines = _lines(at.file)
    return lines[at.line - 1] if at.line <= len(lines) else None


@cache
def _lines(file: str) -> tuple[str, ...]:
    """The file's lines; none where it cannot be read as text (the finding says why)."""
    try:
        return tuple(Path(file).read_text(encoding="utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()


def _cut(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column, and at which column of the screen it is shown."""
    start = max(0, column - _LINE_CHARS_MAX // 2) if len(line) > _LINE_CHARS_MAX else 0
    part = line[start : start + _LINE_CHARS_MAX]
    before, after = visible(part[: column - start]), visible(part[column - start :])
    head = "…" if start else ""
    tail = "…" if start + _LINE_CHARS_MAX < len(line) else ""
    return f"{head}{before}{after}{tail}", cell_len(head + before)
