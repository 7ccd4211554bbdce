"""What the records of one kind are made of: a template's layouts, objects, the slots in them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from random import Random
from typing import Final

from engine.model import (
    Csv,
    FieldMapping,
    GroupPart,
    Json,
    Key,
    Path,
    Reading,
    RecordKind,
    Template,
)
from simulator.choosing import Chooser, Telling, chooser, forced_text, nothing
from simulator.layouts import Force, Layout, Layouts, NoLayout
from simulator.maps import Meaningless, finished
from simulator.places import Place, Skeleton
from simulator.plans import Plan
from simulator.sampling import sample
from simulator.slots import Impossible, Slot, paths_of, slot_of
from simulator.taking_apart import named_groups, regexes_in, take_apart
from simulator.trees import Tree, home_of

_MADE: Final = 6
"""How many texts are made of a regular expression."""

_TRIES: Final = 8
"""How many layouts are looked at for one whose fields can hold what is asked of them."""

_LEFT_OUT: Final = 0.7
"""How often a field without a value is left out, where it can be, instead of said to have none."""

LaidOut = Mapping[Path, Layout]
"""How templates are laid out, by the paths of what they read; the record's own has none."""


class Shape:
    """The slots of a kind by their paths, and where they stand."""

    def __init__(self, kind: RecordKind) -> None:
        self.kind = kind
        self.templates = dict(_templates(kind))
        """The templates of the record and of texts in it, by the paths of these texts."""
        self.names = self.templates[()].names if () in self.templates else ()
        self.fields = {
            above: {name: (*above, Key(name)) for name in one.names}
            for above, one in self.templates.items()
        }
        """The paths of the templates' fields."""
        self._homes: dict[Path, Reading | str] = {}
        self.slots = dict(self._slots())
        self._around = {path: tuple(self._fields_around(path)) for path in self.slots}
        self.trees = tuple(self._trees())
        self.written = frozenset(one.path for one in kind.readings)
        """The paths of texts that are made of other slots' values."""
        self.has_choice = not all(one.is_plain for one in self.templates.values())
        """Whether records can be laid out in several ways."""
        self.is_simple = (
            not kind.readings and all(len(path) == 1 for path in self.slots) and not self.has_choice
        )
        """Whether every part of a record tells by itself whether it can stand there."""

    def _slots(self) -> Iterator[tuple[Path, Slot]]:
        kind = self.kind
        paths = [path for fields in self.fields.values() for path in fields.values()]
        paths += [*paths_of(kind), *(one.path for one in kind.readings)]
        for path in dict.fromkeys(paths):
            home = home_of(kind, path, self.names)
            if home is None:
                continue
            self._homes[path] = home
            above = self._template_of(path)
            if above is not None:
                places = self.templates[above].places_of(_last(path))
                yield path, slot_of(kind, path, places, is_key=False)
            else:
                yield path, slot_of(kind, path, (_place(home, path),), is_key=True)

    def _trees(self) -> Iterator[Tree]:
        """The texts inside of others first."""
        kind = self.kind
        for one in sorted(kind.readings, key=lambda one: (one.is_flat, -len(one.path))):
            held = tuple(slot for path, slot in self.slots.items() if self._homes[path] is one)
            yield Tree(one.path, one.form, one.is_flat, held)
        if kind.template is None:
            held = tuple(slot for path, slot in self.slots.items() if self._homes[path] == "record")
            yield Tree((), Json(), is_flat=True, slots=held)

    def _template_of(self, path: Path) -> Path | None:
        """The path of the text whose template has this path as a field; None where it is none."""
        home = self._homes[path]
        if home == "template":
            return ()
        is_field = isinstance(home, Reading) and isinstance(home.form, Template)
        return home.path if is_field and isinstance(home, Reading) else None

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

    def lay_out(self, plan: Plan, telling: Telling, rng: Random) -> dict[Path, Layout]:
        """How the templates are laid out for what is asked. Raises Impossible."""
        needed: dict[Path, set[str]] = {above: set() for above in self.templates}
        unwanted: dict[Path, set[str]] = {above: set() for above in self.templates}
        for path, slot in self.slots.items() if self.has_choice else ():
            narrowed, asks = plan.narrowed(slot), plan.asks(path)
            if plan.is_asked(path) or narrowed.is_present or narrowed.allowed is not None:
                for above, name in self._around[path]:
                    needed[above].add(name)
            own = self._template_of(path)
            if own is None or path in self.written:
                continue
            name = _last(path)
            if name in needed[own] or self.templates[own].is_always_there(name):
                continue
            if narrowed.is_absent or (asks and rng.random() < _LEFT_OUT):
                unwanted[own].add(name)
        return {
            above: self._choose(
                above, frozenset(needed[above]), frozenset(unwanted[above]), plan, telling, rng
            )
            for above in self.templates
        }

    def _choose(
        self,
        above: Path,
        needed: frozenset[str],
        unwanted: frozenset[str],
        plan: Plan,
        telling: Telling,
        rng: Random,
    ) -> Layout:
        """A layout of one template that can hold what is asked. Raises Impossible."""
        layouts, force = self.templates[above], self._force(above, plan, telling, rng)
        for _ in range(_TRIES):
            try:
                layout = layouts.choose(needed, unwanted - needed, force, rng)
            except (Impossible, NoLayout):
                continue
            if layouts.is_plain or self._is_able(above, layout, plan, telling):
                return layout
        raise Impossible

    def _force(self, above: Path, plan: Plan, telling: Telling, rng: Random) -> Force:
        """Chooses the texts of captured segments that must be a certain one."""

        def force(name: str, group: GroupPart) -> bool:
            path = self.fields[above][name]
            narrowed, place = plan.narrowed(self.slots[path]), Place(group=group)
            telling.forced.pop(path, None)
            if not plan.is_asked(path) and not narrowed.laid_down(place):
                return False
            choose = chooser(narrowed, place, plan.asks(path), is_piece=path in plan.pieces)
            raw = choose(telling, rng)
            if raw is not None:
                telling.forced[path] = raw
            return raw is not None

        return force

    def _is_able(self, above: Path, layout: Layout, plan: Plan, telling: Telling) -> bool:
        """Whether the fields of a layout can hold what is asked of them."""
        for name, place in layout.places.items():
            slot = self.slots[self.fields[above][name]]
            for mapping, text in telling.asked(plan.asks(slot.path)):
                is_text = text is not None and mapping.target != "timestamp"
                if is_text and not slot.can_mean(place, mapping, text or ""):
                    return False
        return True

    def choosers(
        self, plan: Plan, laid_out: LaidOut, forced: Container[Path] = ()
    ) -> dict[Path, Chooser]:
        """How the raw text of each slot is chosen in a record that is laid out so. Raises
        Impossible."""
        found: dict[Path, Chooser] = {}
        for path, slot in self.slots.items():
            narrowed, asks = plan.narrowed(slot), plan.asks(path)
            place, is_piece = self.place(slot, laid_out), path in plan.pieces
            is_free = not is_piece and not asks and narrowed.allowed is None
            if path in forced or (path in self.written and not plan.is_asked(path)):
                found[path] = forced_text(path)
            elif place is not None and is_free and (place.skeletons or place.group is not None):
                found[path] = nothing  # it is what is there anyway
            else:
                found[path] = chooser(narrowed, place, asks, is_piece=is_piece)
        return found

    def _fields_around(self, path: Path) -> Iterator[tuple[Path, str]]:
        """The templates' fields in which a slot stands, from the inside out."""
        at: Path | None = path
        while at is not None:
            own = self._template_of(at)
            if own is not None:
                yield own, _last(at)
            home = self._homes[at]
            at = home.path if isinstance(home, Reading) else None

    def place(self, slot: Slot, laid_out: LaidOut) -> Place | None:
        """Where a slot stands in a record that is laid out so; None where it has no place."""
        if any(name not in laid_out[above].places for above, name in self._around[slot.path]):
            return None
        own = self._template_of(slot.path)
        return slot.places[0] if own is None else laid_out[own].places[_last(slot.path)]

    def is_there(self, tree: Tree, laid_out: LaidOut) -> bool:
        """Whether a record that is laid out so has the text that the tree is."""
        if not tree.text:
            return True
        slot = self.slots[tree.text]
        return not slot.is_absent and self.place(slot, laid_out) is not None

    def surely_gives(self, mapping: FieldMapping) -> bool:
        """Whether a record always has a value by this mapping, so that no later one counts."""
        if mapping.when or mapping.absent:
            return False
        if not mapping.sources:
            return mapping.constant is not None or mapping.is_record_time
        if mapping.values is not None:
            return False
        for path in mapping.sources:
            own, slot = self._template_of(path), self.slots[path]
            if own != () or not self.templates[()].is_always_there(_last(path)):
                return False
            if any(place.may_be_empty or place.group is not None for place in slot.places):
                return False
        return True

    def regex_text(
        self, place: Place, above: Path, raws: Mapping[Path, str | None], rng: Random
    ) -> str:
        """A text for a regular expression with these values. Raises Impossible."""
        for skeleton, _ in rng.sample(place.skeletons, len(place.skeletons)):
            now: Skeleton | None = skeleton
            for name in skeleton.part.names:
                raw = raws.get(self.fields[above][name])
                if raw is not None and now is not None:
                    now = now.with_value(name, raw)
            if now is not None:
                return now.text
        raise Impossible


def _last(path: Path) -> str:
    step = path[-1]
    return step.name if isinstance(step, Key) else ""


def _place(home: Reading | str, path: Path) -> Place:
    """The place of a value in JSON, or in a list."""
    form = home.form if isinstance(home, Reading) else Json()
    if isinstance(form, Json | Template):
        return Place(in_json=True)
    types = dict(form.types) if isinstance(form, Csv) else {}
    return Place(form=form, type=types.get(_last(path)))


def _templates(kind: RecordKind) -> Iterator[tuple[Path, Layouts]]:
    if kind.template is not None:
        yield (), Layouts(kind.template, _skeletons(kind))
    for one in kind.readings:
        if isinstance(one.form, Template):
            yield one.path, Layouts(one.form, _made_of(one.form))


def _skeletons(kind: RecordKind) -> Iterator[Skeleton]:
    """What the regular expressions of a kind take of its samples, and some texts that they take
    by what they say."""
    assert kind.template is not None
    for one in kind.samples:
        reading = take_apart(kind.template, one.record)
        for part, (a, b) in reading.regexes if reading is not None else ():
            yield Skeleton(part, one.record[a:b])
    yield from _made_of(kind.template)


def _made_of(template: Template) -> Iterator[Skeleton]:
    for part in regexes_in(template.parts):
        texts = [sample(part.pattern, Random(at)) for at in range(_MADE)] if part.pattern else []
        for text in texts:
            if named_groups(part, text) is not None:
                yield Skeleton(part, text)
