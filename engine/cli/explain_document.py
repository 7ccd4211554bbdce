"""An explanation for programs: one JSON object a record, with the same keys whatever came of it."""

from __future__ import annotations

import base64
from typing import Any

from engine.conditions import in_words
from engine.explaining import Explanation, Miss, Origin, Reading
from engine.model import Event, Outcome, RecordKind, Rejection
from engine.rejections import REASONS


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """The explanation as a JSON document."""
    outcome, taker, body = explanation.outcome, explanation.taker, explanation.body
    rejection = outcome if isinstance(outcome, Rejection) else None
    decoded = None if body is None else "text" if isinstance(body, str) else "json"
    return {
        "record": explanation.text,
        "record_base64": base64.b64encode(explanation.record.value).decode(),
        "decoded_as": decoded,
        "outcome": "quarantined" if rejection else type(outcome).__name__.lower(),
        "reason": rejection and rejection.reason,
        "meaning": rejection and REASONS[rejection.reason],
        "message": rejection and rejection.message,
        "taken_by": taker and _reading(taker),
        "accepted_too": [_reading(one) for one in explanation.others],
        "fields": _fields(outcome, taker),
        "attributes": outcome.attributes if isinstance(outcome, Event) else None,
        "expects_detail": outcome.expects_detail if isinstance(outcome, Event) else None,
        "attempts": [_miss(one) for one in explanation.misses],
    }


def _fields(outcome: Outcome, taker: Reading | None) -> dict[str, str | None] | None:
    """What came of the record; None where nothing did."""
    if taker is None or isinstance(outcome, Rejection) or taker.kind.role == "ignore":
        return None
    return {one.target: one.value for one in taker.origins if one.is_used}


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        **_kind(reading.system.name, reading.kind),
        "captures": dict(reading.captures),
        "origins": [_origin(one) for one in reading.origins],
    }


def _kind(system: str, kind: RecordKind) -> dict[str, Any]:
    return {
        "system_id": system,
        "kind": kind.name,
        "file": kind.location.file,
        "line": kind.location.line,
        "template": kind.template and kind.template.source,
        "conditions": [in_words(one) for one in kind.where],
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "field": origin.target,
        "value": origin.value,
        "via": origin.via,
        "source": origin.source,
        "found": origin.found,
        "used": origin.is_used,
    }


def _miss(miss: Miss) -> dict[str, Any]:
    return {
        **_kind(miss.system.name, miss.kind),
        "matched_chars": miss.attempt.matched_chars if miss.kind.template else None,
        "expected": miss.attempt.expected,
        "checks": [one._asdict() for one in miss.checks],
    }
