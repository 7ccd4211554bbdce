"""What the mappings of a spec make of what was captured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_systems import condition, join, json_kind, system
from mapped_records import TIME, TIME_US, R, event, json_system, refusal, run, way

from engine.model import Detail, FieldMapping, ValueMap


def reason(record: dict[str, Any], *ways: FieldMapping) -> str | None:
    """The failure reason that these mappings give."""
    return event(json_system(*ways), record).failure_reason


_GIVES = [
    ((way(R, "a.b"),), {"a": {"b": "x"}}, "x"),
    ((way(R, "a[*].b"),), {"a": [{}, {"b": 7}]}, "7"),
    ((way(R, "a"), way(R, "b")), {"b": "x"}, "x"),
    ((way(R, "a"), way(R, "b")), {"a": "y", "b": "x"}, "y"),
    ((way(R, "a"), FieldMapping(R, constant="none")), {"a": ""}, "none"),
    ((way(R, "a", absent=("-", "N/A")),), {"a": "N/A"}, None),
    ((way(R, "a", absent=("0",)), way(R, "b")), {"a": 0, "b": "x"}, "x"),
    ((way(R, "a", case="upper"),), {"a": "aß"}, "ASS"),
    ((way(R, "a", case="lower", values=ValueMap({"ko": "bad"})),), {"a": "KO"}, "bad"),
    ((way(R, "a", values=ValueMap({}, ((400, 499, "client"),))),), {"a": 404}, "client"),
    ((way(R, "a", values=ValueMap({}, globs=(("no *", "no"),))),), {"a": "no room"}, "no"),
    ((way(R, "a", values=ValueMap({"x": None})), way(R, "b")), {"a": "x", "b": "y"}, "y"),
    ((way(R, "a", "b"),), {"a": "x", "b": 1}, "x 1"),
    ((way(R, "a", "b"),), {"a": "x"}, None),
    ((way(R, "a", when=(condition("b", "present"),)),), {"a": "x"}, None),
    ((way(R, "a", when=(condition("b", "one_of", ("1",)),)),), {"a": "x", "b": 1}, "x"),
    ((way(R, "a", when=(condition("status", "one_of", ("SUCCESS",)),)),), {"a": "x"}, "x"),
    ((way(R, "a", when=(condition("status", "one_of", ("FAILURE",)),)),), {"a": "x"}, None),
]


@pytest.mark.parametrize("ways, record, value", _GIVES)
def test_ways_to_a_value(
    ways: tuple[FieldMapping, ...], record: dict[str, Any], value: str | None
) -> None:
    assert reason(record, *ways) == value


def test_a_condition_on_the_status_is_on_that_of_the_event() -> None:
    status = way("status", "status", values=ValueMap({"KO": "FAILURE", "OK": "SUCCESS"}))
    why = way(R, "a", when=(condition("status", "one_of", ("FAILURE",)),))
    assert event(json_system(status, why), {"a": "x", "status": "KO"}).failure_reason == "x"
    assert event(json_system(status, why), {"a": "x", "status": "OK"}).failure_reason is None


def test_a_value_that_no_entry_is_for() -> None:
    made = json_system(way(R, "a", values=ValueMap({"x": "y"})), way(R, "b"))
    found = refusal(made, {"a": "z", "b": "x"})
    assert (found.reason, found.message) == ("unknown_value", 'failure_reason: no entry for "z"')


@pytest.mark.parametrize("value", [[], {}, True, 1.5, [1]])
def test_what_is_no_text(value: object) -> None:
    assert refusal(json_system(way(R, "a")), {"a": value}).reason == "wrong_type"


# --- ids and times ------------------------------------------------------------------------------


def test_records_without_an_id_wait_for_nothing_and_are_never_the_same() -> None:
    none = FieldMapping("correlation_id")
    made = replace(
        json_system(none), merge=("correlation_id",), join=replace(join("body"), events=("log",))
    )
    found = event(made, {"status": "FAILURE"})
    assert (found.correlation_id, found.expects_detail, found.content_hash) == (None, False, None)
    merged = replace(made, merge=("checkpoint_id",))
    assert event(merged, {}).content_hash is not None
    assert refusal(json_system(way("correlation_id", "x")), {}).reason == "missing_field"
    first = json_system(way("correlation_id", "x"), none)
    assert event(first, {"x": "y"}).correlation_id == "y"
    assert event(first, {}).correlation_id is None


def test_formats_of_a_time_in_the_order_to_try() -> None:
    made = json_system(way("timestamp", "timestamp", formats=("%d/%m/%Y %H:%M:%S", "epoch", "iso")))
    assert event(made, {"timestamp": "04/05/2025 11:00:00"}).time_us == TIME_US
    assert event(made, {"timestamp": TIME}).time_us == TIME_US
    assert event(made, {"timestamp": TIME_US // 10**6}).timestamp == TIME
    assert event(made, {"timestamp": TIME_US / 10**6 + 0.25}).time_us == TIME_US + 250_000
    assert refusal(made, {"timestamp": "yesterday"}).reason == "bad_time"
    assert refusal(json_system(), {"timestamp": 1.5}).reason == "wrong_type"


def test_a_day_and_a_time_in_two_fields() -> None:
    made = json_system(way("timestamp", "day", "time"))
    assert event(made, {"day": "2025-05-04", "time": "11:00:00"}).timestamp == TIME


def test_the_year_is_that_of_the_record_or_of_its_file() -> None:
    made = json_system(way("timestamp", "timestamp", formats=("%b %d %H:%M:%S",)))
    record = {"timestamp": "May 04 11:00:00"}
    assert refusal(made, record).reason == "missing_year"
    assert event(made, record, written_us=TIME_US).timestamp == TIME
    later_us = TIME_US + 366 * 86_400_000_000
    found = event(made, record, written_us=TIME_US, timestamp_us=later_us)
    assert found.timestamp == "2026-05-04T11:00:00Z"


def test_the_time_of_the_record_itself() -> None:
    made = json_system(FieldMapping("timestamp", is_record_time=True))
    found = event(made, {}, timestamp_us=TIME_US)
    assert (found.timestamp, found.time_us) == ("2025-05-04T11:00:00.000Z", TIME_US)
    assert event(made, {}, timestamp_us=TIME_US + 1).timestamp == "2025-05-04T11:00:00.000001Z"
    assert refusal(made, {}, timestamp_us=2**62).reason == "impossible_time"
    untimed = event(made, {})
    assert (untimed.timestamp, untimed.content_hash) == ("", None)
    either = json_system(way("timestamp", "t"), FieldMapping("timestamp", is_record_time=True))
    assert event(either, {"t": TIME}, timestamp_us=1).timestamp == TIME
    assert event(either, {}, timestamp_us=TIME_US).time_us == TIME_US


def test_a_detail_may_take_the_time_of_its_record() -> None:
    kind = json_kind(
        "error",
        [],
        ["correlation_id", R, FieldMapping("timestamp", is_record_time=True)],
        "detail",
    )
    made = system("eta", kind, join=join("record"))
    found = run(made, {R: "x"}, timestamp_us=TIME_US)
    assert isinstance(found, Detail)
    assert found.time_us == TIME_US
