"""The reference of the spec language, written from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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


def reference() -> str:
    """Every key, by the way to it, with what may stand there, what it means and an example."""
    return "\n\n".join(_entry(path, told, needed) for path, told, needed in _keys("", SCHEMA, ()))


def _keys(
    path: str, schema: dict[str, Any], seen: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """The keys below ``path``, each definition followed once on every way."""
    for name, raw in schema.get("properties", {}).items():
        told, here = _resolved(raw), f"{path}{name}"
        if name in seen:
            continue
        yield here, told, name in schema.get("required", [])
        yield from _inside(here, told, (*seen, name))


def _inside(
    here: str, told: dict[str, Any], seen: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    if here == "records":  # the two formats have kinds of their own
        both = (
            SCHEMA["$defs"]["text_kind"]["properties"] | SCHEMA["$defs"]["json_kind"]["properties"]
        )
        yield from _keys("records.NAME.", {"properties": both}, seen)
        return
    yield from _keys(f"{here}.", told, seen)
    items = _resolved(told.get("items", {}))
    yield from _keys(f"{here}[].", items, seen)
    values = told.get("additionalProperties")
    if isinstance(values, dict):
        yield from _keys(f"{here}.FIELD.", _resolved(values), seen)


def _resolved(told: dict[str, Any]) -> dict[str, Any]:
    told = dict(told)
    while "$ref" in told:
        told = SCHEMA["$defs"][told.pop("$ref").rpartition("/")[2]] | told
    return told


def _entry(path: str, told: dict[str, Any], needed: bool) -> str:
    kinds = told.get("type", [])
    said = " or ".join(WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    said = "one of " + ", ".join(f"`{one}`" for one in told["enum"]) if "enum" in told else said
    default = f", default `{told['default']}`" if "default" in told else ""
    need = ", needed" if needed else ""
    example = json.dumps(told["examples"][0], ensure_ascii=False)
    name = path.rpartition(".")[2]
    return f"**`{path}`** ({said}{need}{default}): {told['description']}  \n`{name}: {example}`"
