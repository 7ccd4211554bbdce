"""What else a spec keeps of a record: its attributes, JSON values by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping
from typing import Final

from engine.json_text import check_storable, text_of
from engine.mapped_values import Taken, compile_value, compile_when
from engine.model import FieldMapping, RecordKind
from engine.paths import ReadText, compile_getter
from engine.redaction import compile_replace
from engine.rejections import Refused

ATTRIBUTES_BYTES_MAX: Final = 64 * 1024
"""The longest JSON text of all attributes of one event, in UTF-8."""

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)
_DOUBTFUL: Final = re.compile(r"[0-9]{19}|\\u0000")
"""How JSON writes what might be beyond 64 bits or NUL: worth a closer look."""

Attributes = Callable[[Taken], Mapping[str, object]]
"""The attributes of a record. Raises Refused."""

_Value = Callable[[Taken], object]


def compile_attributes(
    kind: RecordKind, redacted: frozenset[str], redact_key: bytes | None
) -> Attributes | None:
    """The attributes of a kind, in the order of the spec; None where it keeps none.

    With ``all``, everything that was read comes first, with the value as it was read, but for the
    texts whose parts are fields themselves; then all parts of what is kept by its parts; what an
    entry says of a name counts instead. What is not there, or null, is no attribute; an empty text
    is one.
    """
    if not (kind.attributes or kind.keeps_all or kind.keeps_parts):
        return None
    spread = [compile_getter(path) for path in kind.keeps_parts]
    flat = frozenset(one.field for one in kind.readings if one.is_flat)
    entries: dict[str, list[_Value]] = {}
    for mapping in kind.attributes:
        entries.setdefault(mapping.target, []).append(_compile(mapping, redacted, redact_key))

    def attributes(taken: Taken) -> Mapping[str, object]:
        found: dict[str, object] = {}
        if kind.keeps_all:
            found = {
                name: str(value) if isinstance(value, ReadText) else value
                for name, value in taken.clean.items()
                if value is not None and name not in flat and name not in entries
            }
        for get in spread:
            found |= _parts(get(taken.clean), entries)
        for target, ways in entries.items():
            for way in ways:
                value = way(taken)
                # An empty text is kept, but where there are other ways it is no value yet.
                if value is not None and (value != "" or way is ways[-1]):
                    found[target] = value
                    break
        _check(found)
        return found

    return attributes


def _parts(value: object, but: Container[str]) -> dict[str, object]:
    inside = value.parts if isinstance(value, ReadText) else value
    if not isinstance(inside, Mapping):
        return {}
    return {
        name: str(one) if isinstance(one, ReadText) else one
        for name, one in inside.items()
        if one is not None and name not in but
    }


def _check(found: Mapping[str, object]) -> None:
    """Refuse what no store can hold."""
    try:
        written = _ENCODER.encode(found)
        length = len(written.encode())
    except (TypeError, ValueError):
        _check_each(found)
        raise
    if _DOUBTFUL.search(written):
        _check_each(found)
    if length > ATTRIBUTES_BYTES_MAX:
        message = f"{length} bytes of attributes, {ATTRIBUTES_BYTES_MAX} at most"
        raise Refused("attributes_too_long", message)


def _check_each(found: Mapping[str, object]) -> None:
    for name, value in found.items():
        check_storable(name, "the name of an attribute")
        check_storable(value, f'attribute "{name[:60]}"')


def _compile(mapping: FieldMapping, redacted: frozenset[str], redact_key: bytes | None) -> _Value:
    value = _compile_unredacted(mapping, redacted)
    if mapping.redact is None:
        return value
    replace = compile_replace(mapping.redact, redact_key)

    def replaced(taken: Taken) -> object:
        found = value(taken)
        return found if found is None or found == "" else replace(found)

    return replaced


def _compile_unredacted(mapping: FieldMapping, redacted: frozenset[str]) -> _Value:
    is_text = mapping.values is not None or mapping.case is not None or len(mapping.sources) != 1
    if is_text:
        return compile_value(mapping, redacted, has_status=True)
    (path,) = mapping.sources
    get, absent = compile_getter(path), frozenset(mapping.absent)
    test = compile_when(mapping.when, has_status=True) if mapping.when else None

    def value(taken: Taken) -> object:
        if test is not None and not test(taken):
            return None
        found = get(taken.captures)
        if found is None or (absent and text_of(found) in absent):
            return None
        found = get(taken.clean)
        return str(found) if isinstance(found, ReadText) else found

    return value
