"""What leaves without a store is written as ``event_line`` says, character by character."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import ALPHA, BETA, system, text_kind

from engine.event_json import RowLines, attributes_text, event_line, line_of
from engine.model import STATUSES, Detail, Event, Row, System

ODD = system('o"d\\d', text_kind("lo\tg é", "ODD {checkpoint_id}"))
KINDS = [(one, kind.name) for one in (ALPHA, BETA, ODD) for kind in one.kinds]

_plain = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc"]))
_any = st.text(st.characters(exclude_categories=["Cs"])) | st.text('"\\\n\r\t\b\f\x00\x1f\x7f é😀')
_streams = st.sampled_from(["file:aa", "kafka:c/raw-logs/0"]) | _any
_times = st.datetimes().map(lambda one: f"{one.isoformat()}Z")
_statuses = st.sampled_from(STATUSES)
_offsets = st.integers(0, 2**63 - 1)


def _row(
    texts: st.SearchStrategy[str], reasons: st.SearchStrategy[str | None]
) -> st.SearchStrategy[Row]:
    numbers = st.integers(0, len(KINDS) - 1)
    times_us = st.integers(-(2**62), 2**62)
    ids = st.none() | texts
    return st.tuples(_offsets, numbers, texts, _times, times_us, _statuses, ids, reasons)


def _wanted(stream: str, row: Row) -> str:
    of, kind = KINDS[row[1]]
    (offset, _, checkpoint_id, timestamp, _, status, correlation_id, reason) = row
    values = (
        *(of.name, checkpoint_id, timestamp, status, correlation_id, reason),
        *(f"{stream}:{offset}", "none", kind, of.digest, False, 1, None, None),
    )
    return event_line(values) + "\n"


@given(_streams, st.lists(_row(_any, st.none() | _any)))
@examples(200)
def test_rows(stream: str, rows: Sequence[Row]) -> None:
    found = RowLines(KINDS).lines(stream, rows, is_plain=False)
    assert found == [_wanted(stream, row) for row in rows]


@given(_streams, st.lists(_row(_plain, st.none()) | _row(_any, _any)))
@examples(200)
def test_rows_without_escapes(stream: str, rows: Sequence[Row]) -> None:
    found = RowLines(KINDS).lines(stream, rows, is_plain=True)
    assert found == [_wanted(stream, row) for row in rows]


_events = st.builds(
    Event,
    stream=_streams,
    offset=_offsets,
    system=st.sampled_from([ALPHA, BETA, ODD]),
    kind=_any,
    checkpoint_id=_any,
    timestamp=_times,
    time_us=st.just(0),
    status=_statuses,
    correlation_id=st.none() | _any,
    failure_reason=st.none() | _any,
    attributes=st.none() | st.dictionaries(_any, st.text() | st.none() | st.integers()),
)


def _details(of: System) -> st.SearchStrategy[Detail | None]:
    made = st.builds(
        Detail,
        stream=_streams,
        offset=_offsets,
        system=st.just(of),
        kind=_any,
        correlation_id=_any,
        failure_reason=st.none() | _any,
        time_us=st.none(),
    )
    return st.none() | made


@given(
    _events,
    _details(ALPHA),
    st.sampled_from(["none", "complete", "unmatched"]),
    st.booleans(),
)
@examples(200)
def test_any_event(
    event: Event,
    detail: Detail | None,
    state: Literal["none", "complete", "unmatched"],
    is_ambiguous: bool,
) -> None:
    reason, detail_id = event.failure_reason, None
    if detail is not None:
        reason = reason if detail.failure_reason is None else detail.failure_reason
        detail_id = f"{detail.stream}:{detail.offset}"
    values = (
        *(event.system.name, event.checkpoint_id, event.timestamp, event.status),
        *(event.correlation_id, reason, f"{event.stream}:{event.offset}", state, event.kind),
        *(event.system.digest, is_ambiguous, 1, detail_id, attributes_text(event.attributes)),
    )
    line = line_of(event, state, detail, is_ambiguous=is_ambiguous)
    assert line == event_line(values) + "\n"
    assert json.loads(line)["checkpoint_id"] == event.checkpoint_id


PLAIN = (
    *("bank", "PAID", "2025-05-04T10:32:00Z", "SUCCESS", None, None),
    *("file:aa:17", "none", "step", "0123456789abcdef" * 4, False, 1, None, None),
)


def test_a_line_says_what_there_is_to_say_and_no_more() -> None:
    shortest = (
        '{"system_id":"bank","checkpoint_id":"PAID","timestamp":"2025-05-04T10:32:00Z",'
        '"status":"SUCCESS","correlation_id":null,"failure_reason":null,"event_id":"file:aa:17",'
        '"join_state":"none","kind":"step","spec_digest":"0123456789abcdef"'
    )
    assert event_line(PLAIN) == shortest + "}"
    more = (*PLAIN[:-4], True, 2, "file:aa:40", '{"size":1}')
    assert event_line(more) == (
        f'{shortest},"ambiguous":true,"seen":2,"detail_id":"file:aa:40","attributes":{{"size":1}}}}'
    )
