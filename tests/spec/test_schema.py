"""The JSON Schemas: whole, and true of what they describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

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


ALL = [
    *((f"spec{path}", told, SPEC) for path, told in properties(SPEC)),
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


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") is not None:
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


@pytest.mark.parametrize("schema", [SPEC, EVENT], ids=["spec", "event"])
def test_nothing_may_stand_there_that_is_not_described(schema: dict[str, Any]) -> None:
    found = list(objects(schema))
    assert found
    assert all(one["additionalProperties"] is False for one in found)


def test_the_event_schema_names_the_fields_of_an_export() -> None:
    assert tuple(EVENT["properties"]) == EXPORT_FIELDS
    assert tuple(EVENT["required"]) == EXPORT_FIELDS


def test_the_field_types_are_told() -> None:
    assert ", ".join(FIELD_TYPES) in SPEC["$defs"]["template"]["description"]
