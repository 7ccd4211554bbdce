from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from engine.infer.pieces import shapes_of
from engine.infer.shapes import common_length, find_groups
from engine.infer.template_text import field_names, template_of
from engine.infer.tokens import tokenize

CHECKPOINTS = [
    f"2025-05-04T10:{n % 60:02}:00 APP: {step} - {status} (ID: a-{n})"
    for n, (step, status) in enumerate(
        [("PICK", "SUCCESS"), ("PACK", "FAILURE"), ("SEND", "SUCCESS")] * 20
    )
]
ERRORS = [
    f"2025-05-04T10:{n:02}:01 APP ERROR (ID: a-{n}) - {reason}"
    for n, reason in enumerate(["timeout", "no (such) thing", "disk full - see 42", "x"] * 6)
]


def templates(records: Sequence[str]) -> list[str]:
    tokens = [tokenize(record) for record in records]
    groups, _ = find_groups(tokens)
    return [
        template_of(shape, field_names(shape, {}), strict=False)
        for shape in shapes_of(groups, tokens)
    ]


def test_what_varies_is_a_field_and_what_does_not_is_text() -> None:
    assert templates(CHECKPOINTS) == ["{time:iso} APP: {value} - {value_2} (ID: {ID})"]


def test_free_text_at_the_end_is_one_field() -> None:
    assert templates(CHECKPOINTS + ERRORS) == [
        "{time:iso} APP: {value} - {value_2} (ID: {ID})",
        "{time:iso} APP ERROR (ID: {ID}) - {message}",
    ]


def test_free_text_before_something_that_all_have_is_one_field() -> None:
    reasons = ["no paper", "cannot read (the) label", "gone", "30 s over", "a b c d"]
    records = [
        f"2025-05-04T10:00:{n:02} E {one}, order: a-{n}" for n, one in enumerate(reasons * 8)
    ]
    assert templates(records) == ["{time:iso} E {message}, order: {order}"]


def test_kinds_with_one_skeleton_are_told_apart_by_their_words() -> None:
    records = [f"User {name} logged in" for name in ("bob", "eve", "joe", "ann")] * 3
    records += [f"Disk {name} is full" for name in ("sda", "sdb", "sdc", "sdd")] * 3
    assert sorted(templates(records)) == ["Disk {value} is full", "User {value} logged in"]


def test_a_word_that_decides_about_all_others_tells_kinds_apart() -> None:
    records = [f"[EVENT] [{step}] [{end}]" for step in ("PICK", "PACK") for end in ("OK", "BAD")]
    records += [f"[ERROR] [{code}] [{why}]" for code in ("LOW", "HIGH") for why in ("net", "disk")]
    assert sorted(templates(records * 10)) == ["[ERROR] [{value}] [{value_2}]",
                                               "[EVENT] [{value}] [{value_2}]"]  # fmt: skip


def test_a_status_that_is_always_the_same_is_a_field_if_another_kind_says_so() -> None:
    good = [f"APP: PICK - SUCCESS (ID: a-{n})" for n in range(20)]
    bad = [f"APP: PICK - FAILURE (ID: a-{n}) - {why}" for n, why in enumerate(["x y", "z"] * 8)]
    assert templates(good + bad) == [
        "APP: PICK - {value} (ID: {ID})",
        "APP: PICK - {value} (ID: {ID}) - {message}",
    ]


def test_what_is_like_nothing_else_is_left_out() -> None:
    tokens = [tokenize(record) for record in [*CHECKPOINTS, "### rotated ###"]]
    groups, noise = find_groups(tokens)
    assert len(groups) == 1
    assert noise == [len(CHECKPOINTS)]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_records_does_not_matter(seed: int) -> None:
    records = [*CHECKPOINTS, *ERRORS, "### rotated ###"]
    shuffled = random.Random(seed).sample(records, len(records))
    assert templates(shuffled) == templates(records)


def test_common_length() -> None:
    assert common_length([("a", "b", "c"), ("a", "b"), ("a", "b", "d")]) == 2
    assert common_length([("a",)]) == 1
    assert common_length([("a",), ("b",), ()]) == 0
