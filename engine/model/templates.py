"""Text templates: what a record is made of, from left to right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from engine.patterns import Pattern


@dataclass(frozen=True, slots=True)
class LiteralPart:
    """Text of a template that must occur as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldType:
    """A closed class of texts. ``value`` tells how the value is made of the text that was read:
    ``plain`` is the text, ``quoted`` what stands between the quotes. ``time_format`` is how a time
    is written (``iso``, ``epoch_ms``, ``%d/%b/%Y``, …); None for what is no time."""

    name: str
    pattern: Pattern = field(hash=False)  # large, and the name tells nearly as much
    value: Literal["plain", "quoted"] = "plain"
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A field of a template. ``name`` is None for one that is matched and dropped, ``type`` is
    None for a bare field (any text of the line up to what may follow it). ``values`` are the only
    ones it may have, if there are any (``where``): they change nothing in how it is read, and a
    record in which it has another one is not taken."""

    name: str | None
    type: FieldType | None
    may_be_empty: bool = False
    values: tuple[str, ...] = ()
    is_greedy: bool = False
    """A bare field that ends at the last place of its line where what may follow begins."""


@dataclass(frozen=True, slots=True)
class GroupPart:
    """Alternatives, the first that can be read here; an optional segment is one with an empty
    last branch. ``name`` captures the text that the chosen branch reads."""

    name: str | None
    branches: tuple[tuple[Part, ...], ...]
    refused: tuple[int, ...] = ()
    """Branches (their indices) that must not be the chosen one (``where``): they are read like the
    others, and a record that is read by one of them is not taken."""


@dataclass(frozen=True, slots=True)
class RegexPart:
    """All the rest of the record by a regular expression (RE2). ``pattern`` is what it accepts,
    None where it says more than a pattern can (a word boundary), and no proof covers it."""

    source: str
    names: tuple[str, ...]
    pattern: Pattern | None


Part = LiteralPart | FieldPart | GroupPart | RegexPart


def without_conditions(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts without what conditions ask of them (``values``, ``refused``): they read every
    record in the same way."""
    plain: list[Part] = []
    for part in parts:
        if isinstance(part, FieldPart) and part.values:
            plain.append(replace(part, values=()))
        elif isinstance(part, GroupPart):
            branches = tuple(map(without_conditions, part.branches))
            is_plain = branches == part.branches and not part.refused
            plain.append(part if is_plain else replace(part, branches=branches, refused=()))
        else:
            plain.append(part)
    return tuple(plain)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A text template: what a record is made of, from left to right. Compared by identity."""

    source: str
    parts: tuple[Part, ...]

    @property
    def fields(self) -> Mapping[str, tuple[FieldType | None, ...]]:
        """Its named fields in order, with the types that each has in one alternative or another
        (None: bare, or a captured segment)."""
        found: dict[str, tuple[FieldType | None, ...]] = {}
        for name, type_ in _named(self.parts):
            found[name] = (*found.get(name, ()), type_)
        return found

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of its named fields, in order."""
        return tuple(self.fields)


def _named(parts: tuple[Part, ...]) -> Iterator[tuple[str, FieldType | None]]:
    for part in parts:
        if isinstance(part, FieldPart) and part.name is not None:
            yield part.name, part.type
        elif isinstance(part, RegexPart):
            yield from ((name, None) for name in part.names)
        elif isinstance(part, GroupPart):
            if part.name is not None:
                yield part.name, None
            for branch in part.branches:
                yield from _named(branch)
