"""How far the nearest kinds get, held to asking every one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import json_kind, system, text_kind

from engine import nearest
from engine.asking import ask
from engine.interpreter import compile_normalizer, decode
from engine.model import (
    Attempt,
    Condition,
    FieldPart,
    Json,
    Key,
    Path,
    Reading,
    Record,
    RecordKind,
    Rejection,
    System,
    Template,
)
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch

HEADS: Final = (
    "",
    "",
    "{a:digits}",
    "{b:digits}",
    "{a:digits?}",
    "{a}",
    "{?{a:digits}-}{b:digits}",
)
LITERALS: Final = ("x", "xy", "xyz", "xyy", "y", "yx", "x y", "-")
ENDS: Final = ("", "{c:digits}", " {c:word}", "{?!{c:word}}", "!{c:rest}")
WORDS: Final = ("1", "12", "x", "y", "z", " ", "-", "!", "xy", "\n")


def obvious(systems: Sequence[System], value: str) -> tuple[Attempt, ...]:
    """The nearest of what every kind says."""
    body = decode(_record(value))
    failed = []
    for made in systems:
        for kind in made.kinds:
            if (kind.template is None) == isinstance(body, dict):
                found = ask(kind, body)
                assert isinstance(found, Mismatch)
                failed.append(Attempt(made.name, kind.name, found.matched_chars, found.expected))
    failed.sort(key=lambda one: (-one.matched_chars, one.system, one.kind))
    return tuple(failed[:3])


def untaken(systems: Sequence[System], values: Sequence[str]) -> Iterator[tuple[str, Rejection]]:
    normalizer = compile_normalizer(systems)
    for value in values:
        outcome = normalizer.normalize_one(_record(value))
        if isinstance(outcome, Rejection) and outcome.reason == "no_match":
            yield value, outcome


def _record(value: str) -> Record:
    return Record("file:aa", 0, 9, value.encode())


def _systems(kinds: Sequence[RecordKind]) -> list[System]:
    """The kinds in two systems, whose names do not stand in the order in which they are loaded."""
    named = [replace(one, name=f"k{number * 7 % 10}") for number, one in enumerate(kinds)]
    return [system(name, *some) for name, some in (("b", named[::2]), ("a", named[1::2])) if some]


# --- texts ----------------------------------------------------------------------------------------


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """Many that begin alike, and go on with texts that begin alike."""
    made = parse_template("".join(draw(st.sampled_from(some)) for some in (HEADS, LITERALS, ENDS)))
    first = made.parts[0]
    if isinstance(first, FieldPart) and draw(st.integers(0, 3)) == 0:
        return replace(made, parts=(replace(first, values=("1", "x")), *made.parts[1:]))
    return made


@examples(400)
@given(
    st.lists(templates(), min_size=1, max_size=10),
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join), max_size=8),
)
def test_texts_as_if_every_kind_were_asked(made: list[Template], texts: list[str]) -> None:
    systems = _systems([replace(text_kind("k", "x"), template=one) for one in made])
    for text, rejection in untaken(systems, texts):
        assert rejection.nearest == obvious(systems, text)


# --- objects --------------------------------------------------------------------------------------

PATHS: Final[tuple[Path, ...]] = ((Key("a"),), (Key("b"),), (Key("b"), Key("a")))
SEEN: Final[tuple[object, ...]] = (
    None,
    True,
    1,
    1.5,
    "1",
    "true",
    "x",
    "y",
    [],
    {},
    {"a": "x"},
    '{"a": "x"}',
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from(PATHS))
    if draw(st.booleans()):
        return Condition(path, draw(st.sampled_from(["present", "absent"])), ())
    values = draw(st.lists(st.sampled_from(["x", "y", "1", "true"]), min_size=1, max_size=2))
    return Condition(path, "one_of", tuple(values))


@st.composite
def object_kinds(draw: st.DrawFn) -> RecordKind:
    made = json_kind("k", draw(st.lists(conditions(), min_size=1, max_size=3)), ())
    reads_further = draw(st.integers(0, 3)) == 0
    return replace(made, readings=(Reading("b", Json()),)) if reads_further else made


OBJECTS: Final = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(SEEN))


@pytest.mark.parametrize("remembered", [nearest._REMEMBERED_MAX, 1])
@examples(200)
@given(
    kinds=st.lists(object_kinds(), min_size=1, max_size=10),
    objects=st.lists(OBJECTS, max_size=8),
)
def test_objects_as_if_every_kind_were_asked(
    remembered: int, kinds: list[RecordKind], objects: list[dict[str, object]]
) -> None:
    systems = _systems(kinds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_REMEMBERED_MAX", remembered)
        for text, rejection in untaken(systems, [json.dumps(one) for one in objects]):
            assert rejection.nearest == obvious(systems, text)
