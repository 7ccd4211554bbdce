"""Paths into what was captured."""

from __future__ import annotations

import time
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Index, Key, Path
from engine.paths import ReadText, compile_getter, value_at
from engine.spec.paths import parse_path

DOCUMENT: dict[str, Any] = {
    "a": "x",
    "a.b": "dotted",
    "user": {"name": "ann", "tags": [{"k": 1}, {"id": None}, {"id": 7}, {"id": 8}]},
    "rows": [[1, 2], [], [3]],
    "null": None,
    "line": ReadText.of('{"ip": "::1"}', {"ip": "::1"}),
}

_LEADS = [
    ("a", "x"),
    ('"a.b"', "dotted"),
    ("a.b", None),
    ("user.name", "ann"),
    ("user.tags[0].k", 1),
    ("user.tags[*].id", 7),
    ("user.tags[*].none", None),
    ("user.tags[9].k", None),
    ("user[0]", None),
    ("rows[*][1]", 2),
    ("rows[2][*]", 3),
    ("rows.a", None),
    ("null", None),
    ("null.a", None),
    ("line", '{"ip": "::1"}'),
    ("line.ip", "::1"),
    ("line[0]", None),
]


@pytest.mark.parametrize("path, value", _LEADS)
def test_where_a_path_leads(path: str, value: object) -> None:
    assert value_at(parse_path(path), DOCUMENT) == value
    assert compile_getter(parse_path(path))(DOCUMENT) == value


_names = st.sampled_from(["a", "b"])
_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=2),
    max_leaves=12,
)
_steps = st.builds(Key, _names) | st.builds(Index, st.none() | st.integers(0, 2))


def slow(steps: tuple[Key | Index, ...], value: Any) -> list[Any]:
    """All the values that the steps could lead to, the first of which counts."""
    if not steps:
        return [] if value is None else [value]
    step, *rest = steps
    if isinstance(step, Key):
        inside = [value[step.name]] if isinstance(value, dict) and step.name in value else []
    elif not isinstance(value, list):
        inside = []
    else:
        inside = value if step.number is None else value[step.number : step.number + 1]
    return [found for one in inside for found in slow(tuple(rest), one)]


@given(st.dictionaries(_names, _values, max_size=2), st.lists(_steps, max_size=4), _names)
@examples(400)
def test_the_first_of_all_that_it_could_lead_to(
    document: dict[str, Any], steps: list[Key | Index], first: str
) -> None:
    path: Path = (Key(first), *steps)
    expected = slow(path, document)
    assert value_at(path, document) == (expected[0] if expected else None)


def test_a_search_in_many_elements_takes_linear_time() -> None:
    document = {"rows": [[{"a": None}] * 300] * 300}
    started = time.perf_counter()
    assert value_at(parse_path("rows[*][*].a"), document) is None
    assert time.perf_counter() - started < 2
