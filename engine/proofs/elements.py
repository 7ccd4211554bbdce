"""What templates are made of, as languages: the parts of a template without what does not matter
to a proof (names), and with what does (what may follow a part); and templates, many at once, as
one language whose ends tell which of them was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.follows import END, Follow, follow_of
from engine.model import (
    FieldPart,
    GroupPart,
    LiteralPart,
    Part,
    RegexPart,
    Template,
    without_conditions,
)
from engine.patterns import Chars, Repeat, literal
from engine.proofs.language_kinds import Language
from engine.proofs.languages import Languages

_IN_LINE: Final = Chars("\n", negated=True)
_NO_LIMITS: Final[Mapping[str, Language]] = {}
_VARIANTS_MAX: Final = 64
_ESCAPED: Final = "\"'\\"
"""What a backslash makes plain in a quoted text (``templates.unescaped``)."""


class Run(NamedTuple):
    """A typed field: the longest run of a language; ``values``: those that it may have."""

    run: Language
    may_be_empty: bool
    values: Language | None


class Bare(NamedTuple):
    """A bare field, which ends at the first place where ``follow`` begins, or, ``is_greedy``, at
    the last of its line. ``given`` are the values that it may have as they are written."""

    follow: Language
    may_be_empty: bool
    values: Language | None
    is_greedy: bool = False
    given: tuple[str, ...] = ()


class Choice(NamedTuple):
    """Branches, of which the first counts that can be read and after which ``follow`` begins; None
    is one that must not be the first. ``plain`` are the same ones without conditions, by which it
    is told which of them can be read; None where there are no conditions."""

    branches: tuple[tuple[Element, ...] | None, ...]
    follow: Language
    plain: tuple[tuple[Element, ...], ...] | None = None


class Whole(NamedTuple):
    """All the rest of the record."""

    texts: Language


Element = str | Run | Bare | Choice | Whole
"""A letter, or a part that is no literal."""


def elements_of(
    parts: Sequence[Part],
    among: Languages,
    limits: Mapping[str, Language] = _NO_LIMITS,
    after: Follow = END,
) -> Iterator[Element]:
    """The elements of a template's parts, literals letter by letter. ``limits``: the texts that
    fields of these names may have."""
    for index, part in enumerate(parts):
        if isinstance(part, LiteralPart):
            yield from part.text
        elif isinstance(part, RegexPart):
            yield Whole(among.nothing if part.pattern is None else among.run(part.pattern))
        elif isinstance(part, GroupPart):
            yield _choice_of(part, among, limits, follow_of(parts[index + 1 :], after))
        else:
            values = _values(part, among, limits)
            if part.type is not None:
                yield Run(among.run(part.type.pattern), part.may_be_empty, values)
            else:
                beyond = follow_of(parts[index + 1 :], after)
                begun = _begun(beyond, among)
                yield Bare(begun, part.may_be_empty, values, part.is_greedy, part.values)


def _choice_of(
    part: GroupPart, among: Languages, limits: Mapping[str, Language], beyond: Follow
) -> Choice:
    read = [tuple(elements_of(one, among, _NO_LIMITS, beyond)) for one in _plain(part).branches]
    plain, begun = tuple(read), _begun(beyond, among)
    if not _has_conditions(part, limits):
        return Choice(plain, begun)
    branches = tuple(
        None if number in part.refused else tuple(elements_of(branch, among, limits, beyond))
        for number, branch in enumerate(part.branches)
    )
    return Choice(branches, begun, plain)


def _plain(part: GroupPart) -> GroupPart:
    (plain,) = without_conditions((part,))
    assert isinstance(plain, GroupPart)
    return plain


def _has_conditions(part: GroupPart, limits: Mapping[str, Language]) -> bool:
    """Whether conditions, or limits, are asked of a record that the group reads."""
    names = Template("", (part,)).field_names if limits else ()
    return _plain(part) != part or any(name in limits for name in names)


def _begun(follow: Follow, among: Languages) -> Language:
    """The texts that begin with what may follow."""
    if follow.anything:
        return among.anything
    starts = [among.then(one, among.anything) for one in follow.starts]
    return among.union([*starts, *(among.then(one, among.empty) for one in follow.closings)])


def _values(part: FieldPart, among: Languages, limits: Mapping[str, Language]) -> Language | None:
    limit = limits.get(part.name) if part.name is not None else None
    if not part.values:
        return limit
    if part.type is not None and part.type.value == "quoted":
        values = among.union(_quoted(one, among) for one in part.values)
    else:
        values = among.texts(part.values, among.empty)
    return values if limit is None else among.both(values, limit)


def _quoted(value: str, among: Languages) -> Language:
    """The ways to write a value in quotes; none for one that is not there."""
    found = [] if value else [among.empty]
    for quote in "\"'":
        end = among.text(quote, among.empty)
        rests = [end, end]  # what follows the character at hand, and the one after it
        for char, after in zip(reversed(value), reversed((value + quote)[1:]), strict=True):
            ways = []
            if char not in (quote, "\\"):
                ways.append(among.text(char, rests[-1]))
            if char in _ESCAPED:
                ways.append(among.text("\\" + char, rests[-1]))
            if char == "\\" and after not in _ESCAPED:
                # Before any other character a backslash is itself, and takes that along.
                ways.append(among.text(char + after, rests[-2]))
            rests.append(among.union(ways))
        found.append(among.text(quote, rests[-1]))
    return among.union(found)


class Compiler:
    """Makes languages of elements, from the back: each is what it reads, then the rest."""

    def __init__(self, among: Languages) -> None:
        self._among = among
        self._known: dict[tuple[Element, Language], Language] = {}

    def compile(self, elements: Sequence[Element], rest: Language) -> Language:
        """The elements one after the other, then the rest."""
        for element in reversed(elements):
            if isinstance(element, str):
                rest = self._among.letters({element: rest})
            else:
                rest = self.read(element, rest)
        return rest

    def read(self, element: Element, rest: Language) -> Language:
        """An element that is no letter, then the rest."""
        key = (element, rest)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(element, rest)
        return known

    def _read(self, element: Element, rest: Language) -> Language:
        among = self._among
        if isinstance(element, Choice):
            return self._choice(element, rest)
        if isinstance(element, Bare) and element.is_greedy:
            return self._greedy(element, rest)
        if isinstance(element, Bare):
            begun = among.both(rest, element.follow)
            return among.until(element.follow, element.values, begun, may_end=element.may_be_empty)
        if isinstance(element, Run):
            found = among.longest(element.run, element.values, rest)
            if element.may_be_empty and (element.values is None or element.values.accepting):
                return among.union((found, among.guarded(rest, (among.continued(element.run),))))
            return found
        assert isinstance(element, Whole)
        return among.longest(element.texts, None, rest)

    def _greedy(self, element: Bare, rest: Language) -> Language:
        """Any text of the line, after which ``follow`` begins, and at no later place of it."""
        among = self._among
        again = among.then(Repeat(_IN_LINE, 1, None), element.follow)
        ended = among.guarded(among.both(rest, element.follow), (again,))
        if element.given:
            given = (one for one in element.given if "\n" not in one)
            return among.union(
                among.then(literal(one), ended) for one in given if one or element.may_be_empty
            )
        return among.then(Repeat(_IN_LINE, 0 if element.may_be_empty else 1, None), ended)

    def _choice(self, element: Choice, rest: Language) -> Language:
        found: list[Language] = []
        earlier: list[Language] = []
        begun = self._among.both(rest, element.follow)
        for number, branch in enumerate(element.branches):
            if branch is not None:
                found.append(self._among.guarded(self.compile(branch, begun), earlier))
            read = branch if element.plain is None else element.plain[number]
            assert read is not None
            earlier.append(self.compile(read, element.follow))
        return self._among.union(found)


# --- many at once -------------------------------------------------------------------------------


def variants_of(
    template: Template, among: Languages, limits: Mapping[str, Language] = _NO_LIMITS
) -> list[list[Element]]:
    """The elements of a template, once for each branch of alternatives at its end: a record is
    accepted where any of them reads it to its end. So templates under one header share it. Not so
    where conditions are asked of the branches: there the first one that reads it counts."""
    if _trailing(template.parts) > _VARIANTS_MAX:
        return [list(elements_of(template.parts, among, limits))]
    return list(_variants(template.parts, among, limits))


def _variants(
    parts: tuple[Part, ...], among: Languages, limits: Mapping[str, Language]
) -> Iterator[list[Element]]:
    last = parts[-1] if parts else None
    if not isinstance(last, GroupPart) or _has_conditions(last, limits):
        yield list(elements_of(parts, among, limits))
        return
    head = list(elements_of(parts[:-1], among, limits, follow_of((last,), END)))
    for branch in last.branches:
        for tail in _variants(branch, among, limits):
            yield [*head, *tail]


def _trailing(parts: Sequence[Part]) -> int:
    last = parts[-1] if parts else None
    return sum(map(_trailing, last.branches)) if isinstance(last, GroupPart) else 1


@dataclass(slots=True, eq=False)
class _Node:
    """A place in the tree of what templates begin with."""

    letters: dict[str, _Node] = field(default_factory=dict)
    others: dict[Element, _Node] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)


def compile_together(made: Sequence[tuple[int, Sequence[Element]]], among: Languages) -> Language:
    """One language of many templates: the number that is its end, and its elements. Templates
    that begin alike share what they begin with: they read it alike."""
    root = _Node()
    nodes = [root]
    for number, elements in made:
        node = root
        for element in elements:
            new = _Node()
            if isinstance(element, str):
                node = node.letters.setdefault(element, new)
            else:
                node = node.others.setdefault(element, new)
            if node is new:
                nodes.append(new)
        node.ends.add(number)
    compiler = Compiler(among)
    languages: dict[_Node, Language] = {}
    for node in reversed(nodes):  # what is below was made later
        letters = {char: languages[below] for char, below in node.letters.items()}
        others = [compiler.read(one, languages[below]) for one, below in node.others.items()]
        ends = map(among.end, node.ends)
        languages[node] = among.union([*ends, among.letters(letters), *others])
    return languages[root]


def compile_template(
    template: Template, among: Languages, limits: Mapping[str, Language] = _NO_LIMITS
) -> Language:
    """The records of one template."""
    return compile_together([(0, one) for one in variants_of(template, among, limits)], among)


def is_proved(parts: Sequence[Part]) -> bool:
    """Whether proofs cover the parts: not where a regular expression says more than a pattern."""
    for part in parts:
        if isinstance(part, RegexPart) and part.pattern is None:
            return False
        if isinstance(part, GroupPart) and not all(map(is_proved, part.branches)):
            return False
    return True
