"""Which column is which event field, by the names and the values of the columns."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from engine.infer.columns import Column, Table, time_format_of
from engine.infer.vocabulary import (
    CHECKPOINT_NAMES,
    FAILURE_WORDS,
    ID_NAMES,
    NO_IDS,
    PLACE_NAMES,
    REASON_NAMES,
    STATUS_NAMES,
    TIME_NAMES,
    last_step,
    level_of,
    name_score,
    is_truth,
    success_of,
    words_of,
)

STATUSES_MAX: Final = 8
"""Different values up to which a column may be a status."""

CHECKPOINTS_MAX: Final = 60
PLACES_MAX: Final = 20
ID_SCORE_MIN: Final = 3

_HTTP: Final = re.compile(r"[1-5][0-9][0-9]")
_UPPER: Final = re.compile(r"(?=.{3})[A-Z][A-Z0-9]*(?:[_.-][A-Z0-9]+)*")
_ID_LIKE: Final = re.compile(r"[A-Za-z0-9][\w.:/#-]{2,63}")
_ID_SUFFIXES: Final = frozenset({"id", "ids", "uuid", "guid", "key", "ref", "reference", "no", "nr", "number"})
_UNITS: Final = frozenset({"ms", "us", "ns", "s", "sec", "secs", "seconds", "bytes", "size", "took", "duration", "elapsed", "length", "latency", "count", "total", "port", "amount", "price", "qty"})


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


@dataclass(slots=True)
class Roles:
    """The event fields of one kind; None where no column is it."""

    timestamp: Column | None = None
    time_format: str | None = None
    status: Status | None = None
    checkpoint: Column | None = None
    correlation: Column | None = None
    reason: Column | None = None
    notes: list[str] = field(default_factory=list)

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


def told(status: Status, value: str | None) -> str | None:
    """What a value of the status column means."""
    if value is None:
        return None
    return status.values.get(value)


def guess_roles(tables: Sequence[Table]) -> list[Roles]:
    """The roles of the columns of each kind; ids are told by what kinds have in common, too."""
    every = [Roles() for _ in tables]
    for table, roles in zip(tables, every, strict=True):
        roles.timestamp, roles.time_format = _timestamp(table)
        roles.status = _status(table, roles)
    for table, roles, ids in zip(tables, every, _ids(tables, every), strict=True):
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
        if best is None or score > best[0]:
            best = (score, column, found)
    return (None, None) if best is None else (best[1], best[2])


# --- status -------------------------------------------------------------------------------------


def _status(table: Table, roles: Roles) -> Status | None:
    found: list[tuple[float, int, Status]] = []
    for place, column in enumerate(table.columns):
        if column is roles.timestamp or column.is_text or column.share < 0.98:
            continue
        named = name_score(column.name, STATUS_NAMES) if column.is_named else 0
        for status, score in _status_readings(column, named):
            found.append((score, -place, status))
    return max(found, key=lambda one: one[:2])[2] if found else None


def status_of(column: Column) -> Status | None:
    """What the words of a column say about the end of something, where it is there at all."""
    named = name_score(column.name, STATUS_NAMES) if column.is_named else 0
    found = [one for one, _ in _status_readings(column, named) if one.by == "word"]
    return found[0] if found else None


def _status_readings(column: Column, named: int) -> list[tuple[Status, float]]:
    values = sorted(column.distinct)
    readings: list[tuple[Status, float]] = []
    if len(values) <= STATUSES_MAX:
        meant = {one: success_of(one) for one in values}
        known = [one for one in values if meant[one] is not None]
        if known and (len(known) == len(values) or named >= 2):
            bad = set(words_of(column.name)) & FAILURE_WORDS and all(map(is_truth, values))
            words = {
                one: "FAILURE" if (meant[one] is False) != bool(bad) else "SUCCESS"
                for one in values
            }
            unknown = tuple(one for one in values if meant[one] is None)
            both = len(set(words.values())) == 2
            vague = all(map(is_truth, values)) and named < 2 and not bad
            is_level = named < 2 and all(level_of(one) is not None for one in values)
            if not vague and not is_level and not all(one.isdigit() for one in values):
                score = 4.0 + named + both - 2 * len(unknown) / len(values)
                readings.append((Status(column, words, "word", unknown), score))
        levels = {one: level_of(one) for one in values}
        if all(one is not None for one in levels.values()):
            words = {one: "SUCCESS" if good else "FAILURE" for one, good in levels.items()}
            readings.append((Status(column, words, "level"), 1.5))
    if column.all_are(_HTTP.fullmatch) and (named or {"http"} & set(words_of(column.name)) or any(one in column.distinct for one in ("200", "404", "500"))):
        words = {one: "SUCCESS" if one < "400" else "FAILURE" for one in values}
        readings.append((Status(column, words, "http"), 3.0 + named))
    return readings


# --- correlation id -----------------------------------------------------------------------------


def _ids(tables: Sequence[Table], every: Sequence[Roles]) -> list[Column | None]:
    candidates: list[list[tuple[Column, float]]] = []
    holders: dict[str, set[int]] = defaultdict(set)
    for number, (table, roles) in enumerate(zip(tables, every, strict=True)):
        own = [
            (column, score)
            for column in table.columns
            if (score := _id_score(column, roles)) is not None
        ]
        candidates.append(own)
        for column, _ in own:
            for value in column.distinct:
                holders[value].add(number)
    chosen: list[Column | None] = []
    for own in candidates:
        best: tuple[float, Column] | None = None
        for column, score in own:
            shared = sum(1 for one in column.distinct if len(holders[one]) > 1)
            share = shared / max(1, len(column.distinct))
            whole = score + (3 * share if len(column.distinct) >= 3 else share)
            if whole >= ID_SCORE_MIN and (best is None or whole > best[0]):
                best = (whole, column)
        chosen.append(best[1] if best else None)
    return chosen


def _id_score(column: Column, roles: Roles) -> float | None:
    """How much a column looks like an id that records share; None if it cannot be one."""
    if column is roles.timestamp or (roles.status and column is roles.status.column):
        return None
    if column.is_text or column.share < 1 or column.time_format is not None:
        return None
    if not column.all_are(_ID_LIKE.fullmatch) or column.is_of("ip"):
        return None
    words = words_of(last_step(column.name))
    score = 0.0
    if column.is_named or set(words) & ID_NAMES:
        score += _name_points(words)
    has_digits = sum(1 for one in column.distinct if any(map(str.isdigit, one)))
    mixed = has_digits >= 0.8 * len(column.distinct)
    if column.is_of("uuid"):
        score += 2.5
    elif column.is_of("number"):
        score -= 0 if column.is_of("digits") else 4
    elif mixed:
        score += 1.5
    elif not any(word in ID_NAMES or word in _ID_SUFFIXES for word in words):
        score -= 3
    return score + _repeat_points(column)


def _name_points(words: tuple[str, ...]) -> float:
    own = set(words)
    if own & {"correlation", "corr"}:
        return 6
    score = 0.0
    if own & ID_NAMES:
        score += 3
    if words and words[-1] in _ID_SUFFIXES:
        score += 2
    elif "".join(words).endswith("id") and words:
        score += 1
    if own & NO_IDS or "_".join(words) in NO_IDS or "".join(words) in NO_IDS:
        score -= 6
    if own & _UNITS:
        score -= 6
    return score


def _repeat_points(column: Column) -> float:
    count, kinds = len(column.present), len(column.distinct)
    if count < 5:
        return 0
    times = count / kinds
    if kinds <= 2 or times > max(30.0, count / 5):
        return -4
    typical = median(Counter(column.present).values())
    return 1.5 if 1 < times and typical <= 40 else 0


# --- checkpoint and reason ----------------------------------------------------------------------


def _taken(roles: Roles) -> list[Column]:
    mine = [roles.timestamp, roles.correlation, roles.status and roles.status.column]
    return [one for one in mine if one is not None]


def _checkpoint(table: Table, roles: Roles) -> Column | None:
    found: list[tuple[float, int, Column]] = []
    for place, column in enumerate(table.columns):
        if any(column is one for one in _taken(roles)) or column.share < 1 or column.is_text:
            continue
        count, kinds = len(column.present), len(column.distinct)
        if kinds > CHECKPOINTS_MAX or (count >= 20 and kinds > count / 2):
            continue
        if time_format_of(column, with_epochs=False) or column.is_of("number") or column.is_of("ip"):
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
    found: list[tuple[float, int, Column]] = []
    for place, column in enumerate(table.columns):
        if any(column is one for one in taken) or not column.present:
            continue
        if time_format_of(column, with_epochs=False) or column.is_of("number") or column.is_of("ip"):
            continue
        named = name_score(column.name, REASON_NAMES) if column.is_named else 0
        score = 2.0 * named
        if statuses is not None:
            failed = [i for i, one in enumerate(statuses) if one == "FAILURE"]
            there = {i for i, one in enumerate(column.values) if one not in (None, "", "-")}
            if failed and there and there <= set(failed) and (len(failed) < len(statuses) or named):
                score += 2
            elif failed and len(failed) == len(statuses) and (column.is_text or place == last):
                score += 2
            elif not failed and not named:
                continue
        elif failed_words and (column.is_text or (roles.correlation and place == last)):
            score += 2
        if column.is_text:
            score += 1
        if score >= 2:
            found.append((score, place, column))
    return max(found, key=lambda one: one[:2])[2] if found else None
