"""Ways to lay out a template: which branch each group takes, and the places that this makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import Final

from engine.model import FieldPart, GroupPart, LiteralPart, Part, RegexPart, Template
from simulator.places import Place, Skeleton
from simulator.taking_apart import After, allowed, is_plain, names_in

_LAYOUTS_MAX: Final = 24
"""How many layouts of a template are looked at to find what its fields can hold."""


Force = Callable[[str, GroupPart], bool]
"""Whether the text of a captured segment is known: then it is a piece of its own."""


def as_it_is(_name: str, _group: GroupPart) -> bool:
    """No captured segment has a text that is known."""
    return False


class NoLayout(Exception):
    """No choice of branches has the fields that are asked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a record with its place (that of a literal is not used)."""

    part: Part
    place: Place


@dataclass(frozen=True)
class Layout:
    """The pieces of a record from left to right."""

    pieces: tuple[Piece, ...]

    @cached_property
    def places(self) -> dict[str, Place]:
        """The place of each named field."""
        found: dict[str, Place] = {}
        for piece in self.pieces:
            if isinstance(piece.part, RegexPart):
                found |= dict.fromkeys(piece.part.names, piece.place)
                found |= _regex_places(piece)
            elif isinstance(piece.part, FieldPart | GroupPart) and piece.part.name is not None:
                found[piece.part.name] = piece.place
        return found


def _regex_places(piece: Piece) -> dict[str, Place]:
    assert isinstance(piece.part, RegexPart)
    texts = [one for one, _ in piece.place.skeletons]
    return {
        name: replace(piece.place, skeletons=tuple((one, name) for one in texts))
        for name in piece.part.names
    }


class Layouts:
    """The layouts of one template. ``skeletons`` are texts that its regular expression takes."""

    def __init__(self, template: Template, skeletons: Iterable[Skeleton] = ()) -> None:
        self.template = template
        self.is_plain = is_plain(template)
        self._skeletons = tuple((one, "") for one in skeletons)
        self.names = tuple(dict.fromkeys(_in_order(template.parts)))
        parts = template.parts
        self._always = frozenset(one for one in self.names if _is_always_there(parts, one))
        self._only: Layout | None = None
        if self.is_plain:
            self._only = self.choose(frozenset(), frozenset(), as_it_is, Random(0))

    def choose(
        self,
        needed: frozenset[str],
        unwanted: frozenset[str],
        force: Force,
        rng: Random,
    ) -> Layout:
        """A layout with these names and without those. ``force`` is asked about each captured
        segment that it comes to. Raises NoLayout."""
        if self._only is not None:
            return self._only
        choice = _Choice(needed, unwanted, force, rng)
        pieces = list(choice.pieces(self.template.parts, None))
        return Layout(tuple(_with_neighbours(pieces, self._skeletons, is_plain=self.is_plain)))

    def places_of(self, name: str) -> tuple[Place, ...]:
        """The places that a name can have, as far as they were found."""
        found: dict[Place, None] = {}

        def is_it(one: str, _group: GroupPart) -> bool:
            return one == name

        rng = Random(0)
        for _ in range(1 if self.is_plain else _LAYOUTS_MAX):
            try:
                layout = self.choose(
                    frozenset({name}), frozenset(), lambda one, _: one == name, rng
                )
            except NoLayout:
                break
            if name in layout.places:
                found[layout.places[name]] = None
        return tuple(found)

    def is_always_there(self, name: str) -> bool:
        """Whether every layout has it."""
        return name in self._always


@dataclass(slots=True)
class _Choice:
    """Chooses branches from left to right."""

    needed: frozenset[str]
    unwanted: frozenset[str]
    force: Force
    rng: Random

    def pieces(self, parts: tuple[Part, ...], beyond: After | None) -> Iterator[tuple[Part, After]]:
        for index, part in enumerate(parts):
            after = After(parts[index + 1 :], beyond)
            if not isinstance(part, GroupPart):
                if getattr(part, "name", None) in self.unwanted:
                    raise NoLayout
                yield part, after
            elif part.name is not None and self.force(part.name, part):
                yield part, after
            else:
                yield from self.pieces(self._branch(part), after)

    def _branch(self, part: GroupPart) -> tuple[Part, ...]:
        here = self.needed & names_in((part,)) - {part.name}
        able = [one for one in allowed(part) if self._is_able(one, here)]
        if not able or (part.name is not None and part.name in self.unwanted):
            raise NoLayout
        return able[0] if len(able) == 1 else self.rng.choice(able)

    def _is_able(self, branch: tuple[Part, ...], here: frozenset[str]) -> bool:
        if not here <= names_in(branch):
            return False
        for part in branch:
            if getattr(part, "name", None) in self.unwanted:
                return False
            if isinstance(part, GroupPart):
                inner = self.needed & names_in((part,)) - {part.name}
                if not any(self._is_able(one, inner) for one in allowed(part)):
                    return False
        return True


def _with_neighbours(
    pieces: list[tuple[Part, After]],
    skeletons: tuple[tuple[Skeleton, str], ...],
    *,
    is_plain: bool,
) -> Iterator[Piece]:
    """The pieces with their places, which know the texts beside them."""
    before = ""
    for index, (part, after) in enumerate(pieces):
        if isinstance(part, LiteralPart):
            before += part.text
            yield Piece(part, Place())
            continue
        texts = []
        for other, _ in pieces[index + 1 :]:
            if not isinstance(other, LiteralPart):
                break
            texts.append(other.text)
        place = Place(
            follower="".join(texts),
            opens=not before.strip(),
            closes=bool(texts) and index + 1 + len(texts) == len(pieces),
            after=None if is_plain else after,
        )
        before += "x"
        if isinstance(part, GroupPart):
            place = replace(place, group=part)
        elif isinstance(part, RegexPart):
            place = replace(place, skeletons=skeletons)
        elif isinstance(part, FieldPart):
            empty, values = part.may_be_empty, part.values
            place = replace(place, type=part.type, may_be_empty=empty, values=values)
        yield Piece(part, place)


def _in_order(parts: tuple[Part, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, GroupPart):
            yield from [] if part.name is None else [part.name]
            for branch in allowed(part):
                yield from _in_order(branch)
        elif isinstance(part, RegexPart):
            yield from part.names
        elif isinstance(part, FieldPart) and part.name is not None:
            yield part.name


def _is_always_there(parts: tuple[Part, ...], name: str) -> bool:
    for part in parts:
        if isinstance(part, GroupPart):
            if part.name == name or all(_is_always_there(one, name) for one in allowed(part)):
                return True
        elif isinstance(part, RegexPart) and name in part.names:
            return False
        elif isinstance(part, FieldPart) and part.name == name:
            return True
    return False
