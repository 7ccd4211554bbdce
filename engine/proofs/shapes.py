"""The records of a kind, as far as languages can tell: its template, the texts that a further
reading leaves to some of its fields, and the conditions that no language tells."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from engine.asking import ask
from engine.model import (
    Condition,
    FieldPart,
    GroupPart,
    Json,
    Key,
    Part,
    RecordKind,
    Template,
)
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.elements import is_proved
from engine.proofs.facts import exclude, in_full, readings_below
from engine.proofs.language_kinds import Language
from engine.proofs.languages import Languages
from engine.proofs.read_texts import is_as_written, texts_asked_for, texts_read
from engine.templates import Mismatch


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
    if not any(one.is_flat for one in kind.readings):
        limits.update(_limits_of_parts(kind, among))
    for reading in kind.readings:
        if not reading.is_flat:
            continue
        told = [one for one in left if _is_on_part(one, kind)]
        limit = texts_read(reading.form, told, among)
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


def _limits_of_parts(kind: RecordKind, among: Languages) -> Iterator[tuple[str, Language]]:
    """The texts of fields that are read further, where a condition asks for a part of them: of a
    text that cannot be read there is no part."""
    assert kind.template is not None
    for reading in readings_below(kind):
        if reading.steps or not is_as_written(kind.template.parts, reading.field):
            continue
        below = [one for one in kind.where if one.path[:1] == reading.path and len(one.path) > 1]
        limit = texts_asked_for(reading, below, among)
        if limit is not None:
            yield reading.field, limit


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
    is_same = _read_flat(one.kind) == _read_flat(other.kind) and (
        one.template.parts == other.template.parts
        or without_values(one.template.parts) == without_values(other.template.parts)
    )
    return is_same and exclude(one.kind, other.kind)


def _read_flat(kind: RecordKind) -> tuple[Hashable, ...]:
    return in_full(one for one in kind.readings if one.is_flat)


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
