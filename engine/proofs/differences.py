"""Which records a change of specs loses, gains, or gives to another record kind.

The same automata as for the proof of exclusiveness, with a difference in place of the product: a
record that one set of specs accepts and no record kind of the other does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from engine.model import System
from engine.proofs.common_objects import common_object
from engine.proofs.common_records import CommonRecords
from engine.proofs.conditions import pairs_of_values
from engine.proofs.exclusive import Claim, text_pairs
from engine.proofs.facts import facts
from engine.proofs.witness import UNKNOWN


class Difference(NamedTuple):
    """A record that a change of specs treats otherwise: ``lost`` (accepted before and not now),
    ``gained`` (now and not before) or ``moved`` (by another record kind)."""

    change: Literal["lost", "gained", "moved"]
    before: Claim | None
    after: Claim | None
    witness: str


def find_differences(old: Sequence[System], new: Sequence[System]) -> list[Difference]:
    """Every record kind that loses, gains or gives away records, with a shortest record each;
    an empty list is the proof that every record goes where it went. Within each of the two no
    record may be claimed twice (``check_exclusive``)."""
    before, after = _claims(old), _claims(new)
    records = CommonRecords()
    sharing = _may_share(before, after, records)
    return [
        *_one_sided("lost", before, after, sharing, records),
        *_moved(before, after, sharing, records),
        *_one_sided("gained", after, before, {(two, one) for one, two in sharing}, records),
    ]


def _claims(systems: Sequence[System]) -> list[Claim]:
    return [Claim(system, kind) for system in systems for kind in system.kinds]


def _may_share(
    before: Sequence[Claim], after: Sequence[Claim], records: CommonRecords
) -> set[tuple[int, int]]:
    """The pairs, by index, of which letters or values alone do not rule out a common record."""
    claims = [*before, *after]
    texts = [index for index, one in enumerate(claims) if one.kind.template is not None]
    objects = [index for index, one in enumerate(claims) if one.kind.template is None]
    pairs = [
        *((texts[a], texts[b]) for a, b in text_pairs([claims[i].kind for i in texts], records)),
        *(
            (objects[a], objects[b])
            for a, b in pairs_of_values([facts(claims[i].kind) for i in objects])
        ),
    ]
    ordered = [(min(pair), max(pair)) for pair in pairs]
    middle = len(before)
    return {(one, other - middle) for one, other in ordered if one < middle <= other}


def _one_sided(
    change: Literal["lost", "gained"],
    ones: Sequence[Claim],
    others: Sequence[Claim],
    sharing: set[tuple[int, int]],
    records: CommonRecords,
) -> Iterator[Difference]:
    partners = _partners(sharing)
    for index, one in enumerate(ones):
        witness = _witness([one], [others[other] for other in partners.get(index, ())], records)
        if witness is not None:
            lost = change == "lost"
            yield Difference(change, one if lost else None, None if lost else one, witness)


def _partners(sharing: set[tuple[int, int]]) -> dict[int, list[int]]:
    partners: dict[int, list[int]] = {}
    for one, other in sorted(sharing):
        partners.setdefault(one, []).append(other)
    return partners


def _moved(
    before: Sequence[Claim],
    after: Sequence[Claim],
    sharing: set[tuple[int, int]],
    records: CommonRecords,
) -> Iterator[Difference]:
    for first, second in sorted(sharing):
        one, other = before[first], after[second]
        if _taker(one) == _taker(other):
            continue
        # Of a record that several kinds accept, the one that comes first takes it.
        first_ones = [*_before_it(one, before), *_before_it(other, after)]
        witness = _witness([one, other], first_ones, records)
        if witness is not None:
            yield Difference("moved", one, other, witness)


def _taker(claim: Claim) -> str:
    """Who takes the record: ignored ones go to one place, whichever entry names them."""
    return f"{claim.system.name}.ignore" if claim.kind.role == "ignore" else claim.name


def _before_it(claim: Claim, claims: Sequence[Claim]) -> list[Claim]:
    return [
        other
        for other in claims
        if other.system is claim.system and claim.kind.yields_to(other.kind)
    ]


def _witness(
    accepting: Sequence[Claim], refusing: Sequence[Claim], records: CommonRecords
) -> str | None:
    """A shortest record that all of ``accepting`` take and none of ``refusing``; None too where
    neither a record nor the proof is found."""
    find = common_object if accepting[0].kind.template is None else records.find
    found = find([one.kind for one in accepting], [one.kind for one in refusing])
    return None if found == UNKNOWN else found
