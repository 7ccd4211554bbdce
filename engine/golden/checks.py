"""What is checked, and what was found: one value a check, for a terminal, JSON and pytest alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from engine.diagnostics import Location
from engine.views.terminal import visible

CheckKind = Literal["sample", "case", "orders", "round trip"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as it should be: where, what, and the fields that differ."""

    location: Location
    message: str
    details: tuple[str, ...] = ()


class Result(NamedTuple):
    """What a check found. ``runs`` is how often it tried: arrival orders, rendered records."""

    failures: tuple[Failure, ...]
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Check:
    """One test: its name is unique in its system, its place is a line of the spec."""

    kind: CheckKind
    system: str
    name: str
    location: Location
    run: Callable[[], Result]

    @property
    def title(self) -> str:
        """The name with what kind of check it is: ``case retry``."""
        return f"{self.kind} {self.name}"


def failure_lines(failure: Failure) -> Iterator[str]:
    """A failure for a terminal: where and what, then the fields that differ."""
    at = failure.location
    yield f"  {visible(at.file)}:{at.line}: {visible(failure.message)}"
    yield from (f"    {visible(detail)}" for detail in failure.details)
