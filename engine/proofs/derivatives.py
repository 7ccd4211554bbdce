"""Patterns as automata: the derivative of a pattern by a character is the pattern of what may
follow (Brzozowski, *Derivatives of Regular Expressions*, JACM 1964)."""

from __future__ import annotations

from functools import cache
from typing import Final

from engine.patterns import Alt, Chars, Pattern, Repeat, Seq

EMPTY_TEXT: Final = Seq(())
"""The pattern of the empty text alone; None stands for the pattern that nothing fits."""


@cache
def is_nullable(pattern: Pattern) -> bool:
    """Whether the empty text fits."""
    if isinstance(pattern, Seq):
        return all(map(is_nullable, pattern.parts))
    if isinstance(pattern, Alt):
        return any(map(is_nullable, pattern.parts))
    return isinstance(pattern, Repeat) and pattern.least == 0


@cache
def derive(pattern: Pattern, char: str) -> Pattern | None:
    """What may follow ``char``; None if nothing that fits begins with it."""
    if isinstance(pattern, Chars):
        return EMPTY_TEXT if char in pattern else None
    if isinstance(pattern, Alt):
        return _either([derive(part, char) for part in pattern.parts])
    if isinstance(pattern, Repeat):
        if pattern.most == 0:
            return None
        most = None if pattern.most is None else pattern.most - 1
        rest = Repeat(pattern.part, max(pattern.least - 1, 0), most)
        return _then(derive(pattern.part, char), rest)
    if not pattern.parts:
        return None
    head, rest_parts = pattern.parts[0], Seq(pattern.parts[1:])
    through_head = _then(derive(head, char), rest_parts)
    if not is_nullable(head):
        return through_head
    return _either([through_head, derive(rest_parts, char)])


def _then(first: Pattern | None, second: Pattern) -> Pattern | None:
    if first is None:
        return None
    parts = [
        part
        for one in (first, second)
        for part in (one.parts if isinstance(one, Seq) else (one,))
        if not (isinstance(part, Repeat) and part.most == 0)
    ]
    return parts[0] if len(parts) == 1 else Seq(tuple(parts))


def _either(patterns: list[Pattern | None]) -> Pattern | None:
    parts: dict[Pattern, None] = {}
    for one in patterns:
        if one is not None:
            parts |= dict.fromkeys(one.parts if isinstance(one, Alt) else (one,))
    if len(parts) <= 1:
        return next(iter(parts), None)
    return Alt(tuple(parts))
