"""The draft of a spec for records of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.infer.columns import Column, Table, time_format_of
from engine.infer.drafts import FieldEntry, KindDraft, SpecDraft
from engine.infer.finishing import finish, join_of, tell_noise
from engine.infer.guess import Roles, guess_roles
from engine.infer.mapping_drafts import field_entries, reason_is_plain
from engine.infer.pieces import Shape, shapes_of
from engine.infer.shapes import find_groups
from engine.infer.syslog import HEADER_FIELDS, Headed
from engine.infer.template_text import field_names, identifier, template_of
from engine.infer.tokens import tokenize

NAME_CHARS_MAX: Final = 40


def draft_text(texts: Sequence[str], bodies: Sequence[str], headed: Headed | None) -> SpecDraft:
    """The draft for these records. ``bodies`` are they without their headers, whose fields
    ``headed`` has."""
    # A record that begins like a JSON object is never read by a template.
    usable = [n for n, body in enumerate(bodies) if body.strip() and not texts[n].startswith("{")]
    if not usable:
        return SpecDraft("", "text")
    records = [tokenize(bodies[n]) for n in usable]
    groups, noise = find_groups(records)
    shapes = shapes_of(groups, records)
    tables = [_renumbered(shape.table, usable, headed) for shape in shapes]
    roles = guess_roles(tables)
    draft = SpecDraft("", "text")
    join = join_of(draft, tables, roles, len(texts))
    for number, (shape, table) in enumerate(zip(shapes, tables, strict=True)):
        is_detail = join is not None and number in join.details
        draft.kinds.append(_text_kind(shape, table, roles[number], is_detail=is_detail))
    finish(draft, tables, roles, join, texts)
    left = [usable[n] for n in noise]
    left += sorted(set(range(len(texts))) - set(usable))
    tell_noise(draft, left, texts)
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
    columns = []
    for key in HEADER_FIELDS:
        if all(key in row for row in own):
            column = Column(key, tuple(row.get(key) for row in own))
            known = time_format_of(column, with_epochs=False) if key == "timestamp" else None
            columns.append(replace(column, time_format=known))
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
        return "_".join(words[:3]).lower()[:NAME_CHARS_MAX]
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
