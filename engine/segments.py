"""Which fields of a template stand inside which others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from engine.model import FieldPart, GroupPart, Part, RegexPart, Template

_TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?>\\.|\[:\^?\w+:\]|[^\]\\])*+\]|\(\?P?<(?P<name>[A-Za-z_]\w*)>|[()]", re.DOTALL
)
"""What a scan for the groups of a regular expression must not read as a parenthesis, and what
it must."""


def names_inside(template: Template) -> dict[str, frozenset[str]]:
    """For every captured segment the names of the fields that are part of its text."""
    found: dict[str, set[str]] = {}
    for outer, inner in _pairs(template.parts, ()):
        found.setdefault(outer, set()).add(inner)
    return {name: frozenset(inner) for name, inner in found.items()}


def _pairs(parts: Sequence[Part], outer: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if isinstance(part, FieldPart) and part.name is not None:
            yield from ((name, part.name) for name in outer)
        elif isinstance(part, RegexPart):
            yield from ((name, inner) for name in outer for inner in part.names)
            yield from _groups(part.source)
        elif isinstance(part, GroupPart):
            inside = outer
            if part.name is not None:
                yield from ((name, part.name) for name in outer)
                inside = (*outer, part.name)
            for branch in part.branches:
                yield from _pairs(branch, inside)


def _groups(source: str) -> Iterator[tuple[str, str]]:
    """The named groups of a regular expression that stand in one another."""
    open_groups: list[str | None] = []
    for token in _TOKEN.finditer(source):
        name = token["name"]
        if name is not None:
            yield from ((outer, name) for outer in open_groups if outer is not None)
            open_groups.append(name)
        elif token[0] == "(":
            open_groups.append(None)
        elif token[0] == ")" and open_groups:
            open_groups.pop()
