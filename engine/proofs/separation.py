"""Which typed fields would keep two overlapping record kinds apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from engine.model import FieldPart, FieldType, GroupPart, Part, RecordKind, Template
from engine.patterns import regex
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.languages import Languages
from engine.proofs.shapes import shape_of
from engine.proofs.witness import SearchEndedError, shortest_text
from engine.spec.field_types import FIELD_TYPES
from engine.templates import Mismatch, match

_NO_HELP: Final = frozenset({"rest", "json", "quoted", "spaces"})


def separation(one: RecordKind, other: RecordKind) -> tuple[str, str] | tuple[()]:
    """The fields, as they would be written, that exclude the two from each other and that their
    samples allow: one if one is enough, else one in each; "" for none in a kind. Empty if there
    are no such."""
    if one.template is None or other.template is None:
        return ()
    among = Languages()
    variants: list[list[tuple[TemplateAutomaton, str]]] = []
    for kind in (one, other):
        shape = shape_of(kind, among)
        changed = [(shape.template, ""), *_typed_variants(kind)]
        variants.append(
            [(TemplateAutomaton(made, among, shape.limits), said) for made, said in changed]
        )
    for (first, said), (second, also) in sorted(
        product(*variants), key=lambda both: sum(bool(field) for _, field in both)
    ):
        try:
            if shortest_text([first, second]) is None:
                return said, also
        except SearchEndedError:
            continue
    return ()


def _typed_variants(kind: RecordKind) -> Iterator[tuple[Template, str]]:
    """The template with one bare field given a type that its values in the samples have."""
    assert kind.template is not None
    samples = [match(kind.template, sample.record) for sample in kind.samples]
    read = [captures for captures in samples if not isinstance(captures, Mismatch)]
    for name in _bare_names(kind.template.parts):
        for kind_of in _types_of([captures[name] for captures in read if name in captures]):
            parts = _with_type(kind.template.parts, name, kind_of)
            yield Template(kind.template.source, parts), f"{{{name}:{kind_of.name}}}"


def _bare_names(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, GroupPart):
            for branch in part.branches:
                yield from _bare_names(branch)
        elif isinstance(part, FieldPart) and part.type is None and part.name is not None:
            yield part.name


def _with_type(parts: Sequence[Part], name: str, type_: FieldType) -> tuple[Part, ...]:
    made: list[Part] = []
    for part in parts:
        if isinstance(part, GroupPart):
            branches = tuple(_with_type(branch, name, type_) for branch in part.branches)
            made.append(replace(part, branches=branches))
        elif isinstance(part, FieldPart) and part.name == name:
            made.append(replace(part, type=type_))
        else:
            made.append(part)
    return tuple(made)


def _types_of(values: Sequence[str]) -> Iterator[FieldType]:
    """The types that all values have, the wide ones first."""
    for name, type_ in FIELD_TYPES.items():
        fits = re.compile(regex(type_.pattern))
        if values and name not in _NO_HELP and all(map(fits.fullmatch, values)):
            yield type_
