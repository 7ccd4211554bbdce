"""The texts that a further reading reads, and of which the parts fulfil conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from engine.model import (
    Condition,
    Csv,
    FieldPart,
    Form,
    GroupPart,
    Json,
    Key,
    KeyValues,
    Part,
    Reading,
    Template,
    first_key,
)
from engine.patterns import Chars, Pattern, Repeat, Seq
from engine.proofs import csv_texts, key_value_texts
from engine.proofs.elements import compile_template, is_proved
from engine.proofs.language_kinds import Language
from engine.proofs.languages import Languages

_ANYTHING: Final[Pattern] = Repeat(Chars("", negated=True), 0, None)
_BLANKS: Final[Pattern] = Repeat(Chars(" \t\r\n"), 0, None)
_OBJECT: Final[Pattern] = Seq((_BLANKS, Chars("{"), _ANYTHING))
_Having = Callable[[str, Sequence[str] | None], Pattern | None]
_Lacking = Callable[[str], Pattern | None]
_JSON: Final[Pattern] = Seq((_BLANKS, Chars("{["), _ANYTHING))


def texts_asked_for(
    reading: Reading, conditions: Sequence[Condition], among: Languages
) -> Language | None:
    """The texts that a kind asks for with its conditions below them, or some more; None where that
    is not told, or where the conditions may hold too if a text cannot be read."""
    length = len(reading.path)
    below = [
        replace(one, path=one.path[length:])
        for one in conditions
        if len(one.path) > length and one.path[:length] == reading.path
    ]
    if all(one.test == "absent" for one in below):
        return None
    if isinstance(reading.form, Json):
        return among.run(_JSON)
    told = [one for one in below if len(one.path) == 1 and isinstance(one.path[0], Key)]
    return texts_read(reading.form, told, among)


def texts_read(form: Form, conditions: Sequence[Condition], among: Languages) -> Language | None:
    """The texts that are read in a form and of which the parts fulfil conditions on one key each,
    or some more; None where that is not told."""
    if isinstance(form, Json):
        return among.run(_OBJECT)
    if isinstance(form, Template):
        return _of_template(form, conditions, among)
    patterns = _patterns(form, conditions)
    if patterns is None:
        return None
    found: Language = among.anything
    for pattern in patterns:
        fits = among.nothing if pattern is None else among.run(pattern)
        found = fits if found is among.anything else among.both(found, fits)
    return found


def _of_template(
    template: Template, conditions: Sequence[Condition], among: Languages
) -> Language | None:
    if not is_proved(template.parts):
        return None
    names = {*template.field_names}
    limits: dict[str, Language] = {}
    for one in conditions:
        (first,) = one.path
        assert isinstance(first, Key)
        if one.test != "absent" and first.name not in names:
            return among.nothing
        if one.test == "one_of" and is_as_written(template.parts, first.name):
            limits[first.name] = among.texts(one.values, among.empty)
    return compile_template(template, among, limits)


def is_as_written(parts: Sequence[Part], name: str) -> bool:
    """Whether the value of a field is the text that stands there."""
    for part in parts:
        if isinstance(part, GroupPart):
            if part.name == name or not all(is_as_written(one, name) for one in part.branches):
                return False
        elif isinstance(part, FieldPart) and part.name == name and _is_quoted(part):
            return False
    return True


def _is_quoted(part: FieldPart) -> bool:
    return part.type is not None and part.type.value == "quoted"


def _patterns(
    form: KeyValues | Csv, conditions: Sequence[Condition]
) -> list[Pattern | None] | None:
    """Patterns that a text must all have; None for one that no text has."""
    keys = [first_key(one.path) for one in conditions]
    patterns: list[Pattern | None]
    if isinstance(form, KeyValues):
        values = [value for one in conditions for value in one.values]
        if not key_value_texts.is_told(form, keys, values):
            return None
        lists = key_value_texts.KeyValueTexts(form)
        patterns = [lists.all()]
        having: _Having = lists.with_key
        lacking: _Lacking = lists.without_key
    else:
        if not csv_texts.is_told(form):
            return None
        rows = csv_texts.CsvTexts(form)
        patterns = [rows.all()]
        having, lacking = rows.with_column, rows.without_column
    for key, one in zip(keys, conditions, strict=True):
        given = one.values if one.test == "one_of" else None
        patterns.append(lacking(key) if one.test == "absent" else having(key, given))
    # What fulfils a condition on a key is a whole list or row already, but for columns with types.
    is_told = len(patterns) > 1 and not (isinstance(form, Csv) and form.types)
    return patterns[1:] if is_told else patterns
