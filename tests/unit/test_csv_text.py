"""Rows of separated columns."""

from __future__ import annotations

import time

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.csv_text import decode
from engine.model import Csv
from engine.rejections import Refused

COLUMNS = ("a", "b", "c")
PLAIN = Csv(COLUMNS)
FORMS = (PLAIN, Csv(COLUMNS, ";", "'"), Csv(COLUMNS, "\t"), Csv(COLUMNS, "||", '"'))

_READS = [
    ("1,2,3", {"a": "1", "b": "2", "c": "3"}),
    ("1", {"a": "1"}),
    ("", {"a": ""}),
    (",,", {"a": "", "b": "", "c": ""}),
    (" 1 ,2", {"a": " 1 ", "b": "2"}),
    ('"1,2","a ""b""",', {"a": "1,2", "b": 'a "b"', "c": ""}),
    ('"two\nlines",2', {"a": "two\nlines", "b": "2"}),
    ('x"y,2', {"a": 'x"y', "b": "2"}),
    ('""', {"a": ""}),
]


@pytest.mark.parametrize("text, row", _READS)
def test_rows_as_they_are_written(text: str, row: dict[str, str]) -> None:
    assert decode(text, PLAIN) == row


_REFUSED = [
    ("1,2,3,4", "more than 3 columns"),
    ('1,2,3,"4"', "more than 3 columns"),
    ('"1', "a quote without its end at character 0"),
    ('"1"x,2', "text after a quote at character 3"),
    ("1\n2", "a line break outside of quotes"),
    ('1\n2,"3"', "a line break outside of quotes"),
]


@pytest.mark.parametrize("text, message", _REFUSED)
def test_what_is_no_row_is_refused(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(text, PLAIN)
    assert (refused.value.reason, refused.value.message) == ("unreadable_field", message)


def test_a_row_without_quotes_takes_them_as_text() -> None:
    assert decode('"1,2', Csv(COLUMNS, quote="")) == {"a": '"1', "b": "2"}


@given(
    st.lists(st.text("ab,;|'\"\t\n\\ ", max_size=8), min_size=1, max_size=3),
    st.sampled_from(FORMS),
    st.booleans(),
)
@examples(300)
def test_a_row_is_read_as_it_was(values: list[str], form: Csv, is_bare: bool) -> None:
    doubled = form.quote * 2
    special = {*form.separator, form.quote, "\n"}
    written = [
        one
        if is_bare and not special & set(one)
        else form.quote + one.replace(form.quote, doubled) + form.quote
        for one in values
    ]
    row = dict(zip(COLUMNS, values, strict=False))
    assert decode(form.separator.join(written), form) == row


@given(st.text("ab,\"'\n|;\t", max_size=30), st.sampled_from(FORMS))
@examples(300)
def test_any_text_is_a_row_or_refused(text: str, form: Csv) -> None:
    found, reason = dict[str, str](), "unreadable_field"
    try:
        found = decode(text, form)
    except Refused as refused:
        reason = refused.reason
    assert set(found) <= set(COLUMNS)
    assert reason == "unreadable_field"


@pytest.mark.parametrize("piece", ['"', '""', ",", ',"', "a", '"a', '"a"', "\n", "|"])
def test_long_rows_take_linear_time(piece: str) -> None:
    wide = Csv(tuple(f"c{number}" for number in range(500)))
    started = time.perf_counter()
    for form in (*FORMS, wide):
        for text in (piece * 200_000, '"' + piece * 200_000):
            try:
                decode(text, form)
            except Refused:
                pass
    assert time.perf_counter() - started < 3
