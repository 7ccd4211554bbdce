"""Generated histories of records, a source that plays them, and the tables they end in."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw
from hypothesis import strategies as st
from made_systems import SECOND_US, SYSTEMS

from engine.compiler import compile_normalizer
from engine.model import Oversize, Record, Records, StreamAdvance, System
from engine.ports import ProgressLookup
from engine.runner import Runner
from engine.stores.archive import unpack
from engine.stores.sqlite import SqliteStore

NOW = datetime(2025, 5, 4, 12, tzinfo=UTC)
NOW_US = round(NOW.timestamp()) * SECOND_US
BEGIN = NOW - timedelta(hours=1)
BEGIN_US = NOW_US - 3600 * SECOND_US

KAFKA = ("kafka:c/raw-logs/0", "kafka:c/raw-logs/1")
FILES = ("file:aa", "file:bb")

History = Mapping[str, Sequence[Record]]
"""The records of each stream, in order."""

# --- generation -------------------------------------------------------------------------------

_seconds = st.integers(0, 45) | st.sampled_from([10, 20, 30, 86_400 * 3])
"""Close enough together that halves reach each other, on the second so that they just do or just
do not; three days ahead is a time that must not move the others'."""
_times = _seconds.map(lambda s: (BEGIN + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ"))
_ids = st.sampled_from(["a", "a", "a", "b"])
_checkpoints = st.sampled_from(["P", "Q"])
_reasons = st.sampled_from(["R1", "R2", "R3"])
_statuses = st.sampled_from(["FAILURE", "FAILURE", "FAILURE", "SUCCESS"])

_texts: list[st.SearchStrategy[str]] = [
    st.builds("{} ALPHA: {} - {} (ID: {})".format, _times, _checkpoints, _statuses, _ids),
    st.builds("{} ALPHA ERROR: (ID: {}) - {}".format, _times, _ids, _reasons),
    st.builds("{} DELTA: {} SUCCESS [{}]".format, _times, _checkpoints, _ids),
    st.builds("{} DELTA: {} FAILURE [{}] {}".format, _times, _checkpoints, _ids, _reasons),
    st.builds("EPSILON {} {} {} {}".format, _times, _checkpoints, _statuses, _ids),
    st.builds("EPSILON error {}: {}".format, _ids, _reasons),
    st.builds("ZETA {} {} {} {}".format, _times, _checkpoints, _statuses, _ids),
    st.builds("ZETA error {} {}: {}".format, _times, _ids, _reasons),
    st.just("DELTA health check from 10.0.0.1"),
]
_objects: list[st.SearchStrategy[dict[str, object]]] = [
    st.fixed_dictionaries(
        {
            "system": st.just("beta"),
            "checkpoint": _checkpoints,
            "status": _statuses,
            "timestamp": _times,
            "correlation_id": _ids,
        }
    ),
    st.fixed_dictionaries(
        {"system": st.just("beta"), "correlation_id": _ids, "failure_reason": _reasons}
    ),
    st.fixed_dictionaries(
        {
            "system": st.just("gamma"),
            "checkpoint": _checkpoints,
            "code": st.integers(0, 2),
            "timestamp": _times,
            "correlation_id": _ids,
        },
        optional={"failure_reason": _reasons},
    ),
    st.just({"system": "gamma", "level": "debug"}),
    st.fixed_dictionaries(
        {
            "system": st.just("gamma"),
            "level": st.just("view"),
            "checkpoint": _checkpoints,
            "timestamp": _times,
            "by": st.sampled_from(["é", 1, None, ["x", {}]]),
        }
    ),
]
_junk = st.sampled_from(
    [
        b"junk",
        b"",
        b"\xff",
        b"a\0b",
        b'{"a":1,"a":2}',
        b"2025-13-04T10:00:00 ALPHA: P - FAILURE (ID: a)",
    ]
)
_kinds: list[st.SearchStrategy[bytes]] = [
    *(one.map(str.encode) for one in _texts[:2]),
    *(one.map(json.dumps).map(str.encode) for one in _objects),
    _junk,
    *(one.map(str.encode) for one in _texts[2:]),
]
KINDS_OF_ALPHA = 2
KINDS_THAT_JOIN = 4
"""The first so many are those of the systems that join and merge nothing."""


@st.composite
def histories(
    draw: st.DrawFn, max_records: int = 14, *, kinds: int = len(_kinds), in_time_order: bool = False
) -> History:
    """Up to two partitions with timestamps and up to two files without; of the first so many
    kinds of records; in each stream in any order of time unless asked for."""
    # A few kinds a history, so that its records have to do with each other.
    chosen = draw(st.lists(st.sampled_from(range(kinds)), min_size=1, max_size=4))
    values = st.one_of(*(_kinds[kind] for kind in chosen))
    names = draw(st.lists(st.sampled_from(KAFKA + FILES), min_size=1, max_size=3, unique=True))
    history: dict[str, list[Record]] = {}
    for name in names:
        of_stream = draw(st.lists(values, max_size=max_records))
        seconds = draw(st.lists(_seconds, min_size=len(of_stream), max_size=len(of_stream)))
        if in_time_order:
            of_stream, seconds = _in_time_order(of_stream), sorted(seconds)
        gaps = draw(st.integers(0, 3))  # markers, compaction
        history[name] = [_cut(one) for one in _records(name, of_stream, seconds, gaps)]
    return history


def _records(
    name: str, of_stream: Sequence[bytes], seconds: Sequence[int], gaps: int
) -> Iterator[Record]:
    offset = 0
    for value, second in zip(of_stream, seconds, strict=True):
        if name in KAFKA:
            offset += gaps
            yield Record(name, offset, offset + 1, value, BEGIN_US + second * SECOND_US)
            offset += 1
        else:
            yield Record(name, offset, offset + len(value) + 1, value)
            offset += len(value) + 1


def _cut(record: Record) -> Record:
    if record.value == b"\xff":
        record.oversize = Oversize(5000, b"\x07" * 32)
    return record


_TIME = re.compile(rb"2025-05-0.T..:..:..Z")


def _in_time_order(of_stream: list[bytes]) -> list[bytes]:
    """Those with a time in their order, in the places of those with a time."""
    timed = iter(sorted(filter(_TIME.search, of_stream), key=_TIME.findall))
    return [next(timed) if _TIME.search(one) else one for one in of_stream]


JUNK_REASONS = frozenset(
    {"no_match", "empty_record", "invalid_utf8", "too_long", "nul_character", "json_duplicate_key"}
    | {"impossible_time", "unknown_value"}
)
"""Why records of these histories are refused: never because two kinds accept the same."""


seeds = st.integers(0, 2**32 - 1)
"""How a history is cut into batches; one number, so that it shrinks together with the history."""

# --- playing ----------------------------------------------------------------------------------


class ListSource:
    """A source over lists, with the contract of ``engine.ports.Source``: any interleaving of the
    streams and any batch sizes, as the seed says. A forgetful one hands over again, now and then,
    what was stored, and believes that the store is where it was before."""

    def __init__(
        self, history: History, seed: int, *, most: int = 6, forgetful: bool = False
    ) -> None:
        self._history = history
        self._random = random.Random(seed)
        self._most = most
        self._forgetful = forgetful
        self._lookup: ProgressLookup = lambda _: None
        self._stored: dict[str, int] = {}
        self._handed: dict[str, int] = {}
        self.refusals = 0
        self.kept_alive = 0

    @property
    def finished(self) -> bool:
        return all(not self._left(stream) for stream in self._history)

    def open(self, progress: ProgressLookup) -> None:
        self._lookup = progress
        for stream in self._history:
            self._ask(stream)

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        streams = [stream for stream in self._history if self._left(stream)]
        self._random.shuffle(streams)
        advances = []
        for stream in streams[: self._random.randint(1, len(streams))] if streams else ():
            records = self._left(stream)[: self._random.randint(1, self._most)]
            expected = self._stored[stream]
            self._handed[stream] = records[-1].next_offset
            advances.append(
                StreamAdvance(
                    stream,
                    expected,
                    records[-1].next_offset,
                    Records.of(records),
                    "one",
                    "a title",
                )
            )
        return advances

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        for advance in advances:
            if self._forgetful and self._random.random() < 0.3:
                self._handed[advance.stream] = advance.expected_offset
            else:
                self._stored[advance.stream] = advance.next_offset

    def refused(self, stream: str) -> None:
        self.refusals += 1
        self._ask(stream)

    def keep_alive(self) -> None:
        self.kept_alive += 1

    def lagging_streams(self) -> frozenset[str]:
        return frozenset(stream for stream in self._history if self._left(stream))

    def close(self) -> None:
        pass

    def _ask(self, stream: str) -> None:
        stored = self._lookup(stream)
        self._stored[stream] = self._handed[stream] = 0 if stored is None else stored.next_offset

    def _left(self, stream: str) -> list[Record]:
        return [one for one in self._history[stream] if one.offset >= self._handed[stream]]


class Never:
    """A stop that does not come."""

    def is_set(self) -> bool:
        return False


def runner(source: ListSource, store: Any, systems: Sequence[System] = SYSTEMS) -> Runner:
    """A runner on a clock that stands."""
    return Runner(source, store, compile_normalizer(systems), Never(), now_us=lambda: NOW_US)


def play(
    history: History,
    seed: int = 0,
    *,
    store: SqliteStore | None = None,
    systems: Sequence[System] = SYSTEMS,
    most: int = 6,
    forgetful: bool = False,
) -> dict[str, Any]:
    """The tables after a run over the history, in a new store unless one is given."""
    store = store or SqliteStore.open(":memory:", systems)
    source = ListSource(history, seed, most=most, forgetful=forgetful)
    runner(source, store, systems).run()
    return tables(store)


# --- the tables -------------------------------------------------------------------------------

_EVENTS = """SELECT system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason,
event_id, join_state, ambiguous, seen, kind, time_us, detail_id, attributes, spec_digest
FROM events"""
_DETAILS = """SELECT system_id, correlation_id, failure_reason, detail_id, state, seen, kind,
join_us, event_id, spec_digest FROM details"""
_QUARANTINED = """SELECT record_id, reason, raw, raw_length, raw_sha256, message, system_id, kind,
nearest FROM quarantined"""


def tables(store: SqliteStore) -> dict[str, Any]:
    """All that a store holds, but for the numbers it gives to streams and how batches were cut."""
    run: Callable[..., apsw.Cursor] = store._connection.execute
    archive: dict[str, list[Record]] = {}
    for name, data in run(
        "SELECT name, data FROM archive JOIN stream USING (stream_id) ORDER BY name, first_offset"
    ):
        archive.setdefault(name, []).extend(unpack(name, data))
    return {
        "events": _sorted(run(_EVENTS)),
        "details": _sorted(run(_DETAILS)),
        "quarantined": _sorted(run(_QUARANTINED)),
        "ignored": _sorted(run("SELECT * FROM ignored")),
        "streams": _sorted(run("SELECT name, title, next_offset, records_read FROM stream")),
        "clocks": _sorted(
            run("SELECT name, clock, last_us, event_us FROM clock JOIN stream USING (stream_id)")
        ),
        "archive": archive,
    }


def _sorted(rows: apsw.Cursor) -> list[Any]:
    return sorted(rows.fetchall(), key=repr)


def accounts(store: SqliteStore) -> dict[str, int]:
    """The two sides of chapter 1's sum, by name."""
    run = store._connection.execute
    return {
        "read": run("SELECT coalesce(sum(records_read), 0) FROM stream").get,
        "events": run("SELECT count(*) FROM events").get,
        "joined": run("SELECT count(*) FROM details WHERE state = 'joined'").get,
        "waiting": run("SELECT count(*) FROM details WHERE state <> 'joined'").get,
        "duplicates": run("SELECT coalesce(sum(seen - 1), 0) FROM events").get
        + run("SELECT coalesce(sum(seen - 1), 0) FROM details").get,
        "ignored": run("SELECT coalesce(sum(records), 0) FROM ignored").get,
        "quarantined": run("SELECT count(*) FROM quarantined").get,
    }
