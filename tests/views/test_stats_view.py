from __future__ import annotations

import io
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_building import BANK, StoreBuilder, flow

from engine.ports import StoreReader
from engine.stores.sqlite import open_reader
from engine.views.stats import Stats, read_stats, stats_document
from engine.views.stats_text import print_stats
from engine.views.terminal import console

GOLDEN = """\
read 12 = events 7 + details joined 1 + details waiting 1 + duplicates 1 +
ignored 1 + quarantined 1
Every record is accounted for.

system  events  failures  joined  waiting  duplicates  ignored  quarantined
bank         4         2       1        1           0        0            0
shop         3         1       0        0           1        1            0

template         becomes  rows  duplicates
bank.checkpoint  event       4           0
bank.error       detail      2           0
shop.checkpoint  event       3           1
shop.ignore[0]   ignored     1           0

Events that expect a detail: 1 complete, 1 waiting, 0 unmatched (0 ambiguous)
Details without an event: 1, 1 orphan among them

Failures by reason
  events  system  reason
       1  bank    no reason known
       1  bank    LIMIT_REACHED
       1  shop    NO_TRUCK

Quarantine by reason (engine quarantine list)
  records  reason    meaning
        1  no_match  no record kind of any loaded spec accepts the record

Streams
  records  next offset  stream
       12          120  app.log  file:aa11
"""


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    return StoreBuilder(tmp_path / "events.db")


@pytest.fixture(autouse=True)
def _a_pipe_without_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def _stats(store: StoreBuilder) -> Stats:
    with closing(open_reader(store.url)) as reader:
        return read_stats(reader)


def _text(stats: Stats) -> str:
    out = io.StringIO()
    print_stats(stats, console(out))
    return out.getvalue()


def test_the_counts_for_people(store: StoreBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    flow(store)
    assert _text(_stats(store)) == GOLDEN


def test_the_counts_for_programs(store: StoreBuilder) -> None:
    flow(store)
    document = stats_document(_stats(store))
    assert document == {
        "read": 12,
        "events": 7,
        "details_joined": 1,
        "details_waiting": 1,
        "duplicates": 1,
        "ignored": 1,
        "quarantined": 1,
        "accounted": 12,
        "balanced": True,
        "orphans": 1,
        "ambiguous": 0,
        "join_states": {"complete": 1, "waiting": 1, "unmatched": 0},
        "systems": [
            {
                "system_id": "bank",
                "events": 4,
                "failures": 2,
                "details_joined": 1,
                "details_waiting": 1,
                "duplicates": 0,
                "ignored": 0,
                "quarantined": 0,
                "kinds": [
                    {"kind": "checkpoint", "becomes": "event", "rows": 4, "duplicates": 0},
                    {"kind": "error", "becomes": "detail", "rows": 2, "duplicates": 0},
                ],
            },
            {
                "system_id": "shop",
                "events": 3,
                "failures": 1,
                "details_joined": 0,
                "details_waiting": 0,
                "duplicates": 1,
                "ignored": 1,
                "quarantined": 0,
                "kinds": [
                    {"kind": "checkpoint", "becomes": "event", "rows": 3, "duplicates": 1},
                    {"kind": "ignore[0]", "becomes": "ignored", "rows": 1, "duplicates": 0},
                ],
            },
        ],
        "failure_reasons": [
            {"system_id": "bank", "failure_reason": None, "events": 1},
            {"system_id": "bank", "failure_reason": "LIMIT_REACHED", "events": 1},
            {"system_id": "shop", "failure_reason": "NO_TRUCK", "events": 1},
        ],
        "quarantine_reasons": [{"reason": "no_match", "records": 1}],
        "streams": [
            {"name": "file:aa11", "title": "app.log", "records_read": 12, "next_offset": 120}
        ],
    }


WAYS = ("event", "failure", "detail", "stray", "merged", "merged detail", "ignored", "rejected")


@examples(30)
@given(st.lists(st.lists(st.sampled_from(WAYS), min_size=1, max_size=12), max_size=4))
def test_both_sides_of_the_sum_are_equal(batches: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = StoreBuilder(Path(folder) / "events.db")
        for batch in batches:
            for way in batch:
                _put(store, way)
            store.commit()
        if not batches:
            store.commit()
        stats = _stats(store)
    put = Counter(way for batch in batches for way in batch)
    assert stats.balanced
    assert stats.read == put.total()
    terms = stats.terms
    assert terms["events"] == put["event"] + put["failure"] + min(put["merged"], 1)
    assert terms["details_joined"] == min(put["failure"], put["detail"])
    assert terms["duplicates"] == max(put["merged"] - 1, 0) + max(put["merged detail"] - 1, 0)
    assert (terms["ignored"], terms["quarantined"]) == (put["ignored"], put["rejected"])


def _put(store: StoreBuilder, way: str) -> None:
    now = "2025-05-04T10:30:00Z"
    if way == "event":
        store.event("A", now)
    elif way == "failure":
        store.event("A", now, of=BANK, status="FAILURE")
    elif way == "detail":
        store.detail("R", now)
    elif way == "stray":
        store.detail("R", now, correlation_id="nobody")
    elif way == "merged":
        store.event("M", now, content_hash=b"m")
    elif way == "merged detail":
        store.detail("R", now, correlation_id="no one", content_hash=b"d")
    elif way == "ignored":
        store.ignored()
    else:
        store.rejection(b"junk", of="shop", kind="checkpoint")


def test_a_difference_is_said_loudly(store: StoreBuilder) -> None:
    flow(store)
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE stream SET records_read = records_read + 2")
    stats = _stats(store)
    assert not stats.balanced
    assert stats_document(stats)["balanced"] is False
    assert _text(stats).startswith(
        "THE SUM IS WRONG: read 14, accounted for 12 (-2)\nread 14 ≠ events 7 + "
    )


class CommitsBetweenQueries:
    """A reader under which a run goes on: every query is followed by a commit of another."""

    def __init__(self, reader: StoreReader, store: StoreBuilder) -> None:
        self._reader = reader
        self._store = store

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        found = list(self._reader.rows(sql, parameters))
        flow(self._store)
        yield from found


def test_the_sum_holds_while_a_run_commits(store: StoreBuilder) -> None:
    flow(store)
    with closing(open_reader(store.url)) as reader:
        stats = read_stats(CommitsBetweenQueries(reader, store))
    assert (stats.read, stats.balanced) == (12, True)
    assert _stats(store).read > 12


def test_quarantined_values_count_for_the_system_that_took_them(store: StoreBuilder) -> None:
    store.rejection(b"1", "unknown_status", of="shop", kind="checkpoint")
    store.rejection(b"2", "unknown_status")
    store.rejection(b"3")
    store.commit()
    stats = _stats(store)
    assert [(one.system_id, one.quarantined) for one in stats.systems] == [("shop", 1)]
    assert [tuple(one) for one in stats.quarantine_reasons] == [
        ("unknown_status", 2),
        ("no_match", 1),
    ]


def test_the_most_frequent_reasons_come_first_and_not_all_of_them(store: StoreBuilder) -> None:
    for number in range(30):
        for _ in range(2 if number == 17 else 1):
            store.event("A", status="FAILURE", reason=f"R{number:02}")
    store.commit()
    reasons = [one.failure_reason for one in _stats(store).failure_reasons]
    assert reasons[:3] == ["R17", "R00", "R01"]
    assert len(reasons) == 20


def test_many_streams_do_not_flood_the_screen(store: StoreBuilder) -> None:
    for number in range(25):
        store.event("A", stream=f"file:{number:02}")
    store.commit()
    stats = _stats(store)
    assert "… and 5 more (--format json)" in _text(stats)
    assert len(stats_document(stats)["streams"]) == 25


def test_an_empty_store_balances(store: StoreBuilder) -> None:
    store.commit()
    stats = _stats(store)
    assert stats.balanced
    assert _text(stats) == (
        "read 0 = events 0 + details joined 0 + details waiting 0 + duplicates 0 + "
        "ignored 0 + quarantined 0\nEvery record is accounted for.\n"
    )


def test_hostile_text_stays_text(store: StoreBuilder) -> None:
    store.title = "\x1b]0;owned\x07.log"
    store.event("A", status="FAILURE", reason="\x1b[2J\u202e[red]")
    store.commit()
    text = _text(_stats(store))
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[2J\\u202e[red]" in text
