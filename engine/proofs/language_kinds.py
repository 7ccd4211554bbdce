"""The kinds of languages (see ``languages``, which makes them), each with its derivative: what may
follow one more character. ``Longest`` and ``Until`` say what a field of a template is: a typed one
takes the longest run, a bare one ends at the first place where what may follow begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.follows import first_chars
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq

if TYPE_CHECKING:
    from engine.proofs.languages import Languages

UNTOLD: Final = -1
"""The number of an end that belongs to no template."""

Numbers = frozenset[int]
NO_NUMBERS: Final[Numbers] = frozenset()
Heads = frozenset[str | Chars]
NO_HEADS: Final[Heads] = frozenset()


@dataclass(slots=True, eq=False)
class Language:
    """A set of texts. ``accepting``: the ends reached by the empty text. ``ends``: those that any
    text may reach, of many only two."""

    accepting: Numbers = NO_NUMBERS
    ends: Numbers = NO_NUMBERS
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

    def after(self, char: str, among: Languages) -> Language:
        del char
        return among.anything


@dataclass(slots=True, eq=False, kw_only=True)
class Letters(Language):
    """A letter, and what may follow that one."""

    letters: Mapping[str, Language]

    @property
    def operands(self) -> tuple[Language, ...]:
        return tuple(self.letters.values())

    def first_heads(self) -> Heads:
        return NO_HEADS.union(self.letters)

    def after(self, char: str, among: Languages) -> Language:
        return self.letters.get(char, among.nothing)


@dataclass(slots=True, eq=False, kw_only=True)
class OneOf(Language):
    """A character of a set, then the rest."""

    chars: Chars
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.rest,)

    def after(self, char: str, among: Languages) -> Language:
        return self.rest if char in self.chars else among.nothing

    def first_heads(self) -> Heads:
        return frozenset((self.chars,))


@dataclass(slots=True, eq=False, kw_only=True)
class Loop(Language):
    """A pattern several times, then the rest."""

    part: Pattern
    least: int
    most: int | None
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.rest,)

    def after(self, char: str, among: Languages) -> Language:
        once_more = among.loop(self.part, *one_less(self.least, self.most), self.rest)
        found = _within(self.part, char, once_more, among)
        if self.least > 0:
            return found
        return among.union((found, among.step(self.rest, char)))

    def first_heads(self) -> Heads:
        mine = frozenset(first_chars(self.part))
        return mine | self.rest.heads if self.least == 0 else mine


@dataclass(slots=True, eq=False, kw_only=True)
class Union(Language):
    """A text of any of them."""

    members: frozenset[Language]

    @property
    def operands(self) -> tuple[Language, ...]:
        return tuple(self.members)

    def after(self, char: str, among: Languages) -> Language:
        return among.union(among.step(one, char) for one in self.members)


@dataclass(slots=True, eq=False, kw_only=True)
class Guarded(Language):
    """A text of the core that is in none of the guards."""

    core: Language
    guards: frozenset[Language]

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.core, *self.guards)

    def after(self, char: str, among: Languages) -> Language:
        core = among.step(self.core, char)
        if core is among.nothing:
            return core
        return among.guarded(core, (among.step(one, char) for one in self.guards))


@dataclass(slots=True, eq=False, kw_only=True)
class Not(Language):
    """Every text that is not of this language."""

    inner: Language

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.inner,)

    def after(self, char: str, among: Languages) -> Language:
        return among.complement(among.step(self.inner, char))


@dataclass(slots=True, eq=False, kw_only=True)
class Continued(Language):
    """A text that begins with one of this language."""

    inner: Language

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.inner,)

    def after(self, char: str, among: Languages) -> Language:
        return among.continued(among.step(self.inner, char))


@dataclass(slots=True, eq=False, kw_only=True)
class Longest(Language):
    """The longest run that can be read here, which must be one of ``values`` (None: any), then
    the rest."""

    run: Language
    values: Language | None
    rest: Language

    @property
    def operands(self) -> tuple[Language, ...]:
        return (self.run, *([self.values] if self.values else []), self.rest)

    def after(self, char: str, among: Languages) -> Language:
        run = among.step(self.run, char)
        values = self.values and among.step(self.values, char)
        goes_on = among.longest(run, values, self.rest)
        if not self.run.accepting or (self.values and not self.values.accepting):
            return goes_on
        # It ended before this character, on the condition that no longer run comes true.
        ended = among.guarded(among.step(self.rest, char), (among.continued(run),))
        return among.union((goes_on, ended))

    def first_heads(self) -> Heads:
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
    def operands(self) -> tuple[Language, ...]:
        return (self.follow, *([self.values] if self.values else []), self.rest)

    def after(self, char: str, among: Languages) -> Language:
        found = []
        if self.may_end and not (self.values and not self.values.accepting):
            found.append(among.step(self.rest, char))
        if char != "\n":
            values = self.values and among.step(self.values, char)
            goes_on = among.until(self.follow, values, self.rest, may_end=True)
            found.append(among.guarded(goes_on, (among.step(self.follow, char),)))
        return among.union(found)

    def first_heads(self) -> Heads:
        mine = self.follow.heads | (self.values.heads if self.values else NO_HEADS) | {"\n"}
        return mine | self.rest.heads if self.may_end else mine


def one_less(least: int, most: int | None) -> tuple[int, int | None]:
    """The bounds of a loop after one time."""
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
        once_more = one_less(pattern.least, pattern.most)
        return _within(pattern.part, char, among.loop(pattern.part, *once_more, rest), among)
    found = []
    for index, part in enumerate(pattern.parts):
        tail = among.then(Seq(pattern.parts[index + 1 :]), rest)
        found.append(_within(part, char, tail, among))
        if not may_be_empty(part):
            break
    return among.union(found)
