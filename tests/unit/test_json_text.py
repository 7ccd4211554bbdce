"""JSON that has one reading, and reasons for what has none or several."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine import json_text
from engine.json_text import DEPTH_MAX, HugeInteger, decode_object
from engine.rejections import REASONS, Refused

_plain: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=4), _plain), st.booleans(), st.sampled_from([None, 2]))
@examples(150)
def test_what_json_writes_is_read_as_it_was(
    document: dict[str, object], is_ascii: bool, indent: int | None
) -> None:
    assert decode_object(json.dumps(document, ensure_ascii=is_ascii, indent=indent)) == document


@given(st.text('{}[]":,\\u012eE-N \n', max_size=30))
@examples(300)
def test_any_text_is_an_object_or_refused(text: str) -> None:
    reason = None
    try:
        assert isinstance(decode_object("{" + text), dict)
    except Refused as refused:
        reason = refused.reason
    assert reason is None or reason in REASONS


def nested(levels: int) -> str:
    """An object of so many levels in all."""
    return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


def test_the_deepest_that_is_taken_and_the_first_that_is_not() -> None:
    decode_object(nested(DEPTH_MAX))
    with pytest.raises(Refused) as refused:
        decode_object(nested(DEPTH_MAX + 1))
    assert refused.value.reason == "json_too_deep"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a":"' + "[" * 1000 + '"}', id="brackets in a string"),
        pytest.param('{"a":"\\"' + "[" * 1000 + '\\\\"}', id="after an escaped quote"),
        pytest.param('{"a":"\u2028' + "{" * 1000 + '"}', id="after a line separator"),
        pytest.param('{"a":[' + ",".join(["[]"] * 1000) + "]}", id="beside each other"),
    ],
)
def test_brackets_that_do_not_nest_do_not_count(text: str) -> None:
    assert decode_object(text) == json.loads(text)


def test_control_without_the_check_of_depth_python_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "_check_depth", lambda _: None)
    with pytest.raises(RecursionError):
        decode_object(nested(sys.getrecursionlimit() * 100))


def test_control_python_itself_takes_the_last_of_two_equal_keys() -> None:
    twice = '{"status":"FAILURE","status":"SUCCESS"}'
    assert json.loads(twice) == {"status": "SUCCESS"}
    with pytest.raises(Refused) as refused:
        decode_object(twice)
    assert refused.value.reason == "json_duplicate_key"
    assert '"status"' in refused.value.message


@pytest.mark.parametrize(
    "digits, expected",
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("-0", 0),
        ("1e2", 100.0),
        ("1e-999", 0.0),
        ("0.1", 0.1),
    ],
)
def test_numbers_that_are_taken(digits: str, expected: float) -> None:
    assert decode_object(f'{{"n":{digits}}}') == {"n": expected}


def test_an_integer_of_any_length_is_not_converted() -> None:
    assert isinstance(decode_object(f'{{"n":{"9" * 100_000}}}')["n"], HugeInteger)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none(number: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_object(f'{{"n":[{number}]}}')
    assert refused.value.reason == "json_not_finite"


@pytest.mark.parametrize(
    "text", ["{", '{"a"}', '{"a', "{01:2}", '{"a":01}', '{"a":+1}', '{"a":.5}', "{} {}"]
)
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_object(text)
    assert refused.value.reason == "invalid_json"
    assert " at line 1 column" in refused.value.message
    assert " at at " not in refused.value.message
