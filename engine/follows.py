"""What may follow a place in a template: where a bare field ends, and whether a segment that could
be read is the right one (docs/specs.md, how a template reads).

A bare field ends at the first place where what may follow it begins: the literal after it, or a
character with which the typed field after it can begin. Before a group it is the beginning of any
of its branches, told by their literal and what may come right after that (a literal of a group, the
first character of a typed field), or whatever follows the group. So the look ahead is bounded, and
reading stays linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.model import FieldType, GroupPart, LiteralPart, Part, RegexPart
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq, literal, may_be_empty, regex


@dataclass(frozen=True, slots=True)
class Follow:
    """What may come next: one of ``starts``, and then more; one of ``closings``, and then the end
    of the record; or ``anything``, where a field comes next that any text could begin."""

    starts: tuple[Pattern, ...] = ()
    closings: tuple[Pattern, ...] = ()
    anything: bool = False

    def __or__(self, other: Follow) -> Follow:
        starts = tuple(dict.fromkeys((*self.starts, *other.starts)))
        closings = tuple(dict.fromkeys((*self.closings, *other.closings)))
        return Follow(starts, closings, self.anything or other.anything)

    @property
    def at_end(self) -> bool:
        """Whether the record may end here."""
        return NOTHING in self.closings


NOTHING: Final = Seq(())
"""The empty text."""

_TOLD_MAX: Final = 3
"""How many texts that may follow are told."""

LOOK_AHEAD_MAX: Final = 100
"""How many ways to go on a literal is told by. Where there are more, it counts alone: they would
double with every optional text that follows."""

END: Final = Follow(closings=(NOTHING,))
ANYTHING: Final = Follow(anything=True)


def follow_of(parts: Sequence[Part], after: Follow, *, opens_branch: bool = False) -> Follow:
    """What a text begins with that ``parts``, and then ``after``, read."""
    if not parts:
        return after
    part, *rest = _without_captures(parts)
    if isinstance(part, LiteralPart):
        further = follow_of(rest, after) if opens_branch else ANYTHING
        return _after_literal(literal(part.text), further)
    if isinstance(part, RegexPart):
        return ANYTHING
    if isinstance(part, GroupPart):
        beyond = follow_of(rest, after)
        found = Follow()
        for branch in part.branches:
            found |= follow_of(branch, beyond, opens_branch=True) if branch else beyond
        return found
    if part.type is None:
        return ANYTHING
    first = _first_of(part.type)
    found = ANYTHING if first is None else Follow((first,))
    return found | follow_of(rest, after) if part.may_be_empty else found


def _after_literal(text: Seq, further: Follow) -> Follow:
    if further.anything or len(further.starts) + len(further.closings) > LOOK_AHEAD_MAX:
        return Follow((text,))
    return Follow(
        tuple(Seq((*text.parts, one)) for one in further.starts),
        tuple(Seq((*text.parts, one)) for one in further.closings),
    )


def _without_captures(parts: Sequence[Part]) -> Sequence[Part]:
    """The parts, of which the first ones are not told apart by a captured segment around them: to
    give a text a name changes nothing in how it is read."""
    first = parts[0]
    if isinstance(first, GroupPart) and len(first.branches) == 1:
        return _without_captures([*first.branches[0], *parts[1:]])
    if isinstance(first, LiteralPart) and len(parts) > 1:
        second, *rest = _without_captures(parts[1:])
        if isinstance(second, LiteralPart):
            return [LiteralPart(first.text + second.text), *rest]
    return parts


def _first_of(type_: FieldType) -> Pattern | None:
    """The characters with which a typed field begins; None if it may be any. Of the type alone:
    the values that a condition leaves change nothing in how a record is read."""
    first = tuple(dict.fromkeys(first_chars(type_.pattern)))
    if any(one == Chars("", negated=True) for one in first):
        return None
    return first[0] if len(first) == 1 else Alt(first)


def first_chars(pattern: Pattern) -> list[Chars]:
    """The sets of characters with which a text that fits can begin."""
    if isinstance(pattern, Chars):
        return [pattern]
    if isinstance(pattern, Repeat):
        return [] if pattern.most == 0 else first_chars(pattern.part)
    found: list[Chars] = []
    for part in pattern.parts:
        found += first_chars(part)
        if isinstance(pattern, Seq) and not may_be_empty(part):
            break
    return found


# --- what may come next, in other forms -----------------------------------------------------------


def beginnings(follow: Follow) -> str:
    """What may come next as a regular expression."""
    ends = (rf"{regex(one)}\Z" for one in follow.closings)
    return "|".join([*map(regex, follow.starts), *ends])


def only_text(follow: Follow) -> str | None:
    """The only literal that may follow; None if there are others, or characters."""
    if len(follow.starts) != 1 or follow.closings:
        return None
    return _text_of(follow.starts[0])


def in_words(follow: Follow) -> str:
    """What may come next, as a person is told that it is missing."""
    if follow == END:
        return "the end of the record"
    told = [f'"{text}"' for text in map(_text_of, follow.starts) if text is not None]
    is_all = len(told) == len(follow.starts) <= _TOLD_MAX and not follow.closings
    return " or ".join(told) if is_all else "what may come next"


def _text_of(start: Pattern) -> str | None:
    chars = start.parts if isinstance(start, Seq) else ()
    texts = [one.members for one in chars if isinstance(one, Chars) and not one.negated]
    is_text = len(texts) == len(chars) > 0 and all(len(one) == 1 for one in texts)
    return "".join(texts) if is_text else None
