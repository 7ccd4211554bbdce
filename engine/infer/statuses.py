"""Columns that say how something ended: result words, levels, codes of HTTP."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from engine.infer.columns import Column, Table
from engine.infer.vocabulary import (
    FAILURE_WORDS,
    STATUS_NAMES,
    is_truth,
    level_of,
    name_score,
    success_of,
    words_of,
)

STATUSES_MAX: Final = 8
"""Different values up to which a column may be a status."""

KNOWN_SHARE: Final = 0.8
"""The share of records whose words must be known where the name of the column tells nothing."""

_HTTP: Final = re.compile(r"[1-5][0-9][0-9]")
_USUAL_CODES: Final = frozenset(
    str(one)
    for one in (*range(200, 207), *range(301, 309), *range(400, 418), 429, *range(500, 505))
)


@dataclass(frozen=True, slots=True)
class Status:
    """Where a status comes from. ``values`` maps what was seen to SUCCESS or FAILURE; ``unknown``
    are those of them that were guessed. ``by`` tells what the values are."""

    column: Column
    values: Mapping[str, str]
    by: str
    unknown: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the values are the statuses themselves."""
        return self.by == "word" and all(seen == told for seen, told in self.values.items())


def told(status: Status, value: str | None) -> str | None:
    """What a value of the status column means."""
    if value is None:
        return None
    return status.values.get(value)


def find_status(table: Table, timestamp: Column | None) -> Status | None:
    """The column that tells best how something ended; None if none does."""
    found: list[tuple[float, int, Status]] = []
    is_request = "HTTP/" in table.words or any(map(_tells_request, table.columns))
    for place, column in enumerate(table.columns):
        if column is timestamp or column.is_text or column.share < 0.98:
            continue
        named = name_score(column.name, STATUS_NAMES) if column.is_named else 0
        for status, score in _status_readings(column, named, is_request=is_request):
            found.append((score, -place, status))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _tells_request(column: Column) -> bool:
    """Whether a column holds what was asked of a server."""
    if any(" HTTP/" in one for one in column.distinct):
        return True
    return column.all_are(lambda one: one.startswith("/") or "://" in one)


def status_of(column: Column) -> Status | None:
    """What the words of a column say about the end of something, where it is there at all."""
    named = name_score(column.name, STATUS_NAMES) if column.is_named else 0
    readings = _status_readings(column, named, is_request=False)
    found = [one for one, _ in readings if one.by == "word"]
    return found[0] if found else None


def _status_readings(column: Column, named: int, *, is_request: bool) -> list[tuple[Status, float]]:
    values = sorted(column.distinct)
    readings: list[tuple[Status, float]] = []
    if len(values) <= STATUSES_MAX:
        readings += _by_words(column, named)
    if column.all_are(_HTTP.fullmatch) and (
        named
        or "http" in words_of(column.name)
        or (is_request and len(column.distinct & _USUAL_CODES) >= len(column.distinct) / 2)
    ):
        meant = {one: "SUCCESS" if one < "400" else "FAILURE" for one in values}
        readings.append((Status(column, meant, "http"), 3.0 + named))
    return readings


def _mostly_known(column: Column, unknown: Collection[str]) -> bool:
    """Whether nearly all records have a word that is known, of either end."""
    known = [one for one in column.present if one not in unknown]
    both = {success_of(one) for one in known} == {True, False}
    return both and len(known) >= KNOWN_SHARE * len(column.present)


def _by_words(column: Column, named: int) -> list[tuple[Status, float]]:
    values = sorted(column.distinct)
    readings: list[tuple[Status, float]] = []
    levels = {one: level_of(one) for one in values}
    is_level = bool(values) and all(one is not None for one in levels.values())
    if is_level:
        meant = {one: "SUCCESS" if good else "FAILURE" for one, good in levels.items()}
        readings.append((Status(column, meant, "level"), 1.5))
    said = {one: success_of(one) for one in values}
    unknown = tuple(one for one in values if said[one] is None)
    if len(unknown) == len(values):
        return readings
    if unknown and named < 2 and not _mostly_known(column, unknown):
        return readings
    # true of what is named like a failure is one
    turned = bool(FAILURE_WORDS.intersection(words_of(column.name))) and all(map(is_truth, values))
    vague = all(map(is_truth, values)) and named < 2 and not turned
    if vague or (is_level and named < 2) or all(one.isdigit() for one in values):
        return readings
    meant = {one: "FAILURE" if (said[one] is False) != turned else "SUCCESS" for one in values}
    score = 4.0 + named + (len(set(meant.values())) == 2) - 2 * len(unknown) / len(values)
    return [*readings, (Status(column, meant, "word", unknown), score)]
