"""The records of a kind, as far as languages can tell: its template, the texts that a further
reading leaves to some of its fields, and the conditions that no language tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from engine.interpreter import ask
from engine.model import (
    Condition,
    Csv,
    FieldPart,
    GroupPart,
    Json,
    Key,
    KeyValues,
    Part,
    Reading,
    RecordKind,
    Template,
)
from engine.patterns import Chars, Pattern, Repeat, Seq
from engine.proofs import csv_texts, key_value_texts
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.conditions import contradict
from engine.proofs.elements import is_proved
from engine.proofs.language_kinds import Language
from engine.proofs.languages import Languages
from engine.templates import Mismatch

_OBJECT: Pattern = Seq((Chars("{"), Repeat(Chars("", negated=True), 0, None)))


class Shape(NamedTuple):
    """``limits``: the texts that fields may have; ``untold``: conditions beyond that."""

    kind: RecordKind
    template: Template
    limits: Mapping[str, Language]
    untold: tuple[Condition, ...]
    is_exact: bool
    """Whether the records are exactly those of the template within the limits."""

    def automaton(self, among: Languages) -> TemplateAutomaton:
        """The records, and where there are conditions beyond, some more."""
        return TemplateAutomaton(self.template, among, self.limits)


def shape_of(kind: RecordKind, among: Languages) -> Shape:
    """The shape of a kind that has a template."""
    assert kind.template is not None
    limits: dict[str, Language] = {}
    left = list(kind.where)
    is_exact = is_proved(kind.template.parts)
    for reading in kind.readings:
        if not reading.is_flat:
            continue
        told = [one for one in left if _is_on_part(one, kind)]
        limit = _limit(reading, told, among)
        if isinstance(reading.form, Json) or limit is None:
            is_exact = False
        else:
            left = [one for one in left if one not in told]
        if limit is not None:
            limits[reading.field] = limit
    return Shape(kind, kind.template, limits, tuple(left), is_exact and not left)


def _is_on_part(condition: Condition, kind: RecordKind) -> bool:
    """Whether a condition is on a value that only a flat reading gives."""
    assert kind.template is not None
    names = {*kind.template.field_names, *(one.field for one in kind.readings)}
    (first, *below) = condition.path
    return isinstance(first, Key) and not below and first.name not in names


def _limit(reading: Reading, conditions: Sequence[Condition], among: Languages) -> Language | None:
    form = reading.form
    keys = [one.path[0].name for one in conditions if isinstance(one.path[0], Key)]
    patterns: list[Pattern | None] = []
    if isinstance(form, Json):
        return among.run(_OBJECT)
    if isinstance(form, KeyValues):
        values = [value for one in conditions for value in one.values]
        if not key_value_texts.is_told(form, keys, values):
            return None
        lists = key_value_texts.KeyValueTexts(form)
        patterns = [lists.all()]
        for key, one in zip(keys, conditions, strict=True):
            given = one.values if one.test == "one_of" else None
            is_absent = one.test == "absent"
            patterns.append(lists.without_key(key) if is_absent else lists.with_key(key, given))
    elif isinstance(form, Csv):
        if not csv_texts.is_told(form):
            return None
        rows = csv_texts.CsvTexts(form)
        patterns = [rows.all()]
        for key, one in zip(keys, conditions, strict=True):
            given = one.values if one.test == "one_of" else None
            is_absent = one.test == "absent"
            patterns.append(rows.without_column(key) if is_absent else rows.with_column(key, given))
    found: Language = among.anything
    # What fulfils a condition on a key is a whole list or row already, but for columns with types.
    is_told = len(patterns) > 1 and not (isinstance(form, Csv) and form.types)
    for pattern in patterns[1:] if is_told else patterns:
        fits = among.nothing if pattern is None else among.run(pattern)
        found = fits if found is among.anything else among.both(found, fits)
    return found


# --- asking the matcher -------------------------------------------------------------------------


def takes(kind: RecordKind, text: str) -> bool:
    """Whether a text is a record of a kind."""
    return not isinstance(ask(kind, text), Mismatch)


# --- conditions beyond languages ----------------------------------------------------------------


def are_contradictory(one: Shape, other: Shape) -> bool:
    """Whether conditions tell two kinds apart whatever a record says: of templates that capture
    the same, so that both are asked about the same values."""
    if not one.kind.where or not other.kind.where:
        return False
    is_same = one.kind.readings == other.kind.readings and (
        one.template.parts == other.template.parts
        or without_values(one.template.parts) == without_values(other.template.parts)
    )
    return is_same and contradict(one.kind.where, other.kind.where)


def without_values(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without the values that some fields must have, but where these decide which of
    several branches is read."""
    left: list[Part] = []
    for part in parts:
        if isinstance(part, FieldPart) and part.values:
            left.append(replace(part, values=()))
        elif isinstance(part, GroupPart) and len(part.branches) == 1:
            left.append(replace(part, branches=tuple(map(without_values, part.branches))))
        else:
            left.append(part)
    return tuple(left)
