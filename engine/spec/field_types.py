"""The types that a template's field may have: the built-in ones, times in any format, own ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from engine.model import FieldType
from engine.patterns import TYPES
from engine.time_formats import NAMED_FORMATS, has_date, pattern_of


def _built_in(name: str) -> FieldType:
    how: Literal["plain", "quoted"] = "quoted" if name == "quoted" else "plain"
    return FieldType(name, TYPES[name], how)


FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    **{name: _built_in(name) for name in TYPES if name not in NAMED_FORMATS},
    **{name: FieldType(name, pattern_of(name), time_format=name) for name in NAMED_FORMATS},
}
"""The built-in types by name, those of times last."""

GREEDY: Final = "greedy"
"""Written like a type: a bare field that ends at the last place of what follows, not the first."""

OTHER_WORDS: Final[Mapping[str, str]] = {
    "d": "digits",
    "int": "integer",
    "f": "number",
    "float": "number",
    "g": "number",
    "n": "number",
    "w": "word",
    "x": "hex",
    "guid": "uuid",
    "ipaddress": "ip",
    "hostname": "host",
    "iporhost": "address",
    "peer": "address",
    "notspace": "token",
    "nonspace": "token",
    "string": "token",
    "str": "token",
    "text": "rest",
    "greedydata": "greedy",
    "data": "rest",
    "any": "rest",
    "s": "spaces",
    "space": "spaces",
    "blank": "spaces",
    "date": "iso",
    "datetime": "iso",
    "ti": "iso",
    "time": "iso",
    "timestamp": "iso",
    "th": "clf",
    "httpdate": "clf",
    "ts": "syslog",
    "tc": "ctime",
}
"""What others call a type: ``parse``'s letters, and the words of other tools."""


def field_type(name: str, own: Mapping[str, FieldType]) -> FieldType | None:
    """The type of this name, the spec's own ones first; None if there is none. A name that begins
    with ``%`` is a time format; without a day in it, it is text like any other. Raises
    engine.time_formats.TimeFormatError."""
    if name.startswith("%"):
        return FieldType(name, pattern_of(name), time_format=name if has_date(name) else None)
    return own.get(name) or FIELD_TYPES.get(name)
