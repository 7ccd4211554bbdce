"""The normalizer by example: what a spec means for one record."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from made_systems import (
    ALPHA,
    BETA,
    DELTA,
    EPSILON,
    GAMMA,
    SYSTEMS,
    condition,
    join,
    json_kind,
    system,
    text_kind,
)

from engine.interpreter import compile_normalizer
from engine.mapping import IDENTIFIER_CHARS_MAX
from engine.model import (
    Attempt,
    Detail,
    Event,
    FieldMapping,
    Ignored,
    Outcome,
    Record,
    Rejection,
    System,
)

TIME = "2025-05-04T11:00:00Z"


def outcome(value: bytes | str | dict[str, Any], *systems: System) -> Outcome:
    if isinstance(value, dict):
        value = json.dumps(value)
    raw = value.encode() if isinstance(value, str) else value
    (found,) = compile_normalizer(systems or SYSTEMS).normalize([Record("file:aa", 5, 9, raw)])
    assert (found.stream, found.offset) == ("file:aa", 5)
    return found


def event(value: bytes | str | dict[str, Any], *systems: System) -> Event:
    found = outcome(value, *systems)
    assert isinstance(found, Event), found
    return found


def refusal(value: bytes | str | dict[str, Any], *systems: System) -> Rejection:
    found = outcome(value, *systems)
    assert isinstance(found, Rejection), found
    return found


# --- the four shapes ----------------------------------------------------------------------------


def test_a_text_event_that_waits_for_its_detail() -> None:
    found = event(f"{TIME} ALPHA: P 2 - FAILURE (ID: def-456)")
    assert (found.system, found.kind) == (ALPHA, "checkpoint")
    assert (found.checkpoint_id, found.timestamp, found.status) == ("P 2", TIME, "FAILURE")
    assert (found.correlation_id, found.failure_reason) == ("def-456", None)
    assert found.time_us == 1_746_356_400_000_000
    assert found.expects_detail
    assert found.content_hash is None


def test_an_event_that_does_not_meet_the_condition_waits_for_none() -> None:
    assert not event(f"{TIME} ALPHA: P - SUCCESS (ID: a)").expects_detail
    assert not event(f"{TIME} DELTA: P FAILURE [a] R1").expects_detail


def test_a_text_detail() -> None:
    found = outcome(f"{TIME} ALPHA ERROR: (ID: a) - it broke - (ID: 42)")
    assert isinstance(found, Detail)
    assert (found.correlation_id, found.failure_reason) == ("a", "it broke - (ID: 42)")
    assert found.time_us == 1_746_356_400_000_000


def test_a_json_detail_without_a_time() -> None:
    found = outcome({"system": "beta", "correlation_id": "a", "failure_reason": "R1"})
    assert isinstance(found, Detail)
    assert (found.system, found.kind, found.time_us) == (BETA, "error", None)


def test_json_may_be_spread_over_lines_and_indented() -> None:
    document = {
        "system": "beta",
        "checkpoint": "P",
        "status": "SUCCESS",
        "timestamp": TIME,
        "correlation_id": "a",
    }
    compact, spread = json.dumps(document), json.dumps(document, indent=4)
    assert event(compact) == event(spread) == event(f"\r\n {spread}\r\n")


def test_a_record_that_a_spec_leaves_out() -> None:
    found = outcome("DELTA health check from 10.0.0.1")
    assert isinstance(found, Ignored)
    assert (found.system, found.kind) == (DELTA, "ignore[0]")
    assert isinstance(outcome({"system": "gamma", "level": "debug"}), Ignored)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_line_end_belongs_to_no_value(end: str) -> None:
    assert event(f"{TIME} DELTA: P FAILURE [a] R1{end}").failure_reason == "R1"


def test_a_value_keeps_its_blanks() -> None:
    assert event(f"{TIME} DELTA: P FAILURE [ a ]  R1 ").correlation_id == " a "
    assert event(f"{TIME} DELTA: P FAILURE [ a ]  R1 ").failure_reason == " R1 "


# --- fields -------------------------------------------------------------------------------------


def gamma(**changes: Any) -> dict[str, Any]:
    return {
        "system": "gamma",
        "checkpoint": "P",
        "code": 1,
        "timestamp": TIME,
        "correlation_id": "a",
    } | changes


def test_a_map_translates_numbers_texts_and_booleans() -> None:
    assert event(gamma(code=0)).status == "SUCCESS"
    assert event(gamma(code="1")).status == "FAILURE"
    assert refusal(gamma(code=True)).reason == "unknown_value"


def test_an_integer_is_its_digits_where_text_is_asked_for() -> None:
    assert event(gamma(correlation_id=7)).correlation_id == "7"
    assert event(gamma(correlation_id=-(2**63))).correlation_id == "-9223372036854775808"


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_optional_field_may_be_null_or_empty(nothing: str | None) -> None:
    assert event(gamma(failure_reason=nothing)).failure_reason is None
    assert event(gamma()).failure_reason is None


def test_a_constant_needs_nothing_of_the_record() -> None:
    kind = text_kind("line", "{timestamp:iso} {correlation_id}")
    constants = (
        FieldMapping("checkpoint_id", constant="C"),
        FieldMapping("status", constant="SUCCESS"),
    )
    made = system("eta", replace(kind, mappings=kind.mappings + constants))
    found = event(f"{TIME} a", made)
    assert (found.checkpoint_id, found.status) == ("C", "SUCCESS")


def test_a_time_without_a_zone_is_in_the_zone_of_the_spec() -> None:
    berlin = replace(DELTA, timezone="Europe/Berlin")
    assert (
        event("2025-05-04T11:00:00 DELTA: P SUCCESS [a]", berlin).timestamp
        == "2025-05-04T09:00:00Z"
    )
    assert event(f"{TIME} DELTA: P SUCCESS [a]", berlin).timestamp == TIME


def test_the_longest_identifier_and_one_more() -> None:
    longest = "x" * IDENTIFIER_CHARS_MAX
    assert event(gamma(correlation_id=longest)).correlation_id == longest
    assert refusal(gamma(correlation_id=longest + "x")).reason == "value_too_long"
    assert event(gamma(failure_reason=longest * 2)).failure_reason == longest * 2


# --- conditions ---------------------------------------------------------------------------------

_CONDITIONS = [
    ("present", (), {"k": 1}, True),
    ("present", (), {"k": False}, True),
    ("present", (), {"k": ""}, True),
    ("present", (), {"k": None}, False),
    ("present", (), {}, False),
    ("absent", (), {}, True),
    ("absent", (), {"k": None}, True),
    ("absent", (), {"k": []}, False),
    ("one_of", ("a", "b"), {"k": "b"}, True),
    ("one_of", ("a", "b"), {"k": "B"}, False),
    ("one_of", ("7",), {"k": 7}, True),
    ("one_of", ("7",), {"k": 7.0}, False),
    ("one_of", ("true",), {"k": True}, True),
    ("one_of", ("None",), {"k": None}, False),
    ("one_of", ("[]",), {"k": []}, False),
]


@pytest.mark.parametrize("test, values, document, holds", _CONDITIONS)
def test_conditions_on_keys(
    test: Any, values: tuple[str, ...], document: dict[str, Any], holds: bool
) -> None:
    made = system("eta", json_kind("ignore[0]", [condition("k", test, values)], [], "ignore"))
    assert isinstance(outcome(document, made), Ignored) is holds


# --- nobody, or more than one -------------------------------------------------------------------


def test_the_nearest_templates_are_told_the_nearest_first() -> None:
    found = refusal(f"{TIME} ALPHA: P - FAILURE (id: a)", ALPHA, DELTA)
    assert found.reason == "no_match"
    assert found.nearest == (
        Attempt("alpha", "checkpoint", 32, '" (ID: " further on'),
        Attempt("alpha", "error", 26, '" ALPHA ERROR: (ID: "'),
        Attempt("delta", "failed", 21, '" DELTA: "'),
    )


def test_json_kinds_are_told_by_the_condition_that_fails() -> None:
    found = refusal({"system": "gamma", "level": "info"}, GAMMA)
    assert found.nearest[0] == Attempt("gamma", "ignore[0]", 1, 'key "level" to be "debug"')
    assert found.nearest[1] == Attempt("gamma", "log", 1, 'key "level" to be absent')


def test_a_record_that_two_kinds_accept_is_guessed_by_nobody() -> None:
    again = replace(DELTA, name="delta2")
    found = refusal(f"{TIME} DELTA: P SUCCESS [a]", DELTA, again)
    assert (found.reason, found.message) == ("ambiguous", "accepted by delta.passed, delta2.passed")
    assert found.nearest == ()


def test_a_refused_value_names_the_kind_that_took_the_record() -> None:
    found = refusal(f"{TIME} ALPHA: P - FAILED (ID: a)")
    assert (found.system, found.kind) == ("alpha", "checkpoint")
    assert found.message == '"FAILED" is neither SUCCESS nor FAILURE'


def test_a_spec_for_text_is_not_asked_about_json() -> None:
    anything = system("eta", text_kind("ignore[0]", "{}", "ignore"))
    assert refusal({"a": 1}, anything).reason == "no_match"
    assert isinstance(outcome("any line", anything), Ignored)


# --- what a join and a merge add ------------------------------------------------------------------


def test_every_condition_of_a_join_must_hold() -> None:
    made = replace(
        ALPHA, join=join("body", when={"status": ("FAILURE",), "checkpoint_id": ("P", "Q")})
    )
    assert event(f"{TIME} ALPHA: P - FAILURE (ID: a)", made).expects_detail
    assert event(f"{TIME} ALPHA: Q - FAILURE (ID: a)", made).expects_detail
    assert not event(f"{TIME} ALPHA: R - FAILURE (ID: a)", made).expects_detail
    assert not event(f"{TIME} ALPHA: P - SUCCESS (ID: a)", made).expects_detail


def content(value: str, made: System = DELTA) -> bytes | None:
    found = outcome(value, made)
    assert isinstance(found, Event | Detail)
    return found.content_hash


def test_equal_content_in_the_merged_fields_is_the_same_record() -> None:
    one = content(f"{TIME} DELTA: P FAILURE [a] R1")
    assert one is not None
    # The same instant is the same time, however it is written; the reason is not merged by.
    assert one == content("2025-05-04T13:00:00+02:00 DELTA: P FAILURE [a] R2")
    assert one != content(f"{TIME} DELTA: Q FAILURE [a] R1")
    assert one != content(f"{TIME} DELTA: P FAILURE [b] R1")
    assert one != content("2025-05-04T11:00:00.000001Z DELTA: P FAILURE [a] R1")


def test_no_two_fields_run_into_each_other() -> None:
    made = replace(GAMMA, merge=("checkpoint_id", "correlation_id"))
    first = content(json.dumps(gamma(checkpoint="P', 'a", correlation_id="b")), made)
    assert first != content(json.dumps(gamma(checkpoint="P", correlation_id="a', 'b")), made)


def test_an_event_and_a_detail_are_never_the_same_record() -> None:
    made = replace(EPSILON, merge=("correlation_id",))
    of_event = content(f"EPSILON {TIME} P FAILURE a", made)
    of_detail = content("EPSILON error a: R1", made)
    assert of_event is not None
    assert of_detail is not None
    assert of_event != of_detail


def test_a_detail_that_lacks_a_merged_field_stands_for_itself() -> None:
    assert content("EPSILON error a: R1", EPSILON) is None
