"""Texts inside of records: key=value lists and separated columns, written and read back slowly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Final

from engine.model import Csv, Form, Json, KeyValues, Template
from simulator.sampling import fits
from simulator.taking_apart import take_apart

_BLANKS: Final = " \t"
_JSON: Final = {
    (is_tight, is_ascii): json.JSONEncoder(
        ensure_ascii=is_ascii, separators=(",", ":") if is_tight else (", ", ": ")
    )
    for is_tight in (True, False)
    for is_ascii in (True, False)
}


def can_hold(form: KeyValues | Csv, value: str) -> bool:
    """Whether a value can stand in such a text."""
    if "\n" in value or "\r" in value or "\0" in value:
        return False
    if isinstance(form, Csv):
        return bool(form.quote) or form.separator not in value
    return bool(form.quotes) or _is_bare(form, value)


def json_text(value: Mapping[str, object], rng: Random) -> str:
    """An object on one line, with blanks or without, in ASCII or not."""
    return _JSON[rng.random() < 0.2, rng.random() < 0.3].encode(value)


def write(form: Json | KeyValues | Csv, parts: Mapping[str, object], rng: Random) -> str | None:
    """The text that has these parts; None where it cannot be written."""
    if isinstance(form, Json):
        return json_text(parts, rng)
    texts = {key: "" if value is None else str(value) for key, value in parts.items()}
    if isinstance(form, Csv):
        return _write_columns(form, texts, rng)
    pairs = [_pair(form, key, value, rng) for key, value in texts.items()]
    return None if None in pairs else form.between.join(one for one in pairs if one is not None)


def read(form: Form, text: str) -> object:
    """The parts of a text. Raises ValueError."""
    if isinstance(form, Json):
        return json.loads(text)
    if isinstance(form, Template):
        reading = take_apart(form, text)
        if reading is None:
            raise ValueError("not what the template says")
        return reading.captures
    return _read_columns(form, text) if isinstance(form, Csv) else _read_pairs(form, text)


# --- key=value lists ------------------------------------------------------------------------------


def _is_bare(form: KeyValues, text: str) -> bool:
    """Whether a value may stand without quotes."""
    if form.between in text or (text and text[0] in form.quotes):
        return False
    # The end of a value and what separates it must not look like a separator before its time.
    if (text + form.between).find(form.between) != len(text):
        return False
    return not form.between.strip() or text == text.strip(_BLANKS)


def _pair(form: KeyValues, key: str, value: str, rng: Random) -> str | None:
    written_key = key
    if not key or form.pair in key + form.pair[:-1] or not _is_bare(form, key):
        written_key = _quoted(form, key, rng) or ""
    if not written_key:
        return None
    if value == "true" and written_key == key and rng.random() < 0.3:
        return key
    if _is_bare(form, value) and rng.random() < 0.8:
        return f"{written_key}{form.pair}{value}"
    quoted = _quoted(form, value, rng)
    if quoted is None:
        return f"{written_key}{form.pair}{value}" if _is_bare(form, value) else None
    return f"{written_key}{form.pair}{quoted}"


def _quoted(form: KeyValues, text: str, rng: Random) -> str | None:
    if not form.quotes:
        return None
    sign = rng.choice(form.quotes)
    return sign + text.replace("\\", "\\\\").replace(sign, "\\" + sign) + sign


def _read_pairs(form: KeyValues, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    left = text
    while left := _without_separators(form, left):
        key, left = _word(form, left, (form.pair, form.between))
        if not key:
            raise ValueError("a value without a key")
        value = "true"
        if _skipped(form, left).startswith(form.pair):
            left = _skipped(form, _skipped(form, left).removeprefix(form.pair))
            value, left = _word(form, left, (form.between,))
        if left and not _skipped(form, left).startswith(form.between):
            raise ValueError("text after a quote")
        name, number = key, 2
        while name in found:
            name, number = f"{key}_{number}", number + 1
        found[name] = value
    return found


def _without_separators(form: KeyValues, text: str) -> str:
    while True:
        text = _skipped(form, text)
        if not text.startswith(form.between):
            return text
        text = text.removeprefix(form.between)


def _skipped(form: KeyValues, text: str) -> str:
    """Blanks are layout, where they do not separate."""
    while form.between.strip() and text[:1] in {" ", "\t"} and not text.startswith(form.between):
        text = text[1:]
    return text


def _word(form: KeyValues, text: str, ends: tuple[str, ...]) -> tuple[str, str]:
    """A quoted or a bare text, and what is left."""
    if text[:1] and text[0] in form.quotes:
        value, at = "", 1
        while text[at : at + 1] != text[0]:
            if at >= len(text):
                raise ValueError("a quote without its end")
            if text[at] == "\\" and text[at + 1 : at + 2] in {'"', "'", "\\", text[0]}:
                at += 1
            elif text[at] == "\\":
                value, at = value + text[at], at + 1
            value, at = value + text[at : at + 1], at + 1
        return value, text[at + 1 :]
    places = [at for at in (text.find(end) for end in ends) if at >= 0]
    at = min(places, default=len(text))
    word = text[:at]
    return (word.strip(_BLANKS) if form.between.strip() else word), text[at:]


# --- columns --------------------------------------------------------------------------------------


def _write_columns(form: Csv, values: Mapping[str, str], rng: Random) -> str | None:
    last = max((form.columns.index(one) for one in values if one in form.columns), default=-1)
    cells = []
    for column in form.columns[: last + 1]:
        value = values.get(column, "")
        must_quote = form.separator in value + form.separator[:-1] or (
            bool(form.quote) and form.quote in value
        )
        if must_quote or (form.quote and rng.random() < 0.1):
            if not form.quote:
                return None
            value = form.quote + value.replace(form.quote, form.quote * 2) + form.quote
        cells.append(value)
    return form.separator.join(cells)


def _read_columns(form: Csv, text: str) -> dict[str, str]:
    cells: list[str] = []
    left: str | None = text
    while left is not None:
        if form.quote and left.startswith(form.quote):
            cell, left = _quoted_cell(form, left)
        else:
            end = left.find(form.separator)
            cell, left = (left, "") if end < 0 else (left[:end], left[end:])
            if "\n" in cell:
                raise ValueError("a line break outside of quotes")
        cells.append(cell)
        if left and not left.startswith(form.separator):
            raise ValueError("text after a quote")
        left = left.removeprefix(form.separator) if left else None
    if len(cells) > len(form.columns):
        raise ValueError("more columns than there are names")
    row = dict(zip(form.columns, cells, strict=False))
    for name, type_ in form.types:
        if not fits(type_.pattern, row.get(name, "")):
            raise ValueError("a column of another type")
    return row


def _quoted_cell(form: Csv, text: str) -> tuple[str, str]:
    """The inside of the quotes, and what is left."""
    size, cell, at = len(form.quote), "", len(form.quote)
    while at < len(text):
        if text.startswith(form.quote * 2, at):
            cell, at = cell + form.quote, at + 2 * size
        elif text.startswith(form.quote, at):
            return cell, text[at + size :]
        else:
            cell, at = cell + text[at], at + 1
    raise ValueError("a quote without its end")
