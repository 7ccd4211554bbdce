"""Conditions on JSON objects: an object that some sets of them accept and others do not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Final

from engine.interpreter import holds
from engine.model import Condition

Conditions = Sequence[Condition]

_WITNESSES_MAX: Final = 200

_ABSENT: Final = None
"""What a key has that is not there (or null)."""

_Domains = Mapping[str, frozenset[str | None]]
"""What each key may be: absent, one of the values that conditions name, or any other, for which
one value stands."""


def shortest_object(
    accepting: Sequence[Conditions], refusing: Sequence[Conditions] = ()
) -> str | None:
    """A JSON object with as few keys as can be, for which all conditions of each of ``accepting``
    hold and of each of ``refusing`` at least one does not; None proves that there is none."""
    every = [one for conditions in (*accepting, *refusing) for one in conditions]
    domains: _Domains | None = _all_values(every)
    for condition in (one for conditions in accepting for one in conditions):
        domains = _narrowed(domains, condition, holds=True)
    # Each is a witness; the first ones are as short as need be where there are very many.
    found = list(islice(_outside(domains, list(refusing)), _WITNESSES_MAX))
    if not found:
        return None
    order = list(dict.fromkeys(condition.key for condition in every))
    objects = [{key: _simplest(one[key]) for key in order} for one in found]
    written = [
        json.dumps({k: v for k, v in one.items() if v is not _ABSENT}, ensure_ascii=False)
        for one in objects
    ]
    shortest = min(written, key=lambda text: (len(json.loads(text)), len(text), text))
    # The proof is about the matcher, so the matcher has the last word.
    assert all(_is_taken(shortest, one) for one in accepting), shortest
    assert not any(_is_taken(shortest, one) for one in refusing), shortest
    return shortest


def _is_taken(text: str, conditions: Conditions) -> bool:
    return all(holds(one, json.loads(text)) for one in conditions)


def _all_values(conditions: Iterable[Condition]) -> _Domains:
    named: dict[str, set[str]] = {}
    for condition in conditions:
        named.setdefault(condition.key, set()).update(condition.values)
    return {key: frozenset({_ABSENT, _other(values), *values}) for key, values in named.items()}


def _other(values: set[str]) -> str:
    """A value that no condition names."""
    word = "x"
    while word in values:
        word += "x"
    return word


def _narrowed(domains: _Domains | None, condition: Condition, *, holds: bool) -> _Domains | None:
    """The domains with the condition held or broken; None if a key has no value left."""
    if domains is None:
        return None
    here = domains[condition.key]
    if condition.test == "one_of":
        fits = here & frozenset[str | None](condition.values)
    else:
        fits = frozenset(v for v in here if (v is _ABSENT) == (condition.test == "absent"))
    left = fits if holds else here - fits
    return {**domains, condition.key: left} if left else None


def _outside(domains: _Domains | None, refusing: list[Conditions]) -> Iterator[_Domains]:
    """Every way to break one condition of each."""
    if domains is None:
        return
    # What is broken already asks for no choice: without this a thousand systems were as many.
    known = domains
    left = [
        conditions
        for conditions in refusing
        if all(_narrowed(known, one, holds=True) is not None for one in conditions)
    ]
    if not left:
        yield domains
        return
    for condition in left[0]:
        yield from _outside(_narrowed(domains, condition, holds=False), left[1:])


def _simplest(values: frozenset[str | None]) -> str | None:
    if _ABSENT in values:
        return _ABSENT
    named = [value for value in values if value is not None]
    return min(named, key=lambda value: (len(value), value))


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
        for value in dict.fromkeys(values.get(key, (None,))):
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
