"""Events and details become rows: nine tenths of them as they come, without a look at each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from typing import Final, cast

import apsw

from engine.event_json import attributes_text
from engine.model import Detail, Event, Normalized, Row, System
from engine.stores.sqlite_keys import Keys
from engine.stores.sqlite_numbers import Numbers
from engine.stores.sqlite_pairing import Pairing

_INSERT_EVENT = """
INSERT INTO event (event_key, kind_id, checkpoint_id, timestamp, time_us, status, flow_id,
                   failure_reason"""

_INSERT_RICH_EVENT = f"""{_INSERT_EVENT}, content_hash, seen, attributes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_INSERT_DETAIL = """
INSERT INTO detail (detail_key, kind_id, flow_id, failure_reason, content_hash, seen)
VALUES (?, ?, ?, ?, ?, ?)"""

_ROWS_AT_ONCE: Final = 128
_COLUMNS: Final = 8
_CORRELATION_ID: Final = 6
"""Of a row."""


class Rows:
    """The rows of one commit. Halves go on to the pairing."""

    def __init__(
        self, connection: apsw.Connection, keys: Keys, numbers: Numbers, pairing: Pairing
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._flows = numbers.flows
        self._kinds = numbers.kinds
        self._pairing = pairing

    def insert(
        self, stream: str, normalized: Normalized, kinds: Sequence[tuple[System, str]]
    ) -> None:
        """Insert what became of the records of one stream, in the order of their keys: a row
        that comes later into the midst of others splits a page that was full."""
        kind_base = self._kinds.base(kinds)
        others = [one for _, one in normalized.others]
        events = [one for one in others if isinstance(one, Event)]
        plain = [one for one in events if one.content_hash is None and one.attributes is None]
        rows = in_order(normalized.rows, [self._row(one, kind_base) for one in plain])
        self._insert_plain(rows, self._keys.pack(stream, 0), kind_base)
        rich = [one for one in events if one.content_hash is None and one.attributes is not None]
        self._connection.executemany(_INSERT_RICH_EVENT, (self._rich_row(one, 1) for one in rich))
        for one in others:
            if isinstance(one, Event | Detail) and one.content_hash is not None:
                self._insert_once(one)
            elif isinstance(one, Event):
                self._add_half(one)
        details = [one for one in others if isinstance(one, Detail) and one.content_hash is None]
        self._connection.executemany(_INSERT_DETAIL, (self._detail_row(one, 1) for one in details))
        for detail in details:
            self._add_half(detail)

    def _insert_once(self, one: Event | Detail) -> None:
        """A record of a spec that merges duplicates."""
        seen = self._merge(one)
        if seen is None:
            return
        if isinstance(one, Event):
            self._connection.execute(_INSERT_RICH_EVENT, self._rich_row(one, seen))
        else:
            self._connection.execute(_INSERT_DETAIL, self._detail_row(one, seen))
        self._add_half(one)

    def _add_half(self, one: Event | Detail) -> None:
        if one.join_clock is not None:
            key = self._keys.pack(one.stream, one.offset)
            self._pairing.add(one, key, self._flows[one.correlation_id])

    def _insert_plain(self, rows: list[Row], key_base: int, kind_base: int) -> None:
        """Many rows a statement: SQLite then finds the end of the table and of its indexes once
        for all of them, and an eighth of the whole commit is saved."""
        values = f"({key_base} | ?, {kind_base} + ?, ?, ?, ?, ?, ?, ?)"
        whole = len(rows) - len(rows) % _ROWS_AT_ONCE
        self._connection.executemany(
            f"{_INSERT_EVENT}) VALUES {','.join([values] * _ROWS_AT_ONCE)}",
            (
                self._with_flows(rows[begin : begin + _ROWS_AT_ONCE])
                for begin in range(0, whole, _ROWS_AT_ONCE)
            ),
        )
        self._connection.executemany(
            f"{_INSERT_EVENT}) VALUES {values}", (self._with_flows([row]) for row in rows[whole:])
        )

    def _with_flows(self, rows: Sequence[Row]) -> list[str | int | None]:
        """The values of rows one after the other, with the numbers of the correlation ids."""
        values: list[str | int | None] = list(chain.from_iterable(rows))
        ids = cast(list[str | None], values[_CORRELATION_ID::_COLUMNS])
        values[_CORRELATION_ID::_COLUMNS] = map(self._flows.__getitem__, ids)
        return values

    def _row(self, one: Event, kind_base: int) -> Row:
        return (
            one.offset,
            self._kinds.number(one.system, one.kind) - kind_base,
            one.checkpoint_id,
            one.timestamp,
            one.time_us,
            one.status,
            one.correlation_id,
            one.failure_reason,
        )

    def _rich_row(self, one: Event, seen: int) -> tuple[str | int | bytes | None, ...]:
        return (
            self._keys.pack(one.stream, one.offset),
            self._kinds.number(one.system, one.kind),
            one.checkpoint_id,
            one.timestamp,
            one.time_us,
            one.status,
            self._flows[one.correlation_id],
            one.failure_reason,
            one.content_hash,
            seen,
            attributes_text(one.attributes),
        )

    def _detail_row(self, one: Detail, seen: int) -> tuple[str | int | bytes | None, ...]:
        return (
            self._keys.pack(one.stream, one.offset),
            self._kinds.number(one.system, one.kind),
            self._flows[one.correlation_id],
            one.failure_reason,
            one.content_hash,
            seen,
        )

    def _merge(self, one: Event | Detail) -> int | None:
        """How often this content was seen, if ``one`` is to be its row; else count it and None.

        The first position stands for all, whichever came first: so the row is a function of the
        set of records.
        """
        table = "event" if isinstance(one, Event) else "detail"
        row = self._connection.execute(
            f"SELECT {table}_key, seen FROM {table} WHERE content_hash = ?", (one.content_hash,)
        ).fetchone()
        if row is None:
            return 1
        key, seen = row
        assert isinstance(key, int)
        assert isinstance(seen, int)
        if self._keys.position(key) < (one.stream, one.offset):
            self._connection.execute(
                f"UPDATE {table} SET seen = seen + 1 WHERE {table}_key = ?", (key,)
            )
            return None
        self._connection.execute(f"DELETE FROM {table} WHERE {table}_key = ?", (key,))
        self._pairing.remove(key)
        return seen + 1


def in_order(rows: list[Row], others: Sequence[Row]) -> list[Row]:
    """Both in the order of their offsets; each of them is in order, and ``others`` are few."""
    if not others:
        return rows
    merged: list[Row] = []
    begin = 0
    for one in others:
        end = bisect_left(rows, one[:1], begin)
        merged += rows[begin:end]
        merged.append(one)
        begin = end
    merged += rows[begin:]
    return merged
