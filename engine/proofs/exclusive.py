"""The proof that no record can be claimed by two record kinds, or a record that is."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Final, NamedTuple

from engine.diagnostics import CODES, Diagnostic
from engine.model import FIELD_TYPES, FieldPart, RecordKind, System, Template
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.conditions import pairs_of_conditions, shortest_object
from engine.proofs.joint import overlapping_pairs
from engine.proofs.pairs import pairs_to_compare
from engine.proofs.readable import as_logged
from engine.proofs.witness import shortest_text
from engine.templates import TYPE_PATTERNS, Mismatch, match

OVERLAPS_MAX: Final = 100
"""How many overlaps are told in one run."""

_HELPED_MAX: Final = 10
"""For how many of them a typed field that would help is searched for, which takes a while."""


_PAIRS_MAX: Final = 500
"""More pairs than that are first narrowed down by one walk over all templates."""


class Claim(NamedTuple):
    """A record kind of a system."""

    system: System
    kind: RecordKind

    @property
    def name(self) -> str:
        """How it is called in findings."""
        return f"{self.system.name}.{self.kind.name}"


class Overlap(NamedTuple):
    """Two record kinds and a shortest record that both accept."""

    one: Claim
    other: Claim
    witness: str


def find_overlaps(systems: Sequence[System]) -> list[Overlap]:
    """Every pair of record kinds that can accept one record; an empty list is the proof that
    none can."""
    return list(_overlaps(systems))


def _overlaps(systems: Sequence[System]) -> Iterator[Overlap]:
    claims = [Claim(system, kind) for system in systems for kind in system.kinds]
    yield from _text_overlaps([one for one in claims if one.kind.template is not None])
    yield from _json_overlaps([one for one in claims if one.kind.template is None])


def check_exclusive(systems: Sequence[System], *, doubted: Container[str] = ()) -> list[Diagnostic]:
    """A finding for every pair of record kinds that can claim one record with no order declared
    between them, and for every declared order that no record needs. A kind that is ``doubted``
    has findings of its own, of which an overlap would be a consequence.

    Ends after ``OVERLAPS_MAX`` findings: whoever has as many mends a few and asks again.
    """
    ordered: list[Overlap] = []
    told: list[Diagnostic] = []
    for one in _overlaps(systems):
        if _is_ordered(one):
            ordered.append(one)
        elif one.one.name not in doubted and one.other.name not in doubted:
            told.append(_diagnostic(one, with_help=len(told) < _HELPED_MAX))
        if len(told) == OVERLAPS_MAX:
            more = f"there may be more: the search ends after {OVERLAPS_MAX}"
            return [*told[:-1], replace(told[-1], notes=(*told[-1].notes, more))]
    return [*told, *_unneeded_orders(systems, ordered)]


# --- text -------------------------------------------------------------------------------------


def _text_overlaps(claims: Sequence[Claim]) -> Iterator[Overlap]:
    templates = [template_of(claim) for claim in claims]
    automata: dict[int, TemplateAutomaton] = {}
    pairs = set(pairs_to_compare(templates))
    if len(pairs) > _PAIRS_MAX:
        walked = overlapping_pairs(templates)
        pairs = pairs if walked is None else walked
    for first, second in sorted(pairs):
        for index in (first, second):
            if index not in automata:
                automata[index] = TemplateAutomaton(templates[index])
        text = shortest_text([automata[first], automata[second]])
        if text is not None:
            both = [templates[first], templates[second]]
            yield Overlap(claims[first], claims[second], as_logged(text, both))


def template_of(claim: Claim) -> Template:
    """The template of a text kind."""
    assert claim.kind.template is not None
    return claim.kind.template


# --- JSON -------------------------------------------------------------------------------------


def _json_overlaps(claims: Sequence[Claim]) -> Iterator[Overlap]:
    for first, second in sorted(pairs_of_conditions([claim.kind.where for claim in claims])):
        one, other = claims[first], claims[second]
        witness = shortest_object([one.kind.where, other.kind.where])
        if witness is not None:
            yield Overlap(one, other, witness)


# --- declared order ---------------------------------------------------------------------------


def _is_ordered(overlap: Overlap) -> bool:
    one, other, _ = overlap
    if one.system is not other.system:
        return False
    return one.kind.yields_to(other.kind) or other.kind.yields_to(one.kind)


def _unneeded_orders(
    systems: Sequence[System], overlaps: Sequence[Overlap]
) -> Iterator[Diagnostic]:
    needed = {
        (claim.name, name)
        for overlap in overlaps
        for claim, other in ((overlap.one, overlap.other), (overlap.other, overlap.one))
        if claim.system is other.system
        for name in (other.kind.name, *(["ignore"] if other.kind.role == "ignore" else []))
    }
    for system in systems:
        for kind in system.kinds:
            for name, location in kind.after.items():
                if (Claim(system, kind).name, name) not in needed:
                    message = f'no record is accepted by both "{kind.name}" and "{name}"'
                    yield Diagnostic(location, "E404", message, CODES["E404"].help)


# --- as a finding -----------------------------------------------------------------------------


def _diagnostic(overlap: Overlap, *, with_help: bool) -> Diagnostic:
    one, other, witness = overlap
    return Diagnostic(
        location=other.kind.location,
        code="E403",
        message=f"{one.name} and {other.name} both accept {shown(witness, one)}",
        help=(_separation(overlap) if with_help else "") or CODES["E403"].help,
        notes=(_reading(one, witness), _reading(other, witness)),
    )


def shown(witness: str, claim: Claim) -> str:
    """A witness as a person reads it: text in quotes, since blanks at an end count."""
    return witness if claim.kind.template is None else _quoted(witness)


def _reading(claim: Claim, witness: str) -> str:
    """What a record kind makes of the witness."""
    at = claim.kind.location
    where = f"{claim.name} ({at.file}:{at.line})"
    if claim.kind.template is None:
        return f"{where} takes it because of {_in_words(claim.kind)}"
    captures = match(claim.kind.template, witness)
    assert not isinstance(captures, Mismatch)
    read = ", ".join(f"{name}={_quoted(value)}" for name, value in captures.items())
    return f"{where} reads {read or 'it without a field'}"


def _in_words(kind: RecordKind) -> str:
    return ", ".join(
        f"{one.key}: {' or '.join(one.values) if one.test == 'one_of' else one.test}"
        for one in kind.where
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _separation(overlap: Overlap) -> str:
    """The typed fields that would keep the two apart and that the samples allow: one if one is
    enough, else one in each."""
    one, other, _ = overlap
    if one.kind.template is None or other.kind.template is None:
        return ""
    variants = [[(claim.kind.template, ""), *_typed_variants(claim.kind)] for claim in (other, one)]
    for changes in sorted(product(*variants), key=lambda both: sum(bool(one[1]) for one in both)):
        (first, _), (second, _) = changes
        assert first is not None
        assert second is not None
        if shortest_text([TemplateAutomaton(first), TemplateAutomaton(second)]) is None:
            said = " and ".join(
                f"{field} in {claim.name}"
                for claim, (_, field) in zip((other, one), changes, strict=True)
                if field
            )
            return f"with {said} they exclude each other"
    return ""


def _typed_variants(kind: RecordKind) -> Iterator[tuple[Template, str]]:
    """The template with one bare field given a type that its values in the samples have."""
    assert kind.template is not None
    samples = [match(kind.template, sample.record) for sample in kind.samples]
    read = [captures for captures in samples if not isinstance(captures, Mismatch)]
    for index, part in enumerate(kind.template.parts):
        if not isinstance(part, FieldPart) or part.type is not None or part.name is None:
            continue
        for type_name in _types_of([captures[part.name] for captures in read]):
            parts = list(kind.template.parts)
            parts[index] = FieldPart(part.name, type_name)
            written = f"{{{part.name}:{type_name}}}"
            yield Template(kind.template.source, tuple(parts)), written


def _types_of(values: Sequence[str]) -> Iterator[str]:
    """The types that all values have, the wide ones first."""
    for name in FIELD_TYPES:
        pattern = TYPE_PATTERNS[name]
        if values and all(re.fullmatch(pattern, value) for value in values):
            yield name
