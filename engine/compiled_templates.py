"""A template as one regular expression: what ``engine.templates`` reads, faster.

Every part is an atomic group, so nothing that was chosen is gone back over, and the time is linear
as it is there. It gives the captures and no more: why a text is not read, ``match`` tells. What
cannot be said so (a type whose longest run is not its first choice) is left to ``match``. What
conditions ask is asked of the groups of the expression once it has read the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from engine.follows import END, Follow, beginnings, follow_of
from engine.model import FieldPart, FieldType, GroupPart, LiteralPart, Part, Template
from engine.regexes import first_choice
from engine.templates import Mismatch, match, unescaped

_SOURCE_CHARS_MAX: Final = 50_000
"""A longer expression takes more time to compile than it saves."""

_TEMPLATES_MAX: Final = 4096

Match = Callable[[str], "dict[str, str] | None"]
"""The named captures of a whole text; None if the template does not read it."""


class _NotSayable(Exception):
    """The template is more than one regular expression can say."""


@lru_cache(_TEMPLATES_MAX)
def compile_match(template: Template) -> Match:
    """What reads whole texts as ``match`` does."""
    writing = _Writing()
    try:
        source = writing.sequence(template.parts, END)
    except _NotSayable:
        return _by_match(template)
    if len(source) > _SOURCE_CHARS_MAX:
        return _by_match(template)
    return writing.compiled(source)


def _by_match(template: Template) -> Match:
    def read(text: str) -> dict[str, str] | None:
        found = match(template, text)
        return None if isinstance(found, Mismatch) else found

    return read


class _Writing:
    """A regular expression in the making."""

    def __init__(self) -> None:
        self._names: list[str | None] = []
        """What its groups capture."""
        self._quoted: list[tuple[int, str]] = []
        """Groups that are quoted texts: of one name, others may be none."""
        self._given: list[tuple[int, FieldPart]] = []
        """Groups that have one of some values only."""
        self._refused: list[int] = []
        """Groups of a branch that must not be the one that was read."""
        self._has_segments = False

    def compiled(self, source: str) -> Match:
        """What reads by this expression."""
        fullmatch = re.compile(source).fullmatch
        names, quoted = self._names, self._quoted
        if not self._given and not quoted and not self._has_segments and None not in names:
            keys = [name for name in names if name is not None]

            def read_plain(text: str) -> dict[str, str] | None:
                found = fullmatch(text)
                return None if found is None else dict(zip(keys, found.groups(), strict=True))

            return read_plain
        groups = [(number, name) for number, name in enumerate(names, 1) if name is not None]
        given = [(number, one, frozenset(one.values)) for number, one in self._given]
        refused = tuple(self._refused)

        def read(text: str) -> dict[str, str] | None:
            found = fullmatch(text)
            if found is None:
                return None
            for number, part, values in given:
                value = found[number]
                if value is None:  # of a segment that was not read
                    continue
                if (unescaped(value) if _is_quoted(part) else value) not in values:
                    return None
            if any(found[number] is not None for number in refused):
                return None
            captures = {name: found[number] for number, name in groups if found[number] is not None}
            for number, name in quoted:
                if found[number]:
                    captures[name] = unescaped(found[number])
            return captures

        return read

    def sequence(self, parts: Sequence[Part], after: Follow) -> str:
        """The parts, after which comes what may follow."""
        written = []
        for at, part in enumerate(parts):
            if isinstance(part, LiteralPart):
                written.append(re.escape(part.text))
                continue
            follow = follow_of(parts[at + 1 :], after)
            if isinstance(part, GroupPart):
                written.append(self._group(part, follow))
            elif isinstance(part, FieldPart):
                written.append(self._field(part, follow))
            else:
                raise _NotSayable
        return "".join(written)

    def _field(self, part: FieldPart, follow: Follow) -> str:
        if part.name is not None or part.values:
            self._names.append(part.name)
            if part.values:
                self._given.append((len(self._names), part))
            if part.name is not None and _is_quoted(part):
                self._quoted.append((len(self._names), part.name))
        opening = "(" if part.name is not None or part.values else "(?:"
        if part.is_greedy:
            return _greedy(opening, follow, may_be_empty=part.may_be_empty)
        if part.type is None:
            return _bare(opening, follow, may_be_empty=part.may_be_empty)
        return f"{opening}{_typed(part.type, may_be_empty=part.may_be_empty)})"

    def _group(self, part: GroupPart, follow: Follow) -> str:
        self._has_segments = True
        if part.name is not None:
            self._names.append(part.name)
        ahead = "" if follow.anything else f"(?={beginnings(follow)})"
        written = []
        for number, branch in enumerate(part.branches):
            written.append(self.sequence(branch, follow) + ahead)
            if number in part.refused:
                self._names.append(None)
                self._refused.append(len(self._names))
                written[-1] += "()"
        branches = "|".join(written)
        return f"(?>{branches})" if part.name is None else f"((?>{branches}))"


def _typed(type_: FieldType, *, may_be_empty: bool) -> str:
    source = first_choice(type_.pattern)
    if source is None:
        raise _NotSayable
    return f"(?>{source}{'|' if may_be_empty else ''})"


def _bare(opening: str, follow: Follow, *, may_be_empty: bool) -> str:
    if follow == END:
        return rf"{opening}[^\n]{'*' if may_be_empty else '+'}+)"
    begins = beginnings(follow)
    if may_be_empty:
        return rf"{opening}(?>[^\n]*?(?={begins})))"
    return rf"(?!{begins}){opening}(?>[^\n]+?(?={begins})))"


def _greedy(opening: str, follow: Follow, *, may_be_empty: bool) -> str:
    begins, least = beginnings(follow), "*" if may_be_empty else "+"
    return rf"{opening}(?>[^\n]{least}(?={begins})))"


def _is_quoted(part: FieldPart) -> bool:
    return part.type is not None and part.type.value == "quoted"
