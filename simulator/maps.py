"""What maps make of texts, by the rules as they are written down."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from engine.model import FieldMapping, ValueMap


class Meaningless(Exception):
    """A value that the spec gives no meaning to: such a record is refused."""


class Entry(NamedTuple):
    """An entry of a map: how it is written, and what it makes of a text."""

    written: str
    becomes: str | None


def mapped(values: ValueMap, text: str) -> str | None:
    """What a map makes of a text. Raises Meaningless."""
    found = entry_of(values, text)
    if found is None:
        raise Meaningless(text)
    return found.becomes


def entry_of(values: ValueMap, text: str) -> Entry | None:
    """The entry of a map that counts for a text; None if it has none."""
    if text in values.exact:
        return Entry(text, values.exact[text])
    if re.fullmatch("-?[0-9]{1,20}", text):
        for low, high, becomes in values.ranges:
            if low <= int(text) <= high:
                return Entry(f"{low}-{high}", becomes)
    for glob, becomes in values.globs:
        escaped = re.sub(r"([\[?])", r"[\1]", glob)
        if fnmatchcase(text, escaped):
            return Entry(glob, becomes)
    return Entry("otherwise", values.otherwise) if values.has_otherwise else None


def finished(mapping: FieldMapping, text: str) -> str | None:
    """Case and map: what becomes of a text that is a value. Raises Meaningless."""
    if mapping.case is not None:
        text = text.upper() if mapping.case == "upper" else text.lower()
    return text if mapping.values is None else mapped(mapping.values, text)
