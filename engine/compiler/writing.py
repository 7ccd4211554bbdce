"""Python source in the making: lines with their depth, and the objects that they name."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import Final, Protocol

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
class Notes:
    """What is to be known of source that was written."""

    left: list[str] = field(default_factory=list)
    """Record kinds of which the reference makes the outcomes."""
    asks_blank: bool = False
    """Whether some kind may take a text that begins with a blank, and was not asked."""


class Scope(Protocol):
    """Where values that source needs come from."""

    @property
    def notes(self) -> Notes:
        """What is noted of all source that is written."""

    def literal(self, value: str | int | tuple[str, ...]) -> str:
        """The source of a value that can be written down."""

    def named(self, stem: str, value: object, key: object = None) -> str:
        """The source of a value that cannot; ``key`` tells what is the same (default: itself)."""

    def comment(self, text: str) -> list[str]:
        """Lines that say where what follows comes from."""


@dataclass(slots=True)
class ModuleScope:
    """Values are written down where they are used, or are objects of the module."""

    objects: dict[str, object] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)
    _known: dict[tuple[str, object], str] = field(default_factory=dict)

    def literal(self, value: str | int | tuple[str, ...]) -> str:
        """As it is written."""
        return repr(value)

    def named(self, stem: str, value: object, key: object = None) -> str:
        """A name of the module."""
        known = (stem, id(value) if key is None else key)
        if known not in self._known:
            number = sum(stem == one for one, _ in self._known)
            self._known[known] = f"{stem}_{number}"
            self.objects[self._known[known]] = value
        return self._known[known]

    def comment(self, text: str) -> list[str]:
        """One line."""
        return [comment(text)]


@dataclass(slots=True)
class FunctionScope:
    """Values are parameters, so that kinds that differ in nothing else share one function: a
    thousand systems are a few functions, which stay in the processor's cache. Parameters that are
    ``alike`` for all of them, by their numbers, are values of ``module`` instead."""

    module: ModuleScope
    alike: frozenset[int] = frozenset()
    values: list[object] = field(default_factory=list)
    _known: dict[object, str] = field(default_factory=dict)

    @property
    def notes(self) -> Notes:
        """Those of the module."""
        return self.module.notes

    def literal(self, value: str | int | tuple[str, ...]) -> str:
        """A parameter, or the value as it is written."""
        known = type(value), value
        if known not in self._known and len(self.values) in self.alike:
            return self._add(known, value, self.module.literal(value))
        return self._known.get(known) or self._add(known, value, f"p{len(self.values)}")

    def named(self, stem: str, value: object, key: object = None) -> str:
        """A parameter, or a name of the module."""
        known = (stem, id(value) if key is None else key)
        if known not in self._known and len(self.values) in self.alike:
            return self._add(known, value, self.module.named(stem, value, key))
        return self._known.get(known) or self._add(known, value, f"p{len(self.values)}")

    def _add(self, known: object, value: object, source: str) -> str:
        self._known[known] = source
        self.values.append(value)
        return source

    def comment(self, _text: str) -> list[str]:
        """Nothing: the function is of many kinds."""
        return []


def comment(text: str) -> str:
    """A line of a comment, whatever is in the text."""
    return f"# {text}" if text.isprintable() else f"# {ascii(text)[1:-1]}"


def attribute(stem: str, key: str, number: int) -> str:
    """A name for a JSON key that Python takes: as near to the key as can be."""
    is_plain = key.isascii() and key.isidentifier() and not keyword.iskeyword(key)
    return f"{stem}_{key}" if is_plain else f"{stem}_{number}"
