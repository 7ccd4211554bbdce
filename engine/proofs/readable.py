"""Make a witness look like a record that somebody could have logged.

The search finds a shortest text, made of the first characters that come: ``2222-22-22T22:22``.
Where both templates accept it too, what a typed field holds is replaced by a real value of the same
kind, the shortest there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from engine.model import FieldPart, LiteralPart, Template
from engine.templates import Mismatch, match

_REAL: Final[Mapping[str, str]] = {
    "iso": "2025-05-04T10:30",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "ip": "::1",
    "digits": "7",
    "number": "7",
    "hex": "f",
    "word": "x",
}


def as_logged(text: str, accepting: Sequence[Template], refusing: Sequence[Template] = ()) -> str:
    """``text`` with real values where it stays a witness: accepted by all of ``accepting`` and by
    none of ``refusing``. The proof is about the matcher, so the matcher has the last word."""

    def is_witness(changed: str) -> bool:
        accepted = [_is_accepted(one, changed) for one in (*accepting, *refusing)]
        return all(accepted[: len(accepting)]) and not any(accepted[len(accepting) :])

    assert is_witness(text), text
    for template in accepting:
        for type_name, found in list(_typed_values(template, text)):
            start = text.find(found)
            changed = text[:start] + _REAL[type_name] + text[start + len(found) :]
            if len(changed) <= len(text) and is_witness(changed):
                text = changed
    return text


def _is_accepted(template: Template, text: str) -> bool:
    return not isinstance(match(template, text), Mismatch)


def _typed_values(template: Template, text: str) -> Iterator[tuple[str, str]]:
    named = _with_all_names(template)
    captures = match(named, text)
    if isinstance(captures, Mismatch):
        return
    for part in named.parts:
        if isinstance(part, FieldPart) and part.type is not None and part.name is not None:
            yield part.type, captures[part.name]


def _with_all_names(template: Template) -> Template:
    """The template with a name for every field, those that are dropped included."""
    parts = tuple(
        part if isinstance(part, LiteralPart) else FieldPart(f"field{index}", part.type)
        for index, part in enumerate(template.parts)
    )
    return Template(template.source, parts)
