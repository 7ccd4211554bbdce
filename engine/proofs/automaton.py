"""A template as a deterministic automaton over characters, made as it is walked.

A literal is a chain; a bare field is the Knuth-Morris-Pratt automaton of the literal after it; a
typed field is the automaton of its pattern. A typed field takes the longest run, so when a run
*could* end, two readings go on: it ends here, on the condition that its pattern never accepts a
longer one (a *shadow* that must not come true), or it goes on. A state is the set of the readings
that are still possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from engine.model import FieldPart, LiteralPart, Template
from engine.patterns import TYPES, Pattern
from engine.proofs.derivatives import derive, is_nullable

DEAD: Final = -1
"""The state from which nothing is accepted any more."""


class _Reading(NamedTuple):
    """Where one reading of the text so far stands: in a part of the template, ``matched``
    characters of a literal (or of the literal that would end a bare field), ``taken`` whether a
    bare field has a character yet, ``rest`` what may follow in a typed field."""

    part: int
    matched: int = 0
    taken: bool = False
    rest: Pattern | None = None
    shadows: frozenset[Pattern] = frozenset()


class TemplateAutomaton:
    """States are small integers; 0 is the beginning."""

    def __init__(self, template: Template) -> None:
        self.template = template
        self._parts = template.parts
        self._failures = {
            index: borders_of(part.text)
            for index, part in enumerate(self._parts)
            if isinstance(part, LiteralPart)
        }
        self._numbers: dict[frozenset[_Reading], int] = {}
        self._states: list[frozenset[_Reading]] = []
        self._steps: list[dict[str, int]] = []
        self._number(frozenset([self._enter(0, frozenset())]))

    def step(self, state: int, char: str) -> int:
        """The state after one more character; DEAD if no record goes on like this."""
        if state == DEAD:
            return DEAD
        known = self._steps[state].get(char)
        if known is None:
            after = frozenset(
                reading for one in self._states[state] for reading in self._read(one, char)
            )
            known = self._steps[state][char] = self._number(after) if after else DEAD
        return known

    def accepts(self, state: int) -> bool:
        """Whether a record may end here."""
        return state != DEAD and any(map(self._is_at_end, self._states[state]))

    def accepts_text(self, text: str) -> bool:
        """Whether a whole record is accepted."""
        state = 0
        for char in text:
            state = self.step(state, char)
        return self.accepts(state)

    # --- reading --------------------------------------------------------------------------------

    def _number(self, readings: frozenset[_Reading]) -> int:
        number = self._numbers.setdefault(readings, len(self._states))
        if number == len(self._states):
            self._states.append(readings)
            self._steps.append({})
        return number

    def _enter(self, part: int, shadows: frozenset[Pattern]) -> _Reading:
        here = self._parts[part] if part < len(self._parts) else None
        type_name = here.type if isinstance(here, FieldPart) else None
        return _Reading(part, rest=TYPES[type_name] if type_name else None, shadows=shadows)

    def _read(self, one: _Reading, char: str) -> Iterator[_Reading]:
        if one.part == len(self._parts):
            return
        shadows = after_shadows(one.shadows, char)
        if shadows is None:
            return
        part = self._parts[one.part]
        if isinstance(part, LiteralPart):
            if part.text[one.matched] == char:
                yield self._advance(one, shadows, len(part.text))
        elif one.rest is not None:
            rest = derive(one.rest, char)
            if rest is not None:
                yield one._replace(rest=rest, shadows=shadows)
                if is_nullable(rest):
                    yield self._enter(one.part + 1, shadows | {rest})
        else:
            yield from self._read_bare(one, char, shadows)

    def _advance(self, one: _Reading, shadows: frozenset[Pattern], length: int) -> _Reading:
        if one.matched + 1 == length:
            return self._enter(one.part + 1, shadows)
        return one._replace(matched=one.matched + 1, shadows=shadows)

    def _read_bare(
        self, one: _Reading, char: str, shadows: frozenset[Pattern]
    ) -> Iterator[_Reading]:
        """A character of a bare field, or of the literal that may end it."""
        if one.part + 1 == len(self._parts):
            if char != "\n":
                yield one._replace(taken=True, shadows=shadows)
            return
        literal = self._parts[one.part + 1]
        assert isinstance(literal, LiteralPart)
        borders = self._failures[one.part + 1]
        seen, matched = literal.text[: one.matched] + char, one.matched
        while matched and literal.text[matched] != char:
            matched = borders[matched - 1]
        if literal.text[matched] == char:
            matched += 1
        value = seen[: len(seen) - matched]  # characters that cannot be of the literal any more
        if "\n" in value:
            return
        taken = one.taken or bool(value)
        if matched < len(literal.text):
            yield one._replace(matched=matched, taken=taken, shadows=shadows)
        elif taken:
            yield self._enter(one.part + 2, shadows)

    def _is_at_end(self, one: _Reading) -> bool:
        if one.part == len(self._parts):
            return True
        is_last = one.part + 1 == len(self._parts)
        return is_last and isinstance(self._parts[one.part], FieldPart) and one.taken


def after_shadows(shadows: Iterable[Pattern], char: str) -> frozenset[Pattern] | None:
    """The shadows after one more character; None if one has come true: the run was longer."""
    after = [rest for rest in (derive(one, char) for one in shadows) if rest is not None]
    return None if any(map(is_nullable, after)) else frozenset(after)


@cache
def borders_of(literal: str) -> Sequence[int]:
    """For each beginning of the literal, how long a shorter one it ends with."""
    borders = [0] * len(literal)
    length = 0
    for at in range(1, len(literal)):
        while length and literal[at] != literal[length]:
            length = borders[length - 1]
        if literal[at] == literal[length]:
            length += 1
        borders[at] = length
    return borders
