"""A JSON object that some kinds take and others do not, where texts in it may be read further; or
the proof that there is none; or neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice, product
from typing import Final

from engine.asking import ask
from engine.model import Condition, FieldPart, FieldType, Json, Path, Reading, RecordKind, Template
from engine.patterns import TYPES
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.conditions import have_values, shortest_object
from engine.proofs.facts import (
    exclude,
    in_full,
    may_have_more_ways,
    plain,
    readings_above,
    readings_below,
)
from engine.proofs.languages import Languages
from engine.proofs.read_texts import texts_asked_for, texts_read
from engine.proofs.witness import UNKNOWN, SearchEndedError, shortest_text
from engine.templates import Mismatch

_TRIED_MAX: Final = 300
"""How many objects are made and shown to the matcher."""

_READERS_MAX: Final = 4
"""Of how many kinds texts are made that some of them read and others do not."""

_WHOLE: Final = Template("{text:rest}", (FieldPart("text", FieldType("rest", TYPES["rest"])),))

_Choice = str | None
"""What is put where a text is read further: a text, nothing (None), or what the conditions of all
ask for (``_AS_ASKED``)."""

_AS_ASKED: Final = "\0"


def common_object(
    accepting: Sequence[RecordKind], refusing: Sequence[RecordKind] = ()
) -> str | None:
    """An object, as JSON, that all of ``accepting`` take and none of ``refusing``; None proves
    that there is none; ``UNKNOWN``."""
    kinds = [*accepting, *refusing]
    every = [one for kind in kinds for one in kind.where]
    if not any(readings_above(kind, one.path) for kind in kinds for one in kind.where):
        found = shortest_object([one.where for one in accepting], [one.where for one in refusing])
        if found is not None or not may_have_more_ways(every):
            return found
    if _are_apart(accepting, refusing):
        return None
    return next(_witnesses(accepting, refusing), UNKNOWN)


def _are_apart(accepting: Sequence[RecordKind], refusing: Sequence[RecordKind]) -> bool:
    """Whether conditions prove that there is no object."""
    if any(exclude(one, other) for one, other in combinations(accepting, 2)):
        return True
    if len({in_full(readings_below(one)) for one in (*accepting, *refusing)}) == 1:
        wheres = [one.where for one in accepting], [one.where for one in refusing]
        if not have_values(*wheres):
            return True
    inside = [plain(one) for one in accepting]
    outside = [one.where for one in refusing if len(plain(one)) == len(one.where)]
    return (
        not may_have_more_ways(one for said in (*inside, *outside) for one in said)
        and shortest_object(inside, outside) is None
    )


# --- objects to show to the matcher ---------------------------------------------------------------


def _witnesses(accepting: Sequence[RecordKind], refusing: Sequence[RecordKind]) -> Iterator[str]:
    for made in islice(_objects(accepting, refusing), _TRIED_MAX):
        body = json.loads(made)
        if all(_takes(one, body) for one in accepting) and not any(
            _takes(one, body) for one in refusing
        ):
            yield made


def _takes(kind: RecordKind, body: dict[str, object]) -> bool:
    return not isinstance(ask(kind, body), Mismatch)


def _objects(accepting: Sequence[RecordKind], refusing: Sequence[RecordKind]) -> Iterator[str]:
    """Objects with texts to read further first, then those with their parts in their place."""
    kinds = [*accepting, *refusing]
    places = list(dict.fromkeys(one.path for kind in kinds for one in _first_readings(kind)))
    texts = [_texts(place, accepting, refusing) for place in places]
    choices: list[list[_Choice]] = [[*one, _AS_ASKED, None] for one in texts]
    for chosen in product(*choices):
        put = dict(zip(places, chosen, strict=True))
        left = [_without_parts(one.where, put) for one in accepting]
        barred = [_without_parts(one.where, put) for one in refusing]
        whole = [
            said for said, one in zip(barred, refusing, strict=True) if len(said) == len(one.where)
        ]
        made = shortest_object([*left, _as_conditions(put)], whole)
        if made is not None:
            yield made


def _first_readings(kind: RecordKind) -> Iterator[Reading]:
    """The readings of texts that stand in the record itself."""
    return (one for one in readings_below(kind) if not readings_above(kind, one.path))


def _without_parts(conditions: Iterable[Condition], put: dict[Path, _Choice]) -> list[Condition]:
    """The conditions without those on parts of what is put somewhere."""
    return [
        one
        for one in conditions
        if not any(
            len(one.path) > len(place) and one.path[: len(place)] == place
            for place, chosen in put.items()
            if chosen != _AS_ASKED
        )
    ]


def _as_conditions(put: dict[Path, _Choice]) -> list[Condition]:
    return [
        Condition(place, "absent") if chosen is None else Condition(place, "one_of", (chosen,))
        for place, chosen in put.items()
        if chosen != _AS_ASKED
    ]


# --- texts ----------------------------------------------------------------------------------------


def _texts(
    place: Path, accepting: Sequence[RecordKind], refusing: Sequence[RecordKind]
) -> list[str]:
    """Texts that may stand at a place: for any of the kinds to read, and for none."""
    readers = [
        (kind, one)
        for kind in (*accepting, *refusing)
        for one in readings_below(kind)
        if one.path == place
    ][:_READERS_MAX]
    among = Languages()
    found = [*_json_texts(place, readers)]
    made = [
        texts_asked_for(one, kind.where, among) or texts_read(one.form, (), among)
        for kind, one in readers
    ]
    automata = [
        TemplateAutomaton(_WHOLE, among, {"text": language})
        for language in made
        if language is not None
    ]
    for chosen in product((True, False), repeat=len(automata)):
        inside = [one for one, is_in in zip(automata, chosen, strict=True) if is_in]
        outside = [one for one, is_in in zip(automata, chosen, strict=True) if not is_in]
        try:
            text = shortest_text(inside, outside)
        except SearchEndedError:
            continue
        if text is not None:
            found.append(text)
    for kind in (*accepting, *refusing):
        found += [value for one in kind.where if one.path == place for value in one.values]
    return list(dict.fromkeys(found))


def _json_texts(place: Path, readers: Sequence[tuple[RecordKind, Reading]]) -> Iterator[str]:
    """Objects as texts, with the parts that kinds ask for: all of them, and each alone."""
    asked = [
        [
            Condition(one.path[len(place) :], one.test, one.values)
            for one in kind.where
            if len(one.path) > len(place) and one.path[: len(place)] == place
        ]
        for kind, reading in readers
        if isinstance(reading.form, Json)
    ]
    if asked:
        for conditions in (asked, *([one] for one in asked)):
            made = shortest_object(conditions)
            if made is not None:
                yield made
        yield "{}"
