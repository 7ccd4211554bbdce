"""Characters enough to tell apart all that languages treat differently."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from typing import Final

from engine.patterns import Alt, Chars, Pattern, Repeat, Seq
from engine.proofs.language_kinds import Heads, Language, Letters, Loop, OneOf

BLANK: Final = frozenset(" \t\r\n\x0b\x0c")
"""Characters of which a record that has no others is empty."""

_READABLE: Final = "x" + string.ascii_lowercase + string.ascii_uppercase + "2013456789 "
_CANDIDATES: Final = dict.fromkeys(
    _READABLE + string.punctuation + string.printable.replace("\x0b", "").replace("\x0c", "") + "é"
)
"""Characters that witnesses are made of besides those that literals name, the readable first."""

_ALONE: Final = BLANK | {"{"}
"""Characters that are looked at for themselves, whatever the languages say."""

_FIRST_SURROGATE, _LAST_SURROGATE, _LAST = 0xD800, 0xDFFF, 0x10FFFF


class Alphabet:
    """Characters enough for some languages, and for every state of theirs those that matter."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self.chars = alphabet_of(languages)
        self._known: dict[Heads, list[str]] = {}
        self._in_set: dict[Chars, tuple[bool, ...]] = {}

    def telling(self, heads: Heads) -> list[str]:
        """One character of each kind that these letters and sets tell apart, in order."""
        known = self._known.get(heads)
        if known is None:
            sets = [self._members(one) for one in heads if isinstance(one, Chars)]
            others: dict[tuple[bool, ...], str] = {}
            for char, *told in zip(self.chars, *sets, strict=True):
                if char not in heads:
                    others.setdefault(tuple(told), char)
            chosen = set(others.values())
            known = [char for char in self.chars if char in heads or char in chosen]
            self._known[heads] = known
        return known

    def _members(self, chars: Chars) -> tuple[bool, ...]:
        """Which of the characters a set has."""
        known = self._in_set.get(chars)
        if known is None:
            known = self._in_set[chars] = tuple(char in chars for char in self.chars)
        return known


def alphabet_of(languages: Iterable[Language]) -> list[str]:
    """The characters that the languages name, and one of each kind that they treat alike, the
    readable first."""
    named, sets = _said(languages)
    named |= _ALONE
    others: dict[tuple[bool, ...], str] = {}
    ordered_sets = sorted(sets, key=repr)
    for char in (*_CANDIDATES, *_edges(named, sets)):
        if char not in named and char != "\0":
            others.setdefault(tuple(char in chars for chars in ordered_sets), char)
    order = {char: place for place, char in enumerate(_CANDIDATES)}
    return sorted(
        {*named, *others.values()} - {"\0"}, key=lambda char: (order.get(char, len(order)), char)
    )


def _edges(named: Iterable[str], sets: Iterable[Chars]) -> Iterator[str]:
    """The characters with which something new begins: every kind has one of them."""
    codes = {1, *(ord(char) + 1 for char in named)}
    for chars in sets:
        for first, last in _ranges(chars.members):
            codes |= {first, last + 1}
    for code in sorted(codes):
        is_surrogate = _FIRST_SURROGATE <= code <= _LAST_SURROGATE
        after = _LAST_SURROGATE + 1 if is_surrogate else code
        if after <= _LAST:
            yield chr(after)


def _ranges(members: str) -> Iterator[tuple[int, int]]:
    """The ranges of a set as it is written (see ``Chars``)."""
    at = 0
    while at < len(members):
        is_range = members[at + 1 : at + 2] == "-" and at + 2 < len(members)
        end = at + 2 if is_range else at
        yield ord(members[at]), ord(members[end])
        at = end + 1


def _said(languages: Iterable[Language]) -> tuple[set[str], set[Chars]]:
    """The letters and the sets of characters that the languages are made of."""
    letters: set[str] = set()
    sets: set[Chars] = set()
    waiting, seen = list(languages), set[int]()
    patterns: dict[int, Pattern] = {}
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Letters):
            letters |= one.letters.keys()
        elif isinstance(one, OneOf):
            sets.add(one.chars)
        elif isinstance(one, Loop):
            patterns[id(one.part)] = one.part
        waiting += one.operands
    sets |= {chars for part in patterns.values() for chars in _sets_in(part)}
    singles = {one for one in sets if len(one.members) == 1}
    return letters | {one.members for one in singles}, sets - singles


def _sets_in(pattern: Pattern) -> Iterator[Chars]:
    if isinstance(pattern, Chars):
        yield pattern
    elif isinstance(pattern, Seq | Alt):
        for part in pattern.parts:
            yield from _sets_in(part)
    elif isinstance(pattern, Repeat):
        yield from _sets_in(pattern.part)
