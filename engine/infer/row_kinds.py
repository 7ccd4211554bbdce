"""Kinds of records that are read by key: by the keys they have, or by what one key says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from engine.infer.columns import Column, Table
from engine.infer.readings import Row
from engine.infer.statuses import status_of
from engine.infer.vocabulary import (
    CHECKPOINT_NAMES,
    SYSTEM_NAMES,
    level_of,
    name_score,
    success_of,
    words_of,
)
from engine.infer.word_patterns import is_plain

Where = dict[str, str | list[str]]

DECIDERS_MAX: Final = 8
"""Different values of a key that may tell kinds apart."""

ALIKE: Final = 0.6
"""Key sets with this share in common are of one kind."""

SMALL_SHARE: Final = 0.02
SMALL_MIN: Final = 40
CONSTANT_MIN: Final = 5


@dataclass(frozen=True, slots=True)
class RowKind:
    """Records of one kind: their numbers, and the conditions that tell them from the others."""

    lines: tuple[int, ...]
    where: Where


def find_row_kinds(rows: Sequence[Row | None]) -> tuple[list[RowKind], list[int]]:
    """The kinds, the largest first, and the records that are of none."""
    there = [n for n, row in enumerate(rows) if row]
    noise = [n for n, row in enumerate(rows) if not row]
    kinds = _by_decider(there, rows) or _by_role_keys(there, rows)
    constant = _constant(there, rows)
    for kind in kinds:
        if constant and constant[0] not in kind.where:
            known = dict(kind.where)
            kind.where.clear()
            kind.where[constant[0]] = constant[1]
            kind.where.update(known)
        if not kind.where:
            kind.where[_always(kind.lines, rows)[0]] = "present"
    least = max(2, SMALL_SHARE * len(there)) if len(there) >= SMALL_MIN else 0
    noise += [line for kind in kinds if len(kind.lines) < least for line in kind.lines]
    kept = [kind for kind in kinds if len(kind.lines) >= least]
    return sorted(kept, key=lambda one: (-len(one.lines), str(one.where))), sorted(noise)


def row_table(kind: RowKind, rows: Sequence[Row | None]) -> Table:
    """The columns of a kind: all keys that its records have, in the order of the first ones."""
    paths: dict[str, None] = {}
    for line in kind.lines:
        paths.update(dict.fromkeys(rows[line] or {}))
    own = [rows[line] or {} for line in kind.lines]
    columns = tuple(
        Column(path, tuple(row.get(path) for row in own), is_text=_is_text(path, own))
        for path in paths
    )
    words = " ".join(str(one) for one in kind.where.values())
    return Table(kind.lines, columns, words)


def _is_text(path: str, own: Sequence[Row]) -> bool:
    values = {row[path] for row in own if path in row}
    return any(one.count(" ") >= 3 for one in values) and len(values) > 1


def _always(lines: Sequence[int], rows: Sequence[Row | None]) -> list[str]:
    """The keys that all of these records have, in order."""
    first = list(rows[lines[0]] or {})
    return [key for key in first if all((rows[line] or {}).get(key) for line in lines)] or first


def _constant(lines: Sequence[int], rows: Sequence[Row | None]) -> tuple[str, str] | None:
    """The key that names the system: the same in all records."""
    for key in _always(lines, rows) if lines else ():
        values = {(rows[line] or {}).get(key) for line in lines}
        (value,) = values if len(values) == 1 else (None,)
        if value is None or not 0 < len(value) <= 60 or level_of(value) is not None:
            continue
        named = name_score(key, SYSTEM_NAMES)
        is_first = key == next(iter(rows[lines[0]] or {})) and is_plain(value)
        if named == 3 or ((named == 2 or is_first) and len(lines) >= CONSTANT_MIN):
            return key, value
    return None


# --- a key that says which kind it is -----------------------------------------------------------


def _by_decider(lines: Sequence[int], rows: Sequence[Row | None]) -> list[RowKind]:
    """Kinds by the value of one key, if the other keys depend on it."""
    best: tuple[int, int, list[RowKind]] | None = None
    for place, key in enumerate(_always(lines, rows) if lines else ()):
        by_value: dict[str, list[int]] = defaultdict(list)
        for line in lines:
            by_value[(rows[line] or {}).get(key) or ""].append(line)
            if len(by_value) > DECIDERS_MAX:
                break
        if not 2 <= len(by_value) <= DECIDERS_MAX or min(map(len, by_value.values())) < 2:
            continue
        if any(success_of(value) is not None for value in by_value):
            continue
        groups = _alike(by_value, rows, key)
        if len(groups) < 2:
            continue
        kinds = []
        for values in groups:
            own = sorted(line for value in values for line in by_value[value])
            kinds.append(RowKind(tuple(own), {key: values[0] if len(values) == 1 else values}))
        if best is None or (len(groups), -place) > best[:2]:
            best = (len(groups), -place, kinds)
    return best[2] if best else []


def _alike(
    by_value: Mapping[str, list[int]], rows: Sequence[Row | None], key: str
) -> list[list[str]]:
    """The values in groups whose records have much the same keys."""
    groups: list[tuple[set[str], list[str]]] = []
    for value in sorted(by_value):
        keys = set(_always(by_value[value], rows)) - {key}
        seen = {one for line in by_value[value] for one in rows[line] or {}} - {key}
        if len(keys) < ALIKE * len(seen):
            return []  # records of one value are not of one kind
        for known, values in groups:
            if len(known & keys) >= ALIKE * len(known | keys):
                values.append(value)
                break
        else:
            groups.append((keys, [value]))
    return [values for _, values in groups]


# --- keys that only some have -------------------------------------------------------------------


def _by_role_keys(lines: Sequence[int], rows: Sequence[Row | None]) -> list[RowKind]:
    """Kinds by which of the keys of a status and a checkpoint a record has."""
    telling = _role_keys(lines, rows)
    by_keys: dict[tuple[bool, ...], list[int]] = defaultdict(list)
    for line in lines:
        row = rows[line] or {}
        by_keys[tuple(bool(row.get(key)) for key in telling)].append(line)
    kinds = []
    for has, own in by_keys.items():
        where: Where = {}
        if len(by_keys) > 1:
            where = {
                key: "present" if there else "absent"
                for key, there in zip(telling, has, strict=True)
            }
            if not any(has):
                where.update(_own_key(own, lines, rows))
        kinds.append(RowKind(tuple(own), where))
    return kinds


def _role_keys(lines: Sequence[int], rows: Sequence[Row | None]) -> list[str]:
    """Keys of statuses and checkpoints that some records have and others have not; one of those
    that always come together."""
    counts: dict[str, int] = defaultdict(int)
    for line in lines:
        for key, value in (rows[line] or {}).items():
            counts[key] += bool(value)
    least = max(2, ceil(SMALL_SHARE * len(lines)))
    found: dict[frozenset[int], str] = {}
    for key, count in counts.items():
        if not least <= count <= len(lines) - least:
            continue
        having = frozenset(line for line in lines if (rows[line] or {}).get(key))
        column = Column(key, tuple((rows[line] or {})[key] for line in sorted(having)))
        is_step = name_score(key, CHECKPOINT_NAMES) >= 2 and words_of(key)[-1:] != ("type",)
        few = len(column.distinct) <= max(8, count / 3)
        if (is_step and few) or status_of(column) is not None:
            found.setdefault(having, key)
    return list(found.values())[:2]


def _own_key(own: Sequence[int], lines: Sequence[int], rows: Sequence[Row | None]) -> Where:
    """A key that these records always have, preferably one that the others have not."""
    others = set(lines) - set(own)
    keys = _always(own, rows)

    def common(key: str) -> int:
        return sum(1 for line in others if (rows[line] or {}).get(key))

    return {min(keys, key=lambda key: (common(key), keys.index(key))): "present"}
