"""What the store's views promise to SQL: columns, drivers, and plans that stay quick."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from store_building import StoreBuilder, flow

from engine.model import EVENT_FIELDS, EXPORT_FIELDS
from engine.stores.sqlite import open_reader


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    store = StoreBuilder(tmp_path / "events.db")
    flow(store)
    return store


def test_the_six_documented_columns_come_first(store: StoreBuilder) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        found = connection.execute("SELECT * FROM events")
        names = tuple(column[0] for column in found.description)
        rows = found.fetchall()
    assert names[:6] == EVENT_FIELDS
    assert names[:6] == (
        "system_id",
        "checkpoint_id",
        "timestamp",
        "status",
        "correlation_id",
        "failure_reason",
    )
    assert set(EXPORT_FIELDS) <= set(names)
    assert len(set(names)) == len(names)
    assert rows[1][:6] == (
        "bank",
        "CHECKED",
        "2025-05-04T10:30:01Z",
        "FAILURE",
        "abc-123",
        "LIMIT_REACHED",
    )


def test_pandas_reads_it(store: StoreBuilder) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        frame = pd.read_sql("SELECT * FROM events", connection)
    assert list(frame.columns[:6]) == list(EVENT_FIELDS)
    assert frame["system_id"].value_counts().to_dict() == {"bank": 4, "shop": 3}


@pytest.mark.parametrize("view", ["events", "details", "quarantined"])
def test_every_view_can_be_read_by_the_standard_library_s_sqlite(
    store: StoreBuilder, view: str
) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute(f"SELECT * FROM {view}").fetchall()


def _plan(store: StoreBuilder, sql: str) -> str:
    with closing(open_reader(store.url)) as reader:
        return "\n".join(str(row[3]) for row in reader.rows(f"EXPLAIN QUERY PLAN {sql}"))


@pytest.mark.parametrize(
    "sql, search",
    [
        (
            "SELECT * FROM events WHERE correlation_id = 'a'",
            "SEARCH e USING INDEX event_by_flow (flow_id=?)",
        ),
        (
            "SELECT kind FROM events WHERE correlation_id > 'a' ORDER BY correlation_id LIMIT 1",
            "SEARCH f USING COVERING INDEX sqlite_autoindex_flow_1 (correlation_id>?)",
        ),
        (
            "SELECT count(*) FROM events WHERE correlation_id > '' GROUP BY correlation_id",
            "SEARCH f USING COVERING INDEX sqlite_autoindex_flow_1 (correlation_id>?)",
        ),
        (
            "SELECT * FROM details WHERE correlation_id = 'a'",
            "SEARCH d USING INDEX detail_by_flow (flow_id=?)",
        ),
        (
            "SELECT * FROM events WHERE time_us BETWEEN 1 AND 2",
            "SEARCH e USING INDEX event_by_time (time_us>? AND time_us<?)",
        ),
        (
            "SELECT * FROM events WHERE stream = 'a' ORDER BY event_key",
            "SEARCH e USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (
            "SELECT * FROM quarantined WHERE stream = 'a' AND \"offset\" = 1",
            "SEARCH q USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
        (
            "SELECT join_state FROM events",
            "SEARCH c USING COVERING INDEX clock_time (clock=?)",
        ),
    ],
)
def test_questions_are_answered_by_a_search(store: StoreBuilder, sql: str, search: str) -> None:
    plan = _plan(store, sql)
    assert search in plan
    assert "TEMP B-TREE" not in plan
