"""Which column is which event field, by the names and the values of the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.infer.columns import Column, Table, time_format_of
from engine.infer.ids import find_ids
from engine.infer.statuses import Status, find_status, told
from engine.infer.vocabulary import (
    CHECKPOINT_NAMES,
    FAILURE_WORDS,
    NO_IDS,
    PLACE_NAMES,
    REASON_NAMES,
    TIME_NAMES,
    last_step,
    level_of,
    name_score,
    words_of,
)

CHECKPOINTS_MAX: Final = 60
PLACES_MAX: Final = 20
CONSTANT_MIN: Final = 5

_UPPER: Final = re.compile(r"(?=.{3})[A-Z][A-Z0-9]*(?:[_.-][A-Z0-9]+)*")


@dataclass(slots=True)
class Roles:
    """The event fields of one kind; None where no column is it."""

    timestamp: Column | None = None
    time_format: str | None = None
    status: Status | None = None
    checkpoint: Column | None = None
    correlation: Column | None = None
    reason: Column | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a record tells which step of what ended how: it makes an event."""
        return self.status is not None and self.status.by != "level"

    def statuses(self) -> tuple[str | None, ...] | None:
        """SUCCESS or FAILURE of each record."""
        if self.status is None:
            return None
        known = self.status
        return tuple(told(known, one) for one in known.column.values)


def guess_roles(tables: Sequence[Table]) -> list[Roles]:
    """The roles of the columns of each kind; ids are told by what kinds have in common, too."""
    every = [Roles() for _ in tables]
    for table, roles in zip(tables, every, strict=True):
        roles.timestamp, roles.time_format = _timestamp(table)
        roles.status = find_status(table, roles.timestamp)
    for table, roles, ids in zip(
        tables, every, find_ids(tables, list(map(_taken, every))), strict=True
    ):
        roles.correlation = ids
        roles.checkpoint = _checkpoint(table, roles)
    _checkpoints_of_others(tables, every)
    for table, roles in zip(tables, every, strict=True):
        roles.reason = _reason(table, roles)
    return every


def _checkpoints_of_others(tables: Sequence[Table], every: Sequence[Roles]) -> None:
    """A column whose few values another kind has as checkpoints is one too."""
    known: set[str] = set()
    for roles in every:
        if roles.checkpoint is not None and len(roles.checkpoint.distinct) > 1:
            known |= roles.checkpoint.distinct
    for table, roles in zip(tables, every, strict=True):
        if roles.checkpoint is not None:
            continue
        for column in table.columns:
            own = column.distinct
            if own and own <= known and column.share == 1 and column not in _taken(roles):
                roles.checkpoint = column
                break


# --- timestamp ----------------------------------------------------------------------------------


def _timestamp(table: Table) -> tuple[Column | None, str | None]:
    best: tuple[float, Column, str] | None = None
    for place, column in enumerate(table.columns):
        named = name_score(column.name, TIME_NAMES) if column.is_named else 0
        found = time_format_of(column, with_epochs=named > 0 or place == 0)
        if found is None or column.share < 1:
            continue
        score = named + (0.5 if found == "iso" else 0.0) - 0.1 * place
        if place == 0 and not column.is_named:
            score += 3.5  # what a record of text begins with, whatever times it tells later
        if len(column.distinct) == 1 and len(column.values) >= CONSTANT_MIN:
            score -= 2  # the time when something began, and not of the record
        if best is None or score > best[0]:
            best = (score, column, found)
    return (None, None) if best is None else (best[1], best[2])


# --- checkpoint and reason ----------------------------------------------------------------------


def _taken(roles: Roles) -> list[Column]:
    status = None if roles.status is None else roles.status.column
    return [one for one in (roles.timestamp, roles.correlation, status) if one is not None]


def _is_measured(column: Column) -> bool:
    """Whether it holds times, numbers or addresses: no names of steps and no reasons."""
    has_times = time_format_of(column, with_epochs=False) is not None
    return has_times or column.is_of("number") or column.is_of("ip")


def _checkpoint(table: Table, roles: Roles) -> Column | None:
    found: list[tuple[float, int, Column]] = []
    for place, column in enumerate(table.columns):
        if any(column is one for one in _taken(roles)) or column.share < 1 or column.is_text:
            continue
        count, kinds = len(column.present), len(column.distinct)
        if kinds > CHECKPOINTS_MAX or (count >= 20 and kinds > count / 2):
            continue
        if _is_measured(column):
            continue
        if not all(len(one) <= 80 and "\n" not in one for one in column.distinct):
            continue
        if column.all_are(lambda one: level_of(one) is not None):
            continue
        named = name_score(column.name, CHECKPOINT_NAMES) if column.is_named else 0
        if column.is_named and name_score(column.name, REASON_NAMES | NO_IDS) >= 2 and named < 2:
            continue
        if words_of(last_step(column.name))[-1:] == ("id",) and named < 3:
            named = 0
        score = 2.0 * (named if named > 1 else 0)
        if column.all_are(_UPPER.fullmatch):
            score += 1.5 + (0.5 if any("_" in one for one in column.distinct) else 0)
        elif name_score(column.name, PLACE_NAMES) >= 2 and kinds <= PLACES_MAX:
            score += 1.5 if count >= 5 * kinds else 0
        if named and kinds == 1 and count >= 5:
            score -= 1.5
        if score >= 1.5 and (kinds > 1 or named):
            found.append((score, -place, column))
    return max(found, key=lambda one: one[:2])[2] if found else None


def _reason(table: Table, roles: Roles) -> Column | None:
    taken = [*_taken(roles), roles.checkpoint]
    statuses = roles.statuses()
    last = len(table.columns) - 1
    failed_words = set(re.findall(r"[a-z]+", table.words.lower())) & FAILURE_WORDS
    is_word = roles.status is not None and roles.status.by == "word"
    found: list[tuple[float, int, Column]] = []
    for place, column in enumerate(table.columns):
        may_end = place == last and is_word and len(column.values) >= CONSTANT_MIN
        if any(column is one for one in taken) or not column.present:
            continue
        if _is_measured(column):
            continue
        named = name_score(column.name, REASON_NAMES) if column.is_named else 0
        score = 2.0 * named
        if statuses is not None:
            failed = [i for i, one in enumerate(statuses) if one == "FAILURE"]
            there = {i for i, one in enumerate(column.values) if one not in (None, "", "-")}
            if (
                failed and there and there <= set(failed) and (len(failed) < len(statuses) or named)
            ) or (failed and len(failed) == len(statuses) and (column.is_text or may_end)):
                score += 2
            elif not failed and not named:
                continue
        elif failed_words and (column.is_text or (roles.correlation and place == last)):
            score += 2
        elif roles.correlation and column.is_text:
            score += 1  # enough for the detail of an event, if it is one
        if column.is_text:
            score += 1
        if score >= 2:
            found.append((score, place, column))
    return max(found, key=lambda one: one[:2])[2] if found else None
