"""Findings about specs: one value, rendered elsewhere in as many ways as there are readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a spec file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is stable (see ``CODES``); ``help`` says what to do about it."""

    location: Location
    code: str
    message: str
    help: str = ""
    severity: Literal["error", "warning"] = "error"


class SpecError(Exception):
    """A set of specs that must not run; carries every finding."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        count = len(self.diagnostics)
        super().__init__(f"{count} finding{'s' if count != 1 else ''} in the specs")


class EnvironmentFailure(Exception):
    """The environment failed (no broker, no topic, no room, no permission): one clear line for
    a person, exit status 3. Never raised for a bad record or a bad spec."""
