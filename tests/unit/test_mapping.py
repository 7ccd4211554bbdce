"""What the mappings of a spec make of what was captured."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import HERE, condition, join, json_kind, mapped, system, template

from engine.attributes import ATTRIBUTES_BYTES_MAX
from engine.interpreter import compile_normalizer
from engine.model import (
    Condition,
    Csv,
    Detail,
    Event,
    FieldMapping,
    Json,
    Key,
    KeyValues,
    Outcome,
    Reading,
    Record,
    RecordKind,
    Rejection,
    System,
    ValueMap,
)
from engine.rejections import REASONS
from engine.spec.paths import parse_path

TIME = "2025-05-04T11:00:00Z"
TIME_US = 1_746_356_400_000_000
BASE = {"checkpoint_id": "P", "status": "SUCCESS", "timestamp": TIME, "correlation_id": "a"}


def way(target: str, *sources: str, **changes: Any) -> FieldMapping:
    return replace(FieldMapping(target, tuple(parse_path(one) for one in sources)), **changes)


def json_system(*ways: FieldMapping, **changes: Any) -> System:
    """A system of JSON events: these mappings, and for the other required fields the key."""
    told = {one.target for one in ways}
    others = [mapped(name) for name in BASE if name not in told]
    return system("eta", replace(json_kind("log", [], [*others, *ways]), **changes))


def run(made: System, record: str | dict[str, Any], **changes: Any) -> Outcome:
    text = record if isinstance(record, str) else json.dumps({**BASE, **record})
    made_record = replace(Record("s", 0, 1, text.encode()), **changes)
    (outcome,) = compile_normalizer([made], b"key").normalize([made_record])
    return outcome


def event(made: System, record: str | dict[str, Any], **changes: Any) -> Event:
    outcome = run(made, record, **changes)
    assert isinstance(outcome, Event), outcome
    return outcome


def refusal(made: System, record: str | dict[str, Any], **changes: Any) -> Rejection:
    outcome = run(made, record, **changes)
    assert isinstance(outcome, Rejection), outcome
    return outcome


def reason(record: dict[str, Any], *ways: FieldMapping) -> str | None:
    """The failure reason that these mappings give."""
    return event(json_system(*ways), record).failure_reason


R = "failure_reason"

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


# --- readings -----------------------------------------------------------------------------------


def text_system(source: str, *ways: FieldMapping, **changes: Any) -> System:
    mappings = (
        FieldMapping("checkpoint_id", constant="P"),
        mapped("timestamp", "t"),
        FieldMapping("status", constant="FAILURE"),
        FieldMapping("correlation_id"),
        *ways,
    )
    made = RecordKind("line", "event", template(source), (), mappings, (), HERE)
    return system("eta", replace(made, **changes))


_FLAT = [
    (Json(), f'{{"t": "{TIME}", "why": "x"}}', "[1]", "a JSON object"),
    (KeyValues(), f"t={TIME} why=x", "=1", "key=value pairs"),
    (Csv(("t", "why")), f"{TIME},x", "1,2,3", "columns"),
]


@pytest.mark.parametrize("form, good, bad, expected", _FLAT)
def test_a_message_whose_parts_are_fields(form: Any, good: str, bad: str, expected: str) -> None:
    made = text_system(
        "head {why}: {message}",
        way(R, "why"),
        readings=(Reading("message", form, is_flat=True),),
        where=(condition("why", "one_of", ("x",)),),
    )
    found = event(made, f"head y: {good}")
    assert (found.failure_reason, found.timestamp) == ("x", TIME)
    missed = refusal(made, f"head y: {bad}")
    assert missed.reason == "no_match"
    (attempt,) = missed.nearest
    assert attempt.matched_chars == len("head y: ")
    assert attempt.expected.startswith(expected)
    other = refusal(made, f"head y: {good.replace('x', 'z')}")
    assert other.nearest[0].expected == 'key "why" to be "x"'


def test_parts_below_a_field() -> None:
    made = text_system("{t:iso} {line}", way(R, "line.a.b"), readings=(Reading("line", Json()),))
    assert event(made, TIME + ' {"a": {"b": "x"}}').failure_reason == "x"
    for text in ('{"a"', "7", '{"a": 1, "a": 2}'):
        found = refusal(made, f"{TIME} {text}")
        assert found.reason == "unreadable_field"
        assert (found.system, found.kind) == ("eta", "line")


def test_parts_below_a_key() -> None:
    made = json_system(way(R, "line.b"), readings=(Reading("line", KeyValues()),))
    assert event(made, {"line": "a=1 b=2"}).failure_reason == "2"
    assert event(made, {"line": {"b": "there"}}).failure_reason == "there"
    assert event(made, {"line": ""}).failure_reason is None
    assert event(made, {}).failure_reason is None


def test_a_condition_on_a_part_below_a_field() -> None:
    readings = (Reading("line", KeyValues()),)
    where = (Condition((Key("line"), Key("a")), "one_of", ("1",)),)
    made = text_system("{t:iso} {line}", readings=readings, where=where)
    event(made, f"{TIME} a=1")
    for text in ("a=2", '"'):
        assert refusal(made, f"{TIME} {text}").nearest[0].expected == 'key "line.a" to be "1"'


# --- attributes ---------------------------------------------------------------------------------


def attributes(made: System, record: str | dict[str, Any]) -> Any:
    return event(made, record).attributes


def test_a_kind_without_attributes_has_none() -> None:
    assert attributes(json_system(), {"a": 1}) is None


def test_all_that_was_read_and_what_is_said_of_it() -> None:
    entries = (
        way("n", "n", case="upper"),
        way("x", "deep.list[1]"),
        way("gone", "b"),
        way("b", "b", redact="drop"),
        way("c", "c", redact="mask"),
        way("d", "d", absent=("-",)),
    )
    made = json_system(attributes=entries, keeps_all=True)
    record = {"n": "a", "deep": {"list": [1, 2.5]}, "none": None, "b": "1", "c": 2, "d": "-"}
    found = attributes(made, {**record, "empty": ""})
    expected = {
        **BASE,
        "deep": {"list": [1, 2.5]},
        "empty": "",
        "n": "A",
        "x": 2.5,
        "gone": "1",
        "c": "***",
    }
    assert found == expected
    assert list(found) == list(expected)


def test_attributes_of_texts_are_texts() -> None:
    made = text_system("{t:iso} {line}", keeps_all=True, readings=(Reading("line", Json()),))
    found = attributes(made, TIME + ' {"a": 1}')
    assert found == {"t": TIME, "line": '{"a": 1}'}
    assert {type(value) for value in found.values()} == {str}
    flat = replace(made.kinds[0], readings=(Reading("line", Json(), is_flat=True),))
    assert attributes(system("eta", flat), TIME + ' {"a": 1}') == {"t": TIME, "a": 1}


def test_attributes_by_conditions_and_in_order() -> None:
    when = (condition("status", "one_of", ("FAILURE",)),)
    entries = (way("x", "a", when=when), way("x", "b"), way("y", "a", "b"))
    made = json_system(attributes=entries)
    assert attributes(made, {"a": 1, "b": 2}) == {"x": 2, "y": "1 2"}
    assert attributes(made, {"a": 1, "b": 2, "status": "FAILURE"}) == {"x": 1, "y": "1 2"}


_UNSTORABLE = [
    ("[1, 100000000000000000000000]", "integer_out_of_range"),
    ("9223372036854775808", "integer_out_of_range"),
    ('{"k": ["\\u0000"]}', "nul_character"),
    ('{"\\u0000": 1}', "nul_character"),
    ('["\\ud800"]', "lone_surrogate"),
    (json.dumps("x" * ATTRIBUTES_BYTES_MAX), "attributes_too_long"),
]


@pytest.mark.parametrize("value, expected", _UNSTORABLE)
def test_what_no_store_can_hold(value: str, expected: str) -> None:
    made = json_system(attributes=(way("a", "a"),))
    record = json.dumps(BASE)[:-1] + f', "a": {value}}}'
    assert refusal(made, record).reason == expected
    assert refusal(replace_all(made), record).reason == expected


def replace_all(made: System) -> System:
    (kind,) = made.kinds
    return replace(made, kinds=(replace(kind, attributes=(), keeps_all=True),))


# --- any value ----------------------------------------------------------------------------------

_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
_targets = st.sampled_from(["checkpoint_id", "timestamp", "status", "correlation_id", R])
_paths = st.sampled_from(["a", "b", "a[0]", "a.b", "b[*].a", "line", "line.a"])
_conditions: st.SearchStrategy[Literal["present", "absent"]] = st.sampled_from(
    ["present", "absent"]
)
_ways = st.builds(
    lambda target, sources, case, absent, values, test: way(
        target,
        *sources,
        case=case,
        absent=absent,
        values=values,
        when=() if test is None else (condition("a", test),),
    ),
    _targets,
    st.lists(_paths, max_size=2),
    st.sampled_from(["upper", "lower", None]),
    st.sampled_from([(), ("0", "-")]),
    st.sampled_from([None, ValueMap({"x": None}, ((0, 9, "y"),), (("a*", "z"),))]),
    st.none() | _conditions,
)


@given(
    st.lists(_ways, max_size=4),
    st.dictionaries(st.sampled_from(["a", "b", *BASE]), _values),
    st.text('{"a": 1}=, ', max_size=6),
    st.sampled_from([Json(), KeyValues(), Csv(("a", "b"))]),
    st.booleans(),
)
@examples(400)
def test_any_record_gives_an_outcome(
    ways: list[FieldMapping], record: dict[str, Any], line: str, form: Any, keeps_all: bool
) -> None:
    made = json_system(
        *ways, readings=(Reading("line", form),), attributes=tuple(ways), keeps_all=keeps_all
    )
    found = run(made, {**record, "line": line})
    if isinstance(found, Rejection):
        assert found.reason in REASONS
        return
    assert isinstance(found, Event)
    json.dumps(found.attributes, allow_nan=False).encode()


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
