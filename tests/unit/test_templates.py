"""Templates: one reading only, in time linear in the record (semantics, chapter 5)."""

from __future__ import annotations

import time
from functools import cache

import parse
import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from made_systems import SYSTEMS, template

from engine.model import FieldPart, LiteralPart, Template
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match


def captured(source: str, text: str) -> dict[str, str] | None:
    found = match(parse_template(source), text)
    return None if isinstance(found, Mismatch) else found


# --- against parse ------------------------------------------------------------------------------

_ALPHABET = "ab-: ()."


@st.composite
def plain_templates(draw: st.DrawFn) -> Template:
    """Fields without types, with literals between them."""
    parts: list[LiteralPart | FieldPart] = []
    literals = st.text(_ALPHABET, min_size=1, max_size=3)
    if draw(st.booleans()):
        parts.append(LiteralPart(draw(literals)))
    for number in range(draw(st.integers(1, 4))):
        if parts and isinstance(parts[-1], FieldPart):
            parts.append(LiteralPart(draw(literals)))
        parts.append(FieldPart(f"f{number}", None))
    if draw(st.booleans()):
        parts.append(LiteralPart(draw(literals)))
    source = "".join(p.text if isinstance(p, LiteralPart) else f"{{{p.name}}}" for p in parts)
    return Template(source, tuple(parts))


@cache
def parser(source: str) -> parse.Parser:
    return parse.compile(source, case_sensitive=True)


@st.composite
def records(draw: st.DrawFn, of: Template) -> str:
    """Text of the template's own make, or any of the same characters."""
    if draw(st.booleans()):
        return draw(st.text(_ALPHABET, max_size=14))
    values = st.text(_ALPHABET, max_size=4)
    return "".join(p.text if isinstance(p, LiteralPart) else draw(values) for p in of.parts)


@given(st.data())
@examples(600)
def test_where_a_template_matches_parse_gives_the_same_values(data: st.DataObject) -> None:
    """And where only parse matches, a value has run over the literal after it."""
    made = data.draw(plain_templates())
    text = data.draw(records(made))
    ours = match(made, text)
    theirs = parser(made.source).parse(text)
    if not isinstance(ours, Mismatch):
        assert theirs is not None
        assert theirs.named == ours
    elif theirs is not None:
        assert any(
            isinstance(part, FieldPart)
            and isinstance(after, LiteralPart)
            and _runs_over(theirs, part, after, text)
            for part, after in zip(made.parts, made.parts[1:], strict=False)
        )


def _runs_over(theirs: parse.Result, field: FieldPart, after: LiteralPart, text: str) -> bool:
    """Whether the literal occurs before the place where parse ends the field."""
    assert field.name is not None
    span: tuple[int, int] = theirs.spans[field.name]
    begin, end = span
    return 0 <= text.find(after.text, begin) < end


@given(st.data())
@examples(300)
def test_a_value_is_never_empty_and_never_holds_the_literal_after_it(data: st.DataObject) -> None:
    made = data.draw(plain_templates())
    found = match(made, data.draw(records(made)))
    if isinstance(found, Mismatch):
        return
    followers = [*made.parts[1:], None]
    for part, after in zip(made.parts, followers, strict=True):
        if isinstance(part, FieldPart) and part.name is not None:
            assert found[part.name]
            assert not isinstance(after, LiteralPart) or after.text not in found[part.name]


@given(st.data())
@examples(300)
def test_what_is_matched_is_the_whole_record(data: st.DataObject) -> None:
    """Values put back into the template give the record again, character by character."""
    made = data.draw(plain_templates())
    text = data.draw(records(made))
    found = match(made, text)
    if isinstance(found, Mismatch):
        assert 0 <= found.matched_chars <= len(text)
    else:
        assert made.source.format(**found) == text


def test_the_wrong_reading_that_parse_accepts_is_refused() -> None:
    source = "{t} BCIS: {c} - {s} (ID: {correlation_id})"
    text = "10:30 BCIS: A - FAILURE (ID: abc-123) - timeout (db)"
    theirs = parse.compile(source, case_sensitive=True).parse(text)
    assert isinstance(theirs, parse.Result)
    assert theirs["correlation_id"] == "abc-123) - timeout (db"
    assert captured(source, text) is None


# --- by example ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, text, expected",
    [
        ("{a}", "any text", {"a": "any text"}),
        ("{a}", "", None),
        ("{a}-{b}", "x-y", {"a": "x", "b": "y"}),
        ("{a}-{b}", "x-y-z", {"a": "x", "b": "y-z"}),
        ("{a}-{b}", "--x", None),
        ("{a}-{b}", "x-", None),
        ("{a}-", "x-y-", None),
        ("{}-{b}", "x-y", {"b": "y"}),
        ("[{a}]", "[x]", {"a": "x"}),
        ("[{a}]", "[x] ", None),
        ("[{a}]", " [x]", None),
        ("id {a}", "ID x", None),
        ("{a} {b}", "x\ny z", None),
        ("{a} {b}", "x y\n", None),
        ("x\n{a}", "x\ny", {"a": "y"}),
        ("{a} {b}", "x\u2028y z", {"a": "x\u2028y", "b": "z"}),
        ("{a} {b}", "é 𝄞", {"a": "é", "b": "𝄞"}),
        ("{a:word} {b}", "x_1 y", {"a": "x_1", "b": "y"}),
        ("{a:word} {b}", "é y", None),
        ("{a:digits}", "007", {"a": "007"}),
        ("{a:digits}", "٣", None),
        ("{a:number}", "-1.50", {"a": "-1.50"}),
        ("{a:number}", "1.", None),
        ("{a:ip}", "10.0.0.256", None),
        ("{a:ip}/{b:digits}", "::ffff:10.0.0.1/96", {"a": "::ffff:10.0.0.1", "b": "96"}),
        ("{a:ip}.", "fe80::1.", {"a": "fe80::1"}),
        ("{a:iso} {b}", "2025-05-04T10:30 x", {"a": "2025-05-04T10:30", "b": "x"}),
        ("{a:iso} {b}", "2025-05-04 10:30:00,5+02 x", {"a": "2025-05-04 10:30:00,5+02", "b": "x"}),
    ],
)
def test_readings(source: str, text: str, expected: dict[str, str] | None) -> None:
    assert captured(source, text) == expected


@pytest.mark.parametrize(
    "source, text, matched, expected",
    [
        ("{a} CMF: {b}", "x CMX: y", 0, '" CMF: " further on'),
        ("at {a:digits}s", "at 12ms", 5, '"s"'),
        ("at {a:digits}s", "at noon", 3, "a field of type digits"),
        ("at {a}", "ax noon", 1, '"at "'),
        ("{a}-{b}", "-x", 0, "a value for {a}"),
        ("{a:word}", "x y", 1, "the end of the record"),
        ("{a}", "x\ny", 1, "no line break inside a field"),
    ],
)
def test_how_far_a_template_got(source: str, text: str, matched: int, expected: str) -> None:
    assert match(template(source), text) == Mismatch(matched, expected)


# --- time ---------------------------------------------------------------------------------------

_TEMPLATES = [kind.template for one in SYSTEMS for kind in one.kinds if kind.template is not None]


@given(st.sampled_from(_TEMPLATES), st.sampled_from(_TEMPLATES), st.integers(1, 40))
@example(_TEMPLATES[0], _TEMPLATES[0], 11)
@examples(30)
def test_a_hostile_line_of_1_mb_costs_little(made: Template, of: Template, cut: int) -> None:
    """A template's own literals over and over again, the shape that makes backtracking explode;
    the bound is for a slow and busy machine."""
    literals = [part.text for part in of.parts if isinstance(part, LiteralPart)]
    begin = "2025-05-04T11:00:00Z" if isinstance(made.parts[0], FieldPart) else ""
    line = begin + "".join(literals) * (1_000_000 // len("".join(literals)))
    started = time.process_time()
    match(made, line[:-cut])
    assert time.process_time() - started < 1


def test_control_parse_needs_far_longer_for_the_same() -> None:
    """A line of a thousandth of that length already costs parse more than ours all of it."""
    source = "{t} X: {a} - {b} (ID: {c})"
    line = " X:  - (ID: " * 120
    started = time.process_time()
    assert parse.compile(source, case_sensitive=True).parse(line) is None
    theirs = time.process_time() - started
    started = time.process_time()
    assert isinstance(match(template(source), line), Mismatch)
    assert time.process_time() - started < theirs / 10
