"""What else a spec keeps of a record."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from made_systems import condition, system
from mapped_records import BASE, TIME, event, json_system, refusal, text_system, way

from engine.attributes import ATTRIBUTES_BYTES_MAX
from engine.model import (
    Json,
    Reading,
    System,
)


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
