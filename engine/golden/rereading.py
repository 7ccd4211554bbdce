"""A second reading of records, by the simulator's description of how a template reads and what
mappings mean: slow, obvious, and independent of the code that it judges."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import STATUSES, RecordKind, System
from simulator.forms import read
from simulator.maps import Meaningless
from simulator.meaning import Interpretation, Meaning, required
from simulator.said import Said, holds
from simulator.taking_apart import Reading, take_apart


def reading_of(kind: RecordKind, text: str) -> Reading | None:
    """The one way in which a kind's template reads this text; None if it does not."""
    assert kind.template is not None
    return take_apart(kind.template, text)


def said_in(kind: RecordKind, captures: Mapping[str, object]) -> Said | None:
    """What a record holds, with the texts that are read further; None where one of them is not
    what it should be, or a condition does not hold."""
    said = Said(dict(captures))
    for one in sorted(kind.readings, key=lambda one: (not one.is_flat, len(one.path))):
        text = said.at(one.path)
        if not isinstance(text, str) or not text:
            continue
        try:
            found = read(one.form, text)
        except ValueError:
            return None
        if not isinstance(found, dict) and (one.is_flat or not isinstance(found, list)):
            return None
        if one.is_flat and isinstance(found, dict):
            said = Said({**said.fields, **found}, said.parts)
        else:
            said = Said(said.fields, {**said.parts, one.path: found})
    return said if all(holds(one, said) for one in kind.where) else None


def meaning_of(
    system: System, kind: RecordKind, said: Said, record_us: int | None, redact_key: bytes
) -> Meaning | None:
    """What it means; None where such a record is refused."""
    try:
        meaning = Interpretation(system, kind, redact_key).meaning(said, record_us)
    except (Meaningless, ArithmeticError):
        return None
    given = {**meaning.values, "timestamp": meaning.time}
    if any(given.get(name) is None for name in required(system, kind)):
        return None
    is_status = kind.role != "event" or meaning.values.get("status") in STATUSES
    return meaning if is_status else None
