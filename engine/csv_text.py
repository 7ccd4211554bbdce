"""Read one row of separated columns (RFC 4180, with any separator and quote)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from engine.model import Csv
from engine.regexes import longest_run
from engine.rejections import Refused

COLUMNS_MAX: Final = 1000
"""Columns in one row."""


def decode(text: str, form: Csv) -> dict[str, str]:
    """The values by column; columns at the end that the row does not have are left out. Inside
    quotes a doubled quote is one, and separators and line breaks are text. Raises Refused
    (``unreadable_field``). Every character is looked at a fixed number of times."""
    most = min(len(form.columns), COLUMNS_MAX)
    values = _split(text, form, most)
    if len(values) > most:
        raise _unreadable(f"more than {most} columns")
    return dict(zip(form.columns, values, strict=False))


def compile_decode(form: Csv) -> Callable[[str], dict[str, str]]:
    """``decode`` for one form, with the types that its columns must have."""
    runs = [(name, one.name, longest_run(one.pattern)) for name, one in form.types]
    if not runs:
        return lambda text: decode(text, form)

    def checked(text: str) -> dict[str, str]:
        row = decode(text, form)
        for name, type_name, run in runs:
            value = row.get(name)
            if value is None or run(value, 0) != len(value):
                raise _unreadable(f"{name} is not of type {type_name}")
        return row

    return checked


def _split(text: str, form: Csv, most: int) -> list[str]:
    """The values; one more than ``most`` where there are more."""
    if form.quote and form.quote in text:
        return _split_quoted(text, form, most)
    if "\n" in text:
        raise _unreadable("a line break outside of quotes")
    return text.split(form.separator, most)


def _split_quoted(text: str, form: Csv, most: int) -> list[str]:
    values: list[str] = []
    at = 0
    while len(values) <= most:
        if text.startswith(form.quote, at):
            found = _quoted(form.quote).match(text, at)
            if found is None:
                raise _unreadable(f"a quote without its end at character {at}")
            values.append(found[1].replace(form.quote * 2, form.quote))
            at = found.end()
        else:
            end = text.find(form.separator, at)
            end = len(text) if end < 0 else end
            values.append(text[at:end])
            at = end
            if "\n" in values[-1]:
                raise _unreadable("a line break outside of quotes")
        if at == len(text):
            break
        if not text.startswith(form.separator, at):
            raise _unreadable(f"text after a quote at character {at}")
        at += len(form.separator)
    return values


@lru_cache(maxsize=64)
def _quoted(quote: str) -> re.Pattern[str]:
    # Possessive, so that a quote without an end costs one look at each character.
    one = re.escape(quote)
    return re.compile(rf"{one}((?>(?!{one}).|{one}{one})*+){one}", re.DOTALL)


def _unreadable(message: str) -> Refused:
    return Refused("unreadable_field", message)
