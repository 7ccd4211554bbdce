"""Objects inside of records: a JSON record, and texts that are read further, built from the paths
of what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

from engine.model import Csv, Form, Index, Json, Key, KeyValues, Path, Reading, RecordKind
from simulator.places import Place, filler
from simulator.slots import Impossible, Slot

EXTRAS: Final[tuple[tuple[str, object], ...]] = (
    ("host", "node-7"),
    ("thread", 12),
    ("labels", {"zone": "b", "tags": ["x", None]}),
    ("took_ms", 3.5),
    ("sampled", True),
    ("note", "später {never} mind"),
)
"""Keys that no spec asks for, as real logs have them."""


@dataclass(frozen=True)
class Tree:
    """Where some of a kind's paths lead: into the JSON record itself (``text`` empty), or into a
    text that is read further, with its parts named below it or, if ``is_flat``, like fields."""

    text: Path
    form: Form
    is_flat: bool
    slots: tuple[Slot, ...]

    @property
    def above(self) -> Path:
        """What the paths of its slots begin with."""
        return () if self.is_flat else self.text

    @cached_property
    def inner(self) -> tuple[tuple[Slot, Path], ...]:
        """The slots with their ways from the tree's top."""
        return tuple((slot, self.within(slot.path)) for slot in self.slots)

    def within(self, path: Path) -> Path:
        """The way from the tree's top."""
        return path[len(self.above) :]


def home_of(kind: RecordKind, path: Path, names: Iterable[str]) -> Reading | str | None:
    """Where a path begins: the reading of the text that it leads into, ``"template"`` for a field
    of the template, ``"record"`` for a JSON record itself; None where it leads nowhere."""
    first = path[0]
    assert isinstance(first, Key)
    for one in sorted(kind.readings, key=lambda one: -len(one.path)):
        length = len(one.path)
        if not one.is_flat and len(path) > length and path[:length] == one.path:
            return one
    if kind.template is None:
        return "record"
    if first.name in set(names):
        return "template"
    return next((one for one in kind.readings if one.is_flat), None)


def build(
    tree: Tree, raws: Mapping[Path, str | None], extras: Iterable[tuple[str, object]], rng: Random
) -> dict[str, object]:
    """The object that has these raw texts. Raises Impossible."""
    is_json = isinstance(tree.form, Json)
    top: dict[str, object] = {}
    for slot, path in tree.inner:
        raw = raws[slot.path]
        if raw is not None:
            put(top, path, json_value(slot, raw, rng) if is_json else raw)
        elif slot.is_present:
            if not _has_below(tree, slot, raws):
                put(top, path, "")  # it is there, and still no value
        elif len(path) == 1 and is_json and rng.random() < 0.1:
            put(top, path, None if slot.is_absent else rng.choice((None, "")))
    if rng.random() < 0.15:
        spare = [one for one in extras if is_json or isinstance(one[1], str | int)]
        for name, value in rng.sample(spare, 1) if spare else ():
            top[name] = value if is_json else str(value)
    if rng.random() < 0.1:
        top = dict(rng.sample(list(top.items()), len(top)))
    return top


def completed(tree: Tree, made: dict[str, object], rng: Random) -> dict[str, object]:
    """With what is there anyway: empty columns before the last one, and something where a text
    would be empty."""
    if not isinstance(tree.form, KeyValues | Csv):
        return made
    taken = {str(getattr(tree.within(one.path)[0], "name", "")) for one in tree.slots}
    if isinstance(tree.form, KeyValues):
        return made or ({} if "note" in taken else {"note": "x"})
    for name, type_ in tree.form.types:
        some = filler(Place(form=tree.form, type=type_), rng)
        if made.get(name) in {None, ""} and some is not None:
            made[name] = some
    columns = tree.form.columns
    last = max((columns.index(one) for one in made if one in columns), default=-1)
    if last < 0 and columns[0] not in taken:
        return {columns[0]: "x"}
    return {one: made.get(one, "") for one in columns[: last + 1]}


def _has_below(tree: Tree, slot: Slot, raws: Mapping[Path, str | None]) -> bool:
    """Whether something that is there stands below the slot's place."""
    length = len(slot.path)
    return any(
        raws[one.path] is not None and len(one.path) > length and one.path[:length] == slot.path
        for one in tree.slots
    )


def put(top: dict[str, object], path: Path, value: object) -> None:
    """Set the value at a path, with what leads there. Raises Impossible where something else
    stands in the way."""
    at: object = top
    if len(path) == 1 and isinstance(path[0], Key):
        _check_free(top.get(path[0].name), value, is_last=True)
        top[path[0].name] = value
        return
    for index, step in enumerate(path):
        is_last = index + 1 == len(path)
        inner: object = value
        if not is_last:
            inner = [] if isinstance(path[index + 1], Index) else {}
        if isinstance(step, Key) and isinstance(at, dict):
            _check_free(at.get(step.name), inner, is_last=is_last)
            if is_last or at.get(step.name) is None:
                at[step.name] = inner
            at = at[step.name]
        elif isinstance(step, Index) and isinstance(at, list):
            number = step.number or 0
            at += [None] * (number + 1 - len(at))
            _check_free(at[number], inner, is_last=is_last)
            if is_last or at[number] is None:
                at[number] = inner
            at = at[number]
        else:
            raise Impossible


def _check_free(there: object, inner: object, *, is_last: bool) -> None:
    if there is None or there == "":
        return
    if is_last and inner is None:
        return
    if is_last or type(there) is not type(inner):
        raise Impossible


def json_value(slot: Slot, raw: str, rng: Random) -> object:
    """A raw text as JSON may have it: a number or a truth value where that reads the same."""
    if slot.is_text:
        return raw
    if raw in {"true", "false"} and all(one.values is not None for one in slot.mappings):
        return raw == "true"
    is_integer = raw.isascii() and raw.isdigit() and len(raw) <= 18 and str(int(raw)) == raw
    return int(raw) if is_integer and rng.random() < 0.5 else raw
