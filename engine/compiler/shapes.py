"""The shape of a record: its text without its time and its correlation id.

A system writes few shapes, and writes them over and over. Where the reading of one is known, a
record of the same shape with another time and another id has the same reading but for these two,
so nothing else in it has to be looked at. This holds for kinds of which

- time and id are each one text of the record as it stands, which nothing else is made of, and for
  which neither the conditions of the kind nor those of its join ask;
- a text begins with the time, or with one literal before it, and ends with the id. Every other
  field is bare and ends where the literal after it is found first, and that is within the shape:
  no time runs into the literal after it, nor into the one before the id;
- an object is flat and written without escapes. No time and no id that is taken holds a quote, so
  the quotes of the record, and with them its structure, are those of the one that was read.

That no other kind takes the record is what the proof says of every record.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal as OneOf

from engine.compiler.instants import Instant
from engine.compiler.plans import KindPlan, NotWritable, TimeSource, time_mapping
from engine.compiler.steps import Cut, End, Literal, Rest, TimeCut, runs_into
from engine.compiler.texts import BLANKS
from engine.compiler.units import read_as_it_is
from engine.event_json import ESCAPED
from engine.model import FieldMapping, first_key
from engine.regexes import first_choice

ReadAt = Callable[[str, str, int], Instant | None]
"""``read(time, line, begin)``: the instant of a time that stands there in a record."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where time and id stand in records that are written alike.

    The id is between ``cut`` and ``end`` (empty: it ends the record). The time has ``time_chars``
    characters: first in the record but for ``time_cut``, or right before ``cut``, or after the
    place where ``time_cut`` is found first, in what is before ``cut`` or in what is behind the id.
    """

    is_object: bool
    slot: int
    """How the time is read (``TimeSource``)."""
    names: tuple[str, str] | None
    """The keys of time and id in an object."""
    where: OneOf["first", "before", "after", "behind"]
    time_cut: str
    time_chars: int
    cut: str
    end: str
    tail: str | None
    """What follows the id and its end; None: anything, which is a part of the shape."""
    id_chars: int = 0
    """How many characters the id has; 0: as many as there are up to ``end``."""

    @property
    def may_count(self) -> bool:
        """Whether ids could be told by their number of characters: no other ``end`` can begin in
        one and run out of it."""
        return len(self.end) <= 1 and self.tail is not None


@dataclass(frozen=True, slots=True)
class ShapePlan:
    """A kind whose records are told by their shape."""

    plan: KindPlan
    times: TimeSource
    names: tuple[str, str]
    """The fields, or the keys, of time and id."""
    layout: Layout | None = None
    """Where they stand in a text, for a time of no characters; None for an object."""
    until: str = ""
    """The literal after the time of a text."""
    read_at: ReadAt | None = None


def shape_plan(plan: KindPlan) -> ShapePlan | None:
    """How records of the kind are told by their shape; None where they are not."""
    kind, system = plan.kind, plan.system
    if kind.role != "event" or system.merge is not None or plan.times is None:
        return None
    if not plan.is_writable:
        return None
    try:
        timed = time_mapping(kind)
    except NotWritable:
        return None
    ids = [one for one in kind.mappings if one.target == "correlation_id"]
    if timed is None or len(ids) != 1 or timed.redact or ids[0].redact:
        return None
    time_name, id_name = read_as_it_is(timed), read_as_it_is(ids[0])
    if time_name is None or id_name is None or time_name == id_name:
        return None
    if _is_asked_for(plan, {time_name, id_name}, (timed, ids[0])):
        return None
    made = ShapePlan(plan, plan.times, (time_name, id_name))
    if kind.template is not None:
        return _of_text(made)
    # A quote in a time would end the text of an object that it stands in.
    return None if any(map(ESCAPED.search, timed.formats)) else replace(made, read_at=_reads(made))


def _is_asked_for(plan: KindPlan, names: set[str], own: tuple[FieldMapping, ...]) -> bool:
    """Whether anything but their own mappings reads one of the fields."""
    paths = [one.path for one in plan.kind.where]
    for mapping in plan.kind.mappings:
        paths += [one.path for one in mapping.when]
        if mapping not in own:
            paths += mapping.sources
    asked = plan.system.join.when.keys() if plan.system.join is not None else set()
    is_in_join = bool(asked & {"timestamp", "correlation_id"})
    return is_in_join or bool(names & {first_key(path) for path in paths})


def _reads(made: ShapePlan) -> ReadAt:
    read = made.times.read
    return lambda time, _line, _begin: read(time)


# --- texts ----------------------------------------------------------------------------------------


def _of_text(made: ShapePlan) -> ShapePlan | None:
    found = made.plan.steps
    if found is None:
        return None
    taken = list(zip(found.steps, found.fields, strict=True))
    front = ""
    if isinstance(first := taken[0][0], Literal):
        front = first.text
        taken.pop(0)
    if isinstance(taken[-1][0], End):
        taken.pop()
    if len(taken) < 2:
        return None
    (time, time_part), *between, (last, id_part) = taken
    if not isinstance(time, TimeCut) or not isinstance(last, Cut | Rest):
        return None
    assert time_part is not None
    assert id_part is not None
    if (time_part.name, id_part.name) != made.names or id_part.values:
        return None
    cut = time.until
    for step, _ in between:
        if not isinstance(step, Cut):
            return None
        cut = step.until
    if runs_into(time.type, cut) or _could_begin_in(front, cut):
        return None
    end = last.until if isinstance(last, Cut) else ""
    return replace(
        made,
        layout=Layout(False, made.times.slot, None, "first", front, 0, cut, end, ""),
        until=time.until,
        read_at=_reads_typed(made, first_choice(time.type.pattern)),
    )


def _could_begin_in(front: str, cut: str) -> bool:
    return cut in front or any(front.endswith(cut[:size]) for size in range(1, len(cut)))


def _reads_typed(made: ShapePlan, source: str | None) -> ReadAt:
    typed, read = re.compile(f"(?>{source})").match, made.times.read

    def read_at(time: str, line: str, begin: int) -> Instant | None:
        if line[0] in BLANKS:
            return None  # it may be something else than this text
        found = typed(line, begin)
        return read(time) if found is not None and found[0] == time else None

    return read_at


# --- objects --------------------------------------------------------------------------------------


def is_flat(line: str) -> bool:
    """Whether a JSON object has no value that is an object or a list, and no escape. Some that
    have neither are taken for such: those with a brace or a bracket in a text."""
    return line.count("{") == 1 and "[" not in line and "\\" not in line


def object_layout(made: ShapePlan, line: str) -> Layout | None:
    """Where time and id stand in a flat object of the kind; None where it is not that simple."""
    time, identifier = (_value_of(name).search(line) for name in made.names)
    if time is None or identifier is None:
        return None
    time_end = line.find('"', time.end())
    id_end = line.find('"', identifier.end())
    where: OneOf["first", "before", "after", "behind"] = "after"
    cut, time_cut = identifier[0], time[0]
    if time.start() > identifier.start():
        where = "behind"
    elif not line[1 : time.start()].strip():
        where, time_cut = "first", line[: time.end()]
    elif not line[time_end + 1 : identifier.start()].strip(" ,"):
        where, cut = "before", line[time_end : identifier.end()]
    tail = None if where == "behind" or line[id_end + 1 :] != "}" else "}"
    slot, chars = made.times.slot, time_end - time.end()
    return Layout(True, slot, made.names, where, time_cut, chars, cut, '"', tail) if chars else None


@lru_cache(1_000)
def _value_of(name: str) -> re.Pattern[str]:
    """From the key to where its text begins."""
    return re.compile(rf'"{re.escape(name)}" *: *"')
