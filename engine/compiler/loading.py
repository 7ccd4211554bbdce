"""From a module's source to the function in it: what it finds there beside its own objects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import ahocorasick
import msgspec

from engine.compiler.json_doubt import NUL, is_unambiguous
from engine.compiler.leaving import Outcomes
from engine.compiler.module import CONTROL, Module
from engine.compiler.values import MISSING

Normalize = Callable[[Sequence[str], Sequence[int], bool, bool, bool], None]
"""``normalize(lines, offsets, is_long, is_escaped, is_odd)``: take texts of records, at these
offsets. Whether some are longer than an identifier may be, hold a backslash, hold a control
character."""

_FILE: Final = "<generated>"


def load(module: Module, outcomes: Outcomes, slots: int) -> Normalize:
    """The generated function, which gives what it makes to ``outcomes``. ``slots`` is the number
    of ways in which times are read."""
    namespace: dict[str, Any] = {
        **module.objects,
        "Struct": msgspec.Struct,
        "Decoder": msgspec.json.Decoder,
        "DecodeError": msgspec.DecodeError,
        "MISSING": MISSING,
        "NUL": NUL,
        "NO_GROUP": (None, None),
        "is_unambiguous": is_unambiguous,
        "find_control": CONTROL.search,
        "seen": [None] * slots,
        "instant": [None] * slots,
        "last": outcomes.last,
        "add": outcomes.rows.append,
        "event": outcomes.event,
        "detail": outcomes.detail,
        "ignored": outcomes.ignored,
        "spoil": outcomes.spoil,
        "doubt": outcomes.doubt,
        "untaken": outcomes.untaken,
        "untaken_object": outcomes.untaken_object,
        "takes_text": outcomes.takes_text,
        "takes_object": outcomes.takes_object,
        "takes_any": outcomes.takes_any,
    }
    run_source(module.source, _FILE, namespace)
    if module.units:
        _add_finder(module, namespace)
    groups = {call.found_by: (namespace[call.function], call.parameters) for call in module.groups}
    namespace["other_group"] = groups.pop(None, None)
    namespace["groups"] = groups
    return cast(Normalize, namespace["normalize"])


def run_source(source: str, file: str, namespace: dict[str, Any]) -> None:
    """Define what generated source defines; ``file`` is what tracebacks call it."""
    exec(compile(source, file, "exec"), namespace)  # noqa: S102 - our own source


def _add_finder(module: Module, namespace: dict[str, Any]) -> None:
    by_text: dict[str | None, list[object]] = {}
    for call in module.units:
        by_text.setdefault(call.found_by, []).append((namespace[call.function], call.parameters))
    namespace["always"] = tuple(by_text.pop(None, ()))
    automaton = ahocorasick.Automaton()
    for text, units in by_text.items():
        automaton.add_word(text, units[0] if len(units) == 1 else (_one_of, tuple(units)))
    automaton.make_automaton()
    namespace["find"] = automaton.iter if by_text else _find_nothing


def _one_of(line: str, offset: int, *arguments: Any) -> bool:
    """Whether one of the units takes a record."""
    *flags, units = arguments
    return any(unit(line, offset, *flags, parameters) for unit, parameters in units)


def _find_nothing(_line: str) -> tuple[()]:
    return ()
