"""Columns of ids that several records share: what a correlation id is taken from."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from statistics import median
from typing import Final

from engine.infer.columns import Column, Table
from engine.infer.vocabulary import ID_NAMES, ID_SUFFIXES, NO_IDS, UNITS, last_step, words_of

ID_SCORE_MIN: Final = 3
SHARED_POINTS: Final = (0, 1.5, 2, 3)
"""For ids that another kind has too, by how many there are."""

_ID_LIKE: Final = re.compile(r"[A-Za-z0-9][\w.:/#-]{2,63}")


def find_ids(tables: Sequence[Table], taken: Sequence[Collection[Column]]) -> list[Column | None]:
    """The id of each kind: by its name and its values, and by what other kinds have too. ``taken``
    are the columns of each kind that are something else."""
    candidates: list[list[tuple[Column, float]]] = []
    holders: dict[str, set[int]] = defaultdict(set)
    for number, (table, used) in enumerate(zip(tables, taken, strict=True)):
        own = [
            (column, score)
            for column in table.columns
            if (score := _id_score(column, used)) is not None
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
            whole = score + share * SHARED_POINTS[min(3, len(column.distinct))]
            if whole >= ID_SCORE_MIN and (best is None or whole > best[0]):
                best = (whole, column)
        chosen.append(best[1] if best else None)
    return chosen


def _id_score(column: Column, used: Collection[Column]) -> float | None:
    """How much a column looks like an id that records share; None if it cannot be one."""
    if column in used or column.is_text or column.share < 1 or column.time_format is not None:
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
    elif not has_digits and words[-1:] != ("id",):
        score -= 3
    return score + _repeat_points(column)


def _name_points(words: tuple[str, ...]) -> float:
    own = set(words)
    if own & {"correlation", "corr"}:
        return 6
    score = 0.0
    if own & ID_NAMES:
        score += 3
    if words and words[-1] in ID_SUFFIXES:
        score += 2
    elif "".join(words).endswith("id") and words:
        score += 1
    if own & NO_IDS or "_".join(words) in NO_IDS or "".join(words) in NO_IDS:
        score -= 6
    if own & UNITS:
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
    return 1.5 if times > 1 and typical <= 40 else 0
