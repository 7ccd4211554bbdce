"""Conditions on JSON objects: an object that some sets of them accept and others do not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Final

from engine.conditions import holds
from engine.model import Condition, Path
from engine.proofs.objects import ABSENT, CONTAINER, object_of

Conditions = Sequence[Condition]

_WITNESSES_MAX: Final = 200

_Domains = Mapping[Path, frozenset[str | None]]
"""What the value at each path may be: absent, one of the values that conditions name, any other
text, for which one stands, or, where other paths go on below it, what holds their values."""


def shortest_object(
    accepting: Sequence[Conditions], refusing: Sequence[Conditions] = ()
) -> str | None:
    """A JSON object with as few keys as can be, for which all conditions of each of ``accepting``
    hold and of each of ``refusing`` at least one does not; None proves that there is none."""
    every = [one for conditions in (*accepting, *refusing) for one in conditions]
    domains: _Domains | None = _all_values(every)
    for condition in (one for conditions in accepting for one in conditions):
        domains = _narrowed(domains, condition, holds=True)
    objects = (object_of(one) for one in _outside(domains, list(refusing)))
    # Each is a witness; the first ones are as short as need be where there are very many. The
    # proof is about the matcher, so the matcher has the last word.
    witnesses = (
        one
        for one in objects
        if one is not None
        and all(_is_taken(one, conditions) for conditions in accepting)
        and not any(_is_taken(one, conditions) for conditions in refusing)
    )
    written = [
        (len(one), json.dumps(one, ensure_ascii=False)) for one in islice(witnesses, _WITNESSES_MAX)
    ]
    return min(written, key=lambda one: (one[0], len(one[1]), one[1]))[1] if written else None


def contradict(one: Conditions, other: Conditions) -> bool:
    """Whether no values whatever fulfil both."""
    return not have_values([one, other])


def have_values(accepting: Sequence[Conditions], refusing: Sequence[Conditions] = ()) -> bool:
    """Whether any values at the paths fulfil each of ``accepting`` and none of ``refusing``,
    whether or not one object can have them all."""
    every = [one for conditions in (*accepting, *refusing) for one in conditions]
    domains: _Domains | None = _all_values(every)
    for condition in (one for conditions in accepting for one in conditions):
        domains = _narrowed(domains, condition, holds=True)
    return next(_outside(domains, list(refusing)), None) is not None


def _is_taken(made: Mapping[str, object], conditions: Conditions) -> bool:
    return all(holds(one, made) for one in conditions)


def _all_values(conditions: Iterable[Condition]) -> _Domains:
    named: dict[Path, set[str]] = {}
    for condition in conditions:
        named.setdefault(condition.path, set()).update(condition.values)
    prefixes = {path[:length] for path in named for length in range(1, len(path))}
    return {
        path: frozenset(
            {ABSENT, _other(values), *values, *([CONTAINER] if path in prefixes else [])}
        )
        for path, values in named.items()
    }


def _other(values: set[str]) -> str:
    """A value that no condition names."""
    word = "x"
    while word in values:
        word += "x"
    return word


def _narrowed(domains: _Domains | None, condition: Condition, *, holds: bool) -> _Domains | None:
    """The domains with the condition held or broken; None if a path has no value left."""
    if domains is None:
        return None
    here = domains[condition.path]
    if condition.test == "one_of":
        fits = here & frozenset[str | None](condition.values)
    else:
        fits = frozenset(v for v in here if (v is ABSENT) == (condition.test == "absent"))
    left = fits if holds else here - fits
    return {**domains, condition.path: left} if left else None


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


def pairs_of_conditions(kinds: Sequence[Sequence[Condition]]) -> Iterator[tuple[int, int]]:
    """The pairs, by index, that the values at one path do not tell apart already: of a thousand
    systems nearly all name themselves under the same key."""
    return pairs_of_values(
        [{one.path: one.values for one in said if one.test == "one_of"} for said in kinds]
    )


def pairs_of_values(
    named: Sequence[Mapping[Hashable, tuple[str, ...]]],
) -> Iterator[tuple[int, int]]:
    """The same for what is asked for by a key of any sort."""
    counts = Counter(key for values in named for key in values)
    most: Hashable = counts.most_common(1)[0][0] if counts else ()
    by_value: dict[str | None, list[int]] = {}
    for index, values in enumerate(named):
        for value in dict.fromkeys(values.get(most, (None,))):
            by_value.setdefault(value, []).append(index)
    anywhere = by_value.pop(None, [])
    pairs = {pair for members in by_value.values() for pair in combinations(members, 2)}
    pairs |= {
        (min(one, other), max(one, other))
        for one in anywhere
        for other in range(len(named))
        if one != other
    }
    yield from pairs
