"""Extended regular languages, walked by derivatives.

The derivative of a language by a character is the language of what may follow that character
(Brzozowski, *Derivatives of Regular Expressions*, JACM 1964), so a language is a deterministic
automaton whose states are languages, made as they are reached. Complements stand beside a language
as *guards*: texts that it must not have.

Equal languages are made once by a ``Languages`` and compared by identity, so that states are
found again. The texts of a language end in an end, whose number tells which template was read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from engine.patterns import Alt, Pattern, Repeat, Seq
from engine.proofs.language_kinds import (
    NO_NUMBERS,
    UNTOLD,
    Anything,
    Continued,
    Guarded,
    Language,
    Letters,
    Longest,
    Loop,
    Not,
    Numbers,
    OneOf,
    Union,
    Until,
    may_be_empty,
)


class Languages:
    """Makes languages, each one once."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Language] = {}
        self._kept: list[Pattern] = []
        self._runs: dict[int, Language] = {}
        self._equal_runs: dict[Pattern, Language] = {}
        self.nothing: Final = Language()
        """No text."""
        self.anything: Final = Anything(frozenset((UNTOLD,)), frozenset((UNTOLD,)))
        """Every text."""
        self.empty: Final = self.end(UNTOLD)
        """The empty text."""

    def step(self, language: Language, char: str) -> Language:
        """What may follow the character."""
        known = language.known_steps.get(char)
        if known is None:
            known = language.known_steps[char] = language.after(char, self)
        return known

    def end(self, number: int) -> Language:
        """The empty text, as the end of a template."""
        numbers = frozenset((number,))
        return self._known.setdefault(number, Language(numbers, numbers))

    def letters(self, letters: Mapping[str, Language]) -> Language:
        """A letter and then what follows that one."""
        left = {char: rest for char, rest in letters.items() if rest is not self.nothing}
        if not left:
            return self.nothing
        key = frozenset(left.items())
        return self._known.get(key) or self._keep(
            key, Letters(ends=_some_ends(left.values()), letters=left)
        )

    def text(self, text: str, rest: Language) -> Language:
        """One text, then the rest."""
        for char in reversed(text):
            rest = self.letters({char: rest})
        return rest

    def texts(self, texts: Iterable[str], rest: Language) -> Language:
        """One of the texts, then the rest."""
        return self.union(self.text(one, rest) for one in texts)

    def run(self, pattern: Pattern) -> Language:
        """The texts of a pattern."""
        known = self._runs.get(id(pattern))
        if known is None:
            known = self._equal_runs.get(pattern) or self.then(pattern, self.empty)
            self._equal_runs[pattern] = self._runs[id(pattern)] = known
            self._kept.append(pattern)  # its id is of use as long as it is there
        return known

    def then(self, pattern: Pattern, rest: Language) -> Language:
        """A text of a pattern, then the rest."""
        if isinstance(pattern, Seq):
            for part in reversed(pattern.parts):
                rest = self.then(part, rest)
            return rest
        if isinstance(pattern, Alt):
            return self.union([self.then(part, rest) for part in pattern.parts])
        if isinstance(pattern, Repeat):
            return self.loop(pattern.part, pattern.least, pattern.most, rest)
        if len(pattern.members) == 1 and not pattern.negated:
            return self.letters({pattern.members: rest})
        if rest is self.nothing or (not pattern.members and not pattern.negated):
            return self.nothing
        key = (pattern, rest)
        return self._known.get(key) or self._keep(
            key, OneOf(ends=rest.ends, chars=pattern, rest=rest)
        )

    def loop(self, part: Pattern, least: int, most: int | None, rest: Language) -> Language:
        """A pattern several times, then the rest."""
        if most == 0:
            return rest
        if (least, most) == (1, 1):
            return self.then(part, rest)
        least = 0 if may_be_empty(part) else least
        key = (id(part), least, most, rest)
        known = self._known.get(key)
        if known is None:
            accepting = rest.accepting if least == 0 else NO_NUMBERS
            loop = Loop(accepting, rest.ends, part=part, least=least, most=most, rest=rest)
            known = self._keep(key, loop)
        return known

    def union(self, languages: Iterable[Language]) -> Language:
        """A text of any of them."""
        members: set[Language] = set()
        for one in languages:
            members |= one.members if isinstance(one, Union) else {one}
        members.discard(self.nothing)
        if self.anything in members:
            return self.anything
        if len(members) > 1:
            members = _without_implied(members)
        if len(members) <= 1:
            return next(iter(members), self.nothing)
        key = frozenset(members)
        known = self._known.get(key)
        if known is None:
            accepting = NO_NUMBERS.union(*(one.accepting for one in key))
            known = self._keep(key, Union(accepting, _some_ends(key), members=key))
        return known

    def guarded(self, core: Language, against: Iterable[Language]) -> Language:
        """A text of the core that is in none of the others."""
        guards: set[Language] = set()
        for one in against:
            guards |= one.members if isinstance(one, Union) else {one}
        guards.discard(self.nothing)
        if not guards:
            return core
        if self.anything in guards or core in guards:
            return self.nothing
        if isinstance(core, Union):
            return self.union([self.guarded(one, guards) for one in core.members])
        if isinstance(core, Guarded):
            guards |= core.guards
            core = core.core
        guards = {one for one in guards if not _part_ways(core, one)}
        is_barred = any(one.accepting for one in guards)
        if not core.operands and core is not self.anything:
            return self.nothing if is_barred else core
        if not guards:
            return core
        key = (core, frozenset(guards))
        accepting = NO_NUMBERS if is_barred else core.accepting
        return self._known.get(key) or self._keep(
            key, Guarded(accepting, core.ends, core=core, guards=key[1])
        )

    def complement(self, inner: Language) -> Language:
        """Every text that is not of this language."""
        if inner is self.nothing:
            return self.anything
        if inner is self.anything:
            return self.nothing
        if isinstance(inner, Not):
            return inner.inner
        ends = self.anything.ends
        return self._known.get(("not", inner)) or self._keep(
            ("not", inner), Not(NO_NUMBERS if inner.accepting else ends, ends, inner=inner)
        )

    def both(self, one: Language, other: Language) -> Language:
        """A text of both; the ends are those of the first."""
        if isinstance(one, Union):
            return self.union([self.both(member, other) for member in one.members])
        if self._is_begun_by(one, other):
            return one
        return self.guarded(one, (self.complement(other),))

    def _is_begun_by(self, one: Language, other: Language) -> bool:
        """Whether the letters with which it begins put it into the other."""
        while isinstance(one, Letters) and isinstance(other, Letters) and len(one.letters) == 1:
            ((char, one),) = one.letters.items()
            other = other.letters.get(char, self.nothing)
        return other is self.anything

    def continued(self, inner: Language) -> Language:
        """A text that begins with one of this language."""
        if inner.accepting:
            return self.anything
        if inner is self.nothing:
            return inner
        return self._known.get(("continued", inner)) or self._keep(
            ("continued", inner), Continued(ends=self.anything.ends, inner=inner)
        )

    def longest(self, run: Language, values: Language | None, rest: Language) -> Language:
        """The longest run, one of the values, then the rest."""
        if self.nothing in (run, values, rest):
            return self.nothing
        values = None if values is self.anything else values
        may_end = bool(run.accepting) and not (values and not values.accepting)
        if run is self.empty:
            return rest if may_end else self.nothing
        key = ("longest", run, values, rest)
        accepting = rest.accepting if may_end else NO_NUMBERS
        return self._known.get(key) or self._keep(
            key, Longest(accepting, rest.ends, run=run, values=values, rest=rest)
        )

    def until(
        self, follow: Language, values: Language | None, rest: Language, *, may_end: bool
    ) -> Language:
        """Any text up to where ``follow`` begins, one of the values, then the rest."""
        if values is self.nothing or rest is self.nothing:
            return self.nothing
        key = ("until", follow, values, rest, may_end)
        known = self._known.get(key)
        if known is None:
            is_over = may_end and not (values and not values.accepting)
            accepting = rest.accepting if is_over else NO_NUMBERS
            made = Until(
                accepting, rest.ends, follow=follow, values=values, may_end=may_end, rest=rest
            )
            known = self._keep(key, made)
        return known

    def _keep(self, key: Hashable, made: Language) -> Language:
        self._known[key] = made
        return made


def _some_ends(languages: Iterable[Language]) -> Numbers:
    """The ends of all, of many only two: more need nobody know."""
    found: set[int] = set()
    for one in languages:
        found |= one.ends
        if len(found) > 1:
            return frozenset(sorted(found)[:2])
    return frozenset(found)


def _without_implied(members: set[Language]) -> set[Language]:
    """Without those that others say with fewer guards."""
    guarded: dict[Language, list[frozenset[Language]]] = {}
    for one in members:
        if isinstance(one, Guarded):
            guarded.setdefault(one.core, []).append(one.guards)
    if not guarded:
        return members
    return {
        one
        for one in members
        if not isinstance(one, Guarded)
        or not (one.core in members or any(less < one.guards for less in guarded[one.core]))
    }


def _part_ways(core: Language, guard: Language) -> bool:
    """Whether they begin with different letters, so that no text is in both."""
    if not isinstance(core, Letters) or not isinstance(guard, Letters):
        return False
    return guard.letters.keys().isdisjoint(core.letters)
