"""What a draft of any format needs in the end: names, statuses, the join, what was left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.infer.columns import Table
from engine.infer.drafts import SpecDraft
from engine.infer.guess import Roles
from engine.infer.join import JoinGuess, guess_join, record_times
from engine.infer.mapping_drafts import constant_status
from engine.infer.template_text import identifier

NOISE_SHOWN_MAX: Final = 3
NOISE_CHARS_MAX: Final = 100


def join_of(
    draft: SpecDraft, tables: Sequence[Table], roles: list[Roles], records: int
) -> JoinGuess | None:
    """The join that the records show, with its evidence told in the draft."""
    join = guess_join(tables, roles, record_times(tables, roles, records))
    details = () if join is None else join.details
    for number, (table, one) in enumerate(zip(tables, roles, strict=True)):
        if number not in details and one.status is None and constant_status(table) == "SUCCESS":
            one.reason = None
    if join is not None:
        draft.join_notes.append(join.evidence)
    return join


def finish(
    draft: SpecDraft,
    tables: Sequence[Table],
    roles: Sequence[Roles],
    join: JoinGuess | None,
    texts: Sequence[str],
) -> None:
    """Give the kinds their names, and what depends on them; the keys of the whole spec."""
    used: set[str] = set()
    for kind in draft.kinds:
        kind.name = _unused(kind.name, used)
        kind.notes.insert(0, f"{len(kind.lines)} of {len(texts)} records")
    for kind, table, one in zip(draft.kinds, tables, roles, strict=True):
        if one.checkpoint is None and "checkpoint_id" in kind.fields:
            kind.fields["checkpoint_id"].value = {
                "value": identifier(kind.name).upper() or "RECORD"
            }
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


def tell_noise(draft: SpecDraft, noise: Sequence[int], texts: Sequence[str]) -> None:
    """Name the records that no kind was made of in a comment."""
    if not noise:
        return
    shown = "; ".join(repr(texts[line][:NOISE_CHARS_MAX]) for line in noise[:NOISE_SHOWN_MAX])
    more = f" and {len(noise) - NOISE_SHOWN_MAX} more" if len(noise) > NOISE_SHOWN_MAX else ""
    draft.notes.append(f"Left out, like nothing else: {shown}{more}")
