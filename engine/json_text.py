"""Decode a record that begins like a JSON object, refusing what has no one reading.

Python's ``json`` accepts more than JSON: the last of two equal keys wins, ``NaN`` and ``1e999``
become floats, a deep nesting raises ``RecursionError`` and a long integer ``ValueError``. Each of
these is refused here with a reason of its own.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

from engine.rejections import Refused

DEPTH_MAX: Final = 100
"""Levels of objects and arrays in one record."""

_KEY_CHARS_SHOWN = 60

# One that has no end runs to the end of the text, so that no place is looked at twice.
_STRING = re.compile(r'"(?>[^"\\]++|\\.)*+"?', re.DOTALL)
_INT64_DIGITS_MAX = 20


class HugeInteger:
    """An integer too long to be worth converting; out of range wherever it is read."""


def decode_object(text: str) -> dict[str, object]:
    """The JSON object that ``text`` is. Raises Refused."""
    decoded = decode_value(text)
    assert isinstance(decoded, dict)  # the caller saw the brace
    return decoded


def decode_value(text: str) -> object:
    """The JSON value that ``text`` is. Raises Refused."""
    _check_depth(text)
    try:
        decoded: object = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise Refused("invalid_json", f"{error.msg.removesuffix(' at')} at {place}") from error
    return decoded


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= DEPTH_MAX:
        return
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH_MAX:
            raise Refused("json_too_deep", f"nests deeper than {DEPTH_MAX} levels")


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        twice = json.dumps(_first_twice(pairs))
        raise Refused("json_duplicate_key", f"the key {twice[:_KEY_CHARS_SHOWN]} occurs twice")
    return unique


def _first_twice(pairs: list[tuple[str, object]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    return key


def _refuse_constant(name: str) -> object:
    raise Refused("json_not_finite", f"{name} is not a number in JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Refused("json_not_finite", f"{digits[:40]} is beyond what a number can hold")
    return value


def _integer(digits: str) -> int | HugeInteger:
    return int(digits) if len(digits) <= _INT64_DIGITS_MAX else HugeInteger()


# One for all: the json module would make another for each text.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_constant=_refuse_constant,
    parse_float=_finite,
    parse_int=_integer,
)


INT64: Final = range(-(2**63), 2**63)
"""The integers that a store can hold."""


def check_storable(value: object, name: str) -> None:
    """Refuse a JSON value of which a store cannot hold all: ``name`` says whose it is. The value
    may be nested in any way; every part is looked at once. Raises Refused."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            check_text(one, name)
        elif isinstance(one, dict):
            left += one.keys()
            left += one.values()
        elif isinstance(one, list):
            left += one
        elif isinstance(one, float):
            if not math.isfinite(one):
                raise Refused("json_not_finite", f"{name} is beyond what a number can hold")
        else:
            check_integer(one, name)


def check_integer(value: object, name: str) -> None:
    """Refuse an integer that does not fit 64 bits; anything else is none. Raises Refused."""
    if isinstance(value, HugeInteger) or (type(value) is int and value not in INT64):
        raise Refused("integer_out_of_range", f"{name} does not fit 64 bits")


def check_text(text: str, name: str) -> None:
    """Refuse text that no store can bind. Raises Refused."""
    if "\0" in text:
        raise Refused("nul_character", f"{name} holds a NUL character")
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused("lone_surrogate", f"{name} holds half a character") from error


def text_of(value: object) -> str | None:
    """A JSON value as conditions and maps see it; None for what has no text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else None
