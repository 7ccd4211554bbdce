"""Which templates have to be compared at all: most of a thousand part ways at a literal.

Templates are sorted into a tree by what they are made of, literals letter by letter. A template has
one reading of a record, so two that begin alike read it alike up to where they part. If they part
at two different letters, no record has both. Only a part that is no literal, beside something else,
has to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.proofs.elements import Bare, Choice, Element, Run, Whole

_Members = list[int]


def pairs_to_compare(made: Sequence[tuple[int, Sequence[Element]]]) -> set[tuple[int, int]]:
    """The pairs of templates, by number, that are not told apart by their letters alone. Each is
    given as its number and its elements, once for each variant."""
    found: set[tuple[int, int]] = set()
    waiting: list[tuple[_Members, int]] = [(list(range(len(made))), 0)]
    while waiting:
        group, at = waiting.pop()
        branches: dict[Element | None, _Members] = {}
        for index in group:
            elements = made[index][1]
            element = elements[at] if at < len(elements) else None
            branches.setdefault(element, []).append(index)
        found.update(_numbered(_across(branches), made))
        for element, members in branches.items():
            if element is None:
                found.update(_numbered(_among(members), made))
            elif len(members) > 1:
                waiting.append((members, at + 1))
    return found


def _numbered(
    pairs: Iterator[tuple[int, int]], made: Sequence[tuple[int, Sequence[Element]]]
) -> Iterator[tuple[int, int]]:
    for one, two in pairs:
        first, second = made[one][0], made[two][0]
        if first != second:
            yield (first, second) if first < second else (second, first)


def _across(branches: dict[Element | None, _Members]) -> Iterator[tuple[int, int]]:
    """Members of different branches, where one of the branches is no letter."""
    if all(element is None or isinstance(element, str) for element in branches):
        return
    kinds = list(branches.items())
    for place, (element, members) in enumerate(kinds):
        for other, others in kinds[place + 1 :]:
            if _may_meet(element, other):
                yield from ((one, two) for one in members for two in others)


def _may_meet(one: Element | None, other: Element | None) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return False
    if one is None or other is None:  # one has ended
        return _may_be_empty(other if one is None else one)
    return True


def _may_be_empty(element: Element | None) -> bool:
    if isinstance(element, Run | Bare):
        return element.may_be_empty
    return isinstance(element, Choice | Whole)


def _among(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Templates that are the same to the end."""
    for place, one in enumerate(members):
        yield from ((one, two) for two in members[place + 1 :])
