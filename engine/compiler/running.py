"""Run generated source over the records of a batch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

from engine.compiler.instants import Known
from engine.compiler.learning import Shapes, Slice
from engine.compiler.leaving import Outcomes
from engine.compiler.loading import load
from engine.compiler.module import Module
from engine.compiler.shapes import ShapePlan
from engine.event_json import RowLines
from engine.interpreter import Interpreter
from engine.mapped_values import IDENTIFIER_CHARS_MAX
from engine.model import Normalized, Records, System

SLICE_RECORDS: Final = 2_048
"""Records taken at once: what is made of them fits the processor's cache."""

_CONTROL: Final = tuple(chr(code) for code in range(32) if code != 10)
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
        outcomes: Outcomes,
        shape_plans: Mapping[int, ShapePlan],
        *,
        to_lines: bool,
    ) -> None:
        self.systems = reference.systems
        self.kinds = reference.kinds
        self.source = module.source
        """The generated module."""
        self.left_to_reference = module.left
        """Record kinds of which the reference makes every outcome."""
        self._module = module
        self._times = times
        self._outcomes = outcomes
        self._normalize = load(module, outcomes, len(times))
        self._lines = RowLines(reference.kinds) if to_lines else None
        self._shapes = Shapes(shape_plans, outcomes, self._lines)

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream."""
        outcomes = self._outcomes
        outcomes.begin(records)
        at = "" if self._lines is None else self._lines.before_offset(records.stream)
        for known in self._times:
            if len(known) > TIMES_MAX:
                known.clear()
        for begin in range(0, len(records), SLICE_RECORDS):
            self._take(records, begin, at)
        normalized = Normalized(
            outcomes.rows[:],
            outcomes.others[:],
            outcomes.told_times(),
            outcomes.blocks,
            outcomes.line_count,
            outcomes.is_plain,
        )
        outcomes.begin(records)
        return normalized

    def _take(self, records: Records, begin: int, at: str) -> None:
        end = begin + SLICE_RECORDS
        offsets = records.offsets[begin:end]
        lines = _decoded_lines(records.values[begin:end])
        for index in records.oversizes:
            if begin <= index < begin + len(lines):
                lines[index - begin] = ""
        whole = "".join(lines)
        has_breaks = "\r" in whole or "\n" in whole
        if has_breaks:
            lines = [_without_line_end(line) for line in lines]
            whole = "".join(lines)
        if "\0" in whole:
            lines = ["" if "\0" in line else line for line in lines]
            whole = "".join(lines)
        is_long = max(map(len, lines)) > IDENTIFIER_CHARS_MAX
        is_escaped = "\\" in whole
        controls = [char for char in _CONTROL if char in whole]
        flags = is_long, is_escaped, bool(controls)
        if self._shapes.lets_pass(len(lines)):
            self._normalize(lines, offsets, *flags)
            return
        odd = [*controls, *("\n" if has_breaks else ""), *("\\" if is_escaped else "")]
        hidden = _hidden(lines, offsets, whole, odd, is_long=is_long) if odd or is_long else {}
        self._shapes.take(Slice(lines, offsets, hidden, self._normalize, flags), at)


def is_tracked(system: System) -> bool:
    """Whether anything asks for the times of the system."""
    return system.join is not None or any(
        mapping.is_record_time for kind in system.kinds for mapping in kind.mappings
    )


def _hidden(
    lines: list[str], offsets: Sequence[int], whole: str, odd: Iterable[str], *, is_long: bool
) -> dict[int, str]:
    """Take out the records that are too long to hold an identifier that is short enough for sure,
    or have one of the characters; by their offsets. ``whole`` is all of them together."""
    found = (
        {i for i, line in enumerate(lines) if len(line) > IDENTIFIER_CHARS_MAX}
        if is_long
        else set()
    )
    ends = list(accumulate(map(len, lines)))
    for char in odd:
        at = whole.find(char)
        while at >= 0:
            index = bisect_right(ends, at)
            found.add(index)
            at = whole.find(char, ends[index])
    hidden = {offsets[index]: lines[index] for index in found}
    for index in found:
        lines[index] = ""
    return hidden


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
