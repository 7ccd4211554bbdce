"""Lists of pairs and rows of columns that fulfil conditions are told as their readers tell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine import csv_text, key_values
from engine.model import Csv, FieldType, KeyValues
from engine.patterns import TYPES, Chars, Pattern, Repeat
from engine.proofs import csv_texts, key_value_texts
from engine.proofs.languages import Languages
from engine.rejections import Refused


def fits(pattern: Pattern | None, text: str) -> bool:
    if pattern is None:
        return False
    among = Languages()
    rest = among.run(pattern)
    for char in text:
        rest = among.step(rest, char)
    return bool(rest.accepting)


def read(decode: Callable[[str, Any], dict[str, str]], text: str, form: object) -> dict[str, str]:
    try:
        return {"": "", **decode(text, form)}
    except Refused:
        return {}


def has(found: dict[str, str], key: str, values: list[str] | None) -> bool:
    return key in found and (values is None or found[key] in values)


LISTS = [
    KeyValues(),
    KeyValues(between=","),
    KeyValues(pair=":", between=";"),
    KeyValues(between="|", quotes='"'),
    KeyValues(quotes=""),
]


def test_only_in_quotes_has_a_key_what_stands_between_pairs() -> None:
    lists = key_value_texts.KeyValueTexts(KeyValues())
    assert not fits(lists.without_key("a b"), "a =")
    assert fits(lists.without_key("a b"), "a=x 'a c'=x")
    assert not fits(lists.without_key("a b"), "a=x 'a b'=x")


@examples(400)
@given(st.sampled_from(LISTS), st.data())
def test_lists_are_told_as_they_are_read(form: KeyValues, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(["a", "ab", "a b"]))
    values = data.draw(st.sampled_from([None, ["x"], ["true", "b"], [""], ["x y"], ["-x", "b"]]))
    pieces = ["a", "b", " ", "x", "true", form.pair, form.between, '"', "'", "\\", "\n", "y", "\t"]
    pieces += [f"a{form.pair}x", f"{form.between}ab{form.pair}", "-"]
    text = data.draw(st.lists(st.sampled_from(pieces), max_size=9).map("".join))
    assert key_value_texts.is_told(form, [key], values or [])
    lists = key_value_texts.KeyValueTexts(form)
    found = read(key_values.decode, text, form)
    assert fits(lists.all(), text) == bool(found)
    assert fits(lists.with_key(key, values), text) == has(found, key, values)
    assert fits(lists.without_key(key), text) == (bool(found) and key not in found)


def test_what_no_pattern_tells_is_not_claimed() -> None:
    assert not key_value_texts.is_told(KeyValues(), ["a_2"], [])  # a repeated "a" is called so
    assert not key_value_texts.is_told(KeyValues(between=", "), ["a"], [])
    assert not key_value_texts.is_told(KeyValues(), ["a"], ['"'])
    assert not csv_texts.is_told(Csv(("a",), separator="::"))


ROWS = [
    Csv(("a", "b", "c")),
    Csv(("a", "b", "c"), separator="|"),
    Csv(("a", "b"), separator=";", quote=""),
    Csv(("a", "b", "c"), quote="'"),
    Csv(("a", "b", "c"), types=(("b", FieldType("word", TYPES["word"])),)),
    Csv(("a", "b", "c"), types=(("a", FieldType("any", Repeat(Chars('xy,"'), 1, 3))),)),
    Csv(("a", "b"), quote="", types=(("b", FieldType("rest", TYPES["rest"])),)),
]


@examples(400)
@given(st.sampled_from(ROWS), st.data())
def test_rows_are_told_as_they_are_read(form: Csv, data: st.DataObject) -> None:
    column = data.draw(st.sampled_from(["a", "b", "c", "d"]))
    values = data.draw(st.sampled_from([None, ["x"], ["y", "b"], [""], ["x,y"], ['"']]))
    pieces = ["b", " ", "x", "y", form.separator, form.quote, '"', "\n", f"x{form.separator}"]
    text = data.draw(st.lists(st.sampled_from(pieces), max_size=9).map("".join))
    assert csv_texts.is_told(form)
    rows = csv_texts.CsvTexts(form)
    found = read(lambda row, asked: csv_text.compile_decode(asked)(row), text, form)
    is_row = fits(rows.all(), text)
    assert is_row == bool(found)
    assert (is_row and fits(rows.with_column(column, values), text)) == has(found, column, values)
    is_without = is_row and fits(rows.without_column(column), text)
    assert is_without == (bool(found) and column not in found)
