from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from store_building import BANK, SHOP, StoreBuilder, flow

from engine.model import EXPORT_FIELDS, STATUSES
from engine.stores.sqlite import open_reader
from engine.views import trace as trace_module
from engine.views.terminal import console
from engine.views.trace import (
    LIMIT,
    SystemSpan,
    Trace,
    TracedEvent,
    WaitingDetail,
    read_trace,
    trace_document,
)
from engine.views.trace_text import print_trace

GOLDEN = """\
abc-123
7 events in 2 systems, 3 failures, 2 min 5 s
2025-05-04T10:30:00Z to 2025-05-04T10:32:05Z

   time  system  checkpoint   try  status   reason
  +0:00  bank    OPENED            SUCCESS
  +0:01  bank    CHECKED        1  FAILURE  LIMIT_REACHED
  +0:02  bank    CHECKED        2  SUCCESS
         …       2 min later
  +2:02  shop    PACKED            SUCCESS
  +2:03  shop    SENT           1  FAILURE  NO_TRUCK
  +2:04  shop    SENT           2  SUCCESS  (seen 2 times)
  +2:05  bank    CLOSED            FAILURE  (waits for its detail)

  system  events  failures  begins      lasts
  bank         4         2   +0:00  2 min 5 s  ━━━━━━━━━━━━━━━━━━━━
  shop         3         1   +2:02        2 s  ···················━

1 quarantined record mentions it: engine quarantine show file:aa11:110
"""


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    return StoreBuilder(tmp_path / "events.db")


@pytest.fixture(autouse=True)
def _a_pipe_without_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def _trace(store: StoreBuilder, correlation_id: str = "abc-123", limit: int = LIMIT) -> Trace:
    with closing(open_reader(store.url)) as reader:
        return read_trace(reader, correlation_id, limit)


def _text(trace: Trace, *, attributes: bool = False) -> str:
    out = io.StringIO()
    print_trace(trace, console(out), attributes=attributes)
    return out.getvalue()


@pytest.mark.parametrize("columns", ["80", "200", None])
def test_a_life_is_a_story_in_any_width(
    store: StoreBuilder, columns: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    flow(store)
    assert _text(_trace(store)) == GOLDEN


def test_attributes_are_shown_where_they_are_asked_for(store: StoreBuilder) -> None:
    flow(store)
    story = _trace(store)
    assert _text(story, attributes=True) == GOLDEN, "nothing has any"
    store.event("PACKED", correlation_id="x", attributes={"n": [1, None], "by": "J\x1b\nX"})
    store.event("SENT", "2025-05-04T10:30:01", correlation_id="x")
    store.commit()
    trace = _trace(store, "x")
    events = trace_document(trace)["events"]
    assert [one["attributes"] for one in events] == [{"n": [1, None], "by": "J\x1b\nX"}, None]
    assert "by=" not in _text(trace)
    assert _text(trace, attributes=True).splitlines()[4:7] == [
        "   time  system  checkpoint  status   reason      attributes",
        "  +0:00  shop    PACKED      SUCCESS              n=[1, null]  by=J\\x1b\\nX",
        "  +0:01  shop    SENT        SUCCESS",
    ]


def test_events_without_an_id_are_nobody_s(store: StoreBuilder) -> None:
    flow(store)
    for _ in range(3):
        store.event("VIEWED", correlation_id=None)
    store.commit()
    assert _text(_trace(store)).startswith(GOLDEN[: GOLDEN.index("\n\n")])
    assert not _trace(store, "None").found
    assert _trace(store, "abc-12").near == ("abc-123",)


def test_the_document_has_it_all(store: StoreBuilder) -> None:
    flow(store)
    document = trace_document(_trace(store))
    events: list[dict[str, Any]] = document.pop("events")
    assert document == {
        "correlation_id": "abc-123",
        "started": "2025-05-04T10:30:00Z",
        "ended": "2025-05-04T10:32:05Z",
        "duration_ms": 125_000,
        "events_total": 7,
        "failures": 3,
        "systems": [
            {
                "system_id": "bank",
                "events": 4,
                "failures": 2,
                "started": "2025-05-04T10:30:00Z",
                "ended": "2025-05-04T10:32:05Z",
                "duration_ms": 125_000,
            },
            {
                "system_id": "shop",
                "events": 3,
                "failures": 1,
                "started": "2025-05-04T10:32:02Z",
                "ended": "2025-05-04T10:32:04Z",
                "duration_ms": 2_000,
            },
        ],
        "gaps": [{"after": "file:aa11:30", "before": "file:aa11:40", "duration_ms": 120_000}],
        "details_waiting": [],
        "quarantined_mentions": ["file:aa11:110"],
    }
    assert all(list(one) == [*EXPORT_FIELDS, "attempt", "since_start_ms"] for one in events)
    assert events[1] == {
        "system_id": "bank",
        "checkpoint_id": "CHECKED",
        "timestamp": "2025-05-04T10:30:01Z",
        "status": "FAILURE",
        "correlation_id": "abc-123",
        "failure_reason": "LIMIT_REACHED",
        "event_id": "file:aa11:10",
        "join_state": "complete",
        "kind": "checkpoint",
        "spec_digest": BANK.digest[:16],
        "ambiguous": False,
        "seen": 1,
        "detail_id": "file:aa11:20",
        "attributes": None,
        "attempt": 1,
        "since_start_ms": 1_000,
    }
    assert [(one["checkpoint_id"], one["attempt"]) for one in events] == [
        ("OPENED", 1),
        ("CHECKED", 1),
        ("CHECKED", 2),
        ("PACKED", 1),
        ("SENT", 1),
        ("SENT", 2),
        ("CLOSED", 1),
    ]


def test_equal_times_are_told_by_position_and_streams_by_name(store: StoreBuilder) -> None:
    for name in ("file:b", "file:a"):  # the number of a stream in the store says nothing
        for checkpoint in ("X", "Y"):
            store.event(checkpoint, stream=name)
    store.event("EARLY", "2025-05-04T10:29:59Z", stream="file:z")
    store.commit()
    ids = [one.fields["event_id"] for one in _trace(store).events]
    assert ids == ["file:z:0", "file:a:0", "file:a:10", "file:b:0", "file:b:10"]


def test_states_of_a_join_are_told(store: StoreBuilder) -> None:
    store.event("LOST", "2025-05-04T10:30:00Z", of=BANK, status="FAILURE")
    for second in (1, 2):
        store.event("TWICE", f"2025-05-04T10:35:0{second}Z", of=BANK, status="FAILURE")
    store.detail("WHICH", "2025-05-04T10:35:03Z")
    store.detail("LATE", "2025-05-04T10:33:00Z")
    store.commit()
    trace = _trace(store)
    text = _text(trace)
    assert "LOST             FAILURE  (no detail came)\n" in text
    assert "WHICH (ambiguous: another detail or event was in reach)" in text
    assert "1 detail completes no event:\n  bank.error: LATE (orphan, file:aa11:40)" in text
    assert trace_document(trace)["details_waiting"] == [
        {
            "detail_id": "file:aa11:40",
            "system_id": "bank",
            "kind": "error",
            "failure_reason": "LATE",
            "state": "orphan",
        }
    ]


def test_an_id_of_details_alone_is_found(store: StoreBuilder) -> None:
    flow(store)
    trace = _trace(store, "xyz-9")
    assert trace.found
    text = _text(trace)
    assert text.startswith("xyz-9  no events\n")
    assert "bank.error: NOBODY_ASKED (orphan, file:aa11:90)" in text
    document = trace_document(trace)
    assert (document["started"], document["duration_ms"], document["events"]) == (None, None, [])


def test_an_id_written_everywhere_fills_no_memory(store: StoreBuilder) -> None:
    for second in range(50):
        store.event("STEP", f"2025-05-04T10:30:{second:02}Z", correlation_id="0")
    store.commit()
    trace = _trace(store, "0", limit=3)
    assert (len(trace.events), trace.events_total) == (3, 50)
    assert trace_document(trace)["duration_ms"] == 49_000
    assert "… and 47 later events (--limit)" in _text(trace)


def test_gaps_are_told_where_they_stand_out(store: StoreBuilder) -> None:
    for number, second in enumerate((0, 1, 2, 3, 13, 14)):
        store.event(f"STEP_{number}", f"2025-05-04T10:30:{second:02}Z")
    for second in (0, 30):
        store.event("TWO", f"2025-05-04T10:30:{second:02}Z", correlation_id="two")
    store.commit()
    trace = _trace(store)
    gaps = [trace.gap_before(index) for index in range(6)]
    assert gaps == [None, None, None, None, 10_000_000, None]
    two = _trace(store, "two")
    assert two.gap_before(1) is None


def test_hostile_text_stays_text(store: StoreBuilder) -> None:
    store.event("\x1b[2J[red]A", status="FAILURE", reason="x\n\u202ey[/]", correlation_id="\x07")
    store.commit()
    text = _text(_trace(store, "\x07"))
    assert text.replace("\n", "").isprintable()
    assert text.startswith("\\x07\n1 event in 1 system")
    assert "\\x1b[2J[red]A  FAILURE  x\\n\\u202ey[/]\n" in text


names = st.text(max_size=60)


@given(
    st.lists(
        st.tuples(names, names, st.sampled_from(STATUSES), names | st.none()),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_stays_within_eighty_columns(rows: list[tuple[str, str, str, str | None]]) -> None:
    fields = {"join_state": "waiting", "ambiguous": True, "seen": 2}
    events = [
        TracedEvent(
            fields
            | {
                "system_id": system,
                "checkpoint_id": checkpoint,
                "status": status,
                "failure_reason": reason,
            },
            number * 3_600_000_001,
            number + 1,
        )
        for number, (system, checkpoint, status, reason) in enumerate(rows)
    ]
    spans = tuple(SystemSpan(row[0], 1, 0, 0, events[-1].time_us) for row in rows)
    details = (WaitingDetail("file:a:1", *rows[0][:2], rows[0][3], "orphan"),)
    out = io.StringIO()
    screen = console(out)
    screen.width = 80
    print_trace(Trace(rows[0][0], spans, tuple(events), details, (rows[0][1],)), screen)
    lines = out.getvalue().split("\n")
    assert all(line.isprintable() for line in lines)
    assert max(cell_len(line) for line in lines) <= 80


def test_a_long_reason_is_cut_and_an_id_is_not(store: StoreBuilder) -> None:
    store.event("C" * 1024, status="FAILURE", reason="r" * 100_000, correlation_id="i" * 1024)
    store.commit()
    text = _text(_trace(store, "i" * 1024))
    assert "i" * 1024 in text
    assert "C" * 1024 in text
    assert "r" * 399 + "…" in text
    assert "r" * 400 not in text


def test_ids_that_begin_like_an_unknown_one_are_near(store: StoreBuilder) -> None:
    for name in ("abd", "abc-9", "abc-1", "abc-1", "abc-5", "abc-7", "zzz"):
        store.event("X", correlation_id=name)
    store.commit()
    trace = _trace(store, "abc")
    assert not trace.found
    assert trace.near == ("abc-1", "abc-5", "abc-7")


def test_else_neighbours_that_share_half_of_it_are_near(store: StoreBuilder) -> None:
    for name in ("order-1041", "order-1043", "zzz"):
        store.event("X", correlation_id=name)
    store.commit()
    assert _trace(store, "order-1042").near == ("order-1041", "order-1043")
    assert _trace(store, "order-10439").near == ("order-1043",)
    assert _trace(store, "mmmm").near == ()


def test_mentions_in_the_quarantine_are_counted_up_to_a_bound(
    store: StoreBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_module, "MENTIONS_LOOKED_AT", 150)
    store.event("X", of=SHOP)
    for number in range(200):
        store.rejection(b"\xff abc-123 %d" % number if number % 10 else b"another")
    store.commit()
    trace = _trace(store)
    assert len(trace.mentions) == 100
    assert "100 or more quarantined records mention it" in _text(trace)
    monkeypatch.setattr(trace_module, "MENTIONS_LOOKED_AT", 20)
    assert len(_trace(store).mentions) == 18


def test_an_empty_store_has_no_life(store: StoreBuilder) -> None:
    store.commit()
    trace = _trace(store)
    assert (trace.found, trace.near, trace.mentions) == (False, (), ())
