"""Regular expressions: RE2 says what is one, and a pattern accepts just what RE2 does."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce

import pytest
import re2
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.patterns import Chars, Pattern, Repeat, Seq, regex
from engine.proofs.languages import Languages
from engine.spec.regex_characters import chars_of, others, tidy
from engine.spec.regex_syntax import RegexError, pattern_of_regex, read_regex


def re2_accepts(source: str, text: str) -> bool:
    return re2.fullmatch(source, text) is not None


def proofs_accept(pattern: Pattern, text: str) -> bool:
    """As the proofs read a pattern: by derivatives."""
    among = Languages()
    rest = among.then(pattern, among.end(0))
    for char in text:
        rest = among.step(rest, char)
    return 0 in rest.accepting


def pattern_of(source: str) -> Pattern | None:
    return read_regex(f"(?P<x>{source})").pattern


# --- the language of a pattern is that of RE2 ---------------------------------------------------

_ATOMS = st.sampled_from(
    [
        *("a", "b", "k", "S", "-", "é", " ", ",", "]", "}", "{", "{a", "{,2}"),
        *(r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", ".", r"\.", r"\n", r"\t", r"\x41", r"\x{e9}"),
        *(r"\_", r"\-", r"\0", r"\012", r"\Qa.\E", r"\v"),
        *("[ab]", "[^ab]", "[a-k]", "[-a]", "[a-]", "[]a]", "[^]a-]", "[+--]", "[!-~]", "[[a]"),
        *(r"[\w.-]", r"[^\s\d]", r"[\W]", r"[^\W]", r"[\]\\]", "[^\n]", r"[\x00-\x7f]", "[a&&b]"),
        *("[[:alpha:]]", "[^[:^alpha:]]", "[[:punct:]b]", "[[:space:]]", "[[:upper:]-a]"),
        *(r"[\d\D]", "[é-ü]", "(?i:k)", "(?i:[S-T])", "(?s:.)", "(?-s:.)", r"(?i:\W)"),
        *("(?i:[^K])", r"(?i:[[:upper:]\d])", "()", "(?:)"),
    ]
)
_QUANTIFIERS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}", "{0,2}?"])


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.builds("{}{})".format, st.sampled_from(["(", "(?:", "(?i:", "(?s:", "(?U:"]), inner)
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds("(?:{}){}".format, inner, _QUANTIFIERS),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({}|)".format, inner),
        groups,
    )


regexes = st.recursive(_ATOMS, _bigger, max_leaves=8)
texts = st.text("abkKsSé,-. 0_Z]\n\u212a\u017f{}A\\&üa\x00", max_size=7)


@given(regexes, st.lists(texts, min_size=5, max_size=5), st.data())
@examples(400)
def test_a_pattern_accepts_what_re2_accepts(
    source: str, some: list[str], data: st.DataObject
) -> None:
    pattern = pattern_of(source)
    assume(pattern is not None)
    assert pattern is not None
    fitting = data.draw(st.from_regex(re.compile(regex(pattern)), fullmatch=True))
    for text in [*some, "", fitting[:12]]:
        if any("\ud800" <= char <= "\udfff" for char in text):
            continue
        accepts = re2_accepts(source, text)
        assert proofs_accept(pattern, text) == accepts
        assert (re.fullmatch(regex(pattern), text) is not None) == accepts
        assert re2_accepts(regex(pattern), text) == accepts


def check_class(source: str) -> None:
    pattern = pattern_of_regex(source)
    assert isinstance(pattern, Chars)
    compiled = re2.compile(source)
    for code in [*range(0x300), 0x2028, 0x212A, 0xFFFD, 0x1F600, 0x10FFFF]:
        assert (chr(code) in pattern) == (compiled.fullmatch(chr(code)) is not None), hex(code)


@pytest.mark.parametrize(
    "name",
    [
        *re.findall(r"\w+", "alnum alpha ascii blank cntrl digit graph lower print punct space"),
        *("upper", "word", "xdigit", "^alpha", "^space"),
    ],
)
@pytest.mark.parametrize("brackets", ["[[:{}:]]", "[^[:{}:]]", "(?i)[[:{}:]]", "(?i)[^[:{}:]-]"])
def test_a_named_class_is_the_one_of_re2(name: str, brackets: str) -> None:
    check_class(brackets.format(name))


@pytest.mark.parametrize(
    "source",
    [
        *(r"\d", r"\s", r"\w", r"\D", r"\S", r"\W", ".", "[^a-c]", "(?i)[a-s]", r"(?i)\w"),
        *(r"(?i)\W", r"(?i)[^\w]", "[é-ÿ]", "[^Ā-Ž]", "[+-/]", r"[^\d\D]"),
    ],
)
def test_a_class_is_the_one_of_re2(source: str) -> None:
    check_class(source)


@given(st.lists(st.tuples(st.integers(0, 130), st.integers(0, 30))))
def test_a_set_is_written_as_brackets_have_it(pairs: list[tuple[int, int]]) -> None:
    """Python's ``re`` warns of brackets that could mean something else one day; a warning fails."""
    ranges = tidy((low, low + more) for low, more in pairs)
    for one in (ranges, others(ranges)):
        chars = chars_of(one)
        assert chars is not None
        compiled = re.compile(regex(chars))
        for code in range(200):
            inside = any(low <= code <= high for low, high in one)
            assert (chr(code) in chars) == inside == (compiled.fullmatch(chr(code)) is not None)


@pytest.mark.parametrize(
    "source",
    [
        *(r"a\b", r"\Ba", "a^b", "(^a)", "a$b", "(a|b$)", r"\pL", r"[\p{Greek}a]", "(?i)é"),
        *(r"(?i)[à-ü]", r"(?m)a$\nb", "a{900}b{900}c{900}", r"[\x{100}-\x{9fff}]", "a(?i)*"),
        *(r"a\Q\E*", r"\x{d800}", r"(?i)[[:alpha:]é]"),
    ],
)
def test_what_a_pattern_cannot_say_is_left_to_re2(source: str) -> None:
    assert pattern_of(source) is None
    with pytest.raises(RegexError):
        pattern_of_regex(source)


@pytest.mark.parametrize("source", ["^{}", "{}$", r"\A{}\z", "(?m)^{}$", "^{}|^b$", "(?i)^{}"])
def test_an_anchor_at_an_end_says_what_holds_anyway(source: str) -> None:
    with_anchors = source.format("(?P<x>a+)")
    bare = re.sub(r"\^|\$|\\A|\\z", "", with_anchors)
    assert read_regex(with_anchors).pattern == read_regex(bare).pattern is not None


@pytest.mark.parametrize(
    "source, expected",
    [
        ("(a*)*", Repeat(Chars("a"), 0, None)),
        ("(a?)+", Repeat(Chars("a"), 0, None)),
        ("(a{0,3}){2}", Repeat(Repeat(Chars("a"), 0, 3), 0, 2)),
        ("(|a)", Repeat(Chars("a"), 0, 1)),
        ("a{0}b", Chars("b")),
        ("a{1,1}", Chars("a")),
        ("ab", Seq((Chars("a"), Chars("b")))),
    ],
)
def test_patterns_in_their_plainest_form(source: str, expected: Pattern) -> None:
    assert pattern_of(source) == expected


# --- names and mistakes -------------------------------------------------------------------------


def test_the_named_groups_are_the_fields_in_their_order() -> None:
    found = read_regex(r"(?P<when>\S+) (?<level>[A-Z]+)(?: (?P<rest>(a)+))?")
    assert found.names == ("when", "level", "rest")


@pytest.mark.parametrize(
    "source, offset, message",
    [
        ("(?P<x>a)(?=b)", 8, "look-ahead"),
        ("(?P<x>a)(?!b)", 8, "look-ahead"),
        ("(?<=b)(?P<x>a)", 0, "look-behind"),
        ("(?<!b)(?P<x>a)", 0, "look-behind"),
        (r"(?P<x>a)\1", 8, "a reference back"),
        ("(?P<x>a)(?P=x)", 8, "a reference back"),
        (r"(?P<x>a)\k<x>", 8, "a reference back"),
        ("(?P<x>(?>a))", 6, "an atomic group"),
        ("(?P<x>a++)", 7, "a quantifier after a quantifier"),
        ("(?x)(?P<x>a)", 0, "the flag x"),
        (r"(?P<x>a)\Z", 8, r"the escape \Z"),
        (r"(?P<x>\q)", 6, r"there is no escape \q"),
        (r"(?P<x>a\C)", 7, r"\C"),
        ("(?P<x>a", 0, "a ( without its )"),
        ("(?P<x>[(]a]))", 12, "a ) without its ("),
        ("(?P<x>[a)", 6, "a [ without its ]"),
        ("(?P<x>a)\\", 8, "a \\ at the end"),
        ("(?P<x>[z-a])", 7, "no range of characters"),
        ("(?P<x>a{1001})", 7, "{1001}"),
        ("(?P<x>((.{90}){10}))", 0, "too large"),
        ("(?P<x>*)", 6, "nothing before the quantifier"),
        ("(?P<a-b>x)", 0, "no name for a group"),
        ("(?P<1>x)", 0, '"1" is no name'),
        ("(?P<é>x)", 0, '"é" is no name'),
        ("(?P<x>a)(?P<x>b)", 8, "the field x is there twice"),
        ("(a)", 0, "no named group"),
        ("", 0, "no named group"),
        ("(?P<x>a)\n", 8, "a line break at the end"),
        ("(?P<x>\ud800)", 6, "half a character"),
        ("a" * 4097, 0, "longer than 4096"),
        ("(" * 60 + "(?P<x>a)" + ")" * 60, 50, "groups in more than 50 others"),
    ],
)
def test_mistakes(source: str, offset: int, message: str) -> None:
    with pytest.raises(RegexError) as error:
        read_regex(source)
    assert str(error.value).startswith(message) or message in str(error.value)
    assert error.value.offset == offset
    str(error.value).encode()


@pytest.mark.parametrize(
    "source, offset, message",
    [
        ("a*", 0, "the empty text"),
        ("(a|)", 0, "the empty text"),
        ("^a", 0, "an anchor"),
        ("a$", 1, "an anchor"),
        ("(?P<x>a)", 0, "a named group"),
        (r"ab\b", 2, "a word boundary"),
        (r"a\pL", 1, r"the class \pL"),
        ("a(?=b)", 1, "look-ahead"),
    ],
)
def test_mistakes_of_a_type(source: str, offset: int, message: str) -> None:
    with pytest.raises(RegexError) as error:
        pattern_of_regex(source)
    assert message in str(error.value)
    assert error.value.offset == offset


def refusal(read: Callable[[str], object], source: str) -> RegexError | None:
    try:
        read(source)
    except RegexError as error:
        return error
    return None


@given(st.text("ab(|)[]{}*+?^$\\.,:-PQCE<>12=!idwspxéZ", max_size=25))
@examples(600)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (read_regex, pattern_of_regex):
        for source in (text, f"(?P<x>{text})"):
            error = refusal(read, source)
            if error is not None:
                assert 0 <= error.offset <= len(source)
                assert str(error)


@pytest.mark.parametrize("char", ["(", "[", "(?:a|", "a*", "(?P<x>", "\\", "((a)*", "[[:", "(?i"])
def test_a_long_expression_is_refused_without_deep_recursion(char: str) -> None:
    with pytest.raises(RegexError):
        read_regex(char * (4096 // len(char)))
    with pytest.raises(RegexError):
        read_regex(reduce(lambda inner, _: f"({inner}*)", range(400), "(?P<x>a)"))
