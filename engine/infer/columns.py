"""The values of one place in the records of one kind, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from engine.infer.tokens import TIME_FORMATS
from engine.patterns import TYPES, regex
from engine.time_formats import pattern_of

_EPOCHS: Final[Mapping[str, str]] = {
    "epoch": r"1[0-9]{9}(?:\.[0-9]{1,9})?",
    "epoch_ms": r"1[0-9]{12}",
    "epoch_us": r"1[0-9]{15}",
    "epoch_ns": r"1[0-9]{18}",
}
"""Times of the years 2001 to 2033, by the number of their digits."""


@dataclass(frozen=True, eq=False)
class Column:
    """One place (compared by identity): a field of a template, a key, a column. ``name`` is what
    the records call it, or what stands before it; ``values`` has one entry a record of the kind,
    None where it is not."""

    name: str
    values: tuple[str | None, ...]
    is_named: bool = True
    """Whether the records really call it so."""
    time_format: str | None = None
    """Set where the shape of its values has told it already."""
    is_text: bool = False
    """Whether it is free text."""

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The values that there are; a lone dash is no value."""
        return tuple(one for one in self.values if one not in (None, "", "-"))

    @cached_property
    def distinct(self) -> frozenset[str]:
        """The different values."""
        return frozenset(self.present)

    @property
    def share(self) -> float:
        """The share of records that have it."""
        return len(self.present) / len(self.values) if self.values else 0.0

    def all_are(self, test: Callable[[str], object]) -> bool:
        """Whether all values pass a test, and there is one."""
        return bool(self.distinct) and all(test(one) for one in self.distinct)

    def is_of(self, type_name: str) -> bool:
        """Whether all values are of a built-in type."""
        return self.all_are(_matcher(type_name))


@dataclass(frozen=True, slots=True)
class Table:
    """The records of one kind: their numbers in the input, and their columns."""

    lines: tuple[int, ...]
    columns: tuple[Column, ...]
    words: str = ""
    """The text that all of them have in common."""


@cache
def _matcher(type_name: str) -> Callable[[str], object]:
    return re.compile(regex(TYPES[type_name])).fullmatch


def time_format_of(column: Column, *, with_epochs: bool) -> str | None:
    """The format that all values of a column are written in; None if they are no times."""
    if column.time_format is not None:
        return column.time_format
    if not column.distinct:
        return None
    for name in TIME_FORMATS:
        if _all_match(regex(pattern_of(name)), column.distinct):
            return name
    if with_epochs:
        for name, written in _EPOCHS.items():
            if _all_match(written, column.distinct):
                return name
    return None


def _all_match(written: str, values: Iterable[str]) -> bool:
    match = re.compile(written).fullmatch
    return all(match(one) for one in values)
