"""Systems whose mappings are tried, and what becomes of a record under them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from made_systems import HERE, json_kind, mapped, system, template

from engine.interpreter import compile_normalizer
from engine.model import Event, FieldMapping, Outcome, Record, RecordKind, Rejection, System
from engine.spec.paths import parse_path

TIME = "2025-05-04T11:00:00Z"
TIME_US = 1_746_356_400_000_000
BASE = {"checkpoint_id": "P", "status": "SUCCESS", "timestamp": TIME, "correlation_id": "a"}

R = "failure_reason"


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
