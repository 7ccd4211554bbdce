"""Make a witness look like a record that somebody could have logged.

The search finds a shortest text, made of the first characters that come: ``2222-22-22T22:22``.
Where it stays a witness, what a typed field holds is replaced by a real value of the same kind, the
shortest there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.model import FieldPart, GroupPart, Part, Template
from engine.templates import Mismatch, match

_REAL: Final[Mapping[str, str]] = {
    "iso": "2025-05-04T10:30",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "ip": "::1",
    "ipv4": "10.0.0.1",
    "ipv6": "::1",
    "digits": "7",
    "integer": "7",
    "number": "7",
    "hex": "f",
    "word": "x",
}


def as_logged(text: str, templates: Sequence[Template], is_witness: Callable[[str], bool]) -> str:
    """``text``, which the templates read, with real values where it stays a witness."""
    for template in templates:
        for type_name, found in list(_typed_values(template, text)):
            if type_name not in _REAL:
                continue
            start = text.find(found)
            changed = text[:start] + _REAL[type_name] + text[start + len(found) :]
            if len(changed) <= len(text) and is_witness(changed):
                text = changed
    return text


def _typed_values(template: Template, text: str) -> Iterator[tuple[str, str]]:
    types: dict[str, str] = {}
    parts = _with_all_names(template.parts, types)
    captures = match(Template(template.source, parts), text)
    if isinstance(captures, Mismatch):
        return
    for name, value in captures.items():
        if name in types and value:
            yield types[name], value


def _with_all_names(parts: Sequence[Part], types: dict[str, str]) -> tuple[Part, ...]:
    """The parts with a name for every typed field, those that are dropped included; the types by
    these names are put into ``types``."""
    made: list[Part] = []
    for part in parts:
        if isinstance(part, FieldPart):
            name = f"field{len(types)}"
            types[name] = part.type.name if part.type is not None else ""
            made.append(replace(part, name=name))
        elif isinstance(part, GroupPart):
            branches = tuple(_with_all_names(branch, types) for branch in part.branches)
            made.append(replace(part, name=None, branches=branches))
        else:
            made.append(part)
    return tuple(made)
