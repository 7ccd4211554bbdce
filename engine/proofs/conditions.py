"""Conditions on JSON objects: what two sets of them have in common."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from engine.model import Condition

_ANY: Final = "x"
"""A value that stands for one that no condition names."""


def common_object(one: Sequence[Condition], other: Sequence[Condition]) -> str | None:
    """A smallest JSON object for which all conditions of both hold; None if there is none."""
    wanted: dict[str, frozenset[str] | None] = {}
    absent: set[str] = set()
    present: set[str] = set()
    for condition in (*one, *other):
        key = condition.key
        if condition.test == "absent":
            absent.add(key)
        else:
            present.add(key)
        if condition.test == "one_of":
            values = frozenset(condition.values)
            known = wanted.get(key)
            wanted[key] = values if known is None else known & values
    if absent & present or any(values is not None and not values for values in wanted.values()):
        return None
    return _written({key: _first(wanted.get(key)) for key in sorted(present)}, (*one, *other))


def _first(values: Iterable[str] | None) -> str:
    return _ANY if values is None else min(values, key=lambda value: (len(value), value))


def _written(values: dict[str, str], conditions: Iterable[Condition]) -> str:
    """The object, its keys in the order in which the conditions name them."""
    order = dict.fromkeys(condition.key for condition in conditions)
    return json.dumps({key: values[key] for key in order if key in values}, ensure_ascii=False)


def pairs_of_conditions(kinds: Sequence[Sequence[Condition]]) -> Iterator[tuple[int, int]]:
    """The pairs, by index, that the values of one key do not tell apart already: of a thousand
    systems nearly all name themselves under the same key."""
    named = [
        {one.key: one.values for one in conditions if one.test == "one_of"} for conditions in kinds
    ]
    counts = Counter(key for values in named for key in values)
    key = counts.most_common(1)[0][0] if counts else ""
    by_value: dict[str | None, list[int]] = {}
    for index, values in enumerate(named):
        for value in values.get(key, (None,)):
            by_value.setdefault(value, []).append(index)
    anywhere = by_value.pop(None, [])
    pairs = {pair for members in by_value.values() for pair in combinations(members, 2)}
    pairs |= {
        (min(one, other), max(one, other))
        for one in anywhere
        for other in range(len(kinds))
        if one != other
    }
    yield from pairs
