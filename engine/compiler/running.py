"""Run generated source over the records of a batch; what it leaves goes to the reference."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from engine.compiler.instants import Known
from engine.compiler.json_doubt import NUL, decoded, is_unambiguous
from engine.compiler.module import CONTROL, Module
from engine.compiler.outcomes import Marks
from engine.compiler.texts import BLANKS
from engine.compiler.values import MISSING
from engine.content_hash import event_hash
from engine.interpreter import Body, Interpreter
from engine.json_text import text_of
from engine.mapped_values import IDENTIFIER_CHARS_MAX
from engine.model import (
    Detail,
    Event,
    Ignored,
    Normalized,
    Outcome,
    Records,
    Row,
    System,
    Times,
)

SLICE_RECORDS: Final = 2_048
"""Records taken at once: what is made of them fits the processor's cache."""

_CONTROL: Final = bytes(code for code in range(32) if code != 10)
"""Characters that JSON writes as escapes, beside the quote and the backslash."""

TIMES_MAX: Final = 50_000
"""Times that are remembered from batch to batch."""


class CompiledNormalizer:
    """Specs as generated source (``engine.interpreter.Normalizer``). Used by one thread.

    The source decides only what needs no refusal. A record that it does not take, or of which a
    value is in doubt, goes to the reference normalizer: so both always say the same.
    """

    def __init__(
        self,
        reference: Interpreter,
        module: Module,
        times: Sequence[Known],
        marks: Sequence[Marks | None],
        unproved: frozenset[int],
    ) -> None:
        self.systems = reference.systems
        self.kinds = reference.kinds
        self.source = module.source
        """The generated module."""
        self.left_to_reference = module.left
        """Record kinds of which the reference makes every outcome."""
        self._reference = reference
        self._unproved = unproved
        self._system_numbers = {system.name: n for n, system in enumerate(reference.systems)}
        self._of_kind = [self._system_numbers[system.name] for system, _ in self.kinds]
        self._rows: list[Row] = []
        self._others: list[tuple[int, Outcome]] = []
        self._times = times
        self._marks = marks
        self._last: list[int | None] = [None] * len(marks)
        """The time that each system wrote last."""
        self._groups: dict[str | None, tuple[int, ...]] = {}
        for group in module.object_plan.groups:
            self._groups[group.value] = tuple(plan.number for plan in group.plans)
        self._key = module.object_plan.key
        self._asks_blank = module.asks_blank
        self.namespace: dict[str, object] = {
            **module.objects,
            "Struct": msgspec.Struct,
            "Decoder": msgspec.json.Decoder,
            "DecodeError": msgspec.DecodeError,
            "MISSING": MISSING,
            "NUL": NUL,
            "is_unambiguous": is_unambiguous,
            "add": self._rows.append,
            "NO_GROUP": (None, None),
            "seen": [None] * len(times),
            "instant": [None] * len(times),
            "last": self._last,
            "event": self._event,
            "detail": self._detail,
            "ignored": self._ignored,
            "find_control": CONTROL.search,
            "spoil": self._spoil,
            "doubt": self._doubt,
            "refuse": self._refuse,
            "untaken": self._untaken,
            "untaken_object": self._untaken_object,
            "takes_text": self._takes_text,
            "takes_object": self._takes_object,
            "takes_any": self._takes_any,
        }

    def start(self, normalize: Callable[..., None]) -> None:
        """Take the generated function."""
        self._normalize = normalize

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream."""
        self._begin(records)
        for begin in range(0, len(records), SLICE_RECORDS):
            values = records.values[begin : begin + SLICE_RECORDS]
            offsets = records.offsets[begin : begin + SLICE_RECORDS]
            self._take(begin, values, offsets)
        normalized = Normalized(self._rows[:], self._others[:], self._told_times(), self._is_plain)
        self._begin(records)
        return normalized

    def _begin(self, records: Records) -> None:
        self._records = records
        self._is_plain = True
        self._rows.clear()
        self._others.clear()
        for known in self._times:
            if len(known) > TIMES_MAX:
                known.clear()
        self._last[:] = [None] * len(self._last)
        for marks in self._marks:
            if marks is not None:
                marks.times_us.clear()

    def _take(self, begin: int, values: Sequence[bytes], offsets: Sequence[int]) -> None:
        whole = b"".join(values)
        lines = _decoded_lines(values)
        if b"\r" in whole or b"\n" in whole:
            lines = [_without_line_end(line) for line in lines]
        for index in self._records.oversizes:
            if begin <= index < begin + len(lines):
                lines[index - begin] = ""
        if b"\0" in whole:
            lines = ["" if "\0" in line else line for line in lines]
        is_long = max(map(len, lines)) > IDENTIFIER_CHARS_MAX
        is_escaped = b"\\" in whole
        is_odd = len(whole.translate(None, _CONTROL)) != len(whole)
        self._normalize(lines, offsets, is_long, is_escaped, is_odd)

    def _told_times(self) -> dict[str, Times]:
        told = {}
        for system, marks, last_us in zip(self.systems, self._marks, self._last, strict=True):
            if marks is not None and last_us is not None:
                all_us = [*marks.times_us]
                told[system.name] = Times(all_us[0], last_us, all_us)
        return told

    # --- called by generated source ---------------------------------------------------------------

    def _spoil(self) -> None:
        """A text of a row may need an escape in JSON."""
        self._is_plain = False

    def _event(
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
        system, kind = self.kinds[number]
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
        self._others.append((bisect_left(self._records.offsets, offset), event))

    def _detail(
        self,
        offset: int,
        number: int,
        correlation_id: str,
        failure_reason: str | None,
        timestamp: str | None,
        time_us: int | None,
    ) -> None:
        system, kind = self.kinds[number]
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
        detail.last_us = self._last[self._of_kind[number]]
        self._others.append((bisect_left(self._records.offsets, offset), detail))

    def _ignored(self, offset: int, number: int) -> None:
        system, kind = self.kinds[number]
        ignored = Ignored(self._records.stream, offset, system, kind)
        self._others.append((bisect_left(self._records.offsets, offset), ignored))

    def _refuse(self, offset: int) -> None:
        """A record that is not taken, or not without a closer look."""
        index = bisect_left(self._records.offsets, offset)
        record = self._records[index]
        outcome = self._reference.normalize_one(record)
        self._keep(index, record.value, outcome)

    def _untaken(self, line: str, offset: int) -> None:
        """A text that no kind takes, if it is one."""
        if line[:1] in BLANKS and (self._asks_blank or _may_be_other(line)):
            self._refuse(offset)
        else:
            self._keep_untaken(line, offset)

    def _untaken_object(self, line: str, offset: int) -> None:
        """A JSON object that no kind takes, if it is one."""
        found = decoded(line)
        if found is None:
            self._refuse(offset)
        else:
            self._keep_untaken(found, offset)

    def _keep_untaken(self, body: Body, offset: int) -> None:
        index = bisect_left(self._records.offsets, offset)
        self._others.append((index, self._reference.untaken(self._records[index], body)))

    def _doubt(self, number: int, line: str, offset: int) -> None:
        """A record that a kind takes, of which a value may have to be refused."""
        read = self._reference.asked[number].read
        captures = decoded(line) if read is None else read(line)
        if captures is None or not self._map(number, captures, offset):
            self._refuse(offset)

    def _takes_text(self, number: int, line: str, offset: int) -> bool:
        """Whether a kind takes a text; then the reference makes the outcome."""
        asked = self._reference.asked[number]
        assert asked.read is not None
        captures = asked.read(line)
        return captures is not None and self._map(number, captures, offset)

    def _takes_object(self, numbers: Sequence[int], line: str, offset: int) -> bool:
        """Whether one of the kinds takes an object, or it is in doubt; its outcome is made."""
        found = decoded(line)
        if found is None:
            self._refuse(offset)
            return True
        return any(self._map(number, found, offset) for number in numbers)

    def _takes_any(self, line: str, offset: int) -> None:
        """An object in which a key has another type than text."""
        found = decoded(line)
        if found is None:
            self._refuse(offset)
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
            self._refuse(offset)
            return True
        index = bisect_left(self._records.offsets, offset)
        record = self._records[index]
        outcome = asked.mapper.map(record, captures)
        self._keep(index, record.value, outcome)
        return True

    def _keep(self, index: int, value: bytes, outcome: Outcome) -> None:
        """Keep an outcome of the reference; ``value`` is what is to be kept of the record."""
        self._records.values[index] = value
        self._others.append((index, outcome))
        if not isinstance(outcome, Event | Detail):
            return
        number = self._system_numbers[outcome.system.name]
        outcome.last_us = self._last[number]
        is_timed = isinstance(outcome, Detail) or outcome.timestamp
        marks = self._marks[number]
        if marks is not None and is_timed and outcome.time_us is not None:
            self._last[number] = outcome.time_us
            marks.times_us[outcome.time_us] = None


def is_tracked(system: System) -> bool:
    """Whether anything asks for the times of the system."""
    return system.join is not None or any(
        mapping.is_record_time for kind in system.kinds for mapping in kind.mappings
    )


def _may_be_other(line: str) -> bool:
    """Whether a text that begins with a blank may be none: JSON, no content, or more than what was
    decoded."""
    content = line.lstrip(BLANKS)
    return not content or content[0] == "{" or line[0] == "\ufeff"


def _decoded_lines(values: Sequence[bytes]) -> list[str]:
    """The texts of the records; an empty one for what is no UTF-8."""
    try:
        return list(map(bytes.decode, values))
    except UnicodeDecodeError:
        return [_decoded_line(value) for value in values]


def _decoded_line(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _without_line_end(line: str) -> str:
    """A record without the line's end that it may have; an empty text for one of several lines
    that is no JSON."""
    line = line.removesuffix("\n").removesuffix("\r")
    return line if "\n" not in line or line.startswith("{") else ""
