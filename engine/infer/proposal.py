"""From records to the draft of a spec: the format, the kinds, their fields, the join."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.infer.columns import Column, Table
from engine.infer.drafts import DEFAULT_NAME, FieldEntry, KindDraft, SpecDraft
from engine.infer.guess import Roles, guess_roles
from engine.infer.join import JoinGuess, guess_join, record_times
from engine.infer.mapping_drafts import constant_status, field_entries, reason_is_plain
from engine.infer.pieces import Shape, shapes_of
from engine.infer.readings import Reading, Row, read_rows
from engine.infer.row_kinds import find_row_kinds, row_table
from engine.infer.shapes import find_groups
from engine.infer.syslog import HEADER_FIELDS, Headed, split_headers
from engine.infer.template_text import field_names, identifier, template_of
from engine.infer.tokens import tokenize

NOISE_SHOWN_MAX: Final = 3
NOISE_CHARS_MAX: Final = 100

_NAME_CHARS_MAX: Final = 40


def draft_spec(texts: Sequence[str], name: str | None = None) -> SpecDraft:
    """The draft of a spec for these records, one system's. ``texts`` must not be empty."""
    headed = split_headers(texts)
    bodies = list(texts) if headed is None else [one or "" for one in headed.messages]
    reading = read_rows(bodies)
    if reading is not None and reading.format == "csv" and headed is not None:
        reading = None
    if reading is None:
        draft = _draft_text(texts, bodies, headed)
    else:
        draft = _draft_rows(texts, reading, headed)
    if headed is not None:
        draft.options = {"header": "syslog", **draft.options}
    draft.system = _system_name(name, draft, texts, headed)
    return draft


def _system_name(
    name: str | None, draft: SpecDraft, texts: Sequence[str], headed: Headed | None
) -> str:
    if name is not None:
        return name
    found = draft.system
    if headed is not None:
        programs = {one["program"] for one in headed.fields if "program" in one}
        found = found or (programs.pop() if len(programs) == 1 else "")
    found = re.sub(r"[^a-z0-9_.-]+", "_", found.lower()).strip("_.-")
    return found[:_NAME_CHARS_MAX] or DEFAULT_NAME


# --- text ---------------------------------------------------------------------------------------


def _draft_text(
    texts: Sequence[str], bodies: Sequence[str], headed: Headed | None
) -> SpecDraft:
    # A record that begins like a JSON object is never read by a template.
    usable = [n for n, body in enumerate(bodies) if body.strip() and not texts[n].startswith("{")]
    records = [tokenize(bodies[n]) for n in usable]
    groups, noise = find_groups(records)
    shapes = shapes_of(groups, records)
    tables = [_renumbered(shape.table, usable, headed) for shape in shapes]
    roles = guess_roles(tables)
    draft = SpecDraft("", "text")
    join = _join(draft, tables, roles, len(texts))
    for number, (shape, table) in enumerate(zip(shapes, tables, strict=True)):
        is_detail = join is not None and number in join.details
        draft.kinds.append(_text_kind(shape, table, roles[number], is_detail=is_detail))
    _finish(draft, tables, roles, join, texts)
    left = [usable[n] for n in noise]
    left += sorted(set(range(len(texts))) - set(usable))
    _tell_noise(draft, left, texts)
    if headed is not None:
        _one_program(draft, headed)
    draft.system = _first_word(shapes)
    return draft


def _renumbered(table: Table, usable: Sequence[int], headed: Headed | None) -> Table:
    """The table by the numbers of the input, with the columns of the header."""
    lines = tuple(usable[line] for line in table.lines)
    if headed is None:
        return Table(lines, table.columns, table.words)
    own = [headed.fields[line] for line in lines]
    columns = tuple(
        Column(
            key,
            tuple(row.get(key) for row in own),
            time_format="syslog" if key == "timestamp" else None,
        )
        for key in HEADER_FIELDS
        if all(key in row for row in own)
    )
    return Table(lines, (*columns, *table.columns), table.words)


def _text_kind(shape: Shape, table: Table, roles: Roles, *, is_detail: bool) -> KindDraft:
    given: dict[int, str] = {}
    wanted: list[tuple[Column | None, str]] = [
        (roles.timestamp, "timestamp"),
        (roles.correlation, "correlation_id"),
        (None if is_detail else roles.checkpoint, "checkpoint_id"),
        (roles.reason if is_detail or reason_is_plain(roles) else None, "failure_reason"),
    ]
    if roles.status is not None and not is_detail:
        by = {"word": "status", "http": "code", "level": "level"}
        wanted.append((roles.status.column, by[roles.status.by]))
    for column, name in wanted:
        if column is not None:
            given[id(column)] = name
    names = field_names(shape, given)
    paths = {id(slot.column): names[n] for n, slot in enumerate(shape.slots)}
    kind = KindDraft("", table.lines, "detail" if is_detail else "event")
    kind.templates = (
        template_of(shape, names, strict=False),
        template_of(shape, names, strict=True),
    )
    kind.name = _kind_name(roles, shape, is_detail=is_detail)
    kind.fields = field_entries(
        table,
        roles,
        lambda column: paths.get(id(column), column.name),
        identifier(kind.name).upper(),
        is_detail=is_detail,
    )
    if not is_detail and set(paths.values()) - set(given.values()):
        kind.fields["attributes"] = FieldEntry("all")
    return kind


def _kind_name(roles: Roles, shape: Shape, *, is_detail: bool) -> str:
    if is_detail:
        return "error"
    if roles.checkpoint is not None and roles.is_complete:
        return "failure" if set(roles.statuses() or ()) == {"FAILURE"} else "checkpoint"
    texts = [one for one in shape.pieces if isinstance(one, str)]
    words = [word for text in texts for word in re.findall(r"[A-Za-z]{3,}", text)]
    if words:
        return "_".join(words[:3]).lower()[:_NAME_CHARS_MAX]
    return "request" if roles.status is not None and roles.status.by == "http" else "record"


def _first_word(shapes: Sequence[Shape]) -> str:
    """The word that stands first in the text of all kinds: mostly the name of the system."""
    firsts = set()
    for shape in shapes:
        found = re.search(r"[A-Za-z][A-Za-z0-9_-]+", shape.table.words)
        firsts.add(found[0] if found else "")
    return firsts.pop() if len(firsts) == 1 and len(shapes) > 0 else ""


def _one_program(draft: SpecDraft, headed: Headed) -> None:
    programs = {one.get("program") for one in headed.fields if one}
    if len(programs) == 1 and None not in programs:
        draft.options["where"] = {"program": programs.pop()}


# --- records by key -----------------------------------------------------------------------------


def _draft_rows(texts: Sequence[str], reading: Reading, headed: Headed | None) -> SpecDraft:
    rows: list[Row | None] = list(reading.rows)
    if reading.heading is not None:
        rows[reading.heading] = None
    if headed is not None:
        rows = [
            {**head, **row} if row is not None else None
            for head, row in zip(headed.fields, rows, strict=True)
        ]
    kinds, noise = find_row_kinds(rows)
    tables = [row_table(kind, rows) for kind in kinds]
    if headed is not None:
        tables = [_with_syslog_time(table) for table in tables]
    roles = guess_roles(tables)
    draft = SpecDraft("", reading.format)
    names: Mapping[str, str] = {}
    if reading.format == "csv":
        names = _csv_names(reading.options["columns"], roles)
        columns = [names.get(one, one) for one in reading.options["columns"]]
        draft.options["csv"] = {"separator": reading.options["separator"], "columns": columns}
        if reading.heading is not None:
            first = next(one for one in reading.options["columns"])
            heading = next(iter(texts[reading.heading].split(reading.options["separator"])))
            draft.ignore.append({names.get(first, first): heading.strip('"')})
            noise = [line for line in noise if line != reading.heading]
    join = _join(draft, tables, roles, len(texts))
    for number, (kind, table) in enumerate(zip(kinds, tables, strict=True)):
        is_detail = join is not None and number in join.details
        one = KindDraft("", kind.lines, "detail" if is_detail else "event")
        one.where = {names.get(key, key): value for key, value in kind.where.items()}
        one.name = _row_kind_name(roles[number], kind.where, is_detail=is_detail)
        one.fields = field_entries(
            table,
            roles[number],
            lambda column: names.get(column.name, column.name),
            identifier(one.name).upper(),
            is_detail=is_detail,
        )
        _tell_time(one, roles[number], is_detail=is_detail)
        if not is_detail:
            one.fields["attributes"] = FieldEntry("all")
        draft.kinds.append(one)
    _finish(draft, tables, roles, join, texts)
    _tell_noise(draft, noise, texts)
    constants = [next(iter(one.where.values()), "") for one in draft.kinds]
    if constants and constants.count(constants[0]) == len(constants):
        draft.system = constants[0] if constants[0] not in ("present", "absent") else ""
    return draft


def _with_syslog_time(table: Table) -> Table:
    columns = tuple(
        Column(one.name, one.values, time_format="syslog") if one.name == "timestamp" else one
        for one in table.columns
    )
    return Table(table.lines, columns, table.words)


def _csv_names(columns: Sequence[str], every: Sequence[Roles]) -> dict[str, str]:
    """Columns without names of their own are called like the event fields that they are."""
    names: dict[str, str] = {}
    for roles in every:
        wanted = (
            (roles.timestamp, "timestamp"),
            (roles.correlation, "correlation_id"),
            (roles.checkpoint, "checkpoint_id"),
            (roles.status and roles.status.column, "status"),
            (roles.reason, "failure_reason"),
        )
        for column, name in wanted:
            if column is None or not column.name.startswith("column_"):
                continue
            if name not in names.values():
                names.setdefault(column.name, name)
    return names


def _tell_time(kind: KindDraft, roles: Roles, *, is_detail: bool) -> None:
    """A detail's time counts only if the spec says that every one has it."""
    if is_detail and roles.timestamp is not None and "timestamp" not in kind.fields:
        kind.where.setdefault("timestamp", "present")


def _row_kind_name(roles: Roles, where: Mapping[str, Any], *, is_detail: bool) -> str:
    if is_detail:
        return "error"
    if roles.checkpoint is not None and roles.is_complete:
        return "checkpoint"
    told = [one for one in where.values() if isinstance(one, str) and one not in ("present", "absent")]
    name = "_".join(re.findall(r"[A-Za-z]{2,}", told[-1]))[:_NAME_CHARS_MAX].lower() if told else ""
    return name or ("request" if roles.status is not None and roles.status.by == "http" else "record")


# --- both ---------------------------------------------------------------------------------------


def _join(
    draft: SpecDraft, tables: Sequence[Table], roles: list[Roles], records: int
) -> JoinGuess | None:
    join = guess_join(tables, roles, record_times(tables, roles, records))
    if join is not None:
        draft.join_notes.append(join.evidence)
    return join


def _finish(
    draft: SpecDraft,
    tables: Sequence[Table],
    roles: Sequence[Roles],
    join: JoinGuess | None,
    texts: Sequence[str],
) -> None:
    used: set[str] = set()
    for kind in draft.kinds:
        kind.name = _unused(kind.name, used)
        kind.notes.insert(0, f"{len(kind.lines)} of {len(texts)} records")
    for kind, table, one in zip(draft.kinds, tables, roles, strict=True):
        if one.checkpoint is None and "checkpoint_id" in kind.fields:
            kind.fields["checkpoint_id"].value = {"value": identifier(kind.name).upper() or "RECORD"}
        if one.status is None and kind.role == "event":
            kind.fields["status"].value = {"value": constant_status(table)}
    if any(_has_dashes(one) for one in roles):
        draft.options["absent"] = "-"
    draft.has_timezone = any(_lacks_zone(one) for one in roles)
    if join is None:
        return
    names = [kind.name for kind in draft.kinds]
    events = [names[n] for n in join.events]
    details = [names[n] for n in join.details]
    draft.join = {
        "event": events if len(events) > 1 else events[0],
        "detail": details if len(details) > 1 else details[0],
        "when": {"status": "FAILURE"},
        "take": "failure_reason",
        "within": join.within,
    }


def _unused(name: str, used: set[str]) -> str:
    name = name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", name) else "record"
    number, free = 1, name
    while free in used:
        number += 1
        free = f"{name}_{number}"
    used.add(free)
    return free


def _has_dashes(roles: Roles) -> bool:
    columns = (roles.reason, roles.correlation, roles.checkpoint)
    return any(column is not None and "-" in column.values for column in columns)


def _lacks_zone(roles: Roles) -> bool:
    if roles.timestamp is None or roles.time_format is None:
        return False
    written = roles.time_format
    if written.startswith("epoch") or written == "clf" or "%z" in written or "%Z" in written:
        return False
    zoned = re.compile(r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$")
    return written != "iso" or any(not zoned.search(one[16:]) for one in roles.timestamp.present)


def _tell_noise(draft: SpecDraft, noise: Sequence[int], texts: Sequence[str]) -> None:
    if not noise:
        return
    shown = "; ".join(
        repr(texts[line][:NOISE_CHARS_MAX]) for line in noise[:NOISE_SHOWN_MAX]
    )
    more = f" and {len(noise) - NOISE_SHOWN_MAX} more" if len(noise) > NOISE_SHOWN_MAX else ""
    draft.notes.append(f"Left out, like nothing else: {shown}{more}")
