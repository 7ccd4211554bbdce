"""Text that is no YAML: where it stops being it, and what is most often behind that."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from engine.diagnostics import Location
from engine.spec.findings import Findings


def add_syntax_error(text: str, file: str, findings: Findings) -> None:
    """Add the finding about a text that a YAML parser refused.

    The Python parser words its errors better than libyaml, so it is asked again.
    """
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        location = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file, 1, 1)
        parts = [part for part in (error.problem, error.context) if part]
        around = text.splitlines()[max(location.line - 2, 0) : location.line]
        help_text = _syntax_help(error.problem or "", around)
        findings.add("E101", location, "not YAML: " + ", ".join(parts), help_text)
        return
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        what = f"the character U+{error.character:04X}"
        findings.add("E101", Location(file, line, column), f"not YAML: {what} is not allowed")
        return
    except RecursionError:
        pass
    findings.add("E101", Location(file, 1, 1), "not YAML")


def _syntax_help(problem: str, lines: Sequence[str]) -> str:
    """What is most often behind a syntax error in the last of these lines, or before it."""
    line, *before = reversed(lines or [""])
    if "\\t" in problem:
        return "indent with spaces: YAML knows no tabs"
    if re.match(r"\s*(- )?\w+: *\{[^}\"']*\}.", line):
        return 'text that begins with a brace, a bracket or a quote needs quotes: "{…} …"'
    if "'<scalar>'" in problem:
        return (
            "is a quote not closed further up? Text with quotes in it needs the other ones around"
        )
    if before and re.match(r"\s*\w+:\w", before[0]):
        return "a key needs a space behind its colon"
    if "mapping values are not allowed" in problem:
        return 'text with a colon in it needs quotes: "…: …"'
    if "unexpected end of stream" in problem:
        return "a quote or a bracket is not closed"
    if "expected ':'" in problem:
        return "a key needs a colon and a space behind it"
    return ""
