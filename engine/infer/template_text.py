"""Pieces of a shape written down as a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from engine.infer.pieces import Piece, Shape, Slot
from engine.infer.vocabulary import level_of
from engine.patterns import TYPES, regex

STRICT_TYPES: Final = ("word", "name", "host", "token")
"""Types for a value without blanks, the narrowest first."""

TEMPLATE_CHARS_MAX: Final = 3500


def template_of(shape: Shape, names: Mapping[int, str], *, strict: bool) -> str:
    """The template of a shape; ``names`` has the name of each slot, by its number. ``strict``
    gives a type to what could be left open, so that less is read by two kinds.

    Where a value cannot be told from what follows, the rest of the record is one field.
    """
    written: list[str] = []
    number = 0
    for place, piece in enumerate(shape.pieces):
        if isinstance(piece, str):
            written.append(escaped(piece))
            continue
        field = _field(piece, names[number], shape.pieces[place + 1 :], strict=strict)
        number += 1
        if field is None or sum(map(len, written)) > TEMPLATE_CHARS_MAX:
            written.append(f"{{{names[number - 1]}:rest}}")
            break
        written.append(field)
    return "".join(written)


def escaped(text: str) -> str:
    """Text that stands for itself in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _field(slot: Slot, name: str, after: Sequence[Piece], *, strict: bool) -> str | None:
    if slot.kind == "space":
        return "{:spaces}"
    column = slot.column
    values = {one or "" for one in column.values}
    if slot.kind == "time":
        return f"{{{name}:{column.time_format}}}"
    if slot.kind == "quoted":
        return f"{{{name}:quoted}}"
    maybe = "?" if "" in values else ""
    values.discard("")
    type_name = _type_of(slot, values, after, strict=strict)
    if type_name is None:
        return None
    return f"{{{name}:{type_name}{maybe}}}" if type_name else f"{{{name}{maybe}}}"


def _type_of(slot: Slot, values: set[str], after: Sequence[Piece], *, strict: bool) -> str | None:
    """The type of a field, "" for a bare one; None if nothing ends it where it ends."""
    follows = after[0] if after and isinstance(after[0], str) else ""
    if slot.kind == "json" and len(after) < 2 and not {"}", "]"} & set(follows):
        return "json"
    if not after:
        if any("\n" in one for one in values):
            return "rest"
        if slot.kind == "rest" or not strict:
            narrow = _narrow(values, "")
            return "" if slot.kind == "rest" or narrow is None else narrow
        return _narrow(values, "") or _first_type(STRICT_TYPES, values, "") or ""
    if not follows:  # blanks of different widths
        return _narrow(values, " ") or _first_type(STRICT_TYPES, values, " ")
    narrow = _narrow(values, follows)
    if narrow is not None:
        return narrow
    is_bare = all((one + follows).find(follows) == len(one) and "\n" not in one for one in values)
    if is_bare and not strict and follows.strip():
        return ""
    return _first_type(STRICT_TYPES, values, follows) or ("" if is_bare else None)


def _narrow(values: set[str], follows: str) -> str | None:
    """The type that says what the values are."""
    return _first_type(("uuid", "ip", "mac", "digits", "integer", "number"), values, follows)


def _first_type(types: Sequence[str], values: set[str], follows: str) -> str | None:
    if not values:
        return None
    return next((one for one in types if _ends(values, one, follows)), None)


def _ends(values: set[str], type_name: str, follows: str) -> bool:
    """Whether the longest run of a type, in each value with what follows it, is the value."""
    match = re.compile(regex(TYPES[type_name])).match
    for value in values:
        found = match(value + follows)
        if found is None or found.end() != len(value):
            return False
    return True


# --- names --------------------------------------------------------------------------------------


def field_names(shape: Shape, given: Mapping[int, str]) -> dict[int, str]:
    """A name for each slot: the one that is given (by the identity of its column), what the
    records call it, or what it is."""
    names: dict[int, str] = {}
    used = set(given.values())
    for number, slot in enumerate(shape.slots):
        name = given.get(id(slot.column))
        if name is None:
            name = _free(identifier(slot.column.name) or _kind_name(slot), used)
        names[number] = name
    return names


def _free(name: str, used: set[str]) -> str:
    number, free = 1, name
    while free in used or free in _EVENT_FIELDS:
        number += 1
        free = f"{name}_{number}"
    used.add(free)
    return free


_EVENT_FIELDS: Final = frozenset(
    ["system_id", "checkpoint_id", "timestamp", "status", "correlation_id", "failure_reason"]
)


def identifier(name: str) -> str:
    """A name as templates can have it."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    return plain if plain[:1].isalpha() else ""


def _kind_name(slot: Slot) -> str:
    if slot.kind in ("quoted", "json", "time", "rest"):
        return {"quoted": "text", "rest": "message"}.get(slot.kind, slot.kind)
    column = slot.column
    if column.all_are(lambda one: level_of(one) is not None):
        return "level"
    for type_name, name in (("ip", "ip"), ("uuid", "uuid"), ("mac", "mac"), ("number", "number")):
        if column.is_of(type_name):
            return name
    if column.all_are(lambda one: one.startswith("/")):
        return "path"
    return "url" if column.all_are(lambda one: "://" in one) else "value"
