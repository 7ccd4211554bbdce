"""Records that are nearly those of a kind: one character of the template's own text spoilt, one
condition of a JSON kind broken, one value of a type that no field takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final, NamedTuple

from engine.model import Condition, Key, Path, RecordKind
from simulator.taking_apart import Reading

_OTHERS: Final = "x~0 ,"
_STRANGE: Final = (["a", "list"], {"an": "object"}, 1.5)


class NearMiss(NamedTuple):
    """A spoilt record. ``must_not`` tells what it cannot be any more: taken by its kind at all
    (``match``), or made an event or a detail of (``mean``); None where that must be looked up."""

    text: str
    what: str
    must_not: str | None = None


def spoilt_text(text: str, reading: Reading, rng: Random) -> Iterator[NearMiss]:
    """For each literal one character taken away, replaced, doubled or turned to the other case;
    something before the record, and something after it."""
    for part, span in reading.literals:
        at = rng.randrange(span.start, span.end)
        char = text[at]
        other = next(one for one in rng.sample(_OTHERS, len(_OTHERS)) if one != char)
        swaps = {f"without the {char!r}": "", f"with {other!r} in place of the {char!r}": other}
        swaps[f"with the {char!r} doubled"] = char * 2
        if char.swapcase() != char:
            swaps[f"with the {char!r} in the other case"] = char.swapcase()
        swaps = {what: new for what, new in swaps.items() if new != char}
        for what, new in swaps.items():
            yield NearMiss(text[:at] + new + text[at + 1 :], f"{what} at character {at + 1}")
        yield NearMiss(text[: span.start] + text[span.end :], f"without {part.text!r}")
    yield NearMiss(f"x{text}", "with an 'x' before it")
    yield NearMiss(f"{text}x", "with an 'x' after it")
    if len(text) > 1:
        yield NearMiss(text[: rng.randrange(1, len(text))], "cut off")


def spoilt_object(
    kind: RecordKind, body: Mapping[str, object], required: frozenset[str]
) -> Iterator[NearMiss]:
    """Each condition on a key broken, each required key without a value or with one of a wrong
    type, and the object cut off. (What stands deeper is left as it is.)"""
    for condition in kind.where:
        key = _key(condition.path)
        for value, what in _breaking(condition) if key is not None else ():
            spoilt = {**body, key or "": value}
            if value is None:
                spoilt.pop(key or "")
            yield NearMiss(_written(spoilt), f'with "{key}" {what}', "match")
    for key in _needed(kind, body, required):
        for empty in (None, ""):
            text = _written({**body, key: empty})
            yield NearMiss(text, f'with {json.dumps(empty)} as "{key}"', "mean")
        text = _written({name: value for name, value in body.items() if name != key})
        yield NearMiss(text, f'without "{key}"', "mean")
        for strange in _STRANGE:
            text = _written({**body, key: strange})
            yield NearMiss(text, f'with {json.dumps(strange)} as "{key}"', "mean")
    yield NearMiss(_written(body)[:-1], "without its closing brace", "match")


def _needed(
    kind: RecordKind, body: Mapping[str, object], required: frozenset[str]
) -> Iterator[str]:
    """The keys without which something required is surely missing: what the only way to it reads,
    as it is."""
    for mapping in kind.mappings:
        ways = [one for one in kind.mappings if one.target == mapping.target]
        if mapping.target not in required or len(ways) > 1:
            continue
        is_counted = any(one == "epoch" or "%s" in one for one in mapping.formats)
        read_further = {one.field for one in kind.readings}
        for path in mapping.sources:
            key = _key(path)
            if key is not None and key in body and key not in read_further and not is_counted:
                yield key


def _key(path: Path) -> str | None:
    """The key of a path that is one key; None for any other."""
    return path[0].name if len(path) == 1 and isinstance(path[0], Key) else None


def _breaking(condition: Condition) -> Iterator[tuple[object, str]]:
    """Values with which the condition does not hold, None for leaving the key out."""
    if condition.test == "absent":
        yield "there", "there"
        return
    yield None, "left out"
    if condition.test == "one_of":
        yield "".join(condition.values) + "x", "of another value"
        if all(one.swapcase() not in condition.values for one in condition.values):
            one = condition.values[0]
            if one.swapcase() != one:
                yield one.swapcase(), "in the other case"


def _written(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False)
