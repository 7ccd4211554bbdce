"""Kinds that read texts further and ask for their parts: a record of two is never kept silent."""

from __future__ import annotations

import itertools
import json

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.asking import ask
from engine.diagnostics import Location
from engine.model import Condition, Form, Json, Key, KeyValues, Reading, RecordKind, System
from engine.proofs.common_objects import common_object
from engine.proofs.conditions import pairs_of_values
from engine.proofs.exclusive import check_exclusive
from engine.proofs.facts import facts
from engine.proofs.witness import UNKNOWN
from engine.spec.paths import parse_path
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch

FORMS: list[Form] = [
    Json(),
    KeyValues(),
    parse_template("L: {u}"),
    parse_template("M: {u:word}"),
    parse_template("{u:word} {v:word}"),
    parse_template("{u:word}{? {v:word}}"),
]
TESTS = st.sampled_from(["present", "absent", "1", "2"])
TEXTS = ["", "x", "1", "1 2", "x 2", "L: 1", "L: 2", "M: 1", "M: x", "u=1", "u=2 v=1", "v=2"]
OBJECTS = ["{}", '{"u": 1}', '{"u": "2", "v": 1}', '{"v": "1"}']


def condition(path: str, value: str) -> Condition:
    at = parse_path(path)
    if value in ("present", "absent"):
        return Condition(at, "present" if value == "present" else "absent")
    return Condition(at, "one_of", (value,))


@st.composite
def readings(draw: st.DrawFn, paths: list[str]) -> tuple[Reading, ...]:
    found = []
    for path in sorted(paths, key=len):
        form = draw(st.sampled_from([None, *FORMS]))
        if form is not None:
            first, *steps = parse_path(path)
            assert isinstance(first, Key)
            found.append(Reading(first.name, form, steps=tuple(steps)))
    return tuple(found)


def kind_of(
    name: str, where: tuple[Condition, ...], read: tuple[Reading, ...], template: str | None
) -> RecordKind:
    parsed = None if template is None else parse_template(template)
    at = Location("made.yaml", 1, 1)
    return RecordKind(name, "ignore", parsed, where, (), (), at, readings=read)


@st.composite
def kinds(
    draw: st.DrawFn, paths: list[str], read: list[str], templates: list[str | None]
) -> RecordKind:
    said = draw(st.dictionaries(st.sampled_from(paths), TESTS, min_size=1, max_size=3))
    where = tuple(itertools.starmap(condition, said.items()))
    return kind_of("k", where, draw(readings(read)), draw(st.sampled_from(templates)))


def takes(kind: RecordKind, body: str | dict[str, object]) -> bool:
    return not isinstance(ask(kind, body), Mismatch)


def checked(one: RecordKind, other: RecordKind) -> set[str]:
    form = "json" if one.template is None else "text"
    at = Location("made.yaml", 1, 1)
    systems = [
        System(name, form, "UTC", (kind,), None, None, "0" * 64, "", at)  # type: ignore[arg-type]
        for name, kind in (("one", one), ("other", other))
    ]
    return {found.code for found in check_exclusive(systems)}


# --- objects --------------------------------------------------------------------------------------

PATHS = ["a", "a.u", "a.v", "b", "b.u", "a.u.v"]
JSON_KINDS = kinds(PATHS, ["a", "b", "a.u"], [None])
VALUES = [None, *TEXTS, *OBJECTS, *map(json.loads, OBJECTS), {"u": "1 2"}, {"u": '{"v": "1"}'}]
SMALL: list[dict[str, object]] = [
    {key: value for key, value in (("a", a), ("b", b)) if value is not None}
    for a, b in itertools.product(VALUES, VALUES)
]


@examples(250)
@given(JSON_KINDS, JSON_KINDS)
def test_an_object_of_two_kinds_is_never_kept_silent(one: RecordKind, other: RecordKind) -> None:
    found = common_object([one, other])
    if found is None:
        assert not [body for body in SMALL if takes(one, body) and takes(other, body)]
    elif found != UNKNOWN:
        assert takes(one, json.loads(found))
        assert takes(other, json.loads(found))
    codes = {None: set(), UNKNOWN: {"E405"}}.get(found, {"E403"})
    told_apart = not list(pairs_of_values([facts(one), facts(other)]))
    assert not (told_apart and codes == {"E403"})
    assert checked(one, other) in (codes, set() if told_apart else codes)


@examples(150)
@given(JSON_KINDS, JSON_KINDS, st.lists(JSON_KINDS, max_size=2))
def test_an_object_that_a_kind_leaves_over_is_never_kept_silent(
    one: RecordKind, other: RecordKind, refusing: list[RecordKind]
) -> None:
    found = common_object([one], [other, *refusing])
    left = [
        body
        for body in SMALL
        if takes(one, body) and not any(takes(each, body) for each in (other, *refusing))
    ]
    assert not (found is None and left)


# --- texts ----------------------------------------------------------------------------------------

TEXT_KINDS = kinds(
    ["a.u", "a.v", "a", "b.u"], ["a", "b"], ["{b:word}|{a:rest}", "{b:word}|{a:rest?}", "x|{a}"]
).map(
    lambda kind: kind_of(
        "k",
        kind.where,
        tuple(one for one in kind.readings),
        kind.template.source if kind.template else None,
    )
)


@examples(150)
@given(TEXT_KINDS, TEXT_KINDS)
def test_a_text_of_two_kinds_is_never_kept_silent(one: RecordKind, other: RecordKind) -> None:
    common = [
        text
        for begun, rest in itertools.product(["x", "1", "2"], [*TEXTS, *OBJECTS])
        if takes(one, text := f"{begun}|{rest}") and takes(other, text)
    ]
    if common:
        assert checked(one, other) & {"E403", "E405"}


# --- by example -----------------------------------------------------------------------------------


def json_kind(form: str | None, **where: str) -> RecordKind:
    told = {key.replace("_", "."): value for key, value in where.items()}
    read = (
        () if form is None else (Reading("m", Json() if form == "json" else parse_template(form)),)
    )
    return kind_of("k", tuple(itertools.starmap(condition, told.items())), read, None)


@pytest.mark.parametrize(
    "one, other, witness",
    [
        (
            json_kind("Login failed: {u}", m_u="present"),
            json_kind("Other: {c}", m_u="absent"),
            '{"m": "Login failed: x"}',
        ),
        (
            json_kind("Login failed: {u}", m_u="present"),
            json_kind("Login failed: {u}", m_u="absent"),
            None,
        ),
        (json_kind("L: {u}", m_u="1"), json_kind("L: {u}", m_u="2"), None),
        (json_kind("L: {u}", m="L: 1", m_u="1"), json_kind("L: {u}", m="present"), '{"m": "L: 1"}'),
        (json_kind(None, m_u="present"), json_kind("L: {u}", m="L: 1"), None),
        (
            json_kind("L: {u}", m_u="present"),
            json_kind("M: {c}", m_c="present"),
            '{"m": {"u": "x", "c": "x"}}',
        ),
        (json_kind("json", m_u="1"), json_kind("json", m_u="1"), '{"m": "{\\"u\\": \\"1\\"}"}'),
    ],
)
def test_by_example(one: RecordKind, other: RecordKind, witness: str | None) -> None:
    assert common_object([one, other]) == witness


def test_elements_of_an_array_may_be_several() -> None:
    one = json_kind(None)
    first = kind_of("k", (condition("a[0].b", "present"),), one.readings, None)
    any_of = kind_of("k", (condition("a[*].b", "1"),), one.readings, None)
    assert common_object([first, any_of]) == UNKNOWN
