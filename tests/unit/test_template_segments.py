"""Segments, alternatives, fields that may be empty or have given values: how they are read
(semantics, chapter 5)."""

from __future__ import annotations

import time

import pytest
from examples import examples
from hypothesis import given, reject
from hypothesis import strategies as st

from engine.model import FieldPart, FieldType, LiteralPart, Template
from engine.spec.field_types import FIELD_TYPES
from engine.spec.template_syntax import TemplateError, parse_template
from engine.templates import Mismatch, match, match_prefix


def captured(source: str, text: str) -> dict[str, str] | None:
    found = match(parse_template(source), text)
    return None if isinstance(found, Mismatch) else found


@pytest.mark.parametrize(
    "source, text, expected",
    [
        # may be empty
        ("{a?};{b}", ";x", {"a": "", "b": "x"}),
        ("{a:digits?};", ";", {"a": ""}),
        ("{a:digits?};", "12;", {"a": "12"}),
        ("{a:digits?};", "x;", None),
        ("x{?}", "x", {}),
        # optional segments: a field of one that is not there has no value
        ("{a:word}{? op={b:word}}", "x op=y", {"a": "x", "b": "y"}),
        ("{a:word}{? op={b:word}}", "x", {"a": "x"}),
        ("{a:word}{? op={b:word}}", "x op=", None),
        ("{a:word}{? op={b:word}}", "x op=y z", None),
        ("{a}{? op={b:word}}", "x op=y", {"a": "x", "b": "y"}),
        ("{a}{? op={b:word}}", "x op y", {"a": "x op y"}),
        ("{a}{? op={b:word}}", "x op=-", {"a": "x op=-"}),
        ("{?[{a}] }{b}", "[x] y", {"a": "x", "b": "y"}),
        ("{?[{a}] }{b}", "[x y", {"b": "[x y"}),
        ("{?{a:digits} }{b}", "12x", {"b": "12x"}),
        ("{a:word}{?-{b:word}{?-{c:word}}}.", "x-y-z.", {"a": "x", "b": "y", "c": "z"}),
        ("{a:word}{?-{b:word}{?-{c:word}}}.", "x-y.", {"a": "x", "b": "y"}),
        ("{a:word}{?-{b:word}{?-{c:word}}}.", "x.", {"a": "x"}),
        # alternatives: the first that is there counts
        ("{|a|ab}{b:rest?}", "ab", {"b": "b"}),
        ("{|{a:digits}|{b:word}}!", "12!", {"a": "12"}),
        ("{|{a:digits}|{b:word}}!", "12x!", {"b": "12x"}),
        ("{|{a:digits}|-} {b}", "- x", {"b": "x"}),
        ("{|x||y}.", ".", {}),
        ("{|a=|b=}{v}", "b=1", {"v": "1"}),
        ("{|a=|b=}{v}", "c=1", None),
        ("{|at {t:iso}|on {t:digits}}", "on 7", {"t": "7"}),
        ("{a}{| with {b:word}| without {c:word}}", "x with y without z", None),
        ("{a}{| with {b:word}| without {c:word}}", "x without z", {"a": "x", "c": "z"}),
        # captured segments: the whole text, and what is inside of it
        ("{l=|INFO|WARN} {m}", "WARN x", {"l": "WARN", "m": "x"}),
        ("{l=|INFO|WARN} {m}", "INFOS x", None),
        (
            '"{r={m:word} {p}{? HTTP/{v:number}}}"',
            '"GET /a HTTP/1.1"',
            {"r": "GET /a HTTP/1.1", "m": "GET", "p": "/a", "v": "1.1"},
        ),
        (
            '"{r={m:word} {p}{? HTTP/{v:number}}}"',
            '"GET /a"',
            {"r": "GET /a", "m": "GET", "p": "/a"},
        ),
        ("{o={i=x{a:digits}}y}", "x1y", {"o": "x1y", "i": "x1", "a": "1"}),
        # text as it stands
        ("{|{'|'}|{'}'}}{a}", "|x", {"a": "x"}),
        ("{|{'|'}|{'}'}}{a}", "}x", {"a": "x"}),
        # a choice is never gone back on
        ("{?a}ab", "ab", {}),
        ("{?a}ab", "aab", {}),
        ("{|x|xy}{?z}y", "xyy", None),
        ("{a:word}{b:digits}", "x1", None),
    ],
)
def test_how_segments_are_read(source: str, text: str, expected: dict[str, str] | None) -> None:
    assert captured(source, text) == expected


def test_the_captures_stand_in_the_order_of_the_template() -> None:
    found = captured("{a} {s={b:word}-{c:word}} {d}", "w x-y z")
    assert list(found or {}) == ["a", "s", "b", "c", "d"]


def test_a_segment_that_is_left_again_leaves_nothing() -> None:
    assert captured("{?{a:word}{?-{b:digits}};}{c}", "x-1,y") == {"c": "x-1,y"}


@pytest.mark.parametrize(
    "text, expected", [("a", {"f": "a"}), ("bc", {"f": "bc"}), ("b", None), ("abc", None)]
)
@pytest.mark.parametrize("type_", [None, FIELD_TYPES["word"]], ids=["bare", "typed"])
def test_a_field_with_values_has_one_of_them(
    type_: FieldType | None, text: str, expected: dict[str, str] | None
) -> None:
    made = Template("", (FieldPart("f", type_, values=("a", "bc")), LiteralPart(";")))
    found = match(made, text + ";")
    assert (None if isinstance(found, Mismatch) else found) == expected


def test_the_value_of_a_quoted_field_is_compared_without_its_quotes() -> None:
    made = Template("", (FieldPart(None, FIELD_TYPES["quoted"], values=('a"b',)),))
    assert match(made, r'"a\"b"') == {}
    assert isinstance(match(made, 'a"b'), Mismatch)


@pytest.mark.parametrize(
    "source, text, begins",
    [
        ("{:iso} ", "2025-05-04T10:30 anything\nat all", True),
        ("{:iso} ", "2025-05-04T10:30", False),
        ("{:iso}{? [{:word}]} ", "2025-05-04T10:30 [x] y", True),
        ("{|ERROR|WARN}", "ERRORS", True),
        ("{|ERROR|WARN}", "INFO", False),
        ("{a:word}", "x y", True),
        ("{a:word}", " x", False),
        ("[{a}]", "[x] y", True),
        ("[{a}]", "[x", False),
    ],
)
def test_how_a_record_begins(source: str, text: str, begins: bool) -> None:
    assert match_prefix(parse_template(source), text) is begins


@pytest.mark.parametrize(
    "source, text, matched, expected",
    [
        ("{a:word}{? op={b:word}}", "x op=", 5, "a field of type word"),
        ("{a:word}{? op={b:word}}", "x op", 4, '" op="'),
        ("{l=|INFO|WARN} {m}", "WARM x", 3, '"WARN"'),
        ("{l=|INFO|WARN} {m}", "INFOS x", 4, '" "'),
        ("{a}{?x{b:digits}}y", "ax", 0, "what may come next further on"),
    ],
)
def test_how_far_a_template_with_segments_got(
    source: str, text: str, matched: int, expected: str
) -> None:
    assert match(parse_template(source), text) == Mismatch(matched, expected)


# --- what may follow ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after, text, value",
    [
        # a literal; the first character of a type; both where that may be empty
        ("x: {b}", "1x2x: 3", "1x2"),
        ("{b:digits}", "a-1", "a-"),
        ("{b:integer}", "a-1", "a"),
        ("{b:digits?}x", "ax", "a"),
        ("{b:digits?}", "ax", "ax"),
        # a segment: its text and what comes right after it, or what follows the segment
        ("{? op={b:digits}}", "a op=b op=1", "a op=b"),
        ("{? op={b:digits}}", "a op=b", "a op=b"),
        ("{? op={b}}", "a op=1 op=2", "a"),
        ("{?;{b:digits}}.", "a.1", None),
        ("{?;{b:digits}}.", "a;b.", "a;b"),
        ("{?{b:digits}};", "a;", "a"),
        ("{?x}y", "axxy", "ax"),
        # alternatives: whichever begins first
        ("{|;|,}{b}", "a,b;c", "a"),
        ("{|;|,}{b}", "a;b,c", "a"),
        ("{|;{b:digits}|,}{:rest?}", "a;b,c", "a;b"),
        # through segments in segments, and several that may be missing
        ("{?{?[{b}]}(}.", "a.", "a"),
        ("{?{?[{b}]}(}.", "a[x](.", "a"),
        ("{?;{b:digits}}{?,{c:digits}}", "a,b,1", "a,b"),
        ("{s=;{b}}", "a;b", "a"),
    ],
)
def test_what_may_follow_ends_a_bare_field(after: str, text: str, value: str | None) -> None:
    found = captured("{a}" + after, text)
    assert (found and found["a"]) == value


@pytest.mark.parametrize(
    "source, text, expected",
    [
        ("{a}{b:digits}", "x12", {"a": "x", "b": "12"}),
        ("{a}{b:digits?}", "x", {"a": "x", "b": ""}),
        ("{a}{b:digits?}x", "y1x", {"a": "y", "b": "1"}),
        ("{a}{?;{b:digits}}", "x;y", {"a": "x;y"}),
        ("{a}{?;{b:digits}}", "x;y;1", {"a": "x;y", "b": "1"}),
        ("{a}{|{b:ipv4}|-}", "from -", {"a": "from "}),
        ("{a?}{b:digits}", "12", {"a": "", "b": "12"}),
        ("{?{a} says }{b}", "x says y", {"a": "x", "b": "y"}),
        ("{?{a} says }{b}", "nothing", {"b": "nothing"}),
    ],
)
def test_where_a_bare_field_ends(source: str, text: str, expected: dict[str, str] | None) -> None:
    assert captured(source, text) == expected


# --- time -----------------------------------------------------------------------------------------

_GROUPS = (
    "{?%s{%s:digits}}",
    "{?%s{%s} }",
    "{?%s{%s:word}{?:{:hex}}}",
    "{|%s{%s:digits}|-}",
    "{|{%s:digits}|%s}",
    "{|%s[{%s}]|(|<}",
    "{%s=%s{:word}{?.}}",
)


@st.composite
def templates_of_many_groups(draw: st.DrawFn) -> str:
    """Dozens of segments, one after another and in one another."""
    made = ""
    for number in range(draw(st.integers(5, 30))):
        group = draw(st.sampled_from(_GROUPS))
        words = (f"f{number}", draw(st.sampled_from(["a", " ", "a=", "-"])))
        made += group % (words if group.startswith(("{|{", "{%")) else words[::-1])
        if draw(st.integers(0, 3)) == 0:
            made = f"{{?{made}}}" if made.count("{?{?") < 3 else made
    return "x" + made + draw(st.sampled_from(["", "!", "{z:rest?}"]))


@given(
    templates_of_many_groups(),
    st.lists(st.sampled_from(["a", "a=1", " ", "-", "1", ":", "[", "x", "a=b "]), min_size=1),
)
@examples(40)
def test_a_hostile_text_costs_little_with_many_groups(source: str, unit: list[str]) -> None:
    try:
        made = parse_template(source)
    except TemplateError:
        reject()  # it could never match
    piece = "".join(unit)
    text = "x" + piece * (200_000 // len(piece))
    begun = time.process_time()
    match(made, text)
    assert time.process_time() - begun < 1
