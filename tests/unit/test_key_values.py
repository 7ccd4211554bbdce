"""Lists of key=value pairs."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.key_values import PAIRS_MAX, _compiled, _Reading, decode
from engine.model import KeyValues
from engine.rejections import Refused

PLAIN = KeyValues()
COMMAS = KeyValues(pair=": ", between=",")
FORMS = (PLAIN, COMMAS, KeyValues(":", ";", "'"), KeyValues("=>", " | ", '"'), KeyValues("=", "\t"))

_READS = [
    ("a=1 b=x", {"a": "1", "b": "x"}),
    ("", {}),
    ("  a=1   b=2  ", {"a": "1", "b": "2"}),
    ('msg="two words" n=1', {"msg": "two words", "n": "1"}),
    ("msg='it is' n=", {"msg": "it is", "n": ""}),
    (r'msg="a \"b\" \\ \n"', {"msg": r'a "b" \ \n'}),
    ('"a key"=1 "a flag"', {"a key": "1", "a flag": "true"}),
    ("debug a=1", {"debug": "true", "a": "1"}),
    ("a=b=c d=x\"y'z", {"a": "b=c", "d": "x\"y'z"}),
    ("a=1 a=2 a=3", {"a": "1", "a_2": "2", "a_3": "3"}),
    ("a_2=x a=1 a=2", {"a_2": "x", "a": "1", "a_3": "2"}),
    ('a=""', {"a": ""}),
]


@pytest.mark.parametrize("text, pairs", _READS)
def test_pairs_as_they_are_written(text: str, pairs: dict[str, str]) -> None:
    assert list(decode(text, PLAIN).items()) == list(pairs.items())


def test_blanks_around_are_layout_where_they_do_not_separate() -> None:
    form = KeyValues(":", ",")
    assert decode('a: 1, b :  "x, y" ,c,,', form) == {"a": "1", "b": "x, y", "c": "true"}


_REFUSED = [
    ('a="x', "a quote without its end at character 2"),
    ('a="x"y', "text after a quote at character 5"),
    ('"a"b=1', "text after a quote at character 3"),
    ("=1", "a value without a key at character 0"),
    ('""=1', "a value without a key at character 2"),
]


@pytest.mark.parametrize("text, message", _REFUSED)
def test_what_has_no_one_reading_is_refused(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(text, PLAIN)
    assert (refused.value.reason, refused.value.message) == ("unreadable_field", message)


def test_the_most_pairs_and_one_more() -> None:
    pairs = [f"k{number}=" for number in range(PAIRS_MAX + 1)]
    assert len(decode(" ".join(pairs[1:]), PLAIN)) == PAIRS_MAX
    with pytest.raises(Refused, match="more than"):
        decode(" ".join(pairs), PLAIN)


def quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def render(pairs: dict[str, str], form: KeyValues) -> str:
    quote = form.quotes[0]
    return form.between.join(
        quoted(key, quote) + form.pair + quoted(value, quote) for key, value in pairs.items()
    )


_texts = st.text("ab =:;,|>\\\"'\t\n", max_size=8)


@given(st.dictionaries(_texts.filter(bool), _texts, max_size=5), st.sampled_from(FORMS))
@examples(300)
def test_quoted_pairs_are_read_as_they_were(pairs: dict[str, str], form: KeyValues) -> None:
    assert decode(render(pairs, form), form) == pairs


_bare = st.text("abcxyz019._-/", min_size=1, max_size=8)


@given(st.dictionaries(_bare, _bare | st.just(""), max_size=5), st.sampled_from(FORMS))
@examples(200)
def test_plain_pairs_are_read_as_they_were(pairs: dict[str, str], form: KeyValues) -> None:
    written = form.between.join(f"{key}{form.pair}{value}" for key, value in pairs.items())
    assert decode(written, form) == pairs


@given(st.text("ab =\"'\\,\t\n", max_size=40), st.sampled_from(FORMS))
@examples(300)
def test_any_text_is_pairs_or_refused(text: str, form: KeyValues) -> None:
    found, reason = dict[str, str](), "unreadable_field"
    try:
        found = decode(text, form)
    except Refused as refused:
        reason = refused.reason
    assert all(found)
    assert reason == "unreadable_field"


@given(st.text("ab =\"'\\\t", max_size=20), st.sampled_from(FORMS))
@examples(400)
def test_the_usual_pairs_are_read_like_all_others(text: str, form: KeyValues) -> None:
    compiled = _compiled(form)
    found = []
    for one in (compiled, replace(compiled, usual=None)):
        try:
            found.append(str(_Reading(text, one).pairs()))
        except Refused as refused:
            found.append(refused.message)
    assert found[0] == found[1]


_HOSTILE = ["=", "a", ' "', '"', "\\", 'a="', "a=\\", " ", "a= ", "a=1 ", ', "', "\t", 'a\\"']


@pytest.mark.parametrize("piece", _HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_long_texts_take_linear_time(piece: str, form: KeyValues) -> None:
    started = time.perf_counter()
    try:
        decode('a="' + piece * 200_000, form)
        decode(piece * 200_000, form)
    except Refused:
        pass
    assert time.perf_counter() - started < 2
