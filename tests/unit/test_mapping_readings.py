"""What is read of texts inside of records, and any record at all."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import condition
from mapped_records import BASE, TIME, R, event, json_system, refusal, run, text_system, way

from engine.model import (
    Condition,
    Csv,
    Event,
    FieldMapping,
    Json,
    Key,
    KeyValues,
    Reading,
    Rejection,
    ValueMap,
)
from engine.rejections import REASONS

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
