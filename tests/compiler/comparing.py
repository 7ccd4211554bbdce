"""The generated normalizer beside the reference: the same records to both, batch after batch of one
stream, and everything that the rest of the engine sees of what they make has to be the same.

A row is the event that it stands for: one that expects no detail, merges with no other and has no
attributes. The last time of a half's system is compared by what it is for, its place in time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.compiler import compile_normalizer
from engine.compiler.loading import load
from engine.compiler.running import is_tracked
from engine.event_json import ESCAPED
from engine.interpreter import Normalizer
from engine.interpreter import compile_normalizer as compile_reference
from engine.model import (
    Detail,
    Event,
    Normalized,
    Outcome,
    Oversize,
    Records,
    Rejection,
    Row,
    StreamAdvance,
    System,
)
from engine.pipeline import BROKER_CLOCK, ClockMoves, ClockOf, normalize, place_in_time
from engine.ports import Batch
from engine.samples import SAMPLES_KEY

STREAM = "kafka:compared/records/0"
NOW_US = 1_767_225_600_000_000


class Different(AssertionError):
    """The two say different things of a record."""


class Comparison:
    """Both normalizers of some systems, and what a store would remember between batches."""

    def __init__(self, systems: Sequence[System]) -> None:
        self.reference = compile_reference(systems, SAMPLES_KEY)
        self.compiled = compile_normalizer(systems, SAMPLES_KEY)
        self.count = 0
        """Records compared."""
        self.row_count = 0
        """Those of which the generated source made a row."""
        self._tracked = {BROKER_CLOCK, *(one.name for one in systems if is_tracked(one))}
        self._numbers = {
            (id(system), name): number for number, (system, name) in enumerate(self.compiled.kinds)
        }
        self._last_us: dict[ClockOf, int] = {}
        self._next_offset = 0

    def change_source(self, pattern: str, new: str) -> None:
        """Run other source than was generated: ``new`` in every place of ``pattern``."""
        compiled = self.compiled
        source, count = re.subn(pattern, new, compiled.source)
        assert count, f"{pattern} is not in the source"
        changed = replace(compiled._module, source=source)
        compiled._normalize = load(changed, compiled._outcomes, len(compiled._times))

    def compare(
        self,
        values: Sequence[bytes],
        timestamps_us: Sequence[int | None] | None = None,
        oversizes: dict[int, Oversize] | None = None,
        written_us: int | None = None,
    ) -> None:
        """Have both take a batch of records. Raises Different."""
        begin = self._next_offset
        self._next_offset = end = begin + len(values)
        batches = []
        for one in (self.reference, self.compiled):
            records = Records(
                STREAM,
                list(values),
                range(begin, end),
                range(begin + 1, end + 1),
                timestamps_us,
                oversizes or {},
                written_us,
            )
            batches.append(_batch(records, one))
        before = dict(self._last_us)
        wanted, found = (place_in_time(one, before) for one in batches)
        self._same_outcomes(values, *batches)
        self._same_times(wanted, found)
        self._last_us |= wanted.last_us
        self.count += len(values)

    def _same_outcomes(self, values: Sequence[bytes], reference: Batch, compiled: Batch) -> None:
        (wanted,), (found,) = reference.normalized, compiled.normalized
        begin = compiled.advances[0].records.offsets[0] if values else 0
        made: dict[int, Row | Outcome] = {}
        for row in found.rows:
            if row[0] - begin in made:
                raise Different(f"two rows of {values[row[0] - begin]!r}")
            made[row[0] - begin] = row
        for index, outcome in found.others:
            if index in made:
                raise Different(f"two outcomes of {values[index]!r}")
            made[index] = outcome
        in_order = _in_order(found)
        for index, outcome in wanted.others:
            self._same_outcome(values[index], outcome, made.get(index))
        if len(made) != len(values) or not in_order:
            raise Different("outcomes of records that there are not, or out of order")
        kept = [one.advances[0].records.values for one in (reference, compiled)]
        for value, of_reference, of_compiled in zip(values, *kept, strict=True):
            if of_reference != of_compiled:
                raise Different(f"of {value!r} is kept {of_reference!r}, not {of_compiled!r}")
        if found.is_plain:
            _need_no_escape(found.rows)
        self.row_count += len(found.rows)

    def _same_outcome(self, value: bytes, wanted: Outcome, found: Row | Outcome | None) -> None:
        if isinstance(found, tuple):
            if self._row_of(wanted) == found:
                return
        elif found is not None:
            if isinstance(wanted, Event | Detail) and isinstance(found, Event | Detail):
                wanted.last_us = found.last_us = None
            if wanted == found:
                return
        raise Different(f"{value!r}\n  reference: {_shown(wanted)}\n  compiled:  {_shown(found)}")

    def _same_times(self, wanted: ClockMoves, found: ClockMoves) -> None:
        for name in ("last_us", "event_us", "first_us"):
            both = [
                {
                    clock: time_us
                    for clock, time_us in getattr(moves, name).items()
                    if clock[1] in self._tracked
                }
                for moves in (wanted, found)
            ]
            if both[0] != both[1]:
                raise Different(f"{name}\n  reference: {both[0]}\n  compiled:  {both[1]}")

    def _row_of(self, outcome: Outcome) -> Row | None:
        """The row that says all that this outcome says; None where none does."""
        if not isinstance(outcome, Event) or outcome.expects_detail:
            return None
        if outcome.content_hash is not None or outcome.attributes is not None:
            return None
        return (
            outcome.offset,
            self._numbers[id(outcome.system), outcome.kind],
            outcome.checkpoint_id,
            outcome.timestamp,
            outcome.time_us,
            outcome.status,
            outcome.correlation_id,
            outcome.failure_reason,
        )


def _need_no_escape(rows: Sequence[Row]) -> None:
    for row in rows:
        if row[-1] is None and any(ESCAPED.search(one) for one in row if isinstance(one, str)):
            raise Different(f"is said to need no escape: {row}")


def _batch(records: Records, normalizer: Normalizer) -> Batch:
    advance = StreamAdvance(STREAM, 0, len(records), records)
    batch = Batch([advance], now_us=NOW_US)
    normalize(batch, normalizer)
    return batch


def _in_order(found: Normalized) -> bool:
    rows = [row[0] for row in found.rows]
    others = [index for index, _ in found.others]
    return rows == sorted(rows) and others == sorted(others)


def _shown(outcome: Row | Outcome | None) -> str:
    if isinstance(outcome, Event | Detail):
        names = [one for one in outcome.__dataclass_fields__ if one != "system"]
        told = {one: getattr(outcome, one) for one in names}
        return f"{type(outcome).__name__} of {outcome.system.name}: {told}"
    if isinstance(outcome, Rejection):
        return f"{outcome.reason} ({outcome.message}) {outcome.system}.{outcome.kind}"
    return repr(outcome)[:400]
