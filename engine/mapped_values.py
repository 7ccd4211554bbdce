"""One value of an event: from what was captured, through a mapping of the spec, to text.

Values are checked before they reach a store, so that one record cannot poison its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.conditions import compile_condition
from engine.json_text import check_integer, check_text, text_of
from engine.model import Condition, FieldMapping, Key, Path, first_key
from engine.paths import Captures, Getter, compile_getter
from engine.redaction import MASK
from engine.rejections import Refused
from engine.value_maps import NoEntry, look_up

IDENTIFIER_CHARS_MAX: Final = 1024
"""The longest checkpoint or correlation id, in characters."""

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")
_STATUS: Final = (Key("status"),)
_TYPES: Final = {bool: "a boolean", float: "a fraction", list: "an array", dict: "an object"}


@dataclass(slots=True)
class Taken:
    """A record that a kind took. ``clean`` is ``captures`` with what the spec redacts replaced:
    what leaves the engine is taken of it, what is only asked about of ``captures``. ``status`` is
    the event's; None before it is known."""

    captures: Captures
    clean: Captures
    status: str | None = None


Value = Callable[[Taken], str | None]
"""The text for one event field; None where the record has no value for it. Raises Refused."""

Test = Callable[[Taken], bool]


def first_value(values: Sequence[Value]) -> Value:
    """Several ways to one value: the first that gives one counts."""
    if len(values) == 1:
        return values[0]

    def value(taken: Taken) -> str | None:
        for one in values:
            found = one(taken)
            if found is not None:
                return found
        return None

    return value


def compile_value(mapping: FieldMapping, redacted: frozenset[str], *, has_status: bool) -> Value:
    """One way to the text for an event field. ``redacted`` are the fields and keys of which the
    spec redacts a part; ``has_status`` tells that the kind makes events, so that ``status`` in
    ``when`` is the event's."""
    value = _compile_source(mapping, redacted)
    if not mapping.when:
        return value
    test = compile_when(mapping.when, has_status=has_status and mapping.target != "status")
    return lambda taken: value(taken) if test(taken) else None


def compile_when(conditions: Sequence[Condition], *, has_status: bool) -> Test:
    """Whether all conditions hold."""
    of_status = [one for one in conditions if has_status and one.path == _STATUS]
    on_status = [compile_condition(one) for one in of_status]
    others = [compile_condition(one) for one in conditions if one not in of_status]

    def test(taken: Taken) -> bool:
        if on_status and not all(one({"status": taken.status}) for one in on_status):
            return False
        return all(one(taken.captures) for one in others)

    return test


def _compile_source(mapping: FieldMapping, redacted: frozenset[str]) -> Value:
    if not mapping.sources:
        constant = mapping.constant
        return lambda _: constant
    pieces = [_compile_piece(mapping, path, redacted) for path in mapping.sources]
    is_secret = any(first_key(path) in redacted for path in mapping.sources)
    finish = _compile_finish(mapping, is_secret=is_secret)
    if len(pieces) == 1:
        (piece,) = pieces
        if mapping.values is None and mapping.case is None and not mapping.absent and not is_secret:
            return _compile_plain_text(mapping, piece, finish)

        def value(taken: Taken) -> str | None:
            text = piece(taken)
            return None if text is None else finish(text)

        return value

    def joined(taken: Taken) -> str | None:
        texts = [one(taken) for one in pieces]
        given = [one for one in texts if one is not None]
        return finish(" ".join(given)) if len(given) == len(texts) else None

    return joined


def _compile_plain_text(
    mapping: FieldMapping, piece: Value, finish: Callable[[str], str | None]
) -> Value:
    """The value as it is. Most are short ASCII text, which needs no check but for NUL."""
    get = compile_getter(mapping.sources[0])

    def value(taken: Taken) -> str | None:
        found = get(taken.captures)
        if found is None:
            return None
        if type(found) is str and 0 < len(found) <= IDENTIFIER_CHARS_MAX:
            return found if found.isascii() and "\0" not in found else finish(found)
        text = piece(taken)
        return None if text is None else finish(text)

    return value


def _compile_piece(mapping: FieldMapping, path: Path, redacted: frozenset[str]) -> Value:
    """The text at one path; None for what is absent, null, empty, or means that."""
    get, absent = compile_getter(path), frozenset(mapping.absent)
    plain = _compile_plain(mapping)
    # What a map makes of a redacted value is a word of the spec and gives nothing away.
    is_redacted = first_key(path) in redacted and mapping.values is None

    def piece(taken: Taken) -> str | None:
        found = get(taken.captures)
        if found is None or found == "":
            return None
        text = found if type(found) is str else plain(found)
        if text in absent:
            return None
        return _redacted(get, taken) if is_redacted else text

    def _redacted(get: Getter, taken: Taken) -> str | None:
        found = get(taken.clean)
        return None if found is None else plain(found)

    return piece


def _compile_plain(mapping: FieldMapping) -> Callable[[object], str]:
    target, has_map = mapping.target, mapping.values is not None
    takes_fractions = any(one == "epoch" or "%s" in one for one in mapping.formats)

    def plain(found: object) -> str:
        if isinstance(found, str):
            return str(found)
        check_integer(found, target)
        if isinstance(found, float) and takes_fractions:
            return repr(found)
        text = text_of(found)
        if text is None or (isinstance(found, bool) and not has_map):
            raise Refused("wrong_type", f"{target} is {_TYPES[type(found)]}, not text")
        return text

    return plain


def _compile_finish(mapping: FieldMapping, *, is_secret: bool) -> Callable[[str], str | None]:
    """Case, map and the checks."""
    target, case, values = mapping.target, mapping.case, mapping.values
    is_identifier = target in _IDENTIFIERS

    def finish(text: str) -> str | None:
        if case is not None:
            text = text.upper() if case == "upper" else text.lower()
        if values is not None:
            return _mapped(mapping, text, is_secret=is_secret)
        check_text(text, target)
        if is_identifier and len(text) > IDENTIFIER_CHARS_MAX:
            raise Refused(
                "value_too_long",
                f"{target} has {len(text)} characters, {IDENTIFIER_CHARS_MAX} at most",
            )
        return text

    return finish


def _mapped(mapping: FieldMapping, text: str, *, is_secret: bool) -> str | None:
    assert mapping.values is not None
    try:
        return look_up(mapping.values, text)
    except NoEntry:
        check_text(text, mapping.target)
        message = f'{mapping.target}: no entry for "{MASK if is_secret else shown(text)}"'
        raise Refused("unknown_value", message) from None


def shown(text: str) -> str:
    """The text, cut where it is too long for a message."""
    return text if len(text) <= 60 else text[:57] + "…"
