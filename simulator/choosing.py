"""Choosing raw texts. How they are chosen is settled once, for a slot at its place and what is
asked of it there; of each record only the texts themselves are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from engine.model import FieldMapping, Path
from simulator.places import Place, filler
from simulator.slots import Asked, Impossible, Slot, Wanted, empty_words


class Ask(NamedTuple):
    """What a mapping is to give: the text that is wanted for its target, or no value."""

    mapping: FieldMapping
    is_given: bool


@dataclass(slots=True)
class Telling:
    """A record that is being made. ``times`` are the ways to write its time, ``pieces`` raw texts
    that several slots mean together, ``forced`` those of captured segments, which are known before
    the template is laid out."""

    wanted: Wanted
    times: Mapping[Path, Iterable[str]]
    pieces: dict[Path, str] = field(default_factory=dict)
    forced: dict[Path, str] = field(default_factory=dict)

    def asked(self, asks: Iterable[Ask]) -> Asked:
        """What mappings are to give in this record."""
        wanted = self.wanted
        return [(one, wanted[one.target] if is_given else None) for one, is_given in asks]


Chooser = Callable[[Telling, Random], str | None]
"""A raw text that means what is wanted; None for no value. Raises Impossible."""


def chooser(slot: Slot, place: Place | None, asks: tuple[Ask, ...], *, is_piece: bool) -> Chooser:
    """Chooses raw texts of a slot. ``place`` is None where the chosen segments do not have it;
    ``is_piece`` tells that it has a part of what several slots mean together.

    Raises Impossible where there is none, whatever the texts.
    """
    is_asked_for = is_piece or any(one.is_given for one in asks)
    if place is None:
        if is_asked_for or slot.allowed is not None or slot.is_present:
            raise Impossible
        return nothing
    if is_piece:
        return _piece(slot, place, asks)
    if slot.is_absent or not all(one.is_given for one in asks) or _may_be_left_out(slot, asks):
        if is_asked_for:
            raise Impossible
        return _no_value(slot, place, asks)
    if slot.allowed is not None or place.laid_down():
        texts = [one for raw in slot.laid_down(place) for one in slot.cased(raw)]
        return _of_these(slot, place, asks, texts)
    if any(one.values is not None for one in slot.mappings):
        return _of_a_map(slot, place, asks)
    if any(one.mapping.target == "timestamp" for one in asks):
        return _time(slot, place, asks)
    return _given(slot, place, asks) if asks else _free(slot, place)


def nothing(_telling: Telling, _rng: Random) -> None:
    """No value."""


def forced_text(path: Path) -> Chooser:
    """The text of a captured segment, if it is known."""
    return lambda telling, _: telling.forced.get(path)


def _may_be_left_out(slot: Slot, asks: tuple[Ask, ...]) -> bool:
    return not asks and slot.is_key and not slot.is_present and slot.allowed is None


def _no_value(slot: Slot, place: Place, asks: tuple[Ask, ...]) -> Chooser:
    """What stands for no value here: a text, or None for nothing at all. Raises Impossible."""
    ways: list[str | None] = []
    if slot.is_key and slot.allowed is None:
        ways.append(None)
    if place.may_be_empty and not slot.is_absent:
        ways.append("")
    if not slot.is_absent:
        asked = [(one.mapping, None) for one in asks]
        for mapping, _ in asked:
            ways += [one for one in empty_words(mapping) if slot.means(place, one, asked)]
    if not ways:
        raise Impossible
    only = ways[0]
    return (lambda *_: only) if len(ways) == 1 else lambda _, rng: rng.choice(ways)


def _piece(slot: Slot, place: Place, asks: tuple[Ask, ...]) -> Chooser:
    def choose(telling: Telling, _rng: Random) -> str:
        raw = telling.pieces[slot.path]
        if not slot.means(place, raw, telling.asked(asks)):
            raise Impossible
        return raw

    return choose


def _time(slot: Slot, place: Place, asks: tuple[Ask, ...]) -> Chooser:
    """The first way that fits: the likeliest one comes first."""

    def choose(telling: Telling, _rng: Random) -> str:
        asked = telling.asked(asks)
        for raw in telling.times.get(slot.path, ()):
            if slot.means(place, raw, asked):
                return raw
        raise Impossible

    return choose


def _of_these(slot: Slot, place: Place, asks: tuple[Ask, ...], texts: Sequence[str]) -> Chooser:
    if not asks:
        fitting = [raw for raw in texts if slot.means(place, raw, ())]
        if not fitting:
            raise Impossible
        return lambda _, rng: rng.choice(fitting)
    return lambda telling, rng: _one_of(slot, place, telling.asked(asks), texts, rng)


def _of_a_map(slot: Slot, place: Place, asks: tuple[Ask, ...]) -> Chooser:
    mapped = [one for one in asks if one.mapping.values is not None]
    if not mapped:
        return _of_these(slot, place, asks, slot.laid_down(place))

    def choose(telling: Telling, rng: Random) -> str:
        asked = telling.asked(asks)
        inverse = [
            raw
            for mapping, text in telling.asked(mapped)
            for raw in slot.inverse(place, mapping, text or "", rng)
        ]
        texts = list(dict.fromkeys(inverse)) or slot.laid_down(place)
        return _one_of(slot, place, asked, texts, rng)

    return choose


def _given(slot: Slot, place: Place, asks: tuple[Ask, ...]) -> Chooser:
    target = asks[0].mapping.target

    def choose_itself(telling: Telling, _rng: Random) -> str:
        raw = telling.wanted[target] or ""
        if not raw or not slot.takes(place, raw):
            raise Impossible
        return raw

    def choose(telling: Telling, rng: Random) -> str:
        asked = telling.asked(asks)
        return _one_of(slot, place, asked, slot.cased(asked[0][1] or ""), rng)

    return choose_itself if slot.is_literal and len(asks) == 1 else choose


def _free(slot: Slot, place: Place) -> Chooser:
    def choose(_telling: Telling, rng: Random) -> str:
        if place.may_be_empty and rng.random() < 0.5:
            return _one_of(slot, place, (), [""], rng)
        some = filler(place, rng)
        return _one_of(slot, place, (), [] if some is None else slot.cased(some), rng)

    return choose


def _one_of(slot: Slot, place: Place, asked: Asked, texts: Iterable[str], rng: Random) -> str:
    """One of the texts that mean what is asked. Raises Impossible."""
    fitting = [raw for raw in texts if slot.means(place, raw, asked)]
    if not fitting:
        raise Impossible
    return rng.choice(fitting)
