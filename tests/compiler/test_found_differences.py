"""What was found to differ once, each as the smallest example."""

from __future__ import annotations

import json

import pytest
from comparing import Comparison
from elsewhere import Spec, load, text
from seeding import proved


def compared(spec: Spec, *values: str) -> Comparison:
    systems = proved(load(spec))
    assert systems is not None
    comparison = Comparison(systems)
    comparison.compare([value.encode() for value in values])
    return comparison


def test_a_kind_with_a_segment_is_read_by_its_own_expression() -> None:
    """It had the name of what reads the times of its system."""
    spec = text("{timestamp:iso} {correlation_id:word}{? - {failure_reason}}")
    assert compared(spec, "2025-05-04T10:30:00Z a - why", "2025-05-04T10:30:00Z a").row_count == 2


def test_a_spec_that_keeps_no_record_without_redacting_anything() -> None:
    """Records were kept whole."""
    spec = text("{timestamp:iso} {correlation_id:word}") | {"redact": {"raw": "drop"}}
    compared(spec, "2025-05-04T10:30:00Z a")


@pytest.mark.parametrize("said", ['say "hi"', "back\\slash", "tab\there"])
@pytest.mark.parametrize("how", ["constant", "map", "otherwise"])
def test_what_needs_an_escape_comes_from_the_spec(said: str, how: str) -> None:
    """The rows were said to need none, as the records did not."""
    ways: dict[str, object] = {
        "constant": {"value": said},
        "map": {"from": "step", "map": {"a": said}},
        "otherwise": {"from": "step", "map": {"b": "B", "otherwise": said}},
    }
    spec = text("{timestamp:iso} {correlation_id:word} {step}", checkpoint_id=ways[how])
    assert compared(spec, "2025-05-04T10:30:00Z a a").row_count == 1
    spec = json_spec(checkpoint_id=ways[how])
    assert compared(spec, json.dumps(RECORD)).row_count == 1


@pytest.mark.parametrize("test", ["present", "absent", "SUCCESS"])
def test_a_condition_on_a_status_that_is_always_the_same(test: str) -> None:
    """Python warned of the source: a constant was asked whether it is None."""
    spec = json_spec(failure_reason={"from": "why", "when": {"status": test}})
    assert compared(spec, json.dumps(RECORD)).row_count == 1


@pytest.mark.parametrize("key", ['"', "\\", "\n", "\x01", "é", "/", "", " ", "class", "k_3", "数"])
def test_a_key_that_is_no_name(key: str) -> None:
    """The decoder cannot be told of all of them."""
    spec = json_spec(failure_reason={"from": json.dumps(key)})
    found = compared(spec, json.dumps({**RECORD, key: "x"}), json.dumps(RECORD))
    assert found.row_count == 2 or key in {'"', "\\"}


RECORD = {"app": "one", "at": "2025-05-04T10:30:00Z", "id": "a", "step": "a", "why": "w"}


def json_spec(**fields: object) -> Spec:
    ways = {"timestamp": "at", "correlation_id": "id", "checkpoint_id": "step"}
    mapped = {**ways, "status": {"value": "SUCCESS"}, **fields}
    return {
        "system": "one",
        "format": "json",
        "records": {"step": {"where": {"app": "one"}, "fields": mapped}},
    }


def test_two_conditions_on_one_key() -> None:
    """Only the last of them was asked."""
    spec = json_spec() | {"where": {"app": ["one", "two"]}}
    spec["records"]["step"]["where"] = {"app": ["two", "three"]}
    apps = ["one", "two", "three", "four"]
    found = compared(spec, *(json.dumps({**RECORD, "app": one}) for one in apps))
    assert found.row_count == 1
