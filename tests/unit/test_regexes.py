"""Regular expressions at work: right values beyond ASCII, the longest run, and linear time."""

from __future__ import annotations

import re
import time

import pytest
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.model import RegexPart
from engine.patterns import TYPES, Alt, Chars, Pattern, Repeat, Seq, may_be_empty, members_of, regex
from engine.regexes import (
    RegexRefused,
    check_regex,
    compile_regex,
    is_one_way,
    longest_run,
)


def read(source: str, text: str) -> dict[str, str] | None:
    return compile_regex(RegexPart(source, (), None))(text)


@pytest.mark.parametrize(
    "source, text, expected",
    [
        (r"(?P<a>\S+) (?P<b>.*)", "x y z", {"a": "x", "b": "y z"}),
        (r"(?P<a>\S+) (?<b>.*)", "é𝄞 ü", {"a": "é𝄞", "b": "ü"}),
        ("é(?P<a>.)é", "é𝄞é", {"a": "𝄞"}),
        ("(?P<a>x)|(?P<b>y)", "y", {"b": "y"}),
        ("(?P<a>x*)y(?P<b>z)?", "y", {"a": ""}),
        ("(x)(?P<a>y)(z)", "xyz", {"a": "y"}),
        ("(?P<a>a|ab)", "ab", {"a": "ab"}),
        ("(?P<a>.+?)(?P<b>b*)", "abb", {"a": "a", "b": "bb"}),
        ("(?P<a>a)", "ab", None),
        ("(?P<a>a)", "ba", None),
        ("(?P<a>a)", "a\n", None),
        ("^(?P<a>a)$", "a\n", None),
        ("(?P<a>.*)", "a\nb", None),
        ("(?s)(?P<a>.*)", "a\nb", {"a": "a\nb"}),
        ("(?P<a>.)", "\ud800", {"a": "?"}),
        ("(?P<a>a)(?P<b>\\x00)", "a\0", {"a": "a", "b": "\0"}),
    ],
)
def test_the_whole_text_gives_the_groups_that_took_part(
    source: str, text: str, expected: dict[str, str] | None
) -> None:
    assert read(source, text) == expected


@given(st.text("aé𝄞 -", max_size=12))
def test_values_are_those_of_python(text: str) -> None:
    source = "(?P<a>[aé]*)(?P<b>-)?(?P<c>[^-]*)"
    found = re.fullmatch(source, text)
    expected = found and {name: one for name, one in found.groupdict().items() if one is not None}
    assert read(source, text) == expected


@pytest.mark.parametrize(
    "source, words, piece",
    [
        ("a++", "bad repetition operator", "++"),
        ("(?=a)", "invalid perl operator", "(?="),
        (".{900}", "pattern too large", ""),
        ("\ud800", "invalid UTF-8", "\ud800"),
    ],
)
def test_what_re2_does_not_take(source: str, words: str, piece: str) -> None:
    with pytest.raises(RegexRefused, match=re.escape(words)) as refused:
        check_regex(source)
    assert refused.value.piece == piece


def test_a_refusal_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RegexRefused):
        check_regex("(a")
    assert capfd.readouterr() == ("", "")


# --- the longest run ----------------------------------------------------------------------------

_SETS = st.sampled_from(
    [Chars("a"), Chars("b"), Chars("a-c"), Chars("a", negated=True), Chars("é"), Chars("c-")]
)


def _bigger(inner: st.SearchStrategy[Pattern]) -> st.SearchStrategy[Pattern]:
    counts = st.sampled_from([(0, None), (1, None), (0, 1), (2, 2), (1, 3), (2, None)])
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(Seq),
        several.map(Alt),
        st.builds(lambda part, count: Repeat(part, *count), inner, counts),
    )


patterns = st.recursive(_SETS, _bigger, max_leaves=7)


def ends(pattern: Pattern, text: str, begins: frozenset[int]) -> frozenset[int]:
    """Where a text that fits may end, all of them, by trying."""
    if isinstance(pattern, Chars):
        return frozenset(at + 1 for at in begins if at < len(text) and text[at] in pattern)
    if isinstance(pattern, Alt):
        return frozenset().union(*(ends(part, text, begins) for part in pattern.parts))
    if isinstance(pattern, Seq):
        for part in pattern.parts:
            begins = ends(part, text, begins)
        return begins
    found = begins if pattern.least == 0 else frozenset[int]()
    most = pattern.least + len(text) + 1 if pattern.most is None else pattern.most
    for count in range(1, most + 1):
        begins = ends(pattern.part, text, begins)
        if count >= pattern.least:
            found |= begins
    return found


@given(patterns, st.text("abcé-", max_size=8), st.sampled_from(["", "é", "b𝄞"]))
@examples(500)
def test_the_longest_run_is_the_longest(pattern: Pattern, text: str, before: str) -> None:
    assume(not may_be_empty(pattern))
    whole, at = before + text, len(before)
    expected = max(ends(pattern, whole, frozenset({at})), default=-1)
    assert longest_run(pattern)(whole, at) == expected


@given(patterns, st.text("abcé-", max_size=8))
@examples(500)
def test_what_is_one_way_needs_no_longest_match(pattern: Pattern, text: str) -> None:
    assume(is_one_way(pattern))
    found = re.match(regex(pattern), text)
    expected = max(ends(pattern, text, frozenset({0})), default=-1)
    assert (found.end() if found else -1) == expected


@pytest.mark.parametrize("name", ["word", "token", "number", "uuid", "iso", "mac", "quoted"])
def test_most_types_are_one_way(name: str) -> None:
    assert is_one_way(TYPES[name]) or name == "mac"


def _text(text: str) -> Pattern:
    return Seq(tuple(map(Chars, text)))


@pytest.mark.parametrize(
    "pattern, expected",
    [
        (Alt((_text("Jan"), _text("Jun"))), True),
        (Alt((_text("Jan"), _text("Ja"))), False),
        (Seq((Repeat(Chars("a"), 0, None), Chars("b"))), True),
        (Seq((Repeat(Chars("a"), 0, None), Chars("a"))), False),
        (Repeat(Repeat(Chars("a"), 1, None), 1, None), False),
        (Repeat(Repeat(Chars("a"), 1, 2), 2, 2), False),
        (Alt((Repeat(Chars("a"), 0, 1), Chars("b"))), False),
        (Repeat(Seq((Chars("a"), Repeat(Chars("b"), 0, 1))), 0, None), True),
        (Repeat(Seq((Repeat(Chars("b"), 0, 1), Chars("a"))), 0, None), True),
        (Repeat(Seq((Chars("b"), Repeat(Chars("b"), 0, 1))), 0, None), False),
        (Alt((Chars("a"), Chars("a", negated=True))), True),
        (Alt((Chars("b"), Chars("a", negated=True))), False),
        (Alt((Chars("", negated=True), Chars("a", negated=True))), False),
    ],
)
def test_what_can_be_read_in_one_way(pattern: Pattern, expected: bool) -> None:
    assert is_one_way(pattern) == expected


def test_the_characters_of_a_set() -> None:
    assert members_of(Chars("a-c-", negated=True)) == set("abc-")


# --- time ---------------------------------------------------------------------------------------

_A, _B = Chars("a"), Chars("b")
_STAR = Repeat(_A, 0, None)


@pytest.mark.parametrize(
    "pattern",
    [
        Seq((Repeat(_STAR, 0, None), _B)),
        Seq((Repeat(Repeat(_A, 1, None), 1, None), _B)),
        Repeat(Alt((_A, Seq((_A, _A)))), 1, None),
        Seq((Repeat(Alt((_A, Seq((_A, _A)))), 1, None), Chars("é"))),
        Seq((_STAR, _STAR, _STAR, _STAR, _B)),
        Seq((Repeat(Seq((_STAR, Repeat(_A, 0, 9))), 0, None), _B)),
        Repeat(Seq((_A, Repeat(_A, 0, 1))), 1, None),
        Seq((Repeat(Seq((_A, _A)), 0, None), _B)),
    ],
)
@pytest.mark.parametrize("end", ["", "é"])
def test_a_run_is_found_in_linear_time(pattern: Pattern, end: str) -> None:
    text = "a" * 500_000 + end
    begun = time.process_time()
    longest_run(pattern)(text, 0)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "source", ["(?P<x>(a*)*)b", "(?P<x>(a|aa)+)b", "(?P<x>(a+)+)+b", "(?P<x>.*)(.*)(.*)(.*)b"]
)
def test_a_whole_text_is_read_in_linear_time(source: str) -> None:
    begun = time.process_time()
    assert read(source, "a" * 500_000) is None
    assert read(source, "a" * 500_000 + "b") is not None
    assert time.process_time() - begun < 1
