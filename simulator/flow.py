"""What a flow is: steps in sequence, ways to choose from, branches side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A range of durations in microseconds, both ends included."""

    low_us: int
    high_us: int


@dataclass(frozen=True, slots=True)
class Step:
    """One system reaches one checkpoint. ``reasons`` are what a failure's reason is drawn from;
    none: from what the system's records can carry. ``pause`` is the time before it."""

    system: str
    checkpoint: str
    status: Literal["SUCCESS", "FAILURE"]
    reasons: tuple[str, ...]
    pause: Span


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways on, drawn by weight."""

    ways: tuple[tuple[Block, ...], ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches that begin together; what follows waits for the last one."""

    branches: tuple[tuple[Block, ...], ...]


Block = Step | Choice | Parallel

PAUSE = Span(200_000, 2_500_000)
DETAIL_AFTER = Span(2_000, 600_000)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one correlation id goes through. ``detail_after`` is how long after a failure its
    separate detail is logged; ``pause`` is the one of systems that the flow does not name."""

    blocks: tuple[Block, ...] = ()
    systems: frozenset[str] = frozenset()
    """Those it names. Every other system takes part with steps of its own."""
    pause: Span = PAUSE
    detail_after: Span = DETAIL_AFTER
