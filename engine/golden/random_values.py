"""Random values for the fields of an event, as the places of a record kind can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from engine.model import STATUSES, GroupPart, LiteralPart, Part, RecordKind
from simulator.rendering import KindRenderer
from simulator.slots import AT_TIME
from simulator.values import FORMS, REASONS

_ALPHABETS: Final = (
    "0123456789",
    "0123456789abcdefABCDEF",
    "abcXYZ019_",
    "ab -:.()[]{}|,;=\"'\\/%&#+*",
    "aé ß≠数\u00a0\u200b😀\t\x1b",
)
_CHARS_MAX: Final = 24
_DRAWS: Final = 12
_TARGETS: Final = ("timestamp", "status", "correlation_id", "checkpoint_id", "failure_reason")


def wanted_values(renderer: KindRenderer, rng: Random) -> dict[str, str | None]:
    """What a record is to mean. Of fields that read the same place one is asked for, the others
    follow."""
    by_source: dict[object, str] = {
        one.sources or one.target: one.target for one in reversed(renderer.kind.mappings)
    }
    for target in reversed(_TARGETS):
        for mapping in renderer.kind.mappings:
            if mapping.target == target and mapping.sources:
                by_source[mapping.sources] = target
    wanted: dict[str, str | None] = {}
    for target in dict.fromkeys(by_source.values()):
        is_optional = target == "failure_reason" and renderer.kind.role == "event"
        if is_optional and renderer.may_lack(target) and rng.random() < 0.3:
            wanted[target] = None
            continue
        found = _value(renderer, target, rng)
        if found is not None:
            wanted[target] = found
    return wanted


def _value(renderer: KindRenderer, target: str, rng: Random) -> str | None:
    if target == "timestamp":
        return AT_TIME
    texts = [one for one in _texts(renderer, target, rng) if renderer.holds(target, one)]
    texts = texts or renderer.some(target, _DRAWS)
    return rng.choice(texts) if texts else None


def _texts(renderer: KindRenderer, target: str, rng: Random) -> Iterator[str]:
    if target == "status":
        yield from STATUSES
        return
    yield from renderer.fixed(target)
    number = rng.randrange(1, 100_000)
    yield from (make(number, rng) for make in FORMS.values())
    yield from REASONS
    literals = literals_of(renderer.kind)
    for _ in range(_DRAWS):
        alphabet = rng.choice(_ALPHABETS)
        text = "".join(rng.choices(alphabet, k=rng.randrange(1, _CHARS_MAX)))
        if literals and rng.random() < 0.3:  # what looks like the record around it
            at = rng.randrange(len(text) + 1)
            text = text[:at] + rng.choice(literals) + text[at:]
        yield text


def literals_of(kind: RecordKind) -> list[str]:
    """The texts between the fields of a kind's template."""
    return [] if kind.template is None else list(_texts_in(kind.template.parts))


def _texts_in(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, LiteralPart):
            yield part.text
        elif isinstance(part, GroupPart):
            for branch in part.branches:
                yield from _texts_in(branch)
