"""Template text: the syntax of ``parse``, with what it lets pass refused."""

from __future__ import annotations

from itertools import pairwise

import parse
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import FIELD_TYPES, FieldPart, LiteralPart, Template
from engine.spec.template_syntax import TemplateError, parse_template
from engine.templates import TYPE_PATTERNS

PIECES = st.sampled_from(
    [
        "{",
        "}",
        "{{",
        "}}",
        "{a}",
        "{b}",
        "{_c9}",
        "{a_}",
        "{}",
        "{:digits}",
        "{d:iso}",
        "{e:}",
        "{0}",
        "{a.b}",
        "{a[0]}",
        "{a-b}",
        "{ü}",
        "{a!r}",
        "{:",
        " - ",
        "(ID: ",
        ")",
        "\n",
        "^.*$",
    ]
)


def read(source: str) -> Template | TemplateError:
    try:
        return parse_template(source)
    except TemplateError as error:
        return error


def test_a_template_is_literals_and_fields_in_turn() -> None:
    assert parse_template("{t:iso} {{{a}}}: {} {:digits}.").parts == (
        FieldPart("t", "iso"),
        LiteralPart(" {"),
        FieldPart("a", None),
        LiteralPart("}: "),
        FieldPart(None, None),
        LiteralPart(" "),
        FieldPart(None, "digits"),
        LiteralPart("."),
    )


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30))
@example("{a}{{{b}")
def test_whatever_is_accepted_parse_reads_the_same_way(source: str) -> None:
    template = read(source)
    if isinstance(template, TemplateError):
        assert 0 <= template.offset <= len(source)
        assert template.code in {"E301", "E302", "E303", "E304", "E305"}
        return
    kinds = [type(part) for part in template.parts]
    assert all(one is not other for one, other in pairwise(kinds))
    if any(isinstance(part, FieldPart) and part.type for part in template.parts):
        return  # `parse` has types of its own
    assert tuple(parse.compile(source, case_sensitive=True).named_fields) == template.field_names


@given(st.lists(PIECES, max_size=8).map("".join))
def test_what_parse_refuses_is_refused(source: str) -> None:
    try:
        parse.compile(source, {"digits": str, "iso": str}, case_sensitive=True)
    except (ValueError, NotImplementedError):
        assert isinstance(read(source), TemplateError)


@pytest.mark.parametrize("source", ["{bar", "{@timestamp}", "{a} {a}", "x {b:d}", "}", "{a:}"])
def test_what_parse_lets_pass_is_refused(source: str) -> None:
    """Taken from the library: it reads these as literal text, or as types of its own."""
    parse.compile(source)
    with pytest.raises(TemplateError):
        parse_template(source)


def test_the_types_that_can_be_named_are_those_that_can_be_matched() -> None:
    assert tuple(TYPE_PATTERNS) == FIELD_TYPES


def test_a_template_without_bounds_is_refused() -> None:
    with pytest.raises(TemplateError, match="longer than 4096"):
        parse_template("x" * 4097)
