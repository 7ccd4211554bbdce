"""What one commit of the SQLite store does, step by step, inside one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Final

import apsw

from engine.diagnostics import EnvironmentFailure
from engine.model import Attempt, Ignored, Outcome, Rejection, StreamAdvance, System
from engine.pipeline import ClockMoves, place_in_time
from engine.ports import Batch, Fenced
from engine.stores.archive import pack
from engine.stores.sqlite_keys import OFFSET_MAX, STREAM_ID_MAX, Keys
from engine.stores.sqlite_numbers import Numbers
from engine.stores.sqlite_pairing import Pairing
from engine.stores.sqlite_rows import Rows

STEPS: Final = (
    "begin",
    "fence",
    "archive",
    "quarantine",
    "halves",
    "pairs",
    "clocks",
    "commit",
    "committed",
)
"""The named steps of a commit, in order."""

_MOVE_CLOCK = """
INSERT INTO clock (stream_id, clock, last_us, event_us) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (stream_id, clock) DO UPDATE SET
    last_us = ?3,
    event_us = max(coalesce(event_us, ?4), coalesce(?4, event_us))"""


class Commit:
    """One commit. Reads and writes inside the transaction that its caller has begun and ends."""

    def __init__(
        self,
        connection: apsw.Connection,
        systems: Sequence[System],
        numbers: Numbers,
        on_step: Callable[[str], None],
    ) -> None:
        self._connection = connection
        joins = {one.name: one.join for one in systems if one.join is not None}
        self._on_step = on_step
        self._keys = Keys(connection)
        self._numbers = numbers
        self._pairing = Pairing(connection, self._keys, numbers.flows, joins)

    def run(self, batch: Batch) -> None:
        """All steps but the transaction's own. Raises Fenced and what apsw raises."""
        self._numbers.flows.begin()
        self._on_step("fence")
        for advance in batch.advances:
            self._keys.stream_ids[advance.stream] = self._move_progress(advance)
        self._on_step("archive")
        self._archive(batch)
        moves = place_in_time(batch, self._last_times())
        others: list[Outcome] = [one for each in batch.normalized for _, one in each.others]
        self._on_step("quarantine")
        self._quarantine([one for one in others if isinstance(one, Rejection)])
        self._count_ignored([one for one in others if isinstance(one, Ignored)])
        self._on_step("halves")
        rows = Rows(self._connection, self._keys, self._numbers, self._pairing)
        for advance, normalized in zip(batch.advances, batch.normalized, strict=True):
            rows.insert(advance.stream, normalized, batch.kinds)
        self._time_the_untimed(moves)
        self._on_step("pairs")
        self._pairing.run()
        self._on_step("clocks")
        self._move_clocks(moves)

    # --- fence, archive, quarantine -----------------------------------------------------------

    def _move_progress(self, advance: StreamAdvance) -> int:
        """Compare and move the progress; the number of the stream. Raises Fenced.

        Offsets may have gaps (transaction markers, compaction), so the fence is on what the owner
        believes is stored, not on what it read.
        """
        if advance.next_offset > OFFSET_MAX:
            raise EnvironmentFailure(f"{advance.stream} is beyond offset {OFFSET_MAX}")
        # A path need not be text.
        title = advance.title.encode(errors="backslashreplace").decode()
        self._connection.execute(
            """INSERT INTO stream (name, title, next_offset) VALUES (?, ?, 0)
               ON CONFLICT (name) DO NOTHING""",
            (advance.stream, title),
        )
        row = self._connection.execute(
            """UPDATE stream SET next_offset = ?, records_read = records_read + ?,
                                 incarnation = ?, title = ?
               WHERE name = ? AND next_offset = ? RETURNING stream_id""",
            (
                advance.next_offset,
                len(advance.records),
                advance.incarnation,
                title,
                advance.stream,
                advance.expected_offset,
            ),
        ).fetchone()
        if row is None:
            raise Fenced(advance.stream)
        stream_id = row[0]
        assert isinstance(stream_id, int)
        if stream_id > STREAM_ID_MAX:
            raise EnvironmentFailure(f"a store holds {STREAM_ID_MAX} streams: begin a new one")
        return stream_id

    def _archive(self, batch: Batch) -> None:
        self._connection.executemany(
            """INSERT INTO archive (stream_id, first_offset, next_offset, records, data)
               VALUES (?, ?, ?, ?, ?)""",
            (
                (
                    self._keys.stream_ids[advance.stream],
                    advance.records[0].offset,
                    advance.next_offset,
                    len(advance.records),
                    pack(advance.records),
                )
                for advance in batch.advances
                if advance.records
            ),
        )

    def _quarantine(self, rejections: Sequence[Rejection]) -> None:
        self._connection.executemany(
            """INSERT INTO quarantine (record_key, reason, message, system_id, kind, nearest,
                                       raw, raw_length, raw_sha256)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                (
                    self._keys.pack(one.stream, one.offset),
                    one.reason,
                    one.message,
                    one.system,
                    one.kind,
                    _nearest_text(one.nearest),
                    one.value,
                    len(one.value) if one.oversize is None else one.oversize.length,
                    None if one.oversize is None else one.oversize.sha256,
                )
                for one in rejections
            ),
        )

    def _count_ignored(self, ignored: Sequence[Ignored]) -> None:
        self._connection.executemany(
            """INSERT INTO ignored (system_id, kind, records) VALUES (?1, ?2, ?3)
               ON CONFLICT (system_id, kind) DO UPDATE SET records = records + ?3""",
            (
                (system, kind, count)
                for (system, kind), count in Counter(
                    (one.system.name, one.kind) for one in ignored
                ).items()
            ),
        )

    # --- clocks ---------------------------------------------------------------------

    def _last_times(self) -> dict[tuple[str, str], int]:
        return {
            (stream, clock): last_us
            for stream, stream_id in self._keys.stream_ids.items()
            for clock, last_us in self._connection.execute(
                "SELECT clock, last_us FROM clock WHERE stream_id = ?", (stream_id,)
            )
        }

    def _time_the_untimed(self, moves: ClockMoves) -> None:
        """Details before the first time of their system in their file take that time."""
        for (stream, clock), first_us in moves.first_us.items():
            low = self._keys.pack(stream, 0)
            self._pairing.give_time(clock, low, low | OFFSET_MAX, first_us)

    def _move_clocks(self, moves: ClockMoves) -> None:
        self._connection.executemany(
            _MOVE_CLOCK,
            (
                (self._keys.stream_ids[stream], clock, last_us, moves.event_us.get((stream, clock)))
                for (stream, clock), last_us in moves.last_us.items()
            ),
        )


@lru_cache(1_000)
def _nearest_text(nearest: tuple[Attempt, ...]) -> str:
    """As JSON. Records that are of no kind mostly fail alike."""
    return json.dumps([asdict(attempt) for attempt in nearest], ensure_ascii=False)
