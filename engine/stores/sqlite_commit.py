"""What one commit of the SQLite store does, step by step, inside one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final, TypeVar

import apsw

from engine.diagnostics import EnvironmentFailure
from engine.event_json import attributes_text
from engine.model import Detail, Event, Ignored, Outcome, Rejection, Row, StreamAdvance, System
from engine.pipeline import ClockMoves, place_in_time
from engine.ports import Batch, Fenced
from engine.stores.archive import pack
from engine.stores.sqlite_keys import OFFSET_MAX, STREAM_ID_MAX, Keys
from engine.stores.sqlite_pairing import Pairing

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

_Value = str | int | bytes | None
_Half = TypeVar("_Half", Event, Detail)

_INSERT_EVENT = """
INSERT INTO event (event_key, system_id, checkpoint_id, timestamp, status, correlation_id,
                   failure_reason, time_us, kind, spec_id, join_clock, join_us, join_deadline_us,
                   content_hash, seen, attributes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_INSERT_DETAIL = """
INSERT INTO detail (detail_key, system_id, correlation_id, failure_reason, kind, spec_id,
                    join_clock, join_us, join_deadline_us, content_hash, seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

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
        on_step: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._joins = {one.name: one.join for one in systems if one.join is not None}
        self._on_step = on_step
        self._keys = Keys(connection)
        self._pairing = Pairing(connection, self._keys, self._joins)
        self._spec_ids: dict[str, int] = {}

    def run(self, batch: Batch) -> None:
        """All steps but the transaction's own. Raises Fenced and what apsw raises."""
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
        self._insert_rows(batch)
        events = [one for one in others if isinstance(one, Event)]
        self._insert(_INSERT_EVENT, events, self._event_row)
        details = [one for one in others if isinstance(one, Detail)]
        self._insert(_INSERT_DETAIL, details, self._detail_row)
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
                    json.dumps([asdict(attempt) for attempt in one.nearest], ensure_ascii=False),
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

    # --- events and details -------------------------------------------------------------------

    def _insert_rows(self, batch: Batch) -> None:
        for advance, normalized in zip(batch.advances, batch.normalized, strict=True):
            base = self._keys.pack(advance.stream, 0)
            self._connection.executemany(
                _INSERT_EVENT, (self._final_row(base, batch, row) for row in normalized.rows)
            )

    def _final_row(self, base: int, batch: Batch, row: Row) -> tuple[_Value, ...]:
        offset, number, checkpoint_id, timestamp, time_us, status, correlation_id, reason = row
        system, kind = batch.kinds[number]
        return (
            base | offset,
            system.name,
            checkpoint_id,
            timestamp,
            status,
            correlation_id,
            reason,
            time_us,
            kind,
            self._spec_id(system),
            None,
            None,
            None,
            None,
            1,
            None,
        )

    def _insert(
        self, statement: str, ones: Sequence[_Half], row: Callable[[_Half, int], tuple[_Value, ...]]
    ) -> None:
        plain = (one for one in ones if one.content_hash is None)
        self._connection.executemany(statement, (row(one, 1) for one in plain))
        for one in ones:
            seen = self._merge(one) if one.content_hash is not None else None
            if seen is not None:
                self._connection.execute(statement, row(one, seen))

    def _event_row(self, one: Event, seen: int) -> tuple[_Value, ...]:
        return (
            self._keys.pack(one.stream, one.offset),
            one.system.name,
            one.checkpoint_id,
            one.timestamp,
            one.status,
            one.correlation_id,
            one.failure_reason,
            one.time_us,
            one.kind,
            self._spec_id(one.system),
            one.join_clock,
            one.join_us,
            self._pairing.touch(one),
            one.content_hash,
            seen,
            attributes_text(one.attributes),
        )

    def _detail_row(self, one: Detail, seen: int) -> tuple[_Value, ...]:
        return (
            self._keys.pack(one.stream, one.offset),
            one.system.name,
            one.correlation_id,
            one.failure_reason,
            one.kind,
            self._spec_id(one.system),
            one.join_clock,
            one.join_us,
            self._pairing.touch(one),
            one.content_hash,
            seen,
        )

    def _merge(self, one: Event | Detail) -> int | None:
        """How often this content was seen, if ``one`` is to be its row; else count it and None.

        The first position stands for all, whichever came first: so the row is a function of the
        set of records.
        """
        table, other = ("event", "detail") if isinstance(one, Event) else ("detail", "event")
        row = self._connection.execute(
            f"""SELECT {table}_key, {other}_key, seen, correlation_id, join_clock, join_us
                FROM {table} WHERE content_hash = ?""",
            (one.content_hash,),
        ).fetchone()
        if row is None:
            return 1
        key, partner, seen, correlation_id, clock, join_us = row
        assert isinstance(key, int)
        assert isinstance(seen, int)
        if self._keys.position(key) < (one.stream, one.offset):
            self._connection.execute(
                f"UPDATE {table} SET seen = seen + 1 WHERE {table}_key = ?", (key,)
            )
            return None
        self._connection.execute(f"DELETE FROM {table} WHERE {table}_key = ?", (key,))
        self._connection.execute(
            f"UPDATE {other} SET {table}_key = NULL WHERE {other}_key = ?", (partner,)
        )
        if isinstance(clock, str) and isinstance(join_us, int):
            self._pairing.touch_key((one.system.name, str(correlation_id), clock), join_us)
        return seen + 1

    def _time_the_untimed(self, moves: ClockMoves) -> None:
        """Details before the first time of their system in their file take that time."""
        for (stream, clock), first_us in moves.first_us.items():
            join = self._joins.get(clock)
            if join is None:
                continue
            low = self._keys.pack(stream, 0)
            for (correlation_id,) in self._connection.execute(
                """UPDATE detail SET join_us = ?1, join_deadline_us = ?1 + ?2
                   WHERE join_us IS NULL AND join_clock = ?3 AND detail_key BETWEEN ?4 AND ?5
                   RETURNING correlation_id""",
                (first_us, join.within_us, clock, low, low | OFFSET_MAX),
            ).fetchall():
                self._pairing.touch_key((clock, str(correlation_id), clock), first_us)

    # --- clocks and specs ---------------------------------------------------------------------

    def _last_times(self) -> dict[tuple[str, str], int]:
        return {
            (stream, clock): last_us
            for stream, stream_id in self._keys.stream_ids.items()
            for clock, last_us in self._connection.execute(
                "SELECT clock, last_us FROM clock WHERE stream_id = ?", (stream_id,)
            )
        }

    def _move_clocks(self, moves: ClockMoves) -> None:
        self._connection.executemany(
            _MOVE_CLOCK,
            (
                (self._keys.stream_ids[stream], clock, last_us, moves.event_us.get((stream, clock)))
                for (stream, clock), last_us in moves.last_us.items()
            ),
        )

    def _spec_id(self, system: System) -> int:
        if system.digest not in self._spec_ids:
            self._connection.execute(
                """INSERT INTO spec (digest, system_id, source) VALUES (?, ?, ?)
                   ON CONFLICT (digest) DO NOTHING""",
                (system.digest, system.name, system.source),
            )
            self._spec_ids[system.digest] = self._connection.execute(
                "SELECT spec_id FROM spec WHERE digest = ?", (system.digest,)
            ).get
        return self._spec_ids[system.digest]
