"""Extended regular languages, walked by derivatives.

The derivative of a language by a character is the language of what may follow that character
(Brzozowski, *Derivatives of Regular Expressions*, JACM 1964), so a language is a deterministic
automaton whose states are languages, made as they are reached. Complements stand beside a language
as *guards*: texts that it must not have. Two constructors say what a field of a template is:
``Longest`` (a typed field takes the longest run) and ``Until`` (a bare field ends at the first
place where what may follow begins).

Equal languages are made once by a ``Languages`` and compared by identity, so that states are
found again. The texts of a language end in an ``End``, whose number tells which template was read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.follows import first_chars
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq

UNTOLD: Final = -1
"""The number of an end that belongs to no template."""

_Numbers = frozenset[int]
_NONE: Final[_Numbers] = frozenset()
Heads = frozenset[str | Chars]
NO_HEADS: Final[Heads] = frozenset()


@dataclass(slots=True, eq=False)
class Language:
    """A set of texts. ``accepting``: the ends reached by the empty text. ``ends``: those that any
    text may reach, of many only two."""

    accepting: _Numbers = _NONE
    ends: _Numbers = _NONE
    known_steps: dict[str, Language] = field(default_factory=dict, repr=False)
    known_heads: Heads | None = field(default=None, repr=False)

    @property
    def operands(self) -> tuple[Language, ...]:
        """The languages that it is made of."""
        return ()

    @property
    def heads(self) -> Heads:
        """The letters and sets of characters that decide what a first character leads to:
        characters that none of them tells apart lead to the same."""
        if self.known_heads is None:
            self.known_heads = self.first_heads()
        return self.known_heads

    def first_heads(self) -> Heads:
        """``heads``, which remembers it."""
        return NO_HEADS.union(*(one.heads for one in self.operands))

    def after(self, char: str, among: Languages) -> Language:
        """The derivative; ask ``Languages.step``, which remembers it."""
        del char
        return among.nothing


@dataclass(slots=True, eq=False)
class Anything(Language):
    """Every text."""

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        del char
        return among.anything


@dataclass(slots=True, eq=False, kw_only=True)
class Letters(Language):
    """A letter, and what may follow that one."""

    letters: Mapping[str, Language]

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return tuple(self.letters.values())

    def first_heads(self) -> Heads:  # noqa: D102
        return NO_HEADS.union(self.letters)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        return self.letters.get(char, among.nothing)


@dataclass(slots=True, eq=False, kw_only=True)
class OneOf(Language):
    """A character of a set, then the rest."""

    chars: Chars
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.rest,)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        return self.rest if char in self.chars else among.nothing

    def first_heads(self) -> Heads:  # noqa: D102
        return frozenset((self.chars,))


@dataclass(slots=True, eq=False, kw_only=True)
class Loop(Language):
    """A pattern several times, then the rest."""

    part: Pattern
    least: int
    most: int | None
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.rest,)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        once_more = among.loop(self.part, *_one_less(self.least, self.most), self.rest)
        found = _within(self.part, char, once_more, among)
        if self.least > 0:
            return found
        return among.union((found, among.step(self.rest, char)))

    def first_heads(self) -> Heads:  # noqa: D102
        mine = frozenset(first_chars(self.part))
        return mine | self.rest.heads if self.least == 0 else mine


@dataclass(slots=True, eq=False, kw_only=True)
class Union(Language):
    """A text of any of them."""

    members: frozenset[Language]

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return tuple(self.members)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        return among.union(among.step(one, char) for one in self.members)


@dataclass(slots=True, eq=False, kw_only=True)
class Guarded(Language):
    """A text of the core that is in none of the guards."""

    core: Language
    guards: frozenset[Language]

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.core, *self.guards)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        core = among.step(self.core, char)
        if core is among.nothing:
            return core
        return among.guarded(core, (among.step(one, char) for one in self.guards))


@dataclass(slots=True, eq=False, kw_only=True)
class Not(Language):
    """Every text that is not of this language."""

    inner: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.inner,)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        return among.complement(among.step(self.inner, char))


@dataclass(slots=True, eq=False, kw_only=True)
class Continued(Language):
    """A text that begins with one of this language."""

    inner: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.inner,)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        return among.continued(among.step(self.inner, char))


@dataclass(slots=True, eq=False, kw_only=True)
class Longest(Language):
    """The longest run that can be read here, which must be one of ``values`` (None: any), then
    the rest."""

    run: Language
    values: Language | None
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.run, *([self.values] if self.values else []), self.rest)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        run = among.step(self.run, char)
        values = self.values and among.step(self.values, char)
        goes_on = among.longest(run, values, self.rest)
        if not self.run.accepting or (self.values and not self.values.accepting):
            return goes_on
        # It ended before this character, on the condition that no longer run comes true.
        ended = among.guarded(among.step(self.rest, char), (among.continued(run),))
        return among.union((goes_on, ended))

    def first_heads(self) -> Heads:  # noqa: D102
        mine = self.run.heads | (self.values.heads if self.values else NO_HEADS)
        return mine | self.rest.heads if self.run.accepting else mine


@dataclass(slots=True, eq=False, kw_only=True)
class Until(Language):
    """Any text of one line up to the first place where ``follow`` begins, which must be one of
    ``values`` (None: any), then the rest. ``may_end``: whether it may be over here."""

    follow: Language
    values: Language | None
    may_end: bool
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:  # noqa: D102
        return (self.follow, *([self.values] if self.values else []), self.rest)

    def after(self, char: str, among: Languages) -> Language:  # noqa: D102
        found = []
        if self.may_end and not (self.values and not self.values.accepting):
            found.append(among.step(self.rest, char))
        if char != "\n":
            values = self.values and among.step(self.values, char)
            goes_on = among.until(self.follow, values, self.rest, may_end=True)
            found.append(among.guarded(goes_on, (among.step(self.follow, char),)))
        return among.union(found)

    def first_heads(self) -> Heads:  # noqa: D102
        mine = self.follow.heads | (self.values.heads if self.values else NO_HEADS) | {"\n"}
        return mine | self.rest.heads if self.may_end else mine


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
            accepting = rest.accepting if least == 0 else _NONE
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
            accepting = _NONE.union(*(one.accepting for one in key))
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
        accepting = _NONE if is_barred else core.accepting
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
            ("not", inner), Not(_NONE if inner.accepting else ends, ends, inner=inner)
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
        accepting = rest.accepting if may_end else _NONE
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
            accepting = rest.accepting if is_over else _NONE
            made = Until(
                accepting, rest.ends, follow=follow, values=values, may_end=may_end, rest=rest
            )
            known = self._keep(key, made)
        return known

    def _keep(self, key: Hashable, made: Language) -> Language:
        self._known[key] = made
        return made


def _some_ends(languages: Iterable[Language]) -> _Numbers:
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


def _one_less(least: int, most: int | None) -> tuple[int, int | None]:
    return max(least - 1, 0), None if most is None else most - 1


def may_be_empty(pattern: Pattern) -> bool:
    """Whether the empty text fits."""
    if isinstance(pattern, Seq):
        return all(map(may_be_empty, pattern.parts))
    if isinstance(pattern, Alt):
        return any(map(may_be_empty, pattern.parts))
    return isinstance(pattern, Repeat) and (pattern.least == 0 or may_be_empty(pattern.part))


def _within(pattern: Pattern, char: str, rest: Language, among: Languages) -> Language:
    """What may follow a character that the pattern, not empty, begins with."""
    if isinstance(pattern, Chars):
        return rest if char in pattern else among.nothing
    if isinstance(pattern, Alt):
        return among.union([_within(part, char, rest, among) for part in pattern.parts])
    if isinstance(pattern, Repeat):
        if pattern.most == 0:
            return among.nothing
        once_more = _one_less(pattern.least, pattern.most)
        return _within(pattern.part, char, among.loop(pattern.part, *once_more, rest), among)
    found = []
    for index, part in enumerate(pattern.parts):
        tail = among.then(Seq(pattern.parts[index + 1 :]), rest)
        found.append(_within(part, char, tail, among))
        if not may_be_empty(part):
            break
    return among.union(found)
