"""What the records of one kind are made of: a template's layouts, objects, the slots in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final

from engine.model import FieldMapping, Json, Key, Path, Reading, RecordKind
from simulator.layouts import Layout, Layouts
from simulator.meaning import Meaningless, finished
from simulator.places import Place, Skeleton
from simulator.plans import Plan
from simulator.sampling import sample
from simulator.slots import Impossible, Slot, paths_of, slot_of
from simulator.taking_apart import named_groups, regexes_in, take_apart
from simulator.trees import Tree, home_of

_MADE: Final = 6
"""How many texts are made of a regular expression."""

_LEFT_OUT: Final = 0.7
"""How often a field without a value is left out, where it can be, instead of said to have none."""


class Shape:
    """The slots of a kind by their paths, and where they stand."""

    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        template = kind.template
        self.layouts = None if template is None else Layouts(template, _skeletons(kind))
        self.names = () if self.layouts is None else self.layouts.names
        self._homes: dict[Path, Reading | str] = {}
        self.slots = dict(self._slots())
        self.trees = tuple(self._trees())
        self.written = frozenset((Key(one.field),) for one in kind.readings)
        """The paths of texts that are made of other slots' values."""
        self.is_simple = (
            not kind.readings
            and all(len(path) == 1 for path in self.slots)
            and (self.layouts is None or self.layouts.is_plain)
        )
        """Whether every part of a record tells by itself whether it can stand there."""

    def _slots(self) -> Iterable[tuple[Path, Slot]]:
        kind = self.kind
        fields: list[Path] = [(Key(name),) for name in self.names]
        read: list[Path] = [(Key(one.field),) for one in kind.readings]
        for path in dict.fromkeys([*fields, *paths_of(kind), *read]):
            home = home_of(kind, path, self.names)
            if home is None:
                continue
            self._homes[path] = home
            if home == "template":
                assert self.layouts is not None
                assert isinstance(path[0], Key)
                places = self.layouts.places_of(path[0].name)
                yield path, slot_of(kind, path, places, is_key=False)
                continue
            form = home.form if isinstance(home, Reading) else Json()
            place = Place(in_json=True) if isinstance(form, Json) else Place(form=form)
            yield path, slot_of(kind, path, (place,), is_key=True)

    def _trees(self) -> Iterable[Tree]:
        """The texts inside of others first."""
        for one in sorted(self.kind.readings, key=lambda one: one.is_flat):
            held = tuple(slot for path, slot in self.slots.items() if self._homes[path] is one)
            yield Tree(one.field, one.form, one.is_flat, held)
        if self.layouts is None:
            held = tuple(slot for path, slot in self.slots.items() if self._homes[path] == "record")
            yield Tree(None, Json(), is_flat=True, slots=held)

    def fixed(self, mapping: FieldMapping) -> list[str]:
        """What the texts mean that the spec lays down for the slot of this mapping."""
        slot = self.slots[mapping.sources[0]]
        found = []
        for raw in dict.fromkeys(raw for place in slot.places for raw in slot.laid_down(place)):
            try:
                meaning = None if raw in mapping.absent else finished(mapping, raw)
            except Meaningless:
                continue
            found += [] if meaning is None else [meaning]
        return found

    # --- laying out -----------------------------------------------------------------------------

    def layout(self, plan: Plan, times: Mapping[Path, Iterable[str]], rng: Random) -> Layout | None:
        """How a template is laid out for what is asked; None where there is no template. Raises
        Impossible, NoLayout."""
        if self.layouts is None:
            return None
        if self.layouts.is_plain:
            return self.layouts.choose(frozenset(), frozenset(), {}, rng)
        needed: set[str] = set()
        unwanted: set[str] = set()
        forced: dict[str, str] = {}
        for path, slot in self.slots.items():
            narrowed, asked = plan.narrowed(slot), plan.asked(path)
            name = self._field_of(path)
            if name is None or path in self.written:
                continue
            is_asked = path in plan.pieces or any(text is not None for _, text in asked)
            if is_asked or narrowed.is_present or narrowed.allowed is not None:
                needed.add(name)
            elif slot.is_key or self.layouts.is_always_there(name):
                continue
            elif narrowed.is_absent or (asked and rng.random() < _LEFT_OUT):
                unwanted.add(name)
            group = self.layouts.group(name)
            if group is not None and (is_asked or narrowed.laid_down()) and name not in unwanted:
                raw = narrowed.choose(
                    Place(group=group),
                    asked,
                    times.get(path, ()),
                    rng,
                    piece=plan.pieces.get(path),
                )
                if raw is not None:
                    plan.forced[path] = forced[name] = raw
        return self.layouts.choose(frozenset(needed), frozenset(unwanted), forced, rng)

    def _field_of(self, path: Path) -> str | None:
        """The template's field in which the slot stands; None where it is in none."""
        home = self._homes[path]
        if isinstance(home, Reading):
            return home.field if home.field in self.names else None
        assert isinstance(path[0], Key)
        return path[0].name if home == "template" else None

    def place(self, slot: Slot, places: Mapping[str, Place]) -> Place | None:
        """Where a slot stands in a record with these places; None where it has no place."""
        field = self._field_of(slot.path)
        if slot.is_key:
            return slot.places[0] if field is None or field in places else None
        return places.get(slot.name)

    def regex_text(self, place: Place, raws: Mapping[Path, str | None], rng: Random) -> str:
        """A text for a regular expression with these values. Raises Impossible."""
        for skeleton, _ in rng.sample(place.skeletons, len(place.skeletons)):
            now: Skeleton | None = skeleton
            for name in skeleton.part.names:
                raw = raws.get((Key(name),))
                if raw is not None and now is not None:
                    now = now.with_value(name, raw)
            if now is not None:
                return now.text
        raise Impossible


def _skeletons(kind: RecordKind) -> list[Skeleton]:
    """What the regular expressions of a kind take of its samples, and some texts that they take
    by what they say."""
    assert kind.template is not None
    found = []
    for one in kind.samples:
        reading = take_apart(kind.template, one.record)
        if reading is not None:
            found += [Skeleton(part, one.record[a:b]) for part, (a, b) in reading.regexes]
    for part in regexes_in(kind.template.parts):
        texts = [sample(part.pattern, Random(at)) for at in range(_MADE)] if part.pattern else []
        found += [Skeleton(part, text) for text in texts if named_groups(part, text) is not None]
    return found
