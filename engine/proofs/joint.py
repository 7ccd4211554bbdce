"""All templates at once: which pairs have a record in common, found by one walk.

The templates are a tree of what they are made of, literals letter by letter. A state of the walk is
the set of places in the tree that some beginning of a record has led to, so what a thousand
templates have in common is walked once. A single place below which nothing but letters tells the
templates apart is not walked at all: no record has two letters at one place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, NamedTuple

from engine.model import FieldPart, LiteralPart, Template
from engine.patterns import TYPES, Pattern
from engine.proofs.automaton import after_shadows, borders_of
from engine.proofs.derivatives import derive, is_nullable
from engine.proofs.witness import Beginning, alphabet_of

STEPS_MAX: Final = 1_000_000
"""Steps of one place by one character. Where templates overlap a lot, sets of places multiply; then
they are compared in pairs instead."""


class _Field(NamedTuple):
    """A field in the tree: its type, or the literal that ends a bare one (``""``: the record)."""

    type: str | None
    literal: str


@dataclass(slots=True, eq=False)
class _Node:
    letters: dict[str, _Node] = field(default_factory=dict)
    fields: dict[_Field, _Node] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)
    may_overlap: bool = False
    """Whether more than letters tells the templates below apart."""


class _Reading(NamedTuple):
    """A place: a node, or within one of its fields. See ``automaton._Reading``."""

    node: _Node
    within: _Field | None = None
    matched: int = 0
    taken: bool = False
    rest: Pattern | None = None
    shadows: frozenset[Pattern] = frozenset()


_Places = frozenset[_Reading]


def overlapping_pairs(templates: Sequence[Template]) -> set[tuple[int, int]] | None:
    """The pairs, by index, that accept a common record; None if that takes too many steps."""
    root = _tree_of(templates)
    alphabet = alphabet_of(templates)
    start = (frozenset(_enter(root, frozenset())), Beginning())
    waiting, seen = deque([start]), {start}
    pairs: set[tuple[int, int]] = set()
    steps = 0
    while waiting:
        places, beginning = waiting.popleft()
        steps += len(places) * len(alphabet)
        if steps > STEPS_MAX:
            return None
        if not beginning.is_blank:
            pairs.update(combinations(sorted(set(_accepting(places))), 2))
        for char in alphabet:
            begun = beginning.step(char)
            after = frozenset(one for place in places for one in _read(place, char))
            if begun is None or not _may_overlap(after) or (after, begun) in seen:
                continue
            seen.add((after, begun))
            waiting.append((after, begun))
    return pairs


# --- the tree -----------------------------------------------------------------------------------


def _tree_of(templates: Sequence[Template]) -> _Node:
    root = _Node()
    nodes = [root]
    for index, template in enumerate(templates):
        node = root
        for element in _elements(template):
            made = _Node()
            if isinstance(element, str):
                node = node.letters.setdefault(element, made)
            else:
                node = node.fields.setdefault(element, made)
            if node is made:
                nodes.append(made)
        node.ends.append(index)
    for node in reversed(nodes):  # what is below was made later
        below_it = [*node.letters.values(), *node.fields.values()]
        node.may_overlap = (
            len(node.ends) > 1
            or bool(node.fields and len(node.fields) + bool(node.letters) > 1)
            or any(one.may_overlap for one in below_it)
        )
    return root


def _elements(template: Template) -> Iterator[str | _Field]:
    parts = template.parts
    for index, part in enumerate(parts):
        before = parts[index - 1] if index else None
        if isinstance(part, LiteralPart):
            if not (isinstance(before, FieldPart) and before.type is None):
                yield from part.text  # the literal that ends a bare field belongs to it
        elif part.type is not None:
            yield _Field(part.type, "")
        else:
            after = parts[index + 1] if index + 1 < len(parts) else None
            yield _Field(None, after.text if isinstance(after, LiteralPart) else "")


# --- the walk -----------------------------------------------------------------------------------


def _enter(node: _Node, shadows: frozenset[Pattern]) -> Iterator[_Reading]:
    if node.letters or node.ends:
        yield _Reading(node, shadows=shadows)
    for one in node.fields:
        rest = TYPES[one.type] if one.type is not None else None
        yield _Reading(node, one, rest=rest, shadows=shadows)


def _read(place: _Reading, char: str) -> Iterator[_Reading]:
    shadows = after_shadows(place.shadows, char)
    if shadows is None:
        return
    if place.within is None:
        if char in place.node.letters:
            yield from _enter(place.node.letters[char], shadows)
    elif place.rest is not None:
        rest = derive(place.rest, char)
        if rest is not None:
            yield place._replace(rest=rest, shadows=shadows)
            if is_nullable(rest):
                yield from _enter(place.node.fields[place.within], shadows | {rest})
    else:
        yield from _read_bare(place, place.within.literal, char, shadows)


def _read_bare(
    place: _Reading, literal: str, char: str, shadows: frozenset[Pattern]
) -> Iterator[_Reading]:
    """A character of a bare field, or of the literal that may end it (Knuth-Morris-Pratt)."""
    assert place.within is not None
    if not literal:
        if char != "\n":
            yield place._replace(taken=True, shadows=shadows)
        return
    borders, matched = borders_of(literal), place.matched
    seen = literal[:matched] + char
    while matched and literal[matched] != char:
        matched = borders[matched - 1]
    matched += literal[matched] == char
    value = seen[: len(seen) - matched]
    if "\n" in value:
        return
    taken = place.taken or bool(value)
    if matched < len(literal):
        yield place._replace(matched=matched, taken=taken, shadows=shadows)
    elif taken:
        yield from _enter(place.node.fields[place.within], shadows)


def _accepting(places: _Places) -> Iterator[int]:
    """The templates that take a record that ends here."""
    for place in places:
        if place.within is None:
            yield from place.node.ends
        elif place.within == _Field(None, "") and place.taken:
            yield from place.node.fields[place.within].ends


def _may_overlap(places: _Places) -> bool:
    """Whether two templates could still accept the same record."""
    if len(places) != 1:
        return len(places) > 1
    (place,) = places
    if place.within is not None:
        below = [place.node.fields[place.within]]
    else:
        below = list(place.node.letters.values())
    return len(place.node.ends) > 1 or any(one.may_overlap for one in below)
