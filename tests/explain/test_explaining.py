"""What an explanation says is what a run does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from explained_specs import write_specs
from hypothesis import given
from hypothesis import strategies as st

from engine.explaining import VALUE_CHARS_MAX, Explanation, Origin, explain
from engine.interpreter import Interpreter, compile_normalizer
from engine.model import Attempt, Detail, Event, Ignored, Record, Rejection
from engine.rejections import REASONS
from engine.spec import load_systems

RECORD = "2025-05-04T10:32:00 PAY: CAPTURE - KO (ID: a-1)"


@pytest.fixture(scope="session")
def normalizer(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return compile_normalizer(load_systems([write_specs(tmp_path_factory.mktemp("explain"))]))


def of(normalizer: Interpreter, text: str | bytes) -> Explanation:
    value = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return explain(normalizer, Record("test", 0, len(value), value))


def test_an_event_says_where_each_of_its_fields_comes_from(normalizer: Interpreter) -> None:
    explanation = of(normalizer, RECORD)
    taker = explanation.taker
    assert taker is not None
    assert taker.name == "pay.checkpoint"
    assert taker.captures == {
        "timestamp": "2025-05-04T10:32:00",
        "stage": "CAPTURE",
        "outcome": "KO",
        "correlation_id": "a-1",
    }
    assert taker.origins == (
        Origin("system_id", "pay", "system"),
        Origin("checkpoint_id", "CAPTURE", "field", "stage", "CAPTURE"),
        Origin("timestamp", "2025-05-04T10:32:00Z", "field", "timestamp", "2025-05-04T10:32:00"),
        Origin("status", "FAILURE", "map", "outcome", "KO"),
        Origin("correlation_id", "a-1", "field", "correlation_id", "a-1"),
    )
    assert isinstance(explanation.outcome, Event)
    assert explanation.outcome.expects_detail
    assert not explanation.is_quarantined
    assert explanation.misses == ()


def test_a_kind_that_comes_later_is_told_beside_the_one_that_takes(normalizer: Interpreter) -> None:
    explanation = of(normalizer, RECORD)
    assert [one.name for one in explanation.others] == ["pay.other"]
    # Nothing became of this reading, so its fields have sources and no values.
    assert {one.value for one in explanation.others[0].origins} == {"pay", None}


def test_what_a_detail_cannot_give_is_not_used(normalizer: Interpreter) -> None:
    explanation = of(normalizer, "2025-05-04T10:32:01 PAY CAPTURE ERROR (ID: a-1) - EXPIRED")
    assert isinstance(explanation.outcome, Detail)
    assert explanation.taker is not None
    used = {one.target: one.is_used for one in explanation.taker.origins}
    assert used == {
        "system_id": True,
        "checkpoint_id": False,
        "timestamp": True,
        "correlation_id": True,
        "failure_reason": True,
    }


def test_an_ignored_record_has_captures_and_no_fields(normalizer: Interpreter) -> None:
    explanation = of(normalizer, "health check from 10.0.0.1")
    assert isinstance(explanation.outcome, Ignored)
    assert explanation.taker is not None
    assert explanation.taker.captures == {"peer": "10.0.0.1"}
    assert explanation.taker.origins == ()


def test_a_value_that_fails_keeps_the_kind_that_took_the_record(normalizer: Interpreter) -> None:
    explanation = of(normalizer, RECORD.replace("KO", "LATE"))
    assert isinstance(explanation.outcome, Rejection)
    assert explanation.outcome.reason == "unknown_value"
    assert explanation.taker is not None
    status = next(one for one in explanation.taker.origins if one.target == "status")
    assert status == Origin("status", None, "map", "outcome", "LATE")


def test_every_kind_of_the_format_says_how_far_it_got_the_nearest_first(
    normalizer: Interpreter,
) -> None:
    explanation = of(normalizer, "2025-05-04T10:32:00 PAY: CAPTURE - KO [ID: a-1]")
    assert explanation.taker is None
    attempts = [one.attempt for one in explanation.misses]
    assert attempts == [
        Attempt("pay", "checkpoint", 35, '" (ID: " further on'),
        Attempt("pay", "other", 35, '" (" further on'),
        Attempt("pay", "error", 23, '" PAY "'),
        Attempt("pay", "ignore[0]", 0, '"health check from "'),
    ]
    assert isinstance(explanation.outcome, Rejection)
    assert explanation.outcome.nearest == tuple(attempts[:3])


def test_conditions_say_what_the_record_has_in_their_place(normalizer: Interpreter) -> None:
    body = {"app": "shop", "level": 7, "stage": {"deep": [1.5, None]}, "more": "x"}
    explanation = of(normalizer, json.dumps(body))
    checks = {
        one.kind.name: [(check.key, check.found, check.holds) for check in one.checks]
        for one in explanation.misses
    }
    assert checks == {
        "checkpoint": [
            ("app", "shop", True),
            ("level", "7", False),
            ("stage", '{"deep": [1.5, null]}', True),
        ],
        "other": [("app", "shop", True), ("stage", '{"deep": [1.5, null]}', False)],
    }
    assert [one.attempt.matched_chars for one in explanation.misses] == [2, 1]


def test_json_tells_the_keys_that_the_spec_names(normalizer: Interpreter) -> None:
    body = {
        "app": "shop",
        "level": "info",
        "stage": "CHECKOUT",
        "status": "SUCCESS",
        "timestamp": "2025-05-04T10:32:00",
        "correlation_id": 7,
        "more": "x",
    }
    explanation = of(normalizer, json.dumps(body))
    assert explanation.taker is not None
    assert list(explanation.taker.captures) == [
        "app", "level", "stage", "timestamp", "status", "correlation_id",
    ]  # fmt: skip
    origins = {one.target: one for one in explanation.taker.origins}
    assert origins["correlation_id"] == Origin(
        "correlation_id", "7", "field", "correlation_id", "7"
    )
    assert origins["failure_reason"] == Origin("failure_reason", "UNKNOWN", "constant")


@pytest.mark.parametrize(
    "value, shown",
    [("9" * 5_000, "an integer without end"), (json.dumps([1] * 900), "[1, 1, "), ("true", "true")],
)
def test_any_json_value_can_be_shown(normalizer: Interpreter, value: str, shown: str) -> None:
    explanation = of(normalizer, f'{{"app": "shop", "level": {value}, "stage": "x"}}')
    level = explanation.misses[0].checks[1]
    assert level.found is not None
    assert shown in level.found
    assert len(level.found) <= VALUE_CHARS_MAX


def test_an_ambiguous_record_has_readings_and_no_taker(tmp_path: Path) -> None:
    spec = tmp_path / "pay.yaml"
    template = '    template: "{timestamp:iso} %s: {checkpoint_id} {status} {correlation_id}"\n'
    kinds = "".join(f"  {name}:\n{template % sign}" for name, sign in (("a", "{}"), ("b", "B")))
    spec.write_text(f"system: pay\nformat: text\nrecords:\n{kinds}")
    explanation = of(compile_normalizer(load_systems([spec])), "2025-05-04T10:32 B: x SUCCESS 1")
    assert isinstance(explanation.outcome, Rejection)
    assert explanation.outcome.reason == "ambiguous"
    assert (explanation.taker, explanation.misses) == (None, ())
    assert [one.name for one in explanation.others] == ["pay.a", "pay.b"]


@pytest.mark.parametrize("value", [b"", b"\xff", b"{x", b"a\0b", b'{"a": 1, "a": 2}'])
def test_what_cannot_be_decoded_was_held_against_nothing(
    normalizer: Interpreter, value: bytes
) -> None:
    explanation = of(normalizer, value)
    assert explanation.is_quarantined
    assert (explanation.body, explanation.taker, explanation.misses) == (None, None, ())


pieces = st.sampled_from(
    [
        RECORD,
        "2025-05-04T10:32:00",
        *(" PAY: ", "PAY CAPTURE ERROR (ID: ", " - ", "OK", "(ID: ", ")", "漢", "\n"),
        *('{"app": "shop"', ', "stage": "A"', ', "level": "info"', ', "status": []', "}"),
    ]
)


@given(st.one_of(st.binary(max_size=40), st.lists(pieces, max_size=9).map("".join)))
def test_an_explanation_is_of_what_a_run_would_do(
    normalizer: Interpreter, text: str | bytes
) -> None:
    explanation = of(normalizer, text)
    (outcome,) = normalizer.normalize([explanation.record])
    assert explanation.outcome == outcome
    if isinstance(outcome, Rejection):
        assert outcome.reason in REASONS
        assert (explanation.taker is None) == (outcome.kind is None)
        nearest = tuple(one.attempt for one in explanation.misses[:3])
        assert nearest == outcome.nearest
    else:
        assert explanation.taker is not None
        assert explanation.taker.kind.name == outcome.kind


# --- paths and several ways to a value ------------------------------------------------------------

NESTED = """system: nested
format: json
where: {app: nested}
records:
  all:
    read: {line: key_values}
    fields:
      checkpoint_id: [none.there, "steps[*].name"]
      status: {from: line.code, map: {2xx: SUCCESS, otherwise: FAILURE}}
      failure_reason: [{from: why, when: {status: FAILURE}}, {value: UNKNOWN}]
      correlation_id: [first, second]
      timestamp: {clock: record}
      attributes: [line.code]
"""


def test_paths_lead_where_they_say(tmp_path: Path) -> None:
    (tmp_path / "nested.yaml").write_text(NESTED)
    nested = compile_normalizer(load_systems([tmp_path]))
    record = (
        b'{"app": "nested", "steps": [{}, {"name": "s"}], "line": "code=500 n=1", "why": "w",'
        b' "first": null, "second": 2}'
    )
    explanation = explain(nested, Record("s", 0, 1, record, timestamp_us=0))
    assert explanation.taker is not None
    assert explanation.taker.captures == {
        "app": "nested",
        "steps[*].name": "s",
        "line.code": "500",
        "why": "w",
        "first": "null",
        "second": "2",
    }
    assert explanation.taker.origins == (
        Origin("system_id", "nested", "system"),
        Origin("checkpoint_id", "s", "field", "steps[*].name", "s"),
        Origin("timestamp", "1970-01-01T00:00:00.000Z", "record"),
        Origin("status", "FAILURE", "map", "line.code", "500"),
        Origin("correlation_id", "2", "field", "second", "2"),
        Origin("failure_reason", "w", "field", "why", "w"),
    )
    of_a_file = explain(nested, Record("s", 0, 1, record))
    assert of_a_file.taker is not None
    assert of_a_file.taker.origins[2] == Origin("timestamp", None, "record")


def test_what_is_not_kept_is_explained_all_the_same(tmp_path: Path) -> None:
    spec = NESTED + "redact: {why: mask, raw: drop}\n"
    (tmp_path / "nested.yaml").write_text(spec)
    nested = compile_normalizer(load_systems([tmp_path]))
    record = (
        b'{"app": "nested", "steps": [{"name": "s"}], "line": "code=500", "why": "w", "first": 1}'
    )
    explanation = explain(nested, Record("s", 0, 1, record, timestamp_us=0))
    assert explanation.record.value == record
    assert explanation.taker is not None
    assert explanation.taker.origins[-1] == Origin("failure_reason", "***", "field", "why", "w")
