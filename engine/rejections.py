"""Why a record is in the quarantine: the stable reason codes, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.model import Record, Rejection

REASONS: Final[Mapping[str, str]] = {
    "empty_record": "the record has no content",
    "too_long": "the record is longer than the limit; its beginning, length and hash are kept",
    "invalid_utf8": "the record is not UTF-8 text",
    "nul_character": "the record or a value of it holds a NUL character",
    "invalid_json": "the record begins like a JSON object and is none",
    "json_duplicate_key": "a JSON object names a key twice, so its value is anybody's guess",
    "json_not_finite": "a JSON number is NaN, infinite or beyond what a number can hold",
    "json_too_deep": "the JSON nests deeper than the limit",
    "no_match": "no record kind of any loaded spec accepts the record",
    "ambiguous": "several record kinds accept the record, and none is guessed",
    "missing_field": "a field that the event must have is absent, null or empty",
    "unreadable_field": "a field is not what the spec reads it as: JSON, key=value pairs, columns",
    "wrong_type": "a JSON value is of a type that the field cannot take",
    "integer_out_of_range": "an integer does not fit 64 bits",
    "lone_surrogate": "a JSON escape names half a character",
    "value_too_long": "an identifier is longer than the limit",
    "attributes_too_long": "what the spec keeps as attributes is longer than the limit",
    "unknown_value": "the spec's map has no entry for the value",
    "unknown_status": "the status is neither SUCCESS nor FAILURE",
    "bad_time": "the timestamp is not a time of the format that the spec says",
    "impossible_time": "the timestamp is a time that no calendar has",
    "missing_year": "the timestamp has no year, and nothing tells which one it is",
}


class Refused(Exception):
    """One record cannot go on; caught in the same stage and kept as a rejection, a value."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def rejection_of(record: Record, refused: Refused) -> Rejection:
    """The record as the quarantine keeps it."""
    return Rejection(
        stream=record.stream,
        offset=record.offset,
        reason=refused.reason,
        message=refused.message,
        value=record.value,
        oversize=record.oversize,
    )
