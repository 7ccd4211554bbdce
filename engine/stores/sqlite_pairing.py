"""Pair the halves of the keys that a commit has touched, with the store behind the joiner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import apsw

from engine.joiner import Half, Pairs, pair, window
from engine.model import Detail, Event, Join
from engine.stores.sqlite_keys import Keys

JoinKey = tuple[str, str, str]
"""System, correlation id, clock."""

_HALVES: Final = """
SELECT 1, event_key, join_us, detail_key, ambiguous FROM event
WHERE correlation_id = ?1 AND system_id = ?2 AND join_clock = ?3 AND join_us >= ?4
UNION ALL
SELECT 0, detail_key, join_us, event_key, 0 FROM detail
WHERE correlation_id = ?1 AND system_id = ?2 AND join_clock = ?3 AND join_us >= ?4
ORDER BY 3"""


class Pairing:
    """Notes what changes while a commit writes, then pairs it again."""

    def __init__(self, connection: apsw.Connection, keys: Keys, joins: Mapping[str, Join]) -> None:
        self._connection = connection
        self._keys = keys
        self._joins = joins
        self._touched: dict[JoinKey, tuple[int, int]] = {}
        """Keys whose pairs may change, with the earliest and latest time of what changed."""

    def run(self) -> None:
        """Write the pairs that have changed."""
        changes = Pairs()
        for key, (earliest_us, latest_us) in self._touched.items():
            of_key = self._pair(key, earliest_us, latest_us)
            changes.events |= of_key.events
            changes.details |= of_key.details
        self._connection.executemany(
            "UPDATE event SET detail_key = ?, ambiguous = ? WHERE event_key = ?",
            ((detail, flag, event) for event, (detail, flag) in changes.events.items()),
        )
        self._connection.executemany(
            "UPDATE detail SET event_key = ? WHERE detail_key = ?",
            ((event, detail) for detail, event in changes.details.items()),
        )

    def touch(self, one: Event | Detail) -> int | None:
        """Have the half's key paired again; the time by which its other half should be there."""
        if one.join_clock is None or one.join_us is None:
            return None
        assert one.system.join is not None
        assert one.correlation_id is not None  # the spec's check: a kind that joins has one
        self.touch_key((one.system.name, one.correlation_id, one.join_clock), one.join_us)
        return one.join_us + one.system.join.within_us

    def touch_key(self, key: JoinKey, time_us: int) -> None:
        """Have a key paired again around this time; what no longer joins keeps its pairs."""
        if key[0] not in self._joins:
            return
        earliest, latest = self._touched.get(key, (time_us, time_us))
        self._touched[key] = min(earliest, time_us), max(latest, time_us)

    def _pair(self, key: JoinKey, earliest_us: int, latest_us: int) -> Pairs:
        join = self._joins[key[0]]
        since_us, settled_before_us = window(earliest_us, join.within_us)
        sides: tuple[list[Half], list[Half]] = ([], [])
        for is_event, half in self._halves(key, since_us, latest_us, join):
            sides[0 if is_event else 1].append(half)
        return pair(
            *sides,
            within_us=join.within_us,
            pairing=join.pairing,
            settled_before_us=settled_before_us,
        )

    def _halves(
        self, key: JoinKey, since_us: int, latest_us: int, join: Join
    ) -> Iterator[tuple[bool, Half]]:
        """The key's halves from ``since_us`` on, to where a gap cuts off what cannot change."""
        system, correlation_id, clock = key
        previous_us = latest_us
        for is_event, half_key, time_us, partner, ambiguous in self._connection.execute(
            _HALVES, (correlation_id, system, clock, since_us)
        ):
            if time_us > previous_us + join.within_us and time_us > latest_us:
                return
            previous_us = max(previous_us, time_us)
            stream, offset = self._keys.position(half_key)
            yield bool(is_event), Half(time_us, stream, offset, half_key, partner, bool(ambiguous))
