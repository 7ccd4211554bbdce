"""Whatever a spec says, a record is read in time linear in its length."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_templates import PIECES, renderings, templates, texts_near

from engine import templates as matching
from engine.compiled_templates import compile_match
from engine.follows import END, follow_of
from engine.hiding import Secrets, hide_in_json, hide_in_text
from engine.model import FieldPart, GroupPart, LiteralPart, Part, Template
from engine.redaction import MASK
from engine.templates import match

NEAR, FAR = 1 << 13, 1 << 16
"""Lengths of which the one is eight times the other."""

STEPS_MAX = 24
"""How many times the time for the near one the far one may take: three times what is linear, and
less than half of what is quadratic."""

NOISE_SECONDS = 0.02


def check_linear(read: Callable[[str], object], make: Callable[[int], str]) -> None:
    """Fail where the time grows faster than the text. A busy machine is given time: the best of
    several measurements counts."""
    near, far = make(NEAR), make(FAR)
    for _ in range(4):
        quick, slow = (min(_seconds(read, text) for _ in range(2)) for text in (near, far))
        if slow <= quick * STEPS_MAX + NOISE_SECONDS:
            return
    pytest.fail(f"{quick * 1e3:.2f} ms for {NEAR} characters, {slow * 1e3:.2f} ms for {FAR}")


def _seconds(read: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    read(text)
    return time.process_time() - began


# --- templates ----------------------------------------------------------------------------------


@st.composite
def _hostile(draw: st.DrawFn) -> tuple[Template, Callable[[int], str]]:
    """A template, and a text of it in which a few signs come again and again."""
    template = draw(templates())
    record = draw(renderings(template.parts))
    place = draw(st.integers(0, len(record)))
    literals = [one.text for one in _parts(template.parts) if isinstance(one, LiteralPart)]
    pieces = st.sampled_from([one for one in (*literals, *PIECES) if one != "\n"])
    piece = "".join(draw(st.lists(pieces, min_size=1, max_size=3)))
    rest = draw(st.sampled_from([record[place:], "", "\x01"]))
    return template, lambda size: record[:place] + piece * (size // len(piece)) + rest


def _parts(parts: Sequence[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        found.append(part)
        if isinstance(part, GroupPart):
            for branch in part.branches:
                found += _parts(branch)
    return found


@given(_hostile())
@examples(40)
def test_templates_read_in_linear_time(case: tuple[Template, Callable[[int], str]]) -> None:
    template, make = case
    check_linear(compile_match(template), make)
    check_linear(lambda text: match(template, text), make)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Template, str]:
    template = draw(templates())
    return template, draw(texts_near(template))


@given(_cases())
@examples(200)
def test_every_part_is_read_at_most_once(case: tuple[Template, str]) -> None:
    template, text = case
    match(template, text)  # compiled now
    read = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal read
        is_step = frame.f_code.co_name == "read" and frame.f_code.co_filename == matching.__file__
        read += event == "call" and is_step

    sys.setprofile(count)
    try:
        match(template, text)
    finally:
        sys.setprofile(None)
    parts = _parts(template.parts)
    sequences = 1 + sum(len(one.branches) for one in parts if isinstance(one, GroupPart))
    assert read <= len(parts) + sequences


def test_optional_texts_in_a_row_do_not_double_what_is_looked_for() -> None:
    flags = [GroupPart(f"f{at}", ((LiteralPart(f" f{at}"),), ())) for at in range(40)]
    template = Template("", (FieldPart("name", None), *flags, LiteralPart(";")))
    assert len(follow_of(template.parts[1:], END).starts) < 1000
    read = compile_match(template)
    assert read("a b f3 f17;") == match(template, "a b f3 f17;")
    assert read("a b f3 f17;") is not None
    check_linear(read, lambda size: " f3" * (size // 3))


# --- hiding -------------------------------------------------------------------------------------


def _halves(size: int) -> tuple[Secrets, str]:
    """A long secret, and a text that begins like it everywhere."""
    long, quoted = "a" * (size // 2) + "b", "a" * (size // 4) + '"c'
    secrets = Secrets(dict.fromkeys((long, quoted, "x y"), MASK))
    return secrets, f"{long} x y {quoted} " + "a" * (size // 2)


def test_long_secrets_are_hidden_in_linear_time() -> None:
    def hide(text: str) -> None:
        secrets, _ = _halves(len(text) // 4 * 3)
        hide_in_text(text + " ".join(secrets.texts), secrets)

    check_linear(hide, lambda size: _halves(size)[1])


@pytest.mark.parametrize("unit", ['\\"', '"', "\\", '"1', "1.", '":'])
def test_texts_that_are_no_json_after_all_are_hidden_in_linear_time(unit: str) -> None:
    secrets = Secrets({"secret": MASK}, {"1": MASK})

    def hide(text: str) -> None:
        hide_in_text(f"{text} secret 1", secrets, [text])
        hide_in_json(text, secrets)

    check_linear(hide, lambda size: '"' + unit * (size // len(unit)))


def test_what_is_hidden_is_not_hidden_again() -> None:
    secrets = Secrets({"ann": "1 bob", "bob": "ann", "\U000f0000": "ann"})
    assert hide_in_text("ann \U000f0000 bob", secrets) == "1 bob ann ann"


def test_a_number_in_json_without_an_end_is_hidden() -> None:
    secrets = Secrets({}, {"42": MASK})
    text = '{"a": 42, "b 42'
    assert hide_in_text(text, secrets, [text]) == '{"a": "***", "b ***'
