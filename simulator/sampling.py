"""What a pattern says, read off it slowly: what fits, how far it reaches, what can be written."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random
from typing import Final

from engine.patterns import Alt, Chars, Pattern, Repeat, Seq, regex

_POOL: Final = (*map(chr, range(33, 127)), " ", *"éß数\t\n")
"""The characters that are written, as far as a pattern takes them."""

_MORE: Final = 6
"""How much longer than it must be a repetition is made, at most."""


@lru_cache(4096)
def _compiled(pattern: Pattern) -> re.Pattern[str]:
    return re.compile(regex(pattern))


def fits(pattern: Pattern, text: str) -> bool:
    """Whether the pattern accepts the whole text."""
    return _compiled(pattern).fullmatch(text) is not None


def longest(pattern: Pattern, text: str, at: int) -> int:
    """Where the longest run that the pattern accepts ends, from ``at`` on; -1 if there is none."""
    accepts = _compiled(pattern).fullmatch
    return next((end for end in range(len(text), at, -1) if accepts(text, at, end)), -1)


def can_begin(pattern: Pattern, char: str) -> bool:
    """Whether some text that the pattern accepts begins with this character."""
    if isinstance(pattern, Chars):
        return char in pattern
    if isinstance(pattern, Repeat):
        return pattern.most != 0 and can_begin(pattern.part, char)
    if isinstance(pattern, Alt):
        return any(can_begin(one, char) for one in pattern.parts)
    for part in pattern.parts:
        if can_begin(part, char):
            return True
        if not _may_be_empty(part):
            return False
    return False


def _may_be_empty(pattern: Pattern) -> bool:
    return fits(pattern, "")


def sample(pattern: Pattern, rng: Random) -> str:
    """A text that the pattern accepts, drawn at random; ``""`` where it has characters that are
    never written."""
    if isinstance(pattern, Chars):
        chars = _written(pattern)
        return rng.choice(chars) if chars else ""
    if isinstance(pattern, Seq):
        return "".join(sample(one, rng) for one in pattern.parts)
    if isinstance(pattern, Alt):
        return sample(rng.choice(pattern.parts), rng)
    most = pattern.least + _MORE if pattern.most is None else pattern.most
    times = rng.randint(pattern.least, min(most, pattern.least + _MORE))
    return "".join(sample(pattern.part, rng) for _ in range(times))


@lru_cache(1024)
def _written(chars: Chars) -> tuple[str, ...]:
    found = tuple(one for one in _POOL if one in chars)
    return found or tuple(one for one in map(chr, range(1, 0x3000)) if one in chars)[:8]
