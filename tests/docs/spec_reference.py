"""The reference of the spec language, written from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.spec import spec_schema

SCHEMA = spec_schema()
WORDS = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


KINDS = ("text_kind", "json_kind", "parts_kind")
"""What a record kind is, by the format of its records."""


def reference() -> str:
    """Every key, by the way to it, with what may stand there, what it means and an example. What
    can stand in several places is told at the first."""
    shown: dict[str, str] = {}
    return "\n\n".join(_entry(one) for one in _keys("", SCHEMA, shown))


class _Key(NamedTuple):
    path: str
    told: dict[str, Any]
    needed: bool
    told_under: str
    """The way to the key that has the same keys inside, told before; "" if there is none."""


def _keys(path: str, schema: dict[str, Any], shown: dict[str, str]) -> Iterator[_Key]:
    """The keys below ``path``; ``shown`` are the definitions that were told, with where."""
    for name, raw in schema.get("properties", {}).items():
        here = f"{path}{name}"
        told_under = shown.get(_definition(raw), "")
        yield _Key(here, _resolved(raw), name in schema.get("required", []), told_under)
        yield from _inside(here, raw, shown)


def _inside(here: str, raw: dict[str, Any], shown: dict[str, str]) -> list[_Key]:
    """The keys in what ``raw`` describes, whether it is a mapping, a list or a choice of both."""
    definition, told = _definition(raw), _resolved(raw)
    if definition in shown:
        return []
    if here == "records":
        return list(_keys("records.NAME.", _any_kind(), shown))
    found: list[_Key] = []
    if isinstance(told.get("additionalProperties"), dict):
        found += _inside(f"{here}.FIELD", told["additionalProperties"], shown)
    found += _keys(f"{here}.", told, shown)
    if "items" in told:
        found += _inside(f"{here}[]", told["items"], shown)
    for choice in ("else", "then"):
        if choice in told:
            found += _inside(here, told[choice], shown)
    if definition and found:
        shown[definition] = here
    return found


def _any_kind() -> dict[str, Any]:
    """The keys of the record kinds of all formats; those of one format say so."""
    kinds = [SCHEMA["$defs"][name]["properties"] for name in KINDS]
    everywhere = set(kinds[0]).intersection(*kinds)
    told = {
        name: _resolved(raw) | ({} if name in everywhere else {"only": "text"})
        for properties in kinds
        for name, raw in properties.items()
    }
    for name in everywhere:
        told[name] = kinds[0][name]
    return {"properties": told}


def _definition(raw: dict[str, Any]) -> str:
    name: str = raw.get("$ref", "").rpartition("/")[2]
    return name


def _resolved(told: dict[str, Any]) -> dict[str, Any]:
    told = dict(told)
    while "$ref" in told:
        told = SCHEMA["$defs"][told.pop("$ref").rpartition("/")[2]] | told
    return told


def _entry(key: _Key) -> str:
    told, kinds = key.told, key.told.get("type", [])
    said = " or ".join(WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    said = "one of " + ", ".join(f"`{one}`" for one in told["enum"]) if "enum" in told else said
    said += f", with `format: {told['only']}`" if "only" in told else ""
    said += f", default `{told['default']}`" if "default" in told else ""
    said += ", needed" if key.needed else ""
    beside = f" Its keys are those of `{key.told_under}`." if key.told_under else ""
    example = json.dumps(told["examples"][0], ensure_ascii=False)
    name = key.path.rpartition(".")[2]
    return f"**`{key.path}`** ({said}): {told['description']}{beside}  \n`{name}: {example}`"
