"""Which templates have to be compared at all: most of a thousand part ways at a literal.

Templates are sorted into a tree by what they are made of, literals letter by letter. A template has
one reading of a record, so two that begin alike read it alike up to where they part. If they part
at two different letters, no record has both. Only a field beside something else has to be compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from engine.model import LiteralPart, Template

_Element = Hashable
"""A letter; or a field: its type and, for a bare one, the literal that ends it."""


def pairs_to_compare(templates: Sequence[Template]) -> Iterator[tuple[int, int]]:
    """The pairs, by index, that are not told apart by their letters alone."""
    spelled = [list(_elements(template)) for template in templates]
    waiting = [(list(range(len(spelled))), 0)]
    while waiting:
        group, at = waiting.pop()
        branches: dict[_Element, list[int]] = {}
        for index in group:
            element = spelled[index][at] if at < len(spelled[index]) else None
            branches.setdefault(element, []).append(index)
        yield from _across(branches)
        for element, members in branches.items():
            if element is None:
                yield from _among(members)
            elif len(members) > 1:
                waiting.append((members, at + 1))


def _elements(template: Template) -> Iterator[_Element]:
    followers = [*template.parts[1:], None]
    for part, follower in zip(template.parts, followers, strict=True):
        if isinstance(part, LiteralPart):
            yield from part.text
        elif part.type is not None:
            yield (part.type, None)
        else:
            yield (None, follower.text if isinstance(follower, LiteralPart) else "")


def _across(branches: dict[_Element, list[int]]) -> Iterator[tuple[int, int]]:
    """Members of different branches, where one of the branches is a field."""
    kinds = list(branches.items())
    for place, (element, members) in enumerate(kinds):
        for other, others in kinds[place + 1 :]:
            if isinstance(element, tuple) or isinstance(other, tuple):
                if element is None or other is None:
                    continue  # one has ended, a field is never empty
                yield from ((one, two) for one in members for two in others)


def _among(members: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Templates that are the same to the end."""
    for place, one in enumerate(members):
        yield from ((one, two) for two in members[place + 1 :])
