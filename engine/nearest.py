"""How far the nearest record kinds get with a text that none of them takes.

A thousand kinds are not asked one by one. Those whose templates begin with the same part fail in
the same words where it cannot be read; where a literal comes after it, the nearest are those of
which the text holds the longest beginning, and in a sorted list these are neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from engine.json_text import text_of
from engine.model import Attempt, Condition, FieldPart, LiteralPart, Path, Template
from engine.paths import Captures, value_at
from engine.templates import Mismatch, head_of, match_head

NEAREST_MAX: Final = 3
"""How many attempts a rejection remembers."""

_LAST: Final = "\U0010ffff"

Ask = Callable[[str], Attempt]
"""Reads a text that the kind does not take, and says how far it gets."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A record kind that can be asked."""

    system: str
    kind: str
    template: Template
    ask: Ask

    def attempt(self, failed: Mismatch) -> Attempt:
        """The attempt that ended so."""
        return Attempt(self.system, self.kind, failed.matched_chars, failed.expected)


@dataclass(frozen=True, slots=True)
class ObjectAsker:
    """A record kind of JSON records that can be asked; ``ask`` is given the object."""

    system: str
    kind: str
    where: tuple[Condition, ...]
    ask: Callable[[Captures], Attempt]


class NearestObjects:
    """The kinds of JSON records, by what they ask for beside one value of the key that tells most
    of them apart. Of those that ask for the same beside it, all whose value is another get equally
    far, and only the first of them by name can be among the nearest."""

    def __init__(self, askers: Sequence[ObjectAsker]) -> None:
        counts = Counter(path for asker in askers for path in _values(asker))
        self._path = counts.most_common(1)[0][0] if counts else None
        self._by_value: dict[str, list[ObjectAsker]] = {}
        alike: dict[object, list[ObjectAsker]] = {}
        for asker in sorted(askers, key=lambda one: (one.system, one.kind)):
            others = tuple(
                one.path if one.test == "one_of" and one.path == self._path else one
                for one in asker.where
            )
            alike.setdefault(others, []).append(asker)
            for value in _values(asker).get(self._path, ()) if self._path else ():
                self._by_value.setdefault(value, []).append(asker)
        self._alike = list(alike.values())

    def attempts(self, found: Captures) -> tuple[Attempt, ...]:
        """The nearest of all attempts with an object."""
        value = None if self._path is None else text_of(value_at(self._path, found))
        named = self._by_value.get(value, []) if value is not None else []
        asked = [*named]
        for alike in self._alike:
            others = (one for one in alike if one not in named)
            asked += islice(others, NEAREST_MAX)
        return nearest_first([one.ask(found) for one in asked])


def _values(asker: ObjectAsker) -> dict[Path, tuple[str, ...]]:
    return {one.path: one.values for one in asker.where if one.test == "one_of"}


def nearest_first(attempts: list[Attempt]) -> tuple[Attempt, ...]:
    """The nearest of the attempts."""
    attempts.sort(key=lambda one: (-one.matched_chars, one.system, one.kind))
    return tuple(attempts[:NEAREST_MAX])


class Nearest:
    """The kinds of text records, by how their templates begin."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        by_head: dict[object, list[Asker]] = {}
        for asker in sorted(askers, key=lambda one: (one.system, one.kind)):
            by_head.setdefault(head_of(asker.template), []).append(asker)
        self._heads = [_Head(alike) for alike in by_head.values()]

    def attempts(self, text: str) -> tuple[Attempt, ...]:
        """The nearest of all attempts with ``text``."""
        return nearest_first([one for head in self._heads for one in head.attempts(text)])


class _Head:
    """Kinds whose templates begin with the same part, sorted by their names."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        self._askers = askers
        first = askers[0].template.parts[0]
        is_bare = isinstance(first, FieldPart) and first.type is None
        self._others: list[Asker] = []
        literals: list[tuple[str, int]] = []
        for rank, asker in enumerate(askers):
            text = None if is_bare else _second_literal(asker.template)
            if text is None:
                self._others.append(asker)
            else:
                literals.append((text, rank))
        literals.sort()
        self._literals = [text for text, _ in literals]
        self._ranks = [rank for _, rank in literals]
        self._by_literal: dict[str, list[int]] = {}
        for text, rank in literals:
            self._by_literal.setdefault(text, []).append(rank)
        self._lengths = sorted({len(text) for text in self._literals})

    def attempts(self, text: str) -> list[Attempt]:
        """Attempts among which the nearest are."""
        end = match_head(self._askers[0].template, text)
        if isinstance(end, Mismatch):
            return [one.attempt(end) for one in self._askers[:NEAREST_MAX]]
        rest = text[end:]
        found = [one.ask(text) for one in self._others]
        for length in self._lengths:
            ranks = self._by_literal.get(rest[:length], ()) if length <= len(rest) else ()
            found += [self._askers[rank].ask(text) for rank in ranks]
        return found + self._by_beginning(rest, end)

    def _by_beginning(self, rest: str, end: int) -> list[Attempt]:
        """The kinds whose literal the rest does not hold, but the longest beginnings of it."""
        found: list[Attempt] = []
        low, high = self._range(rest[: self._longest(rest)])
        inner = low, low
        length = self._longest(rest)
        while True:
            ranks = sorted(
                (self._ranks[at], at)
                for at in (*range(low, inner[0]), *range(inner[1], high))
                if not rest.startswith(self._literals[at])
            )
            for rank, at in ranks[: NEAREST_MAX - len(found)]:
                failed = Mismatch(end + length, f'"{self._literals[at]}"')
                found.append(self._askers[rank].attempt(failed))
            if len(found) == NEAREST_MAX or length == 0:
                return found
            inner, length = (low, high), length - 1
            low, high = self._range(rest[:length])

    def _longest(self, rest: str) -> int:
        """The length of the longest beginning of the rest that a literal begins with."""
        at = bisect_left(self._literals, rest)
        beside = self._literals[max(at - 1, 0) : at + 1]
        return max((_common(text, rest) for text in beside), default=0)

    def _range(self, beginning: str) -> tuple[int, int]:
        """Where in the sorted list those stand that begin so."""
        low = bisect_left(self._literals, beginning)
        return low, bisect_left(self._literals, beginning + _LAST, low)


def _second_literal(template: Template) -> str | None:
    """The text that must follow the first part of a template."""
    if len(template.parts) < 2 or not isinstance(template.parts[1], LiteralPart):
        return None
    return template.parts[1].text


def _common(one: str, other: str) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
