"""Learn from the records of a run which shapes it has, and take those that are known by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from engine.compiler.leaving import Outcomes
from engine.compiler.loading import Normalize, run_source
from engine.compiler.shape_source import write_take
from engine.compiler.shapes import Layout, ShapePlan, is_flat, object_layout
from engine.event_json import ESCAPED, RowLines
from engine.model import Event, Row

SHAPES_MAX: Final = 20_000
"""Shapes that are remembered: some ten megabytes. Beyond that all are forgotten."""
LAYOUTS_MAX: Final = 8
"""Each is tried in turn."""
WINDOW: Final = 1_000
"""Records after which it is decided whether to go on, and with which layouts."""
SAMPLED: Final = 64
"""How many records of a window that are in no layout are looked at for one."""
SHARE: Final = 16
"""A layout has to be that of one record in so many."""
ALIKE: Final = 0.9
"""Ids are told by their number of characters where so large a part of them have the same."""
AGE: Final = 32
"""Windows after which the oldest layouts give way to others, where there are too many: to write
source for them takes as long as some hundred records."""
COST: Final = 3
"""How many records of known shapes pay for one whose shape is looked up and not known."""
LOSS_MAX: Final = 25_000
"""What may be lost on records of unknown shapes, in records of known ones, before it rests: what
it takes to learn the shapes of a thousand systems."""
RESTS: Final = 128_000
"""How many records it lets pass then; twice as many each time that it was in vain again."""
RESTS_MAX: Final = 64 * RESTS

Take = Callable[[Sequence[str], Sequence[int], str], None]


@dataclass(frozen=True, slots=True)
class Slice:
    """Records to take, and how: by ``normalize``, with ``flags``, where their shape is not known.

    Those that are longer than an identifier may be, or hold a character but the quote that JSON
    writes as an escape, have no text in ``lines``, but in ``hidden``, by their offset.
    """

    lines: Sequence[str]
    offsets: Sequence[int]
    hidden: Mapping[int, str]
    normalize: Normalize
    flags: tuple[bool, bool, bool]


@dataclass(slots=True)
class _Window:
    """What was seen since it was last decided how to go on."""

    records: int = 0
    misses: int = 0
    sampled: int = 0
    layouts: dict[Layout, Counter[int]] = field(default_factory=dict)
    """How often each was seen, by the number of characters of the id."""
    plans: dict[Layout, ShapePlan] = field(default_factory=dict)

    def new_layouts(self) -> Iterator[tuple[Layout, ShapePlan]]:
        """Those that enough of the records are in, the most frequent first."""
        each = self.misses / max(self.sampled, 1)
        seen = sorted(self.layouts.items(), key=lambda one: one[1].total(), reverse=True)
        for layout, sizes in seen:
            if sizes.total() * each * SHARE >= self.records:
                (chars, count), *_ = sizes.most_common(1)
                is_counted = layout.may_count and count >= sizes.total() * ALIKE
                yield replace(layout, id_chars=chars if is_counted else 0), self.plans[layout]


class Shapes:
    """The shapes of a run. ``kinds`` are those that are told by their shape, by number. With
    ``lines``, records of known shapes become lines, else rows."""

    def __init__(
        self,
        kinds: Mapping[int, ShapePlan],
        outcomes: Outcomes,
        lines: RowLines | None,
    ) -> None:
        self._kinds = kinds
        self._outcomes = outcomes
        self._rows = outcomes.rows
        self._lines = lines
        self._numbers = {
            (made.plan.system.name, made.plan.kind.name): number for number, made in kinds.items()
        }
        self._layouts: list[tuple[Layout, ShapePlan]] = []
        self._known: list[dict[object, object]] = []
        self._made: list[str] = []
        self._window = _Window()
        self._slice: Slice
        self._count = self._balance = self._rests = self._age = 0
        self._next_rests = RESTS
        self._write()

    def lets_pass(self, count: int) -> bool:
        """Let the next ``count`` records pass, if they are better taken without a look at their
        shapes: there are too many, or none. Whether it does."""
        if not self._kinds:
            return True
        self._rests = max(self._rests - count, 0)
        return self._rests > 0

    def take(self, some: Slice, at: str) -> None:
        """Take records. ``at`` goes between id and offset of a line."""
        self._slice = some
        lines = some.lines
        self._take(lines, some.offsets, at)
        if self._made:
            self._outcomes.blocks.append("".join(self._made).encode())
            self._outcomes.line_count += len(self._made)
            self._made.clear()
        self._window.records += len(lines)
        if self._window.records >= WINDOW:
            self._decide(self._window)
            self._window = _Window()

    def _decide(self, window: _Window) -> None:
        """Go on, with more layouts where there are some, or rest."""
        hits = window.records - window.misses
        self._balance += hits - COST * window.misses
        if self._balance < -LOSS_MAX:
            self._balance, self._rests = 0, self._next_rests
            self._next_rests = min(self._next_rests * 2, RESTS_MAX)
            self._layouts.clear()
            self._known.clear()
            self._count = 0
            self._write()
            return
        if self._balance >= 0:
            self._balance, self._next_rests = 0, RESTS
        known = {layout for layout, _ in self._layouts}
        new = [one for one in window.new_layouts() if one[0] not in known]
        self._age += 1
        if self._age < AGE and len(known) + len(new) > LAYOUTS_MAX:
            new = new[: LAYOUTS_MAX - len(known)]
        if new:
            self._age = 0
            self._layouts += new
            self._known += [{} for _ in new]
            # The first are those that have been there longest: a source may have changed.
            del self._layouts[:-LAYOUTS_MAX], self._known[:-LAYOUTS_MAX]
            self._write()

    # --- records of which the shape is not known ------------------------------------------------

    def _missed(self, line: str, offset: int) -> None:
        self._window.misses += 1
        rows, hidden, normalize = self._rows, self._slice.hidden, self._slice.normalize
        if hidden and offset in hidden:
            normalize((hidden[offset],), (offset,), *self._slice.flags)
            return
        row_count = len(rows)
        normalize((line,), (offset,), *self._slice.flags)
        if len(rows) > row_count:
            if rows[-1][7] is None:
                self._look_at(line, rows[-1], is_half=False)
        elif isinstance(half := self._outcomes.others[-1][1], Event):
            row = self._row_of(half)
            if row is not None and row[7] is None:
                self._look_at(line, row, is_half=True)

    def _row_of(self, half: Event) -> Row | None:
        """What a row says, of an event that waits for a detail."""
        number = self._numbers.get((half.system.name, half.kind))
        if number is None or not half.expects_detail:
            return None
        return (
            half.offset,
            number,
            half.checkpoint_id,
            half.timestamp,
            half.time_us,
            half.status,
            half.correlation_id,
            half.failure_reason,
        )

    def _look_at(self, line: str, row: Row, *, is_half: bool) -> None:
        """Learn the shape of a record from what came of it, or where its layout could be."""
        _, kind, checkpoint_id, text, us, _, wanted, _ = row
        made = self._kinds.get(kind)
        if made is None or wanted is None or ESCAPED.search(checkpoint_id):
            return
        for number, (layout, _) in enumerate(self._layouts):
            split = self._splits[number](line) if kind in self._kinds_of[number] else None
            if split is not None:
                shape, time, identifier = split
                is_read = identifier == wanted and made.times.known.get(time) == (text, us)
                if is_read and _is_written_so(layout, made, line, shape):
                    self._learn(number, shape, made, row, is_half=is_half)
                    return
        if self._window.sampled < SAMPLED:
            self._sample(made, line, wanted)

    def _learn(
        self, number: int, shape: object, made: ShapePlan, row: Row, *, is_half: bool
    ) -> None:
        self._count += 1
        if self._count > SHAPES_MAX:
            self._count = 1
            for known in self._known:
                known.clear()
        _, kind, checkpoint_id, _, _, status, _, _ = row
        fields = kind, checkpoint_id, status
        marks = made.plan.marks
        self._known[number][shape] = (
            *(fields if self._lines is None else self._lines.around(*fields)),
            fields if is_half else None,
            *((None, 0) if marks is None else (marks.times_us, marks.slot)),
        )

    def _sample(self, made: ShapePlan, line: str, identifier: str) -> None:
        """Look for the layout that the record is in."""
        self._window.sampled += 1
        layout: Layout | None
        if made.layout is not None:
            time = line[len(made.layout.time_cut) :].partition(made.until)[0]
            layout = replace(made.layout, time_chars=len(time))
        else:
            layout = object_layout(made, line) if is_flat(line) else None
        if layout is not None:
            self._window.layouts.setdefault(layout, Counter())[len(identifier)] += 1
            self._window.plans[layout] = made

    def _write(self) -> None:
        """Source for the present layouts."""
        source = write_take([one for one, _ in self._layouts], to_lines=self._lines is not None)
        outcomes = self._outcomes
        namespace: dict[str, Any] = {
            "missed": self._missed,
            "last": outcomes.last,
            "event": outcomes.event,
            "add": (outcomes.rows if self._lines is None else self._made).append,
        }
        for number, (_, made) in enumerate(self._layouts):
            namespace[f"shapes_{number}"] = self._known[number]
            namespace[f"times_{number}"] = made.times.known
            namespace[f"read_{number}"] = made.read_at
        run_source(source, "<shapes>", namespace)
        self._take: Take = namespace["take"]
        self._splits = [namespace[f"split_{number}"] for number in range(len(self._layouts))]
        self._kinds_of = [
            {number for number, made in self._kinds.items() if _is_of(layout, made)}
            for layout, _ in self._layouts
        ]


def _is_of(layout: Layout, made: ShapePlan) -> bool:
    """Whether the layout is one of the kind's."""
    if made.layout is None:
        return (layout.slot, layout.names) == (made.times.slot, made.names)
    told = replace(made.layout, time_chars=layout.time_chars, id_chars=layout.id_chars)
    return layout == told


def _is_written_so(layout: Layout, made: ShapePlan, line: str, shape: object) -> bool:
    """Whether the time and the id that the layout cuts out of a record of the kind are those that
    the kind reads, where they are equal."""
    has_tail = layout.tail is None and layout.where != "behind"
    rest = shape[-2 if has_tail else -1] if isinstance(shape, tuple) else shape
    assert isinstance(rest, str)
    if layout.id_chars and layout.where != "before" and not rest.endswith(layout.cut):
        return False
    if not layout.is_object:
        return rest.startswith(made.until) or (rest == "" and layout.cut == made.until)
    if not is_flat(line):
        return False
    if layout.where == "before":
        return rest.endswith(layout.time_cut)
    return rest.startswith('"')
