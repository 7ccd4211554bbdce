"""Which kind completes which: kinds that share ids, and how far apart in time they are."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from engine.infer.columns import Table
from engine.infer.guess import Roles
from engine.infer.times import seconds_of

IDS_IN_COMMON_MIN: Final = 0.5
"""The share of a detail kind's ids that failed events must have."""

MATCHED_MIN: Final = 0.1
"""The share of failures that must have a detail."""

STEPS_S: Final = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400)
"""What ``within`` is rounded up to, in seconds; more than the last: whole days."""

MARGIN: Final = 3
"""``within`` is so many times the gap that 99 of 100 pairs are within."""


@dataclass(frozen=True, slots=True)
class JoinGuess:
    """The kinds (by number) on both sides, and what speaks for it."""

    events: tuple[int, ...]
    details: tuple[int, ...]
    within: str
    evidence: str


def record_times(
    tables: Sequence[Table], every: Sequence[Roles], records: int
) -> list[float | None]:
    """The time of each record in seconds; one without a time has the last before it, if any."""
    own: dict[int, float] = {}
    for table, roles in zip(tables, every, strict=True):
        if roles.timestamp is None or roles.time_format is None:
            continue
        for line, text in zip(table.lines, roles.timestamp.values, strict=True):
            found = seconds_of(text, roles.time_format) if text else None
            if found is not None:
                own[line] = found
    times: list[float | None] = []
    last: float | None = None
    for line in range(records):
        last = own.get(line, last)
        times.append(last)
    return times


def guess_join(
    tables: Sequence[Table], every: Sequence[Roles], times: Sequence[float | None]
) -> JoinGuess | None:
    """The join that the samples show; None if they show none."""
    events = [n for n, roles in enumerate(every) if _can_be_event(roles)]
    by_key: dict[str, list[_Half]] = defaultdict(list)
    failed: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    for number in events:
        for line, (key, status) in zip(tables[number].lines, _halves(every[number]), strict=True):
            time = times[line] or 0.0
            by_key[key].append((time, line, status == "FAILURE"))
            if status == "FAILURE":
                failed[key].append(time)
                failures.append(key)
    details = [
        n
        for n, roles in enumerate(every)
        if n not in events and _can_be_detail(roles) and _shares(roles, failed)
    ]
    completed = {one for n in details for one in _column(every[n])}
    matched = sum(key in completed for key in failures)
    if not details or matched < MATCHED_MIN * len(failures):
        return None
    if not _follow_failures(details, tables, every, times, by_key):
        return None
    gaps = sorted(_gaps(details, tables, every, times, failed))
    return JoinGuess(
        tuple(n for n in events if "FAILURE" in (every[n].statuses() or ())),
        tuple(details),
        *_words(gaps, matched, len(failures), len(completed & failed.keys()), len(completed)),
    )


_Half = tuple[float, int, bool]
"""The time of an event, its line, and whether it is a failure."""


def _follow_failures(
    details: Sequence[int],
    tables: Sequence[Table],
    every: Sequence[Roles],
    times: Sequence[float | None],
    by_key: dict[str, list[_Half]],
) -> bool:
    """Whether most details come next after a failure, and not after a success, of their id."""
    ordered = {key: sorted(some) for key, some in by_key.items()}
    after_failure, all_of_them = 0, 0
    for number in details:
        for line, key in zip(tables[number].lines, _column(every[number]), strict=True):
            some = ordered.get(key)
            if some:
                at = bisect_left(some, (times[line] or 0.0, line, False))
                all_of_them += 1
                after_failure += some[max(0, at - 1)][2]
    return 2 * after_failure >= all_of_them


def _can_be_event(roles: Roles) -> bool:
    return roles.is_complete and roles.correlation is not None


def _can_be_detail(roles: Roles) -> bool:
    return roles.correlation is not None and roles.reason is not None


def _column(roles: Roles) -> tuple[str, ...]:
    assert roles.correlation is not None
    return tuple(one or "" for one in roles.correlation.values)


def _halves(roles: Roles) -> Iterator[tuple[str, str | None]]:
    statuses = roles.statuses()
    assert statuses is not None
    return zip(_column(roles), statuses, strict=True)


def _shares(roles: Roles, failed: dict[str, list[float]]) -> bool:
    own = set(_column(roles))
    return len(own & failed.keys()) >= max(1, IDS_IN_COMMON_MIN * len(own))


def _gaps(
    details: Sequence[int],
    tables: Sequence[Table],
    every: Sequence[Roles],
    times: Sequence[float | None],
    failed: dict[str, list[float]],
) -> Iterator[float]:
    ordered = {key: sorted(some) for key, some in failed.items()}
    for number in details:
        for line, key in zip(tables[number].lines, _column(every[number]), strict=True):
            time = times[line]
            if time is None or key not in ordered:
                continue
            some = ordered[key]
            at = bisect_left(some, time)
            yield min(abs(time - one) for one in some[max(0, at - 1) : at + 1])


def _words(
    gaps: Sequence[float], matched: int, failures: int, common: int, ids: int
) -> tuple[str, str]:
    """``within``, and the evidence in words."""
    told = (
        f"{matched} of {failures} failures share their id with one of these ({common} of {ids} ids)"
    )
    if not gaps:
        return f"{STEPS_S[1]}s", f"{told}; no times to tell how far apart"
    p99 = gaps[min(len(gaps) - 1, ceil(0.99 * len(gaps)) - 1)]
    return duration(p99 * MARGIN), f"{told}; 99 % are at most {p99:.3g} s apart"


def duration(seconds: float) -> str:
    """A time span rounded up, as a spec writes it."""
    step = next((one for one in STEPS_S if one >= seconds), None)
    if step is None:
        return f"{ceil(seconds / 86400)}d"
    if step % 3600 == 0:
        return f"{step // 3600}h"
    return f"{step // 60}m" if step % 60 == 0 else f"{step}s"
