"""The proof that no record can be claimed by two record kinds, or a record that is."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final, NamedTuple

from engine.diagnostics import CODES, Diagnostic
from engine.model import RecordKind, System
from engine.proofs.common_objects import common_object
from engine.proofs.common_records import CommonRecords
from engine.proofs.conditions import pairs_of_conditions, pairs_of_values
from engine.proofs.elements import Element, is_proved, variants_of
from engine.proofs.facts import facts, in_full
from engine.proofs.joint import overlapping_pairs
from engine.proofs.pairs import pairs_to_compare
from engine.proofs.separation import separation
from engine.proofs.shapes import without_values
from engine.proofs.witness import UNKNOWN
from engine.spec.paths import written
from engine.templates import Mismatch, match

OVERLAPS_MAX: Final = 100
"""How many overlaps are told in one run."""

_HELPED_MAX: Final = 10
"""For how many of them a typed field that would help is searched for, which takes a while."""

_UNPROVED_HELP: Final = (
    "a record that two kinds accept goes to the quarantine as ambiguous; a template, or conditions "
    "on fields of their own, can be proved"
)

_PAIRS_MIN: Final = 20
_PAIRS_EACH: Final = 2
"""More pairs than that for each kind are first narrowed down by one walk over all templates."""


class Claim(NamedTuple):
    """A record kind of a system."""

    system: System
    kind: RecordKind

    @property
    def name(self) -> str:
        """How it is called in findings."""
        return f"{self.system.name}.{self.kind.name}"


class Overlap(NamedTuple):
    """Two record kinds and a shortest record that both accept; ``UNKNOWN`` where there may be
    one."""

    one: Claim
    other: Claim
    witness: str


def find_overlaps(systems: Sequence[System]) -> list[Overlap]:
    """Every pair of record kinds that can accept one record; an empty list is the proof that
    none can, but for kinds that proofs do not cover (``E405``)."""
    return [one for one in _overlaps(systems) if one.witness != UNKNOWN]


def _overlaps(systems: Sequence[System]) -> Iterator[Overlap]:
    claims = [Claim(system, kind) for system in systems for kind in system.kinds]
    yield from _text_overlaps([one for one in claims if one.kind.template is not None])
    yield from _json_overlaps([one for one in claims if one.kind.template is None])


class Proof(NamedTuple):
    """What was found, and the kinds (``system.kind``) that another one may claim a record of, for
    all that is proved."""

    diagnostics: list[Diagnostic]
    unproved: frozenset[str]


def check_exclusive(systems: Sequence[System], *, doubted: Container[str] = ()) -> list[Diagnostic]:
    """The findings of ``prove_exclusive``."""
    return prove_exclusive(systems, doubted=doubted).diagnostics


def prove_exclusive(systems: Sequence[System], *, doubted: Container[str] = ()) -> Proof:
    """A finding for every pair of record kinds that can claim one record with no order declared
    between them, and for every declared order that no record needs. A kind that is ``doubted``
    has findings of its own, of which an overlap would be a consequence.

    Ends after ``OVERLAPS_MAX`` findings: whoever has as many mends a few and asks again.
    """
    ordered: list[Overlap] = []
    told: list[Diagnostic] = []
    unproved = {
        f"{system.name}.{kind.name}" for system in systems for kind in _unproved_kinds(system)
    }
    for one in _overlaps(systems):
        if _is_ordered(one):
            ordered.append(one)
        elif one.one.name in doubted or one.other.name in doubted:
            continue
        elif one.witness == UNKNOWN:
            told.append(_unproved_pair(one))
            unproved |= {one.one.name, one.other.name}
        else:
            told.append(_diagnostic(one, with_help=len(told) < _HELPED_MAX))
        if len(told) == OVERLAPS_MAX:
            more = f"there may be more: the search ends after {OVERLAPS_MAX}"
            every = frozenset(f"{one.name}.{kind.name}" for one in systems for kind in one.kinds)
            return Proof([*told[:-1], replace(told[-1], notes=(*told[-1].notes, more))], every)
    told += [*_unneeded_orders(systems, ordered), *_unproved(systems)]
    return Proof(told, frozenset(unproved))


# --- text -------------------------------------------------------------------------------------


def _text_overlaps(claims: Sequence[Claim]) -> Iterator[Overlap]:
    records = CommonRecords()
    kinds = [claim.kind for claim in claims]
    for first, second in sorted(text_pairs(kinds, records)):
        witness = records.find([kinds[first], kinds[second]])
        if witness is not None:
            yield Overlap(claims[first], claims[second], witness)


def text_pairs(kinds: Sequence[RecordKind], records: CommonRecords) -> set[tuple[int, int]]:
    """The pairs of kinds with a template, by index, that neither the letters of their templates
    nor the values at one path tell apart; where these are many, nor a walk over all of them."""
    made = _variants(kinds, records)
    pairs = pairs_to_compare(made)
    if pairs:
        pairs -= _told_apart(kinds)
    if len(pairs) > max(_PAIRS_MIN, _PAIRS_EACH * len(kinds)):
        walked = overlapping_pairs(made, records.among)
        pairs = pairs if walked is None else walked & pairs
    return pairs


def _variants(
    kinds: Sequence[RecordKind], records: CommonRecords
) -> list[tuple[int, list[Element]]]:
    shapes = [records.shape(kind) for kind in kinds]
    return [
        (index, elements)
        for index, one in enumerate(shapes)
        for elements in variants_of(one.template, records.among, one.limits)
    ]


def _told_apart(kinds: Sequence[RecordKind]) -> set[tuple[int, int]]:
    """The pairs of kinds that capture the same and ask for other values."""
    alike: dict[object, list[int]] = {}
    for index, kind in enumerate(kinds):
        if kind.where and kind.template is not None:
            key = (without_values(kind.template.parts), in_full(kind.readings))
            alike.setdefault(key, []).append(index)
    found: set[tuple[int, int]] = set()
    for members in alike.values():
        compared = set(pairs_of_conditions([kinds[index].where for index in members]))
        found |= {
            (members[one], members[two])
            for one, two in combinations(range(len(members)), 2)
            if (one, two) not in compared
        }
    return found


# --- JSON -------------------------------------------------------------------------------------


def _json_overlaps(claims: Sequence[Claim]) -> Iterator[Overlap]:
    for first, second in sorted(pairs_of_values([facts(claim.kind) for claim in claims])):
        one, other = claims[first], claims[second]
        witness = common_object([one.kind, other.kind])
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
                is_told = Claim(system, kind).name, name
                if is_told not in needed and _is_covered(system, kind, name):
                    message = f'no record is accepted by both "{kind.name}" and "{name}"'
                    yield Diagnostic(location, "E404", message, CODES["E404"].help)


def _is_covered(system: System, kind: RecordKind, name: str) -> bool:
    """Whether proofs cover a kind and those that it comes after."""
    others = [one for one in system.kinds if name in (one.name, one.role)]
    return all(one.template is None or is_proved(one.template.parts) for one in (kind, *others))


# --- what is not proved ---------------------------------------------------------------------------


def _unproved_pair(overlap: Overlap) -> Diagnostic:
    message = f"nothing proves that {overlap.one.name} and {overlap.other.name} exclude each other"
    return Diagnostic(overlap.other.kind.location, "E405", message, _UNPROVED_HELP, "warning")


def _unproved(systems: Sequence[System]) -> Iterator[Diagnostic]:
    for system in systems:
        for kind in _unproved_kinds(system):
            message = f"no proof covers the regular expression of {system.name}.{kind.name}"
            yield Diagnostic(kind.location, "E405", message, _UNPROVED_HELP, "warning")


def _unproved_kinds(system: System) -> Iterator[RecordKind]:
    for kind in system.kinds:
        if kind.template is not None and not is_proved(kind.template.parts):
            yield kind


# --- as a finding -----------------------------------------------------------------------------


def _diagnostic(overlap: Overlap, *, with_help: bool) -> Diagnostic:
    one, other, witness = overlap
    return Diagnostic(
        location=other.kind.location,
        code="E403",
        message=f"{one.name} and {other.name} both accept {shown(witness, one)}",
        help=(_separation_of(overlap) if with_help else "") or CODES["E403"].help,
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
        f"{written(one.path)}: {' or '.join(one.values) if one.test == 'one_of' else one.test}"
        for one in kind.where
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _separation_of(overlap: Overlap) -> str:
    one, other, _ = overlap
    changes = separation(other.kind, one.kind)
    said = [
        f"{field} in {claim.name}"
        for claim, field in zip((other, one), changes, strict=False)
        if field
    ]
    return f"with {' and '.join(said)} they exclude each other" if said else ""
