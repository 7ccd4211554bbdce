"""Find the value that a path leads to, in what was captured or in a JSON object."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.model import Key, Path

Captures = Mapping[str, object]
"""What a record kind took: values by field or key."""

Getter = Callable[[Captures], object]
"""The value at one path; None where there is none."""


class ReadText(str):
    """A captured text with the parts that a further reading found in it. It is the text wherever
    the text is asked for; a path that goes on below it leads into the parts."""

    __slots__ = ("parts",)
    parts: object

    @classmethod
    def of(cls, text: str, parts: object) -> ReadText:
        """The text with its parts: an object or an array."""
        made = cls(text)
        made.parts = parts
        return made


def value_at(path: Path, captures: Captures) -> object:
    """The value that ``path`` leads to; None where there is none, or null.

    ``[*]`` is the first element for which the rest of the path leads to a value. Every value is
    looked at once for each step at most, so the time is linear in what was captured.
    """
    return _below(path, 0, captures)


def compile_getter(path: Path) -> Getter:
    """``value_at`` for one path; most paths are one key."""
    first = path[0]
    if len(path) == 1 and isinstance(first, Key):
        name = first.name
        return lambda captures: captures.get(name)
    return lambda captures: _below(path, 0, captures)


def _below(path: Path, at: int, value: object) -> object:
    while at < len(path):
        step = path[at]
        at += 1
        if isinstance(value, ReadText):
            value = value.parts
        if isinstance(step, Key):
            value = value.get(step.name) if isinstance(value, Mapping) else None
        elif not isinstance(value, list):
            return None
        elif step.number is None:
            found = (_below(path, at, element) for element in value)
            return next((one for one in found if one is not None), None)
        else:
            value = value[step.number] if 0 <= step.number < len(value) else None
    return value
