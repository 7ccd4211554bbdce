"""The schema as functions accepts what ``jsonschema`` does, and no document beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.resources import resource
from engine.spec import load_document, spec_schema
from engine.spec.accepting import Shape

SCHEMA = spec_schema()
SHAPE = Shape(SCHEMA)
JUDGE = Draft202012Validator(SCHEMA)
SPECS = [
    load_document(path)
    for folder in ("systems", "benchmarks/expressiveness/specs")
    for path in sorted(resource(folder).rglob("*.yaml"))
]


def words(schema: object) -> Iterator[str]:
    """The keys and texts that mean anything to a schema."""
    if isinstance(schema, dict):
        for key, below in schema.items():
            yield from [key] if isinstance(below, dict) else []
            yield from words(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from words(below)
    elif isinstance(schema, str) and len(schema) < 20:
        yield schema


WORDS = st.sampled_from(sorted({*words(SCHEMA), "x", "", "a b", "30s\n", "x" * 65}))
SCALARS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0]))
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=8,
)


def places(document: object) -> Iterator[tuple[Any, Any]]:
    """The containers in a document, each with each of its keys."""
    if isinstance(document, dict | list):
        for key in list(document) if isinstance(document, dict) else range(len(document)):
            yield document, key
            yield from places(document[key])


@st.composite
def nearly_specs(draw: st.DrawFn) -> object:
    """A spec with some things in it changed."""
    document = deepcopy(draw(st.sampled_from(SPECS)))
    for _ in range(draw(st.integers(1, 3))):
        inside, key = draw(st.sampled_from(list(places(document)) or [({"": ""}, "")]))
        change = draw(st.sampled_from(["other", "more", "less", "twice", "renamed", "moved"]))
        if change == "less":
            del inside[key]
        elif change == "twice" and isinstance(inside, list):
            inside.append(deepcopy(inside[key]))
        elif change == "renamed" and isinstance(inside, dict):
            inside[draw(WORDS)] = inside.pop(key)
        elif change == "moved":
            inside[key] = deepcopy(
                draw(st.sampled_from([one[key] for one, key in places(document)]))
            )
        elif change == "more" and isinstance(inside, dict):
            inside[draw(WORDS)] = draw(VALUES)
        else:
            inside[key] = draw(VALUES)
    return document


def test_it_accepts_every_spec() -> None:
    assert len(SPECS) > 100
    assert [one for one in SPECS if SHAPE.accepts(one) != JUDGE.is_valid(one)] == []


@given(nearly_specs())
def test_it_accepts_what_the_judge_does_of_what_is_nearly_a_spec(document: object) -> None:
    assert SHAPE.accepts(document) == JUDGE.is_valid(document)


@pytest.mark.parametrize("name", SCHEMA["$defs"])
@given(value=VALUES)
def test_it_accepts_what_the_judge_does_for_every_part(name: str, value: object) -> None:
    part = {**SCHEMA["$defs"][name], "$defs": SCHEMA["$defs"]}
    judge = Draft202012Validator(part)
    for one in (value, *part["examples"]):
        assert Shape(part).accepts(one) == judge.is_valid(one)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number"},
        {"maxLength": 4},
        {"maxItems": 1},
        {"maxProperties": 1},
        {"oneOf": [{"type": "string"}, {"pattern": "t"}]},
        {"anyOf": [{"type": ["null", "array"]}, {"minLength": 4}]},
        {"allOf": [{"pattern": "e"}, {"type": "string"}]},
        {"not": {"type": ["object", "string"]}},
        {"propertyNames": {"maxLength": 4}},
        {"properties": {"text": False}, "additionalProperties": {"type": "string"}},
    ],
    ids=lambda schema: next(iter(schema)),
)
def test_it_accepts_what_the_judge_does_by_every_word(schema: dict[str, object]) -> None:
    texts = ["", "e", "t", "text", "texts"]
    lists = [[], ["text"], ["text", "csv"]]
    mappings = [{}, {"text": "csv"}, {"texts": "csv"}, {"csv": "text", "x": "y"}, {"csv": 1}]
    judge = Draft202012Validator(schema)
    for value in [None, True, 0, 1.0, *texts, *lists, *mappings]:
        assert Shape(schema).accepts(value) == judge.is_valid(value), value


@pytest.mark.parametrize("items", [[True, 1], [1, 1.0], [["a"], "a"], ["a", "a"]])
def test_it_leaves_to_the_judge_what_python_and_json_compare_otherwise(items: object) -> None:
    schema = {"uniqueItems": True}
    assert not Shape(schema).accepts(items)
    assert not Shape({"not": schema}).accepts(items)


def test_a_run_with_specs_that_are_right_does_not_load_the_judge() -> None:
    code = f"""
import sys
from pathlib import Path
from engine.spec import load_systems
assert load_systems([Path({str(resource("systems"))!r})])
print("jsonschema" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
