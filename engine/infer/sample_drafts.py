"""Which records of the input become samples, and what is said that they give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from engine.model import Detail, Event, Outcome

SAMPLES_MAX: Final = 2
SAMPLE_CHARS_MAX: Final = 1000
"""Longer records make poor samples, if there are shorter ones."""


def telling_records(
    numbers: Sequence[int], outcomes: Sequence[Outcome], texts: Sequence[str]
) -> Iterator[int]:
    """Records to show: one for each status, short ones first."""
    seen: set[str] = set()
    short = [n for n in numbers if len(texts[n]) <= SAMPLE_CHARS_MAX]
    for number in short or numbers:
        outcome = outcomes[number]
        status = outcome.status if isinstance(outcome, Event) else ""
        if status not in seen and len(seen) < SAMPLES_MAX:
            seen.add(status)
            yield number


def given_by(outcome: Outcome) -> Mapping[str, str | None]:
    """What a sample says that its record gives."""
    if isinstance(outcome, Event):
        given: dict[str, str | None] = {
            "checkpoint_id": outcome.checkpoint_id,
            "timestamp": outcome.timestamp,
            "status": outcome.status,
            "correlation_id": outcome.correlation_id,
        }
        if outcome.failure_reason is not None:
            given["failure_reason"] = outcome.failure_reason
        return given
    assert isinstance(outcome, Detail)
    told = {
        "timestamp": outcome.timestamp,
        "correlation_id": outcome.correlation_id,
        "failure_reason": outcome.failure_reason,
    }
    return {key: value for key, value in told.items() if value is not None}
