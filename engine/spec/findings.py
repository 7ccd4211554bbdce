"""Collecting what is wrong with specs, and guessing what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from engine.diagnostics import CODES, Diagnostic, Location


@dataclass(slots=True)
class Findings:
    """Diagnostics in the making, each place and code once."""

    diagnostics: list[Diagnostic] = field(default_factory=list)

    def add(self, code: str, location: Location, message: str, help_text: str = "") -> None:
        """Add a finding; without a help of its own it gets that of its code."""
        known = CODES[code]
        found = Diagnostic(location, code, message, help_text or known.help, known.severity)
        if found not in self.diagnostics:
            self.diagnostics.append(found)

    @property
    def has_errors(self) -> bool:
        """Whether anything found must keep the specs from running."""
        return any(one.severity == "error" for one in self.diagnostics)

    def in_order(self) -> list[Diagnostic]:
        """By file and place."""
        return sorted(
            self.diagnostics,
            key=lambda one: (one.location.file, one.location.line, one.location.column, one.code),
        )


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A help line: the known words that are near, else what may stand there."""
    words = sorted(known)
    spelled = {one.casefold(): one for one in reversed(words)}
    close = get_close_matches(word.casefold().strip(), spelled, n=2, cutoff=0.6)
    near = [spelled[one] for one in close]
    if near:
        return "did you mean " + " or ".join(f'"{one}"' for one in near) + "?"
    if otherwise or not words:
        return otherwise
    return "one of: " + ", ".join(words)
