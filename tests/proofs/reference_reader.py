"""How a template reads, in the most obvious words: slow, and all that proofs are held against."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from engine.follows import first_chars
from engine.model import FieldPart, GroupPart, LiteralPart, Part, Template
from engine.patterns import Chars, Pattern, regex

Follows = Callable[[int], bool]
"""Whether what may follow begins at a place."""

Read = tuple[int, bool]
"""Where a reading ends, and whether conditions allow it."""


def reads(template: Template, text: str) -> bool:
    """Whether the template reads the whole text."""
    return read(template.parts, text, 0, lambda at: at == len(text)) == (len(text), True)


def _followed_by(rest: Sequence[Part], text: str, after: Follows) -> Follows:
    return lambda at: begins(rest, text, at, after)


def read(parts: Sequence[Part], text: str, at: int, after: Follows) -> Read | None:
    """Where the parts, read from a place, end."""
    is_allowed = True
    for index, part in enumerate(parts):
        found = _read(part, text, at, _followed_by(parts[index + 1 :], text, after))
        if found is None:
            return None
        at, is_allowed = found[0], is_allowed and found[1]
    return at, is_allowed


def _read(part: Part, text: str, at: int, follows: Follows) -> Read | None:
    if isinstance(part, LiteralPart):
        return (at + len(part.text), True) if text.startswith(part.text, at) else None
    if isinstance(part, GroupPart):
        for number, branch in enumerate(part.branches):
            found = read(branch, text, at, follows)
            if found is not None and follows(found[0]):
                return found[0], found[1] and number not in part.refused
        return None
    assert isinstance(part, FieldPart)
    if part.type is None:
        end = (_greedy_end if part.is_greedy else _bare_end)(text, at, follows)
    else:
        end = longest_run(part.type.pattern, text, at)
        if end is None and part.may_be_empty:
            end = at
    if end is None or (end == at and not part.may_be_empty):
        return None
    value = text[at:end]
    if part.type is not None and part.type.value == "quoted":
        value = re.sub(r"""\\(["'\\])""", r"\1", value[1:-1])
    return end, not part.values or value in part.values


def _bare_end(text: str, at: int, follows: Follows) -> int | None:
    for end in range(at, len(text) + 1):
        if follows(end):
            return end
        if text[end : end + 1] == "\n":
            return None
    return None


def _greedy_end(text: str, at: int, follows: Follows) -> int | None:
    line = text[at:].partition("\n")[0]
    return next((end for end in range(at + len(line), at - 1, -1) if follows(end)), None)


def longest_run(pattern: Pattern, text: str, at: int) -> int | None:
    """Where the longest text of a pattern that begins at a place ends."""
    fits = re.compile(regex(pattern))
    ends = range(len(text), at, -1)
    return next((end for end in ends if fits.fullmatch(text, at, end)), None)


def begins(
    parts: Sequence[Part], text: str, at: int, after: Follows, *, opens_branch: bool = False
) -> bool:
    """Whether the parts, or what comes after them, could begin at a place."""
    if not parts:
        return after(at)
    part, *rest = _unnamed(parts)
    if isinstance(part, LiteralPart):
        end = at + len(part.text)
        is_there = text.startswith(part.text, at)
        return is_there and (not opens_branch or begins(rest, text, end, after))
    if isinstance(part, GroupPart):
        return any(
            begins(
                branch,
                text,
                at,
                lambda place: begins(rest, text, place, after),
                opens_branch=True,
            )
            for branch in part.branches
        )
    if not _tells(part):
        return True
    assert isinstance(part, FieldPart)
    return _may_begin(part, text, at) or (part.may_be_empty and begins(rest, text, at, after))


def _unnamed(parts: Sequence[Part]) -> list[Part]:
    """The parts without captured segments around them, literals side by side as one."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, GroupPart) and len(part.branches) == 1:
            inside = _unnamed(part.branches[0])
        else:
            inside = [part]
        for one in inside:
            last = found[-1] if found else None
            if isinstance(one, LiteralPart) and isinstance(last, LiteralPart):
                found[-1] = LiteralPart(last.text + one.text)
            else:
                found.append(one)
    return found


def _tells(part: Part) -> bool:
    """Whether it is a field that only some characters can begin."""
    if not isinstance(part, FieldPart) or part.type is None:
        return False
    return Chars("", negated=True) not in first_chars(part.type.pattern)


def _may_begin(part: Part, text: str, at: int) -> bool:
    assert isinstance(part, FieldPart)
    assert part.type is not None
    char = text[at : at + 1]
    return char != "" and any(char in chars for chars in first_chars(part.type.pattern))
