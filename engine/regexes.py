"""Regular expressions at work: RE2, whose time is linear in the text whatever is written, and the
longest run of a pattern (docs/decisions/0008-regular-expressions.md).

RE2 reads UTF-8 and tells places in bytes; here they are characters again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import combinations, repeat
from typing import Any, Final

import re2

from engine.follows import first_chars
from engine.model import RegexPart
from engine.patterns import TYPES, Alt, Chars, Pattern, Repeat, Seq, may_be_empty, members_of, regex

PROGRAM_STEPS_MAX: Final = 4000
"""How large a compiled expression may be. The time to match is at worst the text's length times
this: a few microseconds a byte."""

_MEMORY_BYTES: Final = 8 << 20
_RUNS_MAX: Final = 4096


class RegexRefused(ValueError):
    """What RE2 does not take: its own words, and the piece that it means ("" if it tells none)."""

    def __init__(self, words: str, piece: str = "") -> None:
        super().__init__(words)
        self.piece = piece


def check_regex(source: str) -> None:
    """Raise RegexRefused if RE2 does not take ``source``, or makes too much of it."""
    try:
        found = re2.compile(source, _options())
    except re2.error as error:
        said = error.args[0]
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        words, _, piece = text.partition(": ")
        raise RegexRefused(words, piece) from error
    except UnicodeEncodeError as error:
        raise RegexRefused("invalid UTF-8", source[error.start]) from error
    if found.programsize > PROGRAM_STEPS_MAX:
        raise RegexRefused("pattern too large")


def compile_regex(part: RegexPart) -> Callable[[str], dict[str, str] | None]:
    """What reads a whole text: the named groups that took part, or None if it does not fit."""
    compiled = re2.compile(part.source, _options())
    groups = sorted(compiled.groupindex.items(), key=lambda one: one[1])

    def read(text: str) -> dict[str, str] | None:
        encoded = _encoded(text)
        found = compiled.fullmatch(encoded)
        if found is None:
            return None
        captures: dict[str, str] = {}
        for name, number in groups:
            begin, end = found.span(number)
            if begin >= 0:
                captures[name] = encoded[begin:end].decode()
        return captures

    return read


def _options(*, longest: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False  # they would go to standard error
    options.max_mem = _MEMORY_BYTES
    options.longest_match = longest
    return options


def _encoded(text: str) -> bytes:
    """A lone surrogate becomes ``?``: no record has one, and RE2 reads only UTF-8."""
    return text.encode(errors="replace")


# --- the longest run ----------------------------------------------------------------------------


@lru_cache(_RUNS_MAX)
def longest_run(pattern: Pattern) -> Callable[[str, int], int]:
    """What finds the end of the longest run of a pattern that begins at a place in a text; -1 if
    none begins there. The built-in types, and what can be read in one way only, go to Python's
    ``re``, the rest to RE2."""
    source = first_choice(pattern)
    return _longest_choice(pattern) if source is None else _first_choice(source)


@lru_cache(_RUNS_MAX)
def first_choice(pattern: Pattern) -> str | None:
    """The expression by which ``re`` finds the longest run, in linear time; None if there is none.

    What can be read in one way only gives back nothing of what a repetition has taken, so none is
    made to remember how it came about: a long run takes no memory.
    """
    if is_one_way(pattern):
        return regex(pattern, is_possessive=True)
    if pattern not in _BUILT_IN:
        return None
    if isinstance(pattern, Alt):
        parts = [regex(one, is_possessive=is_one_way(one)) for one in pattern.parts]
        return f"(?:{'|'.join(parts)})"
    return regex(pattern)


def _first_choice(source: str) -> Callable[[str, int], int]:
    match = re.compile(source).match

    def run(text: str, at: int) -> int:
        found = match(text, at)
        return -1 if found is None else found.end()

    return run


def _longest_choice(pattern: Pattern) -> Callable[[str, int], int]:
    """By RE2, which is given no more of the text than could be of the run."""
    match = re2.compile(regex(pattern), _options(longest=True)).match
    reach = re.compile(regex(Repeat(_any_of(pattern), 0, None))).match

    def run(text: str, at: int) -> int:
        within = reach(text, at)
        assert within is not None
        near = within[0]
        encoded = _encoded(near)
        found = match(encoded)
        if found is None:
            return -1
        length: int = found.end()
        return at + (length if near.isascii() else len(encoded[:length].decode()))

    return run


_BUILT_IN: Final = frozenset(TYPES.values())
"""A property test holds these to Python's first choice being the longest, in linear time."""


def _any_of(pattern: Pattern) -> Chars:
    """The characters that a pattern has anywhere."""
    if isinstance(pattern, Chars):
        return pattern
    if isinstance(pattern, Repeat):
        return _any_of(pattern.part)
    found = Chars("")
    for part in pattern.parts:
        found = _union(found, _any_of(part))
    return found


def _union(one: Chars, other: Chars) -> Chars:
    if one.negated and other.negated:
        return _written(members_of(one) & members_of(other), negated=True)
    if one.negated:
        return _written(members_of(one) - members_of(other), negated=True)
    if other.negated:
        return _union(other, one)
    return _written(members_of(one) | members_of(other), negated=False)


def _written(members: frozenset[str], *, negated: bool) -> Chars:
    """One by one, without ranges, ``-`` last."""
    return Chars("".join(sorted(members, key=lambda char: (char == "-", char))), negated=negated)


# --- what can be read in one way only -----------------------------------------------------------


def is_one_way(pattern: Pattern) -> bool:
    """Whether the next character alone tells how reading goes on. Then there is one way through
    each text; the first choice of ``re``, which rather goes on than ends, is the longest, and going
    back finds nothing but the end of a shorter run."""
    return _is_one_way(pattern, ())


def _is_one_way(pattern: Pattern, after: tuple[Chars, ...]) -> bool:
    """The same, where ``after`` are the characters that may come next."""
    if isinstance(pattern, Chars):
        return True
    if isinstance(pattern, Repeat):
        return _repeats_one_way(pattern, after)
    if isinstance(pattern, Alt):
        return _chooses_one_way(pattern, after)
    for part in reversed(pattern.parts):
        if not _is_one_way(part, after):
            return False
        first = tuple(first_chars(part))
        after = (*first, *after) if may_be_empty(part) else first
    return True


def _repeats_one_way(pattern: Repeat, after: tuple[Chars, ...]) -> bool:
    first = first_chars(pattern.part)
    if may_be_empty(pattern.part):
        return False
    if pattern.least != pattern.most and _share(first, after):
        return False
    return _is_one_way(pattern.part, after if pattern.most == 1 else (*first, *after))


def _chooses_one_way(pattern: Alt, after: tuple[Chars, ...]) -> bool:
    *others, last = pattern.parts
    if any(map(may_be_empty, others)):
        return False  # it would be chosen before those after it
    if not all(_is_one_way(part, after) for part in pattern.parts):
        return False
    if not all(_exclude(one, other) for one, other in combinations(pattern.parts, 2)):
        return False
    return not (may_be_empty(last) and any(_share(first_chars(part), after) for part in others))


def _exclude(one: Pattern, other: Pattern) -> bool:
    """Whether no text begins with both: they differ in a character of their fixed beginnings. To
    find out which one it is costs no more than those are long."""
    if not _share(first_chars(one), first_chars(other)):
        return True
    beginnings = zip(_beginning(one), _beginning(other), strict=False)
    return any(not _intersects(*chars) for chars in beginnings)


def _beginning(pattern: Pattern) -> Iterator[Chars]:
    """The characters at the beginning, as far as they are the same number in all texts."""
    if isinstance(pattern, Chars):
        yield pattern
        return
    if isinstance(pattern, Alt):
        return
    parts: Iterable[Pattern] = (
        repeat(pattern.part, pattern.least) if isinstance(pattern, Repeat) else pattern.parts
    )
    for part in parts:
        yield from _beginning(part)
        if not _is_fixed(part):
            return


def _is_fixed(pattern: Pattern) -> bool:
    """Whether ``_beginning`` is all of it."""
    if isinstance(pattern, Seq):
        return all(map(_is_fixed, pattern.parts))
    if isinstance(pattern, Repeat):
        return pattern.least == pattern.most and _is_fixed(pattern.part)
    return isinstance(pattern, Chars)


def _share(some: Iterable[Chars], others: Collection[Chars]) -> bool:
    return any(_intersects(one, other) for one in some for other in others)


def _intersects(one: Chars, other: Chars) -> bool:
    if one.negated and other.negated:
        return True  # the sets are written out, so never all there is
    if one.negated:
        return not members_of(other) <= members_of(one)
    if other.negated:
        return _intersects(other, one)
    return not members_of(one).isdisjoint(members_of(other))
