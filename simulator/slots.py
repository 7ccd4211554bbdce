"""Slots: the places of a record that are read, and what can stand in each.

A *slot* is a field of a template or a path to a value. For each slot a raw text is chosen that
means what is wanted under every mapping that reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from engine.model import Condition, FieldMapping, Key, Path, RecordKind, ValueMap, first_key
from simulator.maps import Meaningless, finished
from simulator.meaning import conditions_of
from simulator.places import Place, filler
from simulator.values import IDENTIFIER_CHARS_MAX

Wanted = Mapping[str, str | None]
"""Event fields and what the record must mean by them; None: no value. A field that is not named
may mean anything."""

Asked = Sequence[tuple[FieldMapping, str | None]]
"""What a slot must mean under the mappings that read it."""

AT_TIME: Final = "at the time given"
"""What ``timestamp`` is wanted to be where the record is to have one."""

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")
_FILLERS: Final = 3
_RANGE_DRAWS: Final = 3
_FOR_GLOBS: Final = ("", "x", "ab-7", "7", "7)", " 7", "x 7 x")
"""What a star of a glob may stand for, some of which fits most places."""


class Impossible(Exception):
    """The kind cannot say what is wanted."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that is read, with the mappings that read it alone and the conditions on it."""

    path: Path
    places: tuple[Place, ...]
    """Where it can stand: one place for each way to choose the segments of a template."""
    mappings: tuple[FieldMapping, ...]
    attributes: tuple[FieldMapping, ...] = ()
    allowed: tuple[str, ...] | None = None
    """The texts that conditions leave, or None for any."""
    is_absent: bool = False
    is_present: bool = False
    is_key: bool = False
    """Whether it is a value in JSON or in a list, which may be left out."""
    is_text: bool = False
    """Whether it is read further, and so a text in JSON too."""
    is_literal: bool = False
    """Whether a raw text means itself under all mappings."""

    @property
    def name(self) -> str:
        """The field or key at which its path begins."""
        return first_key(self.path)

    def holds(self, mapping: FieldMapping, text: str) -> bool:
        """Whether some raw text here means ``text`` under this mapping."""
        if self.is_absent:
            return False
        return any(self.can_mean(place, mapping, text) for place in self.places)

    def can_mean(self, place: Place, mapping: FieldMapping, text: str) -> bool:
        """Whether some raw text at this place means ``text`` under this mapping."""
        if self.is_literal:
            return text != "" and self.takes(place, text)
        asked = [(mapping, text)]
        return any(
            self.means(place, raw, asked) for raw in self.inverse(place, mapping, text, Random(0))
        )

    def holds_piece(self, text: str) -> bool:
        """Whether this raw text can stand here."""
        return not self.is_absent and any(self.takes(place, text) for place in self.places)

    def laid_down(self, place: Place | None = None) -> list[str]:
        """The raw texts that the spec leaves for this slot; none where it leaves any text."""
        if self.allowed is not None:
            return list(self.allowed)
        place = place or self.places[0]
        if place.laid_down():
            return list(place.laid_down())
        maps = [one.values for one in self.mappings if one.values is not None]
        return _samples(maps[0]) if maps else []

    def cased(self, text: str) -> list[str]:
        """The ways to write a text that mappings may read in another case."""
        if all(one.case is None for one in self.mappings):
            return [text]
        return list(dict.fromkeys([text, text.lower(), text.upper(), text.title()]))

    def inverse(self, place: Place, mapping: FieldMapping, text: str, rng: Random) -> Iterator[str]:
        """Raw texts that may mean ``text`` under a mapping."""
        if mapping.values is None:
            yield from self.cased(text)
            return
        if self.allowed is not None or place.laid_down():
            yield from self.laid_down(place)
            return
        for raw in _keys_of(mapping.values, text):
            yield from self.cased(raw)
        if mapping.values.has_otherwise and mapping.values.otherwise == text:
            some = (filler(place, rng) for _ in range(_FILLERS))
            yield from (one for one in some if one is not None)

    def means(self, place: Place, raw: str, asked: Asked) -> bool:
        """Whether a raw text can stand at this place, and means there what is asked."""
        if not self.takes(place, raw):
            return False
        if self.is_literal:
            return all(text == (raw or None) for one, text in asked if one.target != "timestamp")
        wanted = {id(one): text for one, text in asked}
        for one in (*self.mappings, *self.attributes):
            try:
                meaning = None if not raw or raw in one.absent else finished(one, raw)
            except Meaningless:
                return False
            if id(one) in wanted and one.target != "timestamp" and meaning != wanted[id(one)]:
                return False
        return True

    def takes(self, place: Place, raw: str) -> bool:
        """Whether a raw text can stand at this place, whatever it means."""
        if self.allowed is not None and raw not in self.allowed:
            return False
        is_long = len(raw) > IDENTIFIER_CHARS_MAX
        if is_long and any(one.target in _IDENTIFIERS for one in self.mappings):
            return False
        return place.carries(raw) or (raw == "" and place.may_be_empty)


def empty_words(mapping: FieldMapping) -> list[str]:
    """The texts by which a mapping says that there is no value."""
    return [*mapping.absent, *_keys_of(mapping.values, None)]


def _samples(values: ValueMap) -> list[str]:
    """Texts that a map has, of every kind of entry."""
    targets = [*values.exact.values(), *(one[-1] for one in values.ranges)]
    targets += [one[-1] for one in values.globs]
    return list(dict.fromkeys(raw for to in dict.fromkeys(targets) for raw in _keys_of(values, to)))


def _keys_of(values: ValueMap | None, becomes: str | None) -> list[str]:
    """Texts that become this one: the exact ones, numbers of ranges, texts that fit a glob."""
    if values is None:
        return []
    found = [raw for raw, to in values.exact.items() if to == becomes]
    for low, high, to in values.ranges:
        if to == becomes:
            step = max(1, (high - low) // _RANGE_DRAWS)
            found += [str(one) for one in dict.fromkeys((low, *range(low, high, step), high))]
    for glob, to in values.globs:
        if to == becomes:
            found += [glob.replace("*", any_text) for any_text in _FOR_GLOBS]
    return [one for one in found if one]


# --- the slots of a record kind -------------------------------------------------------------------


def paths_of(kind: RecordKind) -> list[Path]:
    """The paths that a kind reads, in the order of the spec: conditions, mappings, attributes."""
    paths = [one.path for one in kind.where]
    paths += [path for one in kind.mappings for path in one.sources]
    paths += [path for one in kind.attributes for path in one.sources]
    whens = [one.path for one in conditions_of(kind) if one not in kind.where]
    # Of an event, `status` in `when` is what it means and no key of the record.
    paths += [one for one in whens if kind.role != "event" or one != (Key("status"),)]
    return list(dict.fromkeys(paths))


def slot_of(kind: RecordKind, path: Path, places: tuple[Place, ...], *, is_key: bool) -> Slot:
    """The slot of a path."""
    conditions = [one for one in kind.where if one.path == path]
    allowed, tests = narrowed(conditions)
    mappings, attributes = reading(kind.mappings, path), reading(kind.attributes, path)
    return Slot(
        path,
        places,
        mappings,
        attributes,
        allowed,
        is_absent="absent" in tests,
        is_present="present" in tests,
        is_key=is_key,
        is_text=any(one.path == path for one in kind.readings),
        is_literal=not any(
            one.case or one.absent or one.values is not None for one in (*mappings, *attributes)
        ),
    )


def narrowed(conditions: Iterable[Condition]) -> tuple[tuple[str, ...] | None, set[str]]:
    """The texts that conditions on one value leave (None: any), and their tests."""
    allowed: tuple[str, ...] | None = None
    tests: set[str] = set()
    for one in conditions:
        tests.add(one.test)
        if one.test == "one_of":
            allowed = tuple(v for v in one.values if allowed is None or v in allowed)
    return allowed, tests


def reading(mappings: Iterable[FieldMapping], path: Path) -> tuple[FieldMapping, ...]:
    """The mappings that take their value from this path alone."""
    return tuple(one for one in mappings if one.sources == (path,))
