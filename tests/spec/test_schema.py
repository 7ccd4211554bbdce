"""The JSON Schemas: whole, and true of what they describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from engine.event_json import UNSAID
from engine.model import EXPORT_FIELDS
from engine.spec import event_schema, spec_schema
from engine.spec.field_types import FIELD_TYPES

SPEC, EVENT = spec_schema(), event_schema()


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property that a schema names, with the way to it."""
    if isinstance(schema, dict):
        for name, told in schema.get("properties", {}).items():
            yield f"{path}/{name}", told
        for key, inner in schema.items():
            if key not in {"examples", "if", "then", "const"}:
                yield from properties(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner, path)


def resolved(told: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in told:
        return told
    defined: dict[str, Any] = SPEC["$defs"][told["$ref"].rpartition("/")[2]]
    return defined | told


def free_names(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """What stands under names of one's own choice, where it is more than a value."""
    for key, inner in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if key == "additionalProperties" and isinstance(inner, dict) and "properties" in inner:
            yield f"{path}/{key}", inner
        if key not in {"examples", "if", "const"} and isinstance(inner, dict | list):
            yield from free_names(inner, f"{path}/{key}")


ALL = [
    *((f"spec{path}", told, SPEC) for path, told in properties(SPEC)),
    *((f"spec{path}", told, SPEC) for path, told in free_names(SPEC)),
    *((f"spec/$defs/{name}", told, SPEC) for name, told in SPEC["$defs"].items()),
    *((f"event{path}", told, EVENT) for path, told in properties(EVENT)),
]


@pytest.mark.parametrize("schema", [SPEC, EVENT], ids=["spec", "event"])
def test_it_is_a_schema_of_2020_12_with_a_version_in_its_name(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].rpartition(":")[2].isdigit()


@pytest.mark.parametrize("told, whole", [one[1:] for one in ALL], ids=[one[0] for one in ALL])
def test_a_property_has_a_description_and_examples_that_are_true(
    told: dict[str, Any], whole: dict[str, Any]
) -> None:
    told = resolved(told)
    assert told["description"].endswith(".")
    assert told["examples"]
    validator = jsonschema.Draft202012Validator({**told, "$defs": whole.get("$defs", {})})
    for example in told["examples"]:
        validator.validate(example)


def test_all_that_is_new_is_looked_at() -> None:
    looked_at = {one[0] for one in ALL}
    below = "spec/$defs"
    assert looked_at >= {
        "spec/extends",
        "spec/properties/redact/raw",
        f"{below}/text_kind/regex",
        f"{below}/json_kind/format",
        f"{below}/parts_kind/read",
        f"{below}/own_type/except",
        f"{below}/mapping/case",
        f"{below}/fields/attributes",
        f"{below}/read/additionalProperties",
        f"{below}/read/additionalProperties/template",
        f"{below}/csv/columns",
        f"{below}/key_values/quotes",
    }
    assert any(path.endswith("/gives/attributes") for path in looked_at)


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping that a schema describes, but for the conditions of an ``if``."""
    if isinstance(schema, dict):
        if "object" in schema.get("type", ""):
            yield path, schema
        for key, inner in schema.items():
            if key not in {"examples", "if", "const"}:
                yield from objects(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from objects(inner, f"{path}/{number}")


FREE = {
    "/properties/types",
    "/properties/redact",
    "/properties/records",
    "/$defs/fields",
    "/$defs/fields/properties/attributes/items",
    "/$defs/mapping/properties/map",
    "/$defs/where",
    "/$defs/read",
    "/$defs/csv/properties/columns/items",
    "/$defs/samples/items/properties/gives",
    "/$defs/join/properties/when",
}
"""Mappings with names of one's own choice (or the event's fields): what stands there has a type."""

ANYTHING = {"/$defs/samples/items/properties/gives/properties/attributes"}
"""Values that may be anything that JSON can say."""

CHOICES = {
    "/$defs/kind",
    "/$defs/mappings",
    "/$defs/ignored",
    "/properties/records/additionalProperties",
}
"""What one of several others describes."""


def test_nothing_may_stand_there_that_is_not_described() -> None:
    found = dict(objects(SPEC))
    closed = {path for path, one in found.items() if one.get("additionalProperties") is False}
    assert set(found) - closed == FREE | ANYTHING | CHOICES
    for path in FREE:
        value = found[path]["additionalProperties"]
        assert resolved(value)["type"], path
    told = [one for _, one in objects(EVENT) if "properties" in one]
    assert told
    assert all(one["additionalProperties"] is False for one in told)


KINDS: dict[str, dict[str, Any]] = {
    "text": {"template": "{timestamp} {checkpoint_id} {status} {correlation_id}"},
    "json": {"where": {"app": "pay"}},
    "key_values": {"where": {"app": "pay"}},
    "csv": {"where": {"app": "pay"}},
}


def spec_of(kind: dict[str, Any], format_: str) -> dict[str, Any]:
    spec = {"system": "pay", "format": format_, "records": {"paid": kind}}
    return spec | ({"csv": {"columns": ["app"]}} if format_ == "csv" else {})


@pytest.mark.parametrize("format_", KINDS)
@pytest.mark.parametrize("own", [None, *KINDS])
def test_a_kind_has_the_keys_of_its_format_and_no_others(format_: str, own: str | None) -> None:
    kind = KINDS[own or format_] | ({"format": own} if own else {})
    validator = jsonschema.Draft202012Validator(SPEC)
    assert validator.is_valid(spec_of(kind, format_))
    assert not validator.is_valid(spec_of(kind | {"zzz": "x"}, format_))
    foreign = {"where": "x"} if (own or format_) == "text" else {"template": "{x}"}
    assert not validator.is_valid(spec_of(kind | foreign, format_))
    assert not validator.is_valid(spec_of({}, format_)) or format_ in {"key_values", "csv"}


@pytest.mark.parametrize("format_", KINDS)
def test_what_is_ignored_is_told_in_the_words_of_the_format(format_: str) -> None:
    validator = jsonschema.Draft202012Validator(SPEC)
    template, conditions = ["health check from {peer}"], [{"type": "heartbeat"}]
    spec = spec_of(KINDS[format_], format_)
    is_text = format_ == "text"
    assert validator.is_valid(spec | {"ignore": template})  # text among the others is left out
    assert validator.is_valid(spec | {"ignore": conditions}) != is_text
    assert not validator.is_valid(spec | {"ignore": []})


def test_the_event_schema_names_the_fields_of_an_export() -> None:
    assert tuple(EVENT["properties"]) == EXPORT_FIELDS
    assert {*EVENT["required"]} == {*EXPORT_FIELDS} - {*UNSAID}


def test_the_field_types_are_told() -> None:
    assert ", ".join(FIELD_TYPES) in SPEC["$defs"]["template"]["description"]
