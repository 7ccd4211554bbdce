"""Run generated source over the records of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.compiler.instants import Known
from engine.compiler.leaving import Outcomes
from engine.compiler.loading import load
from engine.compiler.module import Module
from engine.interpreter import Interpreter
from engine.mapped_values import IDENTIFIER_CHARS_MAX
from engine.model import Normalized, Records, System

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
        outcomes: Outcomes,
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

    def normalize_all(self, records: Records) -> Normalized:
        """What becomes of the records of one stream."""
        outcomes = self._outcomes
        outcomes.begin(records)
        for known in self._times:
            if len(known) > TIMES_MAX:
                known.clear()
        for begin in range(0, len(records), SLICE_RECORDS):
            self._take(records, begin)
        normalized = Normalized(
            outcomes.rows[:], outcomes.others[:], outcomes.told_times(), outcomes.is_plain
        )
        outcomes.begin(records)
        return normalized

    def _take(self, records: Records, begin: int) -> None:
        values = records.values[begin : begin + SLICE_RECORDS]
        offsets = records.offsets[begin : begin + SLICE_RECORDS]
        whole = b"".join(values)
        lines = _decoded_lines(values)
        if b"\r" in whole or b"\n" in whole:
            lines = [_without_line_end(line) for line in lines]
        for index in records.oversizes:
            if begin <= index < begin + len(lines):
                lines[index - begin] = ""
        if b"\0" in whole:
            lines = ["" if "\0" in line else line for line in lines]
        is_long = max(map(len, lines)) > IDENTIFIER_CHARS_MAX
        is_escaped = b"\\" in whole
        is_odd = len(whole.translate(None, _CONTROL)) != len(whole)
        self._normalize(lines, offsets, is_long, is_escaped, is_odd)


def is_tracked(system: System) -> bool:
    """Whether anything asks for the times of the system."""
    return system.join is not None or any(
        mapping.is_record_time for kind in system.kinds for mapping in kind.mappings
    )


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
