"""Events whose time is that of their record: the broker's, or in a file the last one before."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from made_systems import condition, json_kind, mapped, system

from engine.interpreter import compile_normalizer
from engine.model import Event, FieldMapping, Outcome, Record, Records, Rejection, StreamAdvance
from engine.pipeline import normalize, place_in_time
from engine.ports import Batch
from engine.stores.sqlite import SqliteStore

CONSTANTS = (
    FieldMapping("checkpoint_id", constant="P"),
    FieldMapping("status", constant="SUCCESS"),
    mapped("correlation_id", "id"),
)
MADE = replace(
    system(
        "eta",
        json_kind("timed", [condition("t", "present")], [mapped("timestamp", "t"), *CONSTANTS]),
        json_kind(
            "untimed",
            [condition("t", "absent")],
            [FieldMapping("timestamp", is_record_time=True), *CONSTANTS],
        ),
    ),
    merge=("timestamp", "correlation_id"),
)
TIMED = b'{"t": "2025-05-04T11:00:00.25Z", "id": 1}'
UNTIMED = b'{"id": 2}'
NORMALIZER = compile_normalizer([MADE])


def batch(values: list[bytes], first: int = 0, timestamp_us: int | None = None) -> Batch:
    records = [
        Record("file:aa", offset, offset + 1, value, timestamp_us)
        for offset, value in enumerate(values, first)
    ]
    made = Batch([StreamAdvance("file:aa", first, first + len(values), Records.of(records))])
    normalize(made, NORMALIZER)
    return made


def placed(values: list[bytes], timestamp_us: int | None = None) -> list[Outcome]:
    made = batch(values, timestamp_us=timestamp_us)
    place_in_time(made, {})
    return [outcome for _, outcome in made.normalized[0].others]


def test_the_last_time_of_its_system_in_the_file() -> None:
    _, found, again = placed([TIMED, UNTIMED, UNTIMED])
    assert isinstance(found, Event)
    assert isinstance(again, Event)
    assert found.timestamp == "2025-05-04T11:00:00.250Z"
    assert found.time_us == 1_746_356_400_250_000
    assert found.content_hash is not None
    assert found.content_hash == again.content_hash


def test_the_broker_tells_the_time_of_its_records() -> None:
    (found,) = placed([UNTIMED], timestamp_us=1_000_000)
    assert isinstance(found, Event)
    assert found.timestamp == "1970-01-01T00:00:01.000Z"


def test_nothing_to_go_by() -> None:
    found, timed = placed([UNTIMED, TIMED])
    assert isinstance(found, Rejection)
    assert (found.reason, found.system, found.kind) == ("missing_field", "eta", "untimed")
    assert found.value == UNTIMED
    assert isinstance(timed, Event)


def test_batches_make_no_difference() -> None:
    with closing(SqliteStore.open(":memory:", [MADE])) as store:
        store.commit(batch([UNTIMED]))
        store.commit(batch([TIMED], 1))
        store.commit(batch([UNTIMED], 2))
        reader = store.reader()  # which shares the connection of a store in memory
        events = list(reader.rows("SELECT timestamp, correlation_id FROM events"))
        rejected = list(reader.rows("SELECT reason FROM quarantine"))
    assert events == [
        ("2025-05-04T11:00:00.25Z", "1"),
        ("2025-05-04T11:00:00.250Z", "2"),
    ]
    assert rejected == [("missing_field",)]
