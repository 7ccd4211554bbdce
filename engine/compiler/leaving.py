"""What generated source calls: for outcomes that are no rows, and for records that it leaves to the
reference normalizer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from engine.asking import Body
from engine.compiler.json_doubt import decoded
from engine.compiler.module import Module
from engine.compiler.plans import Marks
from engine.compiler.texts import BLANKS
from engine.content_hash import event_hash
from engine.interpreter import Interpreter
from engine.json_text import text_of
from engine.model import Detail, Event, Ignored, Outcome, Records, Row, Times


class Outcomes:
    """The outcomes of the records of one stream of a batch, as they are made. ``rows`` and
    ``others`` are the same lists from batch to batch, since generated source holds on to them."""

    def __init__(
        self,
        reference: Interpreter,
        module: Module,
        marks: Sequence[Marks | None],
        unproved: frozenset[int],
    ) -> None:
        self.rows: list[Row] = []
        self.blocks: list[bytes] = []
        self.line_count = 0
        self.others: list[tuple[int, Outcome]] = []
        self.is_plain = True
        self.last: list[int | None] = [None] * len(marks)
        """The time that each system wrote last."""
        self._reference = reference
        self._kinds = reference.kinds
        self._unproved = unproved
        self._marks = marks
        self._system_numbers = {system.name: n for n, system in enumerate(reference.systems)}
        self._of_kind = [self._system_numbers[system.name] for system, _ in reference.kinds]
        self._groups: dict[str | None, tuple[int, ...]] = {}
        for group in module.object_plan.groups:
            self._groups[group.value] = tuple(plan.number for plan in group.plans)
        self._key = module.object_plan.key
        self._asks_blank = module.asks_blank

    def begin(self, records: Records) -> None:
        """Forget what was made, and go on with these records."""
        self._records = records
        self.is_plain = True
        self.rows.clear()
        self.blocks = []
        self.line_count = 0
        self.others.clear()
        self.last[:] = [None] * len(self.last)
        for marks in self._marks:
            if marks is not None:
                marks.times_us.clear()

    def told_times(self) -> dict[str, Times]:
        """The times of each system that wrote any."""
        told = {}
        for system, marks, last_us in zip(
            self._reference.systems, self._marks, self.last, strict=True
        ):
            if marks is not None and last_us is not None:
                all_us = [*marks.times_us]
                told[system.name] = Times(all_us[0], last_us, all_us)
        return told

    # --- called by generated source ---------------------------------------------------------------

    def spoil(self) -> None:
        """A text of a row may need an escape in JSON."""
        self.is_plain = False

    def event(
        self,
        offset: int,
        number: int,
        checkpoint_id: str,
        timestamp: str,
        time_us: int,
        status: str,
        correlation_id: str | None,
        failure_reason: str | None,
        expects_detail: bool,
    ) -> None:
        """An event that is no row, by the number of its kind."""
        system, kind = self._kinds[number]
        event = Event(
            self._records.stream,
            offset,
            system,
            kind,
            checkpoint_id,
            timestamp,
            time_us,
            status,
            correlation_id,
            failure_reason,
            expects_detail,
        )
        if system.merge is not None:
            event.content_hash = event_hash(event)
        self._add(offset, event)

    def detail(
        self,
        offset: int,
        number: int,
        correlation_id: str,
        failure_reason: str | None,
        timestamp: str | None,
        time_us: int | None,
    ) -> None:
        """A detail, by the number of its kind."""
        system, kind = self._kinds[number]
        detail = Detail(
            self._records.stream,
            offset,
            system,
            kind,
            correlation_id,
            failure_reason,
            time_us,
            timestamp,
        )
        detail.last_us = self.last[self._of_kind[number]]
        self._add(offset, detail)

    def ignored(self, offset: int, number: int) -> None:
        """A record that a spec asks to leave out."""
        system, kind = self._kinds[number]
        self._add(offset, Ignored(self._records.stream, offset, system, kind))

    def _add(self, offset: int, outcome: Outcome) -> None:
        self.others.append((self._index(offset), outcome))

    def _index(self, offset: int) -> int:
        return bisect_left(self._records.offsets, offset)

    def refuse(self, offset: int) -> None:
        """A record that is not taken, or not without a closer look."""
        index = self._index(offset)
        record = self._records[index]
        outcome = self._reference.normalize_one(record)
        self._keep(index, record.value, outcome)

    def untaken(self, line: str, offset: int) -> None:
        """A text that no kind takes, if it is one."""
        if line[:1] in BLANKS and (self._asks_blank or _may_be_other(line)):
            self.refuse(offset)
        else:
            self._keep_untaken(line, offset)

    def untaken_object(self, line: str, offset: int) -> None:
        """A JSON object that no kind takes, if it is one."""
        found = decoded(line)
        if found is None:
            self.refuse(offset)
        else:
            self._keep_untaken(found, offset)

    def _keep_untaken(self, body: Body, offset: int) -> None:
        self._add(offset, self._reference.untaken(self._records[self._index(offset)], body))

    def doubt(self, number: int, line: str, offset: int) -> None:
        """A record that a kind takes, of which a value may have to be refused."""
        read = self._reference.asked[number].read
        captures = decoded(line) if read is None else read(line)
        if captures is None or not self._map(number, captures, offset):
            self.refuse(offset)

    def takes_text(self, number: int, line: str, offset: int) -> bool:
        """Whether a kind takes a text; then the reference makes the outcome."""
        asked = self._reference.asked[number]
        assert asked.read is not None
        captures = asked.read(line)
        return captures is not None and self._map(number, captures, offset)

    def takes_object(self, numbers: Sequence[int], line: str, offset: int) -> bool:
        """Whether one of the kinds takes an object, or it is in doubt; its outcome is made."""
        found = decoded(line)
        if found is None:
            self.refuse(offset)
            return True
        return any(self._map(number, found, offset) for number in numbers)

    def takes_any(self, line: str, offset: int) -> None:
        """An object in which a key has another type than text."""
        found = decoded(line)
        if found is None:
            self.refuse(offset)
            return
        value = None if self._key is None else text_of(found.get(self._key))
        numbers = self._groups.get(value, ()) if value is not None else ()
        for number in (*numbers, *self._groups.get(None, ())):
            if self._map(number, found, offset):
                return
        self._keep_untaken(found, offset)

    def _map(self, number: int, captures: Mapping[str, object], offset: int) -> bool:
        """Have the reference make the outcome, if the conditions of the kind hold."""
        asked = self._reference.asked[number]
        for test in asked.tests:
            if not test(captures):
                return False
        if number in self._unproved:
            self.refuse(offset)
            return True
        index = self._index(offset)
        record = self._records[index]
        outcome = asked.mapper.map(record, captures)
        self._keep(index, record.value, outcome)
        return True

    def _keep(self, index: int, value: bytes, outcome: Outcome) -> None:
        """Keep an outcome of the reference; ``value`` is what is to be kept of the record."""
        self._records.values[index] = value
        self.others.append((index, outcome))
        if not isinstance(outcome, Event | Detail):
            return
        number = self._system_numbers[outcome.system.name]
        outcome.last_us = self.last[number]
        is_timed = isinstance(outcome, Detail) or outcome.timestamp
        marks = self._marks[number]
        if marks is not None and is_timed and outcome.time_us is not None:
            self.last[number] = outcome.time_us
            marks.times_us[outcome.time_us] = None


def _may_be_other(line: str) -> bool:
    """Whether a text that begins with a blank may be none: JSON, no content, or more than what was
    decoded."""
    content = line.lstrip(BLANKS)
    return not content or content[0] == "{" or line[0] == "\ufeff"
