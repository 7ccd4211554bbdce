"""Read captured texts further: JSON, key=value pairs, columns (``read`` of a spec)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine import csv_text, key_values
from engine.json_text import decode_value
from engine.model import Csv, Form, Index, Json, Key, KeyValues, Path, Reading, Template
from engine.paths import Captures, ReadText, compile_getter
from engine.rejections import Refused
from engine.spec.paths import written
from engine.templates import Mismatch, match

Decode = Callable[[str], object]
"""From a text to its parts. Raises Refused."""

ReadFlat = Callable[[dict[str, object], str], dict[str, object] | Mismatch]
"""What was captured, with the parts of the fields that are read as fields themselves."""

ReadBelow = Callable[[Captures], Captures]
"""What was captured, with the parts below the fields that are read further. Raises Refused."""


def compile_decode(form: Form) -> Decode:
    """How a text of this form is read."""
    if isinstance(form, KeyValues):
        return lambda text: key_values.decode(text, form)
    if isinstance(form, Csv):
        return csv_text.compile_decode(form)
    if isinstance(form, Template):
        return lambda text: _by_template(form, text)
    return decode_value


def _by_template(template: Template, text: str) -> Mapping[str, str]:
    found = match(template, text)
    if isinstance(found, Mismatch):
        place = f"at character {found.matched_chars}"
        raise Refused("unreadable_field", f"{found.expected} was expected {place}")
    return found


def in_words(form: Form) -> str:
    """What a text must be to be read."""
    if isinstance(form, KeyValues):
        return f"key{form.pair}value pairs"
    if isinstance(form, Template):
        return "what its template says"
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
        (one.path, compile_getter(one.path), compile_decode(one.form), in_words(one.form))
        for one in readings
        if not one.is_flat
    ]
    if not prepared:
        return lambda captures: captures

    def read(captures: Captures) -> Captures:
        for path, get, decode, expected in prepared:
            text = get(captures)
            if not isinstance(text, str) or not text or isinstance(text, ReadText):
                continue
            try:
                parts = decode(text)
            except Refused as refused:
                message = f"{written(path)} is not {expected}: {refused.message}"
                raise Refused("unreadable_field", message) from refused
            if not isinstance(parts, Mapping | list):
                raise Refused("unreadable_field", f"{written(path)} is not {expected}")
            found = _put(captures, path, ReadText.of(text, parts))
            assert isinstance(found, Mapping)
            captures = found
        return captures

    return read


def _put(value: object, path: Path, text: ReadText) -> object:
    """A copy of the value, as far as need be, with the text put where the path leads."""
    if not path:
        return text
    step, further = path[0], path[1:]
    if isinstance(value, ReadText):
        return ReadText.of(value, _put(value.parts, path, text))
    if isinstance(step, Key):
        assert isinstance(value, Mapping)
        return {**value, step.name: _put(value[step.name], further, text)}
    assert isinstance(step, Index)
    assert isinstance(value, list)
    at = step.number or 0
    return [*value[:at], _put(value[at], further, text), *value[at + 1 :]]
