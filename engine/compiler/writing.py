"""Python source in the making: lines with their depth, and the objects that they name."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import Final

_INDENT: Final = "    "


@dataclass(slots=True)
class Code:
    """Lines of source. ``names`` are the objects that they use and cannot write down."""

    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def add(self, *lines: str) -> None:
        """Lines at the present depth."""
        self.lines += [_INDENT * self.depth + line for line in lines]

    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines) + "\n"


@dataclass(slots=True)
class Names:
    """Objects under names of their own: what generated source cannot write down. Equal objects
    have one name."""

    objects: dict[str, object] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    """Record kinds of which the reference makes the outcomes."""
    _known: dict[tuple[str, object], str] = field(default_factory=dict)

    def name(self, stem: str, value: object, key: object = None) -> str:
        """The name of ``value``; ``key`` tells what is the same (default: itself)."""
        known = (stem, id(value) if key is None else key)
        if known not in self._known:
            number = sum(stem == one for one, _ in self._known)
            self._known[known] = f"{stem}_{number}"
            self.objects[self._known[known]] = value
        return self._known[known]


def comment(text: str) -> str:
    """A line of a comment, whatever is in the text."""
    return f"# {text}" if text.isprintable() else f"# {ascii(text)[1:-1]}"


def attribute(stem: str, key: str, number: int) -> str:
    """A name for a JSON key that Python takes: as near to the key as can be."""
    is_plain = key.isascii() and key.isidentifier() and not keyword.iskeyword(key)
    return f"{stem}_{key}" if is_plain else f"{stem}_{number}"
