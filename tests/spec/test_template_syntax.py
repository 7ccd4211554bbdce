"""Template text: the syntax of ``parse``, with what it lets pass refused."""

from __future__ import annotations

from itertools import pairwise

import parse
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import FieldPart, FieldType, GroupPart, LiteralPart, Part, Template
from engine.patterns import Alt
from engine.patterns import literal as pattern_of
from engine.spec.field_types import FIELD_TYPES
from engine.spec.template_syntax import TemplateError, parse_template

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


EMPTY = FieldPart(None, None, may_be_empty=True)


def text(literal: str) -> LiteralPart:
    return LiteralPart(literal)


def field(name: str | None, type_name: str | None = None) -> FieldPart:
    return FieldPart(name, FIELD_TYPES[type_name] if type_name else None)


def group(name: str | None, *branches: tuple[Part, ...]) -> GroupPart:
    return GroupPart(name, branches)


def read(source: str) -> Template | TemplateError:
    try:
        return parse_template(source)
    except TemplateError as error:
        return error


def test_a_template_is_literals_and_fields_in_turn() -> None:
    assert parse_template("{t:iso} {{{a}}}: {} {:digits}.").parts == (
        FieldPart("t", FIELD_TYPES["iso"]),
        LiteralPart(" {"),
        FieldPart("a", None),
        LiteralPart("}: "),
        FieldPart(None, None),
        LiteralPart(" "),
        FieldPart(None, FIELD_TYPES["digits"]),
        LiteralPart("."),
    )


def _run_together(one: Part, other: Part) -> bool:
    """Whether the two could be told apart nowhere: texts, or fields without a type."""
    if isinstance(one, FieldPart) and isinstance(other, FieldPart):
        return one.type is None and other.type is None
    return isinstance(one, LiteralPart) and isinstance(other, LiteralPart)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30))
@example("{a}{{{b}")
def test_whatever_is_accepted_parse_reads_the_same_way(source: str) -> None:
    template = read(source)
    if isinstance(template, TemplateError):
        assert 0 <= template.offset <= len(source)
        assert template.code in {"E301", "E302", "E303", "E304", "E305"}
        return
    assert not any(_run_together(*two) for two in pairwise(template.parts))
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


@pytest.mark.parametrize(
    "source, parts",
    [
        ("{a?};{?}", (FieldPart("a", None, may_be_empty=True), text(";"), EMPTY)),
        ("x{? {a}}", (text("x"), group(None, (text(" "), field("a")), ()))),
        ("{|x|{a:word}|}.", (group(None, (text("x"),), (field("a", "word"),), ()), text("."))),
        ("{a=x{b:word}}", (group("a", (text("x"), field("b", "word"))),)),
        ("{a=|x|y}", (group("a", (text("x"),), (text("y"),)),)),
        ("{?|x|y}z", (group(None, (text("x"),), (text("y"),), ()), text("z"))),
        ("{?a|b}z", (group(None, (text("a|b"),), ()), text("z"))),
        ("a{'{}'}{?{'}'}x}", (text("a{}"), group(None, (text("}x"),), ()))),
        ("{|{'|'}|b}", (group(None, (text("|"),), (text("b"),)),)),
        ("{?{?x}y}z", (group(None, (group(None, (text("x"),), ()), text("y")), ()), text("z"))),
        ("{?x}}}z", (group(None, (text("x"),), ()), text("}z"))),
    ],
)
def test_segments_and_fields_are_read_as_written(source: str, parts: tuple[Part, ...]) -> None:
    assert parse_template(source).parts == parts


@pytest.mark.parametrize(
    "source, code",
    [
        ("{?", "E301"),
        ("{?a", "E301"),
        ("{a=}", "E301"),
        ("{|}", "E301"),
        ("{a=x", "E301"),
        ("{'x", "E301"),
        ("{?" * 17 + "x" + "}" * 17, "E301"),
        ("{a}{b}", "E302"),
        ("{a}{b?}", "E302"),
        ("{a}{?{b} x}", "E302"),
        ("{a}{?x}{b}", "E302"),
        ("{a}{b:rest}", "E302"),
        ("{a:rest}x", "E302"),
        ("{?{a:rest}}x", "E302"),
        ("{?{a:nope}}", "E303"),
        ("{a:%Q}", "E303"),
        ("{a:%d/%m %I}", "E303"),
        ("{a} {?{a}}", "E304"),
        ("{a={a}}", "E304"),
        ("{?{a} }{|x|{a}}", "E304"),
        ("{'{'}x", "E305"),
    ],
)
def test_what_cannot_be_read_in_one_way_is_refused(source: str, code: str) -> None:
    with pytest.raises(TemplateError) as refused:
        parse_template(source)
    assert refused.value.code == code
    assert 0 <= refused.value.offset <= len(source)


def test_a_name_may_be_in_several_alternatives() -> None:
    template = parse_template("{|{t:iso}|{t:syslog}} {?{n:word}}")
    types = template.fields["t"]
    assert [one and one.time_format for one in types] == ["iso", "syslog"]
    assert template.field_names == ("t", "n")


def test_an_own_type_is_read() -> None:
    own = {"level": FieldType("level", Alt((pattern_of("INFO"), pattern_of("WARN"))))}
    assert parse_template("{a:level}", own).fields == {"a": (own["level"],)}


def test_a_template_without_bounds_is_refused() -> None:
    with pytest.raises(TemplateError, match="longer than 4096"):
        parse_template("x" * 4097)
