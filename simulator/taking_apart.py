"""What a template makes of a text, by the rules as they are written down: slow, obvious, and
independent of the matcher, which it judges. It tries every end of every field, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.model import FieldPart, GroupPart, LiteralPart, Part, RegexPart, Template
from simulator.sampling import can_begin, longest

_ESCAPED: Final = re.compile(r"""\\(["'\\])""")


class Span(NamedTuple):
    """The characters that one part of a template took."""

    start: int
    end: int


@dataclass(slots=True)
class Reading:
    """A record taken apart. ``chosen`` are the branches by which its groups were read;
    ``is_refused`` tells that a condition does not allow what was read."""

    captures: dict[str, str] = field(default_factory=dict)
    literals: list[tuple[LiteralPart, Span]] = field(default_factory=list)
    regexes: list[tuple[RegexPart, Span]] = field(default_factory=list)
    chosen: list[tuple[GroupPart, int]] = field(default_factory=list)
    is_refused: bool = False

    def add(self, other: Reading) -> None:
        """Take over what a branch read."""
        self.captures |= other.captures
        self.literals += other.literals
        self.regexes += other.regexes
        self.chosen += other.chosen
        self.is_refused = self.is_refused or other.is_refused


@dataclass(frozen=True, slots=True)
class After:
    """What stands after a place: these parts, and then what stands beyond them; None is the end
    of the record."""

    parts: tuple[Part, ...]
    beyond: After | None = None

    def begins(self, text: str, at: int) -> bool:
        """Whether what may come next begins here."""
        return _begins(self, text, at, opens=False)

    @property
    def is_literal(self) -> bool:
        """Whether a text, or the record's end, comes next and nothing else can."""
        if not self.parts:
            return self.beyond is None or self.beyond.is_literal
        return isinstance(self.parts[0], LiteralPart)


def take_apart(template: Template, text: str) -> Reading | None:
    """The one reading of a whole text; None if the template does not take it."""
    reading = Reading()
    end = _read(template.parts, None, text, 0, reading)
    return reading if end == len(text) and not reading.is_refused else None


def reads_as_branch(group: GroupPart, text: str) -> bool:
    """Whether some branch could have read exactly this, and none that is refused."""
    found = False
    for number, branch in enumerate(group.branches):
        reading = Reading()
        if _read(branch, None, text, 0, reading) != len(text):
            continue
        if number in group.refused:
            return False
        found = found or not reading.is_refused
    return found


def _begins(after: After | None, text: str, at: int, *, opens: bool) -> bool:
    """``opens``: the parts are a branch from its beginning, so that what comes right after its
    first literal is looked at too."""
    if after is None:
        return at == len(text)
    if not after.parts:
        return _begins(after.beyond, text, at, opens=False)
    part, *others = _unwrapped(after.parts)
    rest = After(tuple(others), after.beyond)
    if isinstance(part, LiteralPart):
        if not text.startswith(part.text, at):
            return False
        return not opens or _begins(rest, text, at + len(part.text), opens=False)
    if isinstance(part, GroupPart):
        return any(
            _begins(After(branch, rest), text, at, opens=bool(branch)) for branch in part.branches
        )
    if isinstance(part, RegexPart) or part.type is None:
        return True
    if part.may_be_empty and _begins(rest, text, at, opens=False):
        return True
    return _first_fits(part, text, at)


def _unwrapped(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without captured segments around the first ones, which change nothing in how a
    text is read; literals that so come to stand side by side are one."""
    first = parts[0]
    if isinstance(first, GroupPart) and len(first.branches) == 1:
        return _unwrapped((*first.branches[0], *parts[1:]))
    if isinstance(first, LiteralPart) and len(parts) > 1:
        second, *others = _unwrapped(parts[1:])
        if isinstance(second, LiteralPart):
            return (LiteralPart(first.text + second.text), *others)
    return parts


def _first_fits(part: Part, text: str, at: int) -> bool:
    assert isinstance(part, FieldPart)
    assert part.type is not None
    if part.type.name == "rest":
        return True
    char = text[at : at + 1]
    return char != "" and can_begin(part.type.pattern, char)


# --- reading --------------------------------------------------------------------------------------


def _read(parts: tuple[Part, ...], beyond: After | None, text: str, at: int, into: Reading) -> int:
    """Read the parts from a place; the place after them, or -1."""
    for index, part in enumerate(parts):
        after = After(parts[index + 1 :], beyond)
        begun = at
        if isinstance(part, LiteralPart):
            at = at + len(part.text) if text.startswith(part.text, at) else -1
            into.literals.append((part, Span(begun, at)))
        elif isinstance(part, GroupPart):
            at = _read_group(part, after, text, at, into)
        elif isinstance(part, RegexPart):
            at = _read_regex(part, text, at, into)
        else:
            at = _read_field(part, after, text, at, into)
        if at < 0:
            return -1
    return at


def _read_group(part: GroupPart, after: After, text: str, at: int, into: Reading) -> int:
    for number, branch in enumerate(part.branches):
        inside = Reading()
        end = _read(branch, after, text, at, inside)
        if end >= 0 and after.begins(text, end):
            if part.name is not None:
                into.captures[part.name] = text[at:end]
            into.chosen.append((part, number))
            into.is_refused = into.is_refused or number in part.refused
            into.add(inside)
            return end
    return -1


def _read_regex(part: RegexPart, text: str, at: int, into: Reading) -> int:
    found = named_groups(part, text[at:])
    if found is None:
        return -1
    into.captures |= found
    into.regexes.append((part, Span(at, len(text))))
    return len(text)


def named_groups(part: RegexPart, text: str) -> dict[str, str] | None:
    """What the named groups of a regular expression take of a whole text; None if it does not fit
    (or cannot be read here)."""
    try:
        found = re.fullmatch(part.source, text)
    except re.error:
        return None
    if found is None:
        return None
    return {name: one for name, one in found.groupdict().items() if one is not None}


def _read_field(part: FieldPart, after: After, text: str, at: int, into: Reading) -> int:
    if part.type is not None:
        end = longest(part.type.pattern, text, at)
        if end < 0 and part.may_be_empty:
            end = at
    else:
        places: Iterable[int] = range(at, len(text) + 1)
        if part.is_greedy:
            line_end = text.find("\n", at)
            places = range(len(text) if line_end < 0 else line_end, at - 1, -1)
        end = next((one for one in places if after.begins(text, one)), -1)
        if "\n" in text[at:end] or (end == at and not part.may_be_empty):
            end = -1
    if end < 0:
        return -1
    value = value_of(part, text[at:end])
    if part.values and value not in part.values:
        into.is_refused = True
    if part.name is not None:
        into.captures[part.name] = value
    return end


def value_of(part: FieldPart, text: str) -> str:
    """The value of a field that took this text."""
    if part.type is not None and part.type.value == "quoted" and text:
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text


def allowed(group: GroupPart) -> tuple[tuple[Part, ...], ...]:
    """The branches that a record may be read by."""
    return tuple(one for number, one in enumerate(group.branches) if number not in group.refused)


def names_in(parts: tuple[Part, ...]) -> frozenset[str]:
    """The names that records made of these parts can have."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, GroupPart):
            found |= {part.name} if part.name is not None else set()
            found = found.union(*map(names_in, allowed(part)))
        elif isinstance(part, RegexPart):
            found |= set(part.names)
        elif isinstance(part, FieldPart) and part.name is not None:
            found.add(part.name)
    return frozenset(found)


def regexes_in(parts: tuple[Part, ...]) -> Iterator[RegexPart]:
    """The regular expressions among the parts."""
    for part in parts:
        if isinstance(part, RegexPart):
            yield part
        elif isinstance(part, GroupPart):
            for branch in part.branches:
                yield from regexes_in(branch)


def is_plain(template: Template) -> bool:
    """Whether it is nothing but texts and fields that each end at a text: then a place can be
    judged by the text after it alone."""
    parts = template.parts
    return all(
        isinstance(part, LiteralPart)
        or (
            isinstance(part, FieldPart)
            and not part.may_be_empty
            and not part.values
            and not part.is_greedy
            and (part.type is None or part.type.name in PLAIN_TYPES)
            and (index + 1 == len(parts) or isinstance(parts[index + 1], LiteralPart))
        )
        for index, part in enumerate(parts)
    )


PLAIN_TYPES: Final = frozenset({"word", "digits", "number", "hex", "uuid", "iso", "ip"})
"""Those of which a place tells exactly whether a value would run on."""

Captures = Mapping[str, object]
