"""What becomes of the records of a case: one row a record, read from a store in memory.

Every record has its number in the case (its line) as its offset, whatever stream it comes on, so
rows of different deliveries can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Final, NamedTuple

from engine.conversions import year_reference_us
from engine.interpreter import Interpreter
from engine.model import (
    EVENT_FIELDS,
    Detail,
    Event,
    Ignored,
    Outcome,
    Record,
    Records,
    StreamAdvance,
)
from engine.pipeline import normalize, place_in_time
from engine.ports import Batch, Fenced, StoreReader
from engine.stores.sqlite import SqliteStore

Row = Mapping[str, object]
"""What became of one record: ``line``, ``outcome``, then what there is to say, in a fixed order. A
key that is not there stands for nothing: no reason, not ambiguous, seen once."""

CASE_STREAM: Final = "case"

CASE_YEAR: Final = 2025
"""The year of times that tell none."""

_NOW_US: Final = 1 << 62
"""A case has no today: no time in it is in the future."""

_EVENTS: Final = f"""
SELECT offset, {", ".join(EVENT_FIELDS)}, attributes, join_state, detail_id, ambiguous, seen, kind
FROM events"""

_DETAILS: Final = """
SELECT detail_id, system_id, correlation_id, failure_reason, state, event_id, seen, kind
FROM details"""

_QUARANTINED: Final = "SELECT offset, reason, system_id, kind FROM quarantined"


class Taker(NamedTuple):
    """The record kind that took a record."""

    system: str
    kind: str


@dataclass(slots=True)
class Table:
    """The rows by line, in order, and who took the records."""

    rows: dict[int, Row] = field(default_factory=dict)
    takers: dict[int, Taker] = field(default_factory=dict)


class TakenTwice(Exception):
    """A batch that was delivered again was stored again: the store's fence is broken."""


def numbered(values: Sequence[Record]) -> list[Record]:
    """The records as one stream, at the offsets 1, 2, …: a file of which only the order counts.
    Times without a year are of the year ``CASE_YEAR``, whenever the file was written."""
    written_us = year_reference_us(CASE_YEAR, UTC)
    return [
        replace(one, stream=CASE_STREAM, offset=line, next_offset=line + 1, written_us=written_us)
        for line, one in enumerate(values, start=1)
    ]


def scattered(records: Sequence[Record], normalizer: Interpreter) -> list[Record]:
    """The same records, each on a stream of its own, to be delivered in any order.

    A file gives its records an order and a clock. The order stays as the order of the streams'
    names, which breaks ties. A join that measures in record time needs the clock too, and so does
    an event that has the record's time: the time that the record has in the file becomes its record
    timestamp. Where all times are read in the bodies, no record timestamp is given.
    """
    batch = _batch(records, {}, normalizer)
    place_in_time(batch, {})
    return [
        replace(
            record, stream=f"{CASE_STREAM}:{record.offset:08}", timestamp_us=_record_time(outcome)
        )
        for record, outcome in zip(records, _outcomes(batch), strict=True)
    ]


def _record_time(outcome: Outcome) -> int | None:
    if not isinstance(outcome, Event | Detail):
        return None
    join = outcome.system.join
    kind = next(one for one in outcome.system.kinds if one.name == outcome.kind)
    if any(one.is_record_time for one in kind.mappings):
        return outcome.time_us
    if join is None or join.clock != "record":
        return None
    return outcome.time_us if outcome.join_us is None else outcome.join_us


def tabulate(deliveries: Iterable[Sequence[Record]], normalizer: Interpreter) -> Table:
    """What a new store holds after these batches, each delivered twice. Raises TakenTwice."""
    table = Table()
    lines: set[int] = set()
    progress: dict[str, int] = {}
    store = SqliteStore.open(":memory:", normalizer.systems)
    with closing(store):
        for records in filter(None, deliveries):
            batch = _batch(records, progress, normalizer)
            store.commit(batch)
            _deliver_again(store, batch)
            lines.update(one.offset for one in records)
            for outcome in _outcomes(batch):
                _note(outcome, table)
        _read(store.reader(), table)
    for line in lines - table.rows.keys():
        table.rows[line] = {
            "line": line,
            "outcome": "duplicate",
            "system_id": table.takers[line].system,
        }
    table.rows = dict(sorted(table.rows.items()))
    return table


def _batch(records: Sequence[Record], progress: dict[str, int], normalizer: Interpreter) -> Batch:
    """The next batch of these streams; ``progress`` moves on. The records are copies: what a spec
    does not want to be kept of one is taken out of it."""
    by_stream: dict[str, list[Record]] = {}
    for record in map(replace, records):
        by_stream.setdefault(record.stream, []).append(record)
    advances = []
    for stream, ones in by_stream.items():
        after = ones[-1].next_offset
        columns = Records.of(ones)
        advances.append(StreamAdvance(stream, progress.get(stream, 0), after, columns))
        progress[stream] = after
    batch = Batch(advances, now_us=_NOW_US)
    normalize(batch, normalizer)
    return batch


def _outcomes(batch: Batch) -> Iterator[Outcome]:
    """Of its records, in their order: the interpreter makes one for each."""
    return (outcome for normalized in batch.normalized for _, outcome in normalized.others)


def _deliver_again(store: SqliteStore, batch: Batch) -> None:
    try:
        store.commit(batch)
    except Fenced:
        return
    raise TakenTwice


def _note(outcome: Outcome, table: Table) -> None:
    """What the store's tables do not tell line by line."""
    if isinstance(outcome, Event | Detail | Ignored):
        table.takers[outcome.offset] = Taker(outcome.system.name, outcome.kind)
    if isinstance(outcome, Ignored):
        table.rows[outcome.offset] = {
            "line": outcome.offset,
            "outcome": "ignored",
            "system_id": outcome.system.name,
            "kind": outcome.kind,
        }


def _read(store: StoreReader, table: Table) -> None:
    for line, *fields, kept, join_state, detail_id, ambiguous, seen, kind in store.rows(_EVENTS):
        row = {"outcome": "event", **dict(zip(EVENT_FIELDS, fields, strict=True))}
        if kept is not None:
            row["attributes"] = json.loads(str(kept))
        row["join_state"] = join_state
        if detail_id is not None:
            row["detail_line"] = _line(detail_id)
        if ambiguous:
            row["ambiguous"] = True
        _keep(table, line, row, seen, row["system_id"], kind)
    for detail_id, system, correlation_id, reason, state, event_id, seen, kind in store.rows(
        _DETAILS
    ):
        row = {"outcome": "detail", "system_id": system, "correlation_id": correlation_id}
        row |= {"failure_reason": reason, "state": state}
        if event_id is not None:
            row["event_line"] = _line(event_id)
        _keep(table, _line(detail_id), row, seen, system, kind)
    for line, reason, system, kind in store.rows(_QUARANTINED):
        _keep(table, line, {"outcome": "quarantined", "reason": reason}, 1, system, kind)


def _keep(table: Table, line: object, row: Row, seen: object, system: object, kind: object) -> None:
    assert isinstance(line, int)
    table.rows[line] = {"line": line, **row, **({"seen": seen} if seen != 1 else {})}
    if isinstance(system, str) and isinstance(kind, str):
        table.takers[line] = Taker(system, kind)


def _line(record_id: object) -> int:
    """The line of a record, from its position as the store's views write it."""
    return int(str(record_id).rpartition(":")[2])
