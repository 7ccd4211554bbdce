"""Conditions on paths into objects: an object that fulfils them, or none."""

from __future__ import annotations

import itertools
import json

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.conditions import holds
from engine.model import Condition, Path
from engine.proofs.conditions import shortest_object
from engine.spec.paths import parse_path


def where(**said: str) -> list[Condition]:
    return [condition(parse_path(path), value) for path, value in said.items()]


def condition(path: Path, value: str) -> Condition:
    if value == "present":
        return Condition(path, "present")
    return Condition(path, "absent") if value == "absent" else Condition(path, "one_of", (value,))


@pytest.mark.parametrize(
    "one, other, witness",
    [
        ({"a.b": "1"}, {"a.c": "2"}, '{"a": {"b": "1", "c": "2"}}'),
        ({"a.b": "1"}, {"a": "2"}, None),
        ({"a.b": "1"}, {"a": "present"}, '{"a": {"b": "1"}}'),
        ({"a.b": "1"}, {"a": "absent"}, None),
        ({"a.b": "absent"}, {"a": "x"}, '{"a": "x"}'),
        ({"a.b": "present"}, {"a[0]": "present"}, None),
        ({"a[1].b": "1"}, {"a[0].b": "absent"}, '{"a": [null, {"b": "1"}]}'),
        ({"a[*].b": "1"}, {"a[*].c": "2"}, '{"a": [{"b": "1", "c": "2"}]}'),
        ({"a[*].b": "1"}, {"a[*].b": "2"}, None),
        ({"a[*].b": "1"}, {"a": "1"}, None),
        ({"a.b.c": "1"}, {"a.b": "absent"}, None),
    ],
)
def test_by_example(one: dict[str, str], other: dict[str, str], witness: str | None) -> None:
    assert shortest_object([where(**one), where(**other)]) == witness


PATHS = [parse_path(one) for one in ("a", "a.b", "a.c", "a.b.c", "a[0]", "a[1].b", "d")]
CONDITIONS = st.lists(
    st.builds(condition, st.sampled_from(PATHS), st.sampled_from(["present", "absent", "1", "2"])),
    max_size=3,
)


def small_objects() -> list[dict[str, object]]:
    leaves: list[object] = [None, "1", "2", "x"]
    inner = [*leaves, {}, {"c": "1"}, {"c": "2"}, {"c": "x"}]
    objects = [{"b": b, "c": c} for b, c in itertools.product(inner, leaves)]
    arrays = [[first, {"b": b}] for first, b in itertools.product([*leaves, {}], leaves)]
    return [
        {"a": a, "d": d} for a, d in itertools.product([*leaves, {}, *objects, *arrays], leaves)
    ]


SMALL = small_objects()


@examples(150)
@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.lists(CONDITIONS, max_size=2))
def test_objects_are_found_as_over_all_small_ones(
    accepting: list[list[Condition]], refusing: list[list[Condition]]
) -> None:
    def is_witness(made: dict[str, object]) -> bool:
        return all(all(holds(one, made) for one in each) for each in accepting) and not any(
            all(holds(one, made) for one in each) for each in refusing
        )

    found = shortest_object(accepting, refusing)
    assert (found is not None) == any(map(is_witness, SMALL))
    assert found is None or is_witness(json.loads(found))
