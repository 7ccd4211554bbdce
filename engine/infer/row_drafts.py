"""The draft of a spec for records that are read by key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.infer.columns import Column, Table, time_format_of
from engine.infer.drafts import FieldEntry, KindDraft, SpecDraft
from engine.infer.finishing import finish, join_of, tell_noise
from engine.infer.guess import Roles, guess_roles
from engine.infer.mapping_drafts import field_entries
from engine.infer.readings import Reading, Row
from engine.infer.row_kinds import RowKind, find_row_kinds, row_table
from engine.infer.syslog import Headed
from engine.infer.template_text import identifier

NAME_CHARS_MAX: Final = 40


def draft_rows(texts: Sequence[str], reading: Reading, headed: Headed | None) -> SpecDraft:
    """The draft for these records, as they were read. ``headed`` has the fields of their
    headers."""
    rows = _all_fields(reading, headed)
    kinds, noise = find_row_kinds(rows)
    tables = [row_table(kind, rows) for kind in kinds]
    if headed is not None:
        tables = [_with_header_time(table) for table in tables]
    roles = guess_roles(tables)
    draft = SpecDraft("", reading.format)
    names: Mapping[str, str] = {}
    if reading.format == "csv":
        names = _csv_names(roles)
        _csv_options(draft, reading, names, texts)
        noise = [line for line in noise if line != reading.heading]
    join = join_of(draft, tables, roles, len(texts))
    for number, (kind, table) in enumerate(zip(kinds, tables, strict=True)):
        is_detail = join is not None and number in join.details
        draft.kinds.append(_row_kind(kind, table, roles[number], names, is_detail=is_detail))
    finish(draft, tables, roles, join, texts)
    tell_noise(draft, noise, texts)
    constants = [next(iter(one.where.values()), "") for one in draft.kinds]
    if constants and constants.count(constants[0]) == len(constants):
        draft.system = constants[0] if constants[0] not in ("present", "absent") else ""
    return draft


def _all_fields(reading: Reading, headed: Headed | None) -> list[Row | None]:
    rows: list[Row | None] = list(reading.rows)
    if reading.heading is not None:
        rows[reading.heading] = None
    if headed is None:
        return rows
    return [
        None if row is None else {**head, **row}
        for head, row in zip(headed.fields, rows, strict=True)
    ]


def _with_header_time(table: Table) -> Table:
    """The type of the time of a header is known to the engine."""
    columns = tuple(
        Column(one.name, one.values, time_format=time_format_of(one, with_epochs=False))
        if one.name == "timestamp"
        else one
        for one in table.columns
    )
    return Table(table.lines, columns, table.words)


def _row_kind(
    kind: RowKind, table: Table, roles: Roles, names: Mapping[str, str], *, is_detail: bool
) -> KindDraft:
    draft = KindDraft("", kind.lines, "detail" if is_detail else "event")
    draft.where = {names.get(key, key): value for key, value in kind.where.items()}
    draft.name = _row_kind_name(roles, kind.where, is_detail=is_detail)
    draft.fields = field_entries(
        table,
        roles,
        lambda column: names.get(column.name, column.name),
        identifier(draft.name).upper(),
        is_detail=is_detail,
    )
    if is_detail and roles.timestamp is not None and "timestamp" not in draft.fields:
        # A detail's time counts only if the spec says that every one has it.
        draft.where.setdefault("timestamp", "present")
    if not is_detail:
        draft.fields["attributes"] = FieldEntry("all")
    return draft


def _csv_options(
    draft: SpecDraft, reading: Reading, names: Mapping[str, str], texts: Sequence[str]
) -> None:
    columns = [names.get(one, one) for one in reading.options["columns"]]
    separator = reading.options["separator"]
    draft.options["csv"] = {"separator": separator, "columns": columns}
    if reading.heading is not None:
        heading = texts[reading.heading].split(separator)[0].strip('"')
        draft.ignore.append({columns[0]: heading})


def _csv_names(every: Sequence[Roles]) -> dict[str, str]:
    """Columns without names of their own are called like the event fields that they are."""
    names: dict[str, str] = {}
    for roles in every:
        wanted = (
            (roles.timestamp, "timestamp"),
            (roles.correlation, "correlation_id"),
            (roles.checkpoint, "checkpoint_id"),
            (None if roles.status is None else roles.status.column, "status"),
            (roles.reason, "failure_reason"),
        )
        for column, name in wanted:
            if column is None or not column.name.startswith("column_"):
                continue
            if name not in names.values():
                names.setdefault(column.name, name)
    return names


def _row_kind_name(roles: Roles, where: Mapping[str, Any], *, is_detail: bool) -> str:
    if is_detail:
        return "error"
    if roles.checkpoint is not None and roles.is_complete:
        return "checkpoint"
    told = [
        one for one in where.values() if isinstance(one, str) and one not in ("present", "absent")
    ]
    name = "_".join(re.findall(r"[A-Za-z]{2,}", told[-1]))[:NAME_CHARS_MAX].lower() if told else ""
    return name or (
        "request" if roles.status is not None and roles.status.by == "http" else "record"
    )
