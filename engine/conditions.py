"""Whether what was captured, or a JSON object, is what a spec asks for."""

from __future__ import annotations

from collections.abc import Callable

from engine.json_text import text_of
from engine.model import Condition
from engine.paths import Captures, compile_getter, value_at
from engine.spec.paths import written

Test = Callable[[Captures], bool]
"""One condition, or several, compiled."""


def holds(condition: Condition, captures: Captures) -> bool:
    """Whether the value that the condition names is what it asks for."""
    value = value_at(condition.path, captures)
    if condition.test == "present":
        return value is not None
    if condition.test == "absent":
        return value is None
    return text_of(value) in condition.values


def compile_condition(condition: Condition) -> Test:
    """``holds`` for one condition."""
    get, values = compile_getter(condition.path), frozenset(condition.values)
    if condition.test == "present":
        return lambda captures: get(captures) is not None
    if condition.test == "absent":
        return lambda captures: get(captures) is None

    def is_one_of(captures: Captures) -> bool:
        value = get(captures)
        return (value if type(value) is str else text_of(value)) in values

    return is_one_of


def in_words(condition: Condition) -> str:
    """What a condition expects."""
    name = f'key "{written(condition.path)}"'
    if condition.test == "one_of":
        return f"{name} to be " + " or ".join(f'"{value}"' for value in condition.values)
    return f"{name} to be {condition.test}"
