"""How far the nearest record kinds get with a text that none of them takes.

A thousand kinds are not asked one by one. Those whose templates begin with the same part fail in
the same words where it cannot be read; where a literal comes after it, the nearest are those of
which the text holds the longest beginning, and in a sorted list these are neighbours.

Records that no kind takes come in crowds that fail alike: a system without a spec, the lines of
one stack trace. What is the same for all that fail alike is found once and remembered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from engine.conditions import Test
from engine.json_text import text_of
from engine.model import Attempt, Condition, FieldPart, LiteralPart, Path, Template
from engine.paths import Captures, compile_getter, value_at
from engine.templates import Mismatch, common_length, compile_head, head_of

NEAREST_MAX: Final = 3
"""How many attempts a rejection remembers."""

_REMEMBERED_MAX: Final = 1024
"""How many ways to fail are remembered."""

_LAST: Final = "\U0010ffff"

Ask = Callable[[str], Attempt]
"""Reads a text that the kind does not take, and says how far it gets."""


_attempt: Final = lru_cache(4 * _REMEMBERED_MAX)(Attempt)
"""An attempt; two that are equal are mostly one."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A record kind that can be asked."""

    system: str
    kind: str
    template: Template
    ask: Ask

    def attempt(self, failed: Mismatch) -> Attempt:
        """The attempt that ended so."""
        return _attempt(self.system, self.kind, failed.matched_chars, failed.expected)


@dataclass(frozen=True, slots=True)
class ObjectAsker:
    """A record kind of JSON records that can be asked; ``ask`` is given the object. ``tests`` are
    the conditions of ``where``, compiled; ``is_plain`` is whether they ask for values of the object
    itself, and for none that a further reading finds in one."""

    system: str
    kind: str
    where: tuple[Condition, ...]
    tests: tuple[Test, ...]
    is_plain: bool
    ask: Callable[[Captures], Attempt]


class NearestObjects:
    """The kinds of JSON records, by what they ask for beside one value of the key that tells most
    of them apart. Of those that ask for the same beside it, all whose value is another get equally
    far, and only the first of them by name can be among the nearest.

    No kind sees more of an object than what the conditions ask for, so two objects in which that is
    the same have the same nearest."""

    def __init__(self, askers: Sequence[ObjectAsker]) -> None:
        alike: dict[object, list[ObjectAsker]] = {}
        self._always = [one for one in askers if not _is_usual(one)]
        usual = [one for one in askers if _is_usual(one)]
        counts = Counter(path for asker in usual for path in _values(asker))
        self._path = counts.most_common(1)[0][0] if counts else None
        self._by_value: dict[str, list[ObjectAsker]] = {}
        for asker in sorted(usual, key=lambda one: (one.system, one.kind)):
            others = tuple(
                one.path if one.test == "one_of" and one.path == self._path else one
                for one in asker.where
            )
            alike.setdefault(others, []).append(asker)
            for value in set(_values(asker).get(self._path, ()) if self._path else ()):
                self._by_value.setdefault(value, []).append(asker)
        self._alike = list(alike.values())
        self._looks = _looks_of(usual) + [test for one in self._always for test in one.tests]
        self._remembered: dict[tuple[object, ...], tuple[Attempt, ...]] = {}

    def attempts(self, found: Captures) -> tuple[Attempt, ...]:
        """The nearest of all attempts with an object."""
        seen = tuple([look(found) for look in self._looks])
        nearest = self._remembered.get(seen)
        if nearest is None:
            if len(self._remembered) == _REMEMBERED_MAX:
                self._remembered.clear()
            nearest = self._remembered[seen] = self._asked(found)
        return nearest

    def _asked(self, found: Captures) -> tuple[Attempt, ...]:
        value = None if self._path is None else text_of(value_at(self._path, found))
        named = self._by_value.get(value, []) if value is not None else []
        asked = [*self._always, *named]
        for alike in self._alike:
            others = (one for one in alike if one not in named)
            asked += islice(others, NEAREST_MAX)
        return nearest_first([one.ask(found) for one in asked])


def _is_usual(asker: ObjectAsker) -> bool:
    """Whether a kind asks for one value of a path at most, and finds it where the path says."""
    return asker.is_plain and len({one.path for one in asker.where}) == len(asker.where)


def _looks_of(askers: Sequence[ObjectAsker]) -> list[Callable[[Captures], object]]:
    """What the conditions of the kinds see of an object: of each path the text, where one of them
    asks for it, and else whether there is a value."""
    values: dict[Path, set[str]] = {}
    for asker in askers:
        for one in asker.where:
            values.setdefault(one.path, set()).update(one.values)
    return [_look(path, frozenset(asked_for)) for path, asked_for in values.items()]


def _look(path: Path, values: frozenset[str]) -> Callable[[Captures], object]:
    get = compile_getter(path)

    def look(captures: Captures) -> object:
        value = get(captures)
        text = value if type(value) is str else text_of(value)
        return text if text in values else value is not None

    return look


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
    """Kinds whose templates begin with the same part, or each with a literal, sorted by their
    names."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        self._askers = askers
        self._read = compile_head(askers[0].template)
        self._others: list[Asker] = []
        self._by_literal: dict[str, list[Asker]] = {}
        literals: list[tuple[str, int]] = []
        for rank, asker in enumerate(askers):
            text = _first_literal(asker.template)
            if text is None:
                self._others.append(asker)
            else:
                self._by_literal.setdefault(text, []).append(asker)
                literals.append((text, rank))
        literals.sort()
        self._literals = [text for text, _ in literals]
        self._ranks = [rank for _, rank in literals]
        self._told_by = lru_cache(_REMEMBERED_MAX)(self._told)

    def attempts(self, text: str) -> list[Attempt]:
        """Attempts among which the nearest are."""
        end = self._read(text)
        if isinstance(end, Mismatch):
            return [one.attempt(end) for one in self._askers[:NEAREST_MAX]]
        found = [one.ask(text) for one in self._others]
        if self._literals:
            held, missed = self._told_by(self._beginning(text[end:]))
            found += [one.ask(text) for one in held]
            for one, failed in missed:
                at = end + failed.matched_chars
                found.append(_attempt(one.system, one.kind, at, failed.expected))
        return found

    def _beginning(self, rest: str) -> str:
        """The longest beginning of the rest that a literal begins with."""
        at = bisect_left(self._literals, rest)
        beside = self._literals[max(at - 1, 0) : at + 1]
        return rest[: max(common_length(text, rest, 0) for text in beside)]

    def _told(self, beginning: str) -> tuple[list[Asker], list[tuple[Asker, Mismatch]]]:
        """What that beginning tells: the kinds whose literal the rest holds, and of the others
        those of which it holds the most, with how far in the rest they get."""
        lengths = range(len(beginning), -1, -1)
        held = [one for n in lengths for one in self._by_literal.get(beginning[:n], ())]
        missed: list[tuple[Asker, Mismatch]] = []
        low = high = self._range(beginning)[0]
        for length in lengths:
            inner, (low, high) = (low, high), self._range(beginning[:length])
            ranks = sorted(
                (self._ranks[at], self._literals[at])
                for at in (*range(low, inner[0]), *range(inner[1], high))
                if len(self._literals[at]) > length
            )
            for rank, literal in ranks[: NEAREST_MAX - len(missed)]:
                missed.append((self._askers[rank], Mismatch(length, f'"{literal}"')))
            if len(missed) == NEAREST_MAX:
                break
        return held, missed

    def _range(self, beginning: str) -> tuple[int, int]:
        """Where in the sorted list those stand that begin so."""
        low = bisect_left(self._literals, beginning)
        return low, bisect_left(self._literals, beginning + _LAST, low)


def _first_literal(template: Template) -> str | None:
    """The text with which a template begins, or goes on after a field that ends where its type
    says. None for any other: what comes after the first part may not be all that tells how far
    it gets."""
    first, *others = template.parts
    if isinstance(first, LiteralPart):
        return first.text
    is_typed = isinstance(first, FieldPart) and first.type is not None
    if is_typed and others and isinstance(others[0], LiteralPart):
        return others[0].text
    return None
