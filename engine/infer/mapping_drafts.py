"""The entries under ``fields`` of a kind: how the columns that were found become event fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from engine.infer.columns import Column, Table
from engine.infer.drafts import TODO, FieldEntry
from engine.infer.guess import Roles
from engine.infer.statuses import Status
from engine.infer.vocabulary import BAD_LEVELS, FAILURE_WORDS, SUCCESS_WORDS

PathOf = Callable[[Column], str]

STATUS_TODO: Final = f"{TODO}: which of these are a failure?"


def field_entries(
    table: Table, roles: Roles, path_of: PathOf, checkpoint: str, *, is_detail: bool
) -> dict[str, FieldEntry]:
    """The entries of an event, or of the detail of one; ``checkpoint`` is the constant to take
    where no column is the checkpoint."""
    fields: dict[str, FieldEntry] = {}
    if not is_detail:
        if roles.checkpoint is None:
            fields["checkpoint_id"] = FieldEntry({"value": checkpoint})
        else:
            _add(fields, "checkpoint_id", path_of(roles.checkpoint))
    _timestamp(fields, roles, path_of, is_detail=is_detail)
    if not is_detail:
        fields_of_status(fields, table, roles.status, path_of)
    if roles.correlation is not None:
        _add(fields, "correlation_id", path_of(roles.correlation))
    elif not is_detail:
        fields["correlation_id"] = FieldEntry({"value": None}, "nothing looks like a shared id")
    if roles.reason is not None:
        _reason(fields, roles, path_of(roles.reason), is_detail=is_detail)
    return fields


def _add(fields: dict[str, FieldEntry], name: str, path: str) -> None:
    if path != name:
        fields[name] = FieldEntry(path)


def _timestamp(
    fields: dict[str, FieldEntry], roles: Roles, path_of: PathOf, *, is_detail: bool
) -> None:
    if roles.timestamp is None:
        if not is_detail:
            fields["timestamp"] = FieldEntry({"clock": "record"}, "no time in the record itself")
        return
    path = path_of(roles.timestamp)
    if roles.timestamp.time_format is not None or roles.time_format == "iso":
        _add(fields, "timestamp", path)
    elif path == "timestamp":
        fields["timestamp"] = FieldEntry({"format": roles.time_format})
    else:
        fields["timestamp"] = FieldEntry({"from": path, "format": roles.time_format})


def fields_of_status(
    fields: dict[str, FieldEntry], table: Table, status: Status | None, path_of: PathOf
) -> None:
    """The entry for the status, if it needs one."""
    if status is None:
        value = constant_status(table)
        fields["status"] = FieldEntry({"value": value}, "no status in these records")
        return
    path = path_of(status.column)
    if status.is_plain:
        _add(fields, "status", path)
        return
    entry: dict[str, Any] = {} if path == "status" else {"from": path}
    if status.by == "http":
        entry["map"] = {"2xx": "SUCCESS", "3xx": "SUCCESS", "otherwise": "FAILURE"}
    elif status.by == "level":
        entry.update(_levels(status))
    else:
        entry["map"] = dict(
            sorted(status.values.items(), key=lambda one: (one[1] != "SUCCESS", one))
        )
    fields["status"] = FieldEntry(entry, STATUS_TODO if status.unknown else "")


def _levels(status: Status) -> dict[str, Any]:
    seen = {one for one, meaning in status.values.items() if meaning == "FAILURE"}
    words: Sequence[str] = ("ERROR", "FATAL", "CRITICAL")
    spelled = [next((one for one in status.values), "")]
    if all(one.islower() for one in spelled):
        words = tuple(word.lower() for word in words)
    bad = sorted(seen) or [words[0]]
    more = [word for word in words if word.lower() in BAD_LEVELS and word not in bad]
    return {"map": {**dict.fromkeys([*bad, *more], "FAILURE"), "otherwise": "SUCCESS"}}


def constant_status(table: Table) -> str:
    """What records without a status say in their own words."""
    words = Counter(re.findall(r"[a-z]+", table.words.lower()))
    bad = sum(words[one] for one in FAILURE_WORDS)
    good = sum(words[one] for one in SUCCESS_WORDS)
    return "FAILURE" if bad > good else "SUCCESS"


def _reason(fields: dict[str, FieldEntry], roles: Roles, path: str, *, is_detail: bool) -> None:
    assert roles.reason is not None
    statuses = None if is_detail else roles.statuses()
    if statuses is not None and any(
        status == "SUCCESS" and value not in (None, "", "-")
        for status, value in zip(statuses, roles.reason.values, strict=True)
    ):
        fields["failure_reason"] = FieldEntry({"from": path, "when": {"status": "FAILURE"}})
        return
    _add(fields, "failure_reason", path)


def reason_is_plain(roles: Roles) -> bool:
    """Whether the reason needs no condition, so that the place can be named like it."""
    fields: dict[str, FieldEntry] = {}
    if roles.reason is not None:
        _reason(fields, roles, "failure_reason", is_detail=False)
    return not fields
