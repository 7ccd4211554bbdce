"""What maps make of texts."""

from __future__ import annotations

import re
import time

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import ValueMap
from engine.value_maps import NoEntry, is_like, look_up

MAP = ValueMap(
    exact={"200": "exact", "gone": None},
    ranges=((200, 299, "good"), (400, 499, None), (450, 600, "late")),
    globs=(("user *", "user"), ("*failed*", "failed"), ("*", None)),
)

_LOOKED_UP = [
    ("200", "exact"),
    ("gone", None),
    ("201", "good"),
    ("299", "good"),
    ("460", None),
    ("500", "late"),
    ("0204", "good"),
    ("-204", None),
    ("204.0", None),
    ("user failed", "user"),
    ("it failed", "failed"),
    ("9" * 5000, None),
]


@pytest.mark.parametrize("text, becomes", _LOOKED_UP)
def test_exact_then_ranges_then_globs(text: str, becomes: str | None) -> None:
    assert look_up(MAP, text) == becomes


def test_otherwise_is_for_the_rest() -> None:
    assert look_up(ValueMap({"a": "b"}, has_otherwise=True, otherwise="c"), "x") == "c"
    assert look_up(ValueMap({"a": "b"}, has_otherwise=True), "x") is None
    with pytest.raises(NoEntry):
        look_up(ValueMap({"a": "b"}), "A")


@given(st.text("ab*", max_size=8), st.text("ab\n", max_size=12))
@examples(500)
def test_a_star_is_any_text(glob: str, text: str) -> None:
    pattern = ".*".join(map(re.escape, glob.split("*")))
    assert is_like(glob, text) is (re.fullmatch(pattern, text, re.DOTALL) is not None)


def test_many_stars_take_linear_time() -> None:
    started = time.perf_counter()
    assert not is_like("*a" * 30 + "*b*c", "a" * 1_000_000 + "c")
    assert time.perf_counter() - started < 1
