"""Read captured texts further: JSON, key=value pairs, columns (``read`` of a spec)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine import csv_text, key_values
from engine.json_text import decode_value
from engine.model import Csv, Json, KeyValues, Reading
from engine.paths import Captures, ReadText
from engine.rejections import Refused
from engine.templates import Mismatch

Decode = Callable[[str], object]
"""From a text to its parts. Raises Refused."""

ReadFlat = Callable[[dict[str, object], str], dict[str, object] | Mismatch]
"""What was captured, with the parts of the fields that are read as fields themselves."""

ReadBelow = Callable[[Captures], Captures]
"""What was captured, with the parts below the fields that are read further. Raises Refused."""


def compile_decode(form: Json | KeyValues | Csv) -> Decode:
    """How a text of this form is read."""
    if isinstance(form, KeyValues):
        return lambda text: key_values.decode(text, form)
    if isinstance(form, Csv):
        return lambda text: csv_text.decode(text, form)
    return decode_value


def in_words(form: Json | KeyValues | Csv) -> str:
    """What a text must be to be read."""
    if isinstance(form, KeyValues):
        return f"key{form.pair}value pairs"
    return "a JSON object" if isinstance(form, Json) else "columns"


def compile_flat(readings: Sequence[Reading]) -> ReadFlat:
    """The readings whose parts are fields like those of the template; one of the same name counts
    before the template's. A text that cannot be read so is not of the kind."""
    prepared = [
        (one.field, compile_decode(one.form), in_words(one.form)) for one in readings if one.is_flat
    ]

    def read(captures: dict[str, object], text: str) -> dict[str, object] | Mismatch:
        for field, decode, expected in prepared:
            found = captures.get(field)
            if not isinstance(found, str):
                continue
            matched = len(text) - len(found) if text.endswith(found) else 0
            try:
                parts = decode(found)
            except Refused as refused:
                return Mismatch(matched, f"{expected} ({refused.message})")
            if not isinstance(parts, dict):
                return Mismatch(matched, expected)
            captures = captures | parts
        return captures

    return read


def compile_below(readings: Sequence[Reading]) -> ReadBelow:
    """The readings whose parts stand below their field. A field that is not there, or empty, has
    none; a JSON value that is no text has its own."""
    prepared = [
        (one.field, compile_decode(one.form), in_words(one.form))
        for one in readings
        if not one.is_flat
    ]
    if not prepared:
        return lambda captures: captures

    def read(captures: Captures) -> Captures:
        found: dict[str, object] = {}
        for field, decode, expected in prepared:
            text = captures.get(field)
            if not isinstance(text, str) or not text or isinstance(text, ReadText):
                continue
            try:
                parts = decode(text)
            except Refused as refused:
                message = f"{field} is not {expected}: {refused.message}"
                raise Refused("unreadable_field", message) from refused
            if not isinstance(parts, dict | list):
                raise Refused("unreadable_field", f"{field} is not {expected}")
            found[field] = ReadText.of(text, parts)
        return {**captures, **found} if found else captures

    return read
