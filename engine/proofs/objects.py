"""A JSON object with as little in it as can be, of what the values at some paths may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.model import Index, Key, Path

ABSENT: Final = None
"""What a path leads to where there is nothing (or null)."""

CONTAINER: Final = "\0"
"""What stands for an object or array with other paths' values in it: no text of a record."""

INDEX_MAX: Final = 10_000
"""An element further on is in no witness: it would take an array as long."""

_Steps = dict[Key | Index, "_Place"]


class _ImpossibleError(Exception):
    """Nothing can stand at a place."""


@dataclass(slots=True)
class _Place:
    """A place in the object: what its value may be (None: anything), and the places below it."""

    may_be: frozenset[str | None] | None = None
    below: _Steps = field(default_factory=dict)


def object_of(domains: Mapping[Path, frozenset[str | None]]) -> dict[str, object] | None:
    """An object in which the value at each path is one of its domain; None if there is none.

    Paths with the same beginning have one object or array there: where one of them leads to a
    value, what stands at the beginning is no text, and not an array and an object at once. Of
    paths with ``[*]`` one element is made that has the values of all.
    """
    root = _Place(frozenset((CONTAINER,)))
    for path, may_be in domains.items():
        place = root
        for step in path:
            place = place.below.setdefault(step, _Place())
        place.may_be = may_be
    try:
        made = _object(root.below)
    except _ImpossibleError:
        return None
    return made


def _simplest(place: _Place) -> object:
    """The simplest value that may stand at a place; None for no value."""
    may_be = place.may_be
    if (may_be is None or ABSENT in may_be) and _may_all_be_absent(place.below):
        return ABSENT
    texts = [one for one in may_be or () if one is not ABSENT and one != CONTAINER]
    if texts and _may_all_be_absent(place.below):
        return min(texts, key=lambda text: (len(text), text))
    if may_be is not None and CONTAINER not in may_be:
        raise _ImpossibleError
    try:
        return _object(place.below)
    except _ImpossibleError:
        return _array(place.below)


def _may_all_be_absent(places: _Steps) -> bool:
    return all(
        (one.may_be is None or ABSENT in one.may_be) and _may_all_be_absent(one.below)
        for one in places.values()
    )


def _object(below: _Steps) -> dict[str, object]:
    if not _may_all_be_absent({k: v for k, v in below.items() if isinstance(k, Index)}):
        raise _ImpossibleError
    made = {step.name: _simplest(one) for step, one in below.items() if isinstance(step, Key)}
    return {key: value for key, value in made.items() if value is not ABSENT}


def _array(below: _Steps) -> list[object]:
    if not _may_all_be_absent({k: v for k, v in below.items() if isinstance(k, Key)}):
        raise _ImpossibleError
    made: list[object] = []
    for step, place in below.items():
        if not isinstance(step, Index) or step.number is None:
            continue
        value = _simplest(place)
        if value is not ABSENT:
            if not 0 <= step.number <= INDEX_MAX:
                raise _ImpossibleError
            made += [ABSENT] * (step.number + 1 - len(made))
            made[step.number] = value
    anywhere = below.get(Index(None))
    value = _simplest(anywhere) if anywhere is not None else ABSENT
    return made if value is ABSENT else [*made, value]
