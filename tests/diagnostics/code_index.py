"""The list of all codes and reasons, written from the registries."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Final

from engine.diagnostics import CODES
from engine.rejections import REASONS

HEAD: Final = """# What is said about specs and records

`engine explain-code CODE` prints one of these pages. This list is written by `make golden`; a test
compares it with the code.
"""

PHASES: Final[Mapping[str, str]] = {
    "E1": "The file is no YAML that could be a spec",
    "E2": "The document has not the shape of a spec",
    "E3": "The spec means nothing that could run",
    "E4": "The specs do not go together",
    "E5": "The samples say something else than the spec",
}
"""What is checked, in this order, by the beginning of its codes."""


def index() -> str:
    """The page."""
    text = HEAD
    for phase, codes in groupby(CODES.items(), key=lambda one: one[0][:2]):
        rows = [
            f"| [{code}]({code}.md) | {known.title}{_severity(known.severity)} |"
            for code, known in codes
        ]
        text += _table(PHASES[phase], "code", rows)
    rows = [f"| [{reason}]({reason}.md) | {meaning} |" for reason, meaning in REASONS.items()]
    return text + _table("Why a record is in the quarantine", "reason", rows)


def _severity(severity: str) -> str:
    return "" if severity == "error" else f" ({severity})"


def _table(title: str, heading: str, rows: list[str]) -> str:
    return f"\n## {title}\n\n" + "\n".join([f"| {heading} | meaning |", "|---|---|", *rows]) + "\n"
