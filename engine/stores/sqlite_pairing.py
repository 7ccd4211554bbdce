"""Pair the halves of the keys that a commit has touched, with the store behind the joiner.

New halves stay in memory until they are paired and are then written once, with their partners. The
halves of an id that this commit has met for the first time are all in memory: most pairs are made
without a question to the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import Final, NamedTuple, cast

import apsw

from engine.joiner import Half, Pairs, pair, window
from engine.model import Detail, Event, Join
from engine.stores.sqlite_keys import Keys
from engine.stores.sqlite_numbers import Flows


class JoinKey(NamedTuple):
    """What two halves must have in common."""

    system: str
    flow_id: int
    clock: str


_Row = tuple[int, int, int, int | None, int]
"""``time_us``, ``record_key``, ``is_event``, ``partner_key``, ``ambiguous``, of a half that has a
time."""

_HALVES: Final = """
SELECT time_us, record_key, is_event, partner_key, ambiguous FROM half
WHERE flow_id = ? AND system_id = ? AND clock = ? AND time_us >= ? ORDER BY time_us"""

_INSERT_HALF = """
INSERT INTO half (record_key, is_event, flow_id, system_id, clock, time_us, deadline_us,
                  partner_key, ambiguous)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(slots=True)
class _New:
    """A half that is not written yet."""

    record_key: int
    is_event: bool
    key: JoinKey
    time_us: int | None
    deadline_us: int | None
    partner_key: int | None = None
    ambiguous: bool = False


class Pairing:
    """Notes what changes while a commit writes, then pairs it again and writes the halves."""

    def __init__(
        self, connection: apsw.Connection, keys: Keys, flows: Flows, joins: Mapping[str, Join]
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._flows = flows
        self._joins = joins
        self._new: dict[int, _New] = {}
        self._new_of: dict[JoinKey, list[_New]] = {}
        """Those of ``_new`` that have a time."""
        self._written_early = False
        """Whether halves of this commit are in the store before they are paired."""
        self._touched: dict[JoinKey, tuple[int, int]] = {}
        """Keys whose pairs may change, with the earliest and latest time of what changed."""

    def add(self, one: Event | Detail, record_key: int, flow_id: int | None) -> None:
        """A half that is new; nothing where it joins nothing."""
        if one.join_clock is None:
            return
        assert one.system.join is not None
        assert flow_id is not None  # the spec's check: a kind that joins has one
        key = JoinKey(one.system.name, flow_id, one.join_clock)
        time_us = one.join_us
        deadline_us = None if time_us is None else time_us + one.system.join.within_us
        new = _New(record_key, isinstance(one, Event), key, time_us, deadline_us)
        self._new[record_key] = new
        if time_us is not None:
            self._new_of.setdefault(key, []).append(new)
            self._touch(key, time_us)

    def remove(self, record_key: int) -> None:
        """Take away a half, whose partner is then free again."""
        self._write_early()
        removed = self._connection.execute(
            """DELETE FROM half WHERE record_key = ?
               RETURNING system_id, flow_id, clock, time_us, partner_key""",
            (record_key,),
        )
        rows = cast(list[tuple[str, int, str, int | None, int | None]], removed.fetchall())
        for system, flow_id, clock, time_us, partner_key in rows:
            self._connection.execute(
                "UPDATE half SET partner_key = NULL WHERE record_key = ?", (partner_key,)
            )
            if time_us is not None:
                self._touch(JoinKey(system, flow_id, clock), time_us)

    def give_time(self, clock: str, low: int, high: int, time_us: int) -> None:
        """Give halves without a time on this clock one, from record key ``low`` to ``high``."""
        join = self._joins.get(clock)
        if join is None:
            return
        self._write_early()
        changed = self._connection.execute(
            """UPDATE half SET time_us = ?1, deadline_us = ?1 + ?2
               WHERE time_us IS NULL AND clock = ?3 AND record_key BETWEEN ?4 AND ?5
               RETURNING system_id, flow_id, clock""",
            (time_us, join.within_us, clock, low, high),
        )
        for key in cast(list[tuple[str, int, str]], changed.fetchall()):
            self._touch(JoinKey(*key), time_us)

    def run(self) -> None:
        """Pair and write what has changed."""
        partners: list[tuple[int | None, bool, int]] = []
        for key, (earliest_us, latest_us) in self._touched.items():
            changes = self._pair(key, earliest_us, latest_us)
            for event, (detail, ambiguous) in changes.events.items():
                self._change(event, detail, partners, ambiguous=ambiguous)
            for detail, partner in changes.details.items():
                self._change(detail, partner, partners)
        self._write()
        self._connection.executemany(
            "UPDATE half SET partner_key = ?, ambiguous = ? WHERE record_key = ?", partners
        )

    def _change(
        self,
        record_key: int,
        partner_key: int | None,
        stored: list[tuple[int | None, bool, int]],
        *,
        ambiguous: bool = False,
    ) -> None:
        new = self._new.get(record_key)
        if new is None:
            stored.append((partner_key, ambiguous, record_key))
        else:
            new.partner_key, new.ambiguous = partner_key, ambiguous

    def _write_early(self) -> None:
        """Give the new halves to the store before it is asked to change them."""
        self._written_early = self._written_early or bool(self._new)
        self._write()
        self._new.clear()
        self._new_of.clear()

    def _write(self) -> None:
        self._connection.executemany(
            _INSERT_HALF,
            (
                (
                    one.record_key,
                    one.is_event,
                    one.key.flow_id,
                    one.key.system,
                    one.key.clock,
                    one.time_us,
                    one.deadline_us,
                    one.partner_key,
                    one.ambiguous,
                )
                for one in sorted(self._new.values(), key=lambda new: new.record_key)
            ),
        )

    def _touch(self, key: JoinKey, time_us: int) -> None:
        """Have a key paired again around this time; what no longer joins keeps its pairs."""
        if key.system not in self._joins:
            return
        earliest, latest = self._touched.get(key, (time_us, time_us))
        self._touched[key] = min(earliest, time_us), max(latest, time_us)

    def _pair(self, key: JoinKey, earliest_us: int, latest_us: int) -> Pairs:
        join = self._joins[key.system]
        new = self._new_of.get(key, [])
        are_all = self._flows.is_new(key.flow_id) and not self._written_early
        if are_all and len(new) <= 2:
            return _pair_few(new, join.within_us)
        since_us, settled_before_us = window(earliest_us, join.within_us)
        rows: Iterable[_Row] = sorted(
            (one.time_us, one.record_key, one.is_event, None, 0)
            for one in new
            if one.time_us is not None
        )
        if not are_all:
            rows = merge(self._stored(key, since_us), rows, key=itemgetter(0))
        sides: tuple[list[Half], list[Half]] = ([], [])
        for is_event, half in self._halves(rows, latest_us, join.within_us):
            sides[0 if is_event else 1].append(half)
        return pair(
            *sides,
            within_us=join.within_us,
            pairing=join.pairing,
            settled_before_us=settled_before_us,
        )

    def _stored(self, key: JoinKey, since_us: int) -> Iterator[_Row]:
        found = self._connection.execute(_HALVES, (key.flow_id, key.system, key.clock, since_us))
        return cast(Iterator[_Row], found)

    def _halves(
        self, rows: Iterable[_Row], latest_us: int, within_us: int
    ) -> Iterator[tuple[bool, Half]]:
        """The key's halves, in the order of time, to where a gap cuts off what cannot change."""
        previous_us = latest_us
        for time_us, record_key, is_event, partner, ambiguous in rows:
            if time_us > previous_us + within_us and time_us > latest_us:
                return
            previous_us = max(previous_us, time_us)
            stream, offset = self._keys.position(record_key)
            half = Half(time_us, stream, offset, record_key, partner, bool(ambiguous))
            yield bool(is_event), half


def _pair_few(halves: Sequence[_New], within_us: int) -> Pairs:
    """What ``pair`` says where there are at most two halves, none of which has a partner."""
    changes = Pairs()
    if len(halves) == 2 and halves[0].is_event != halves[1].is_event:
        event, detail = halves if halves[0].is_event else reversed(halves)
        assert event.time_us is not None
        assert detail.time_us is not None
        if abs(event.time_us - detail.time_us) <= within_us:
            changes.events[event.record_key] = detail.record_key, False
            changes.details[detail.record_key] = event.record_key
    return changes
