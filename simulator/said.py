"""What a record holds, and the values that paths and conditions find in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.model import Condition, Key, Path

_STATUS: Final = (Key("status"),)


@dataclass(slots=True)
class Said:
    """What a record holds: its fields or keys, and the parts of texts that are read further, by the
    ways to these texts."""

    fields: Mapping[str, object]
    parts: Mapping[Path, object] = field(default_factory=dict)

    def at(self, path: Path) -> object:
        """The value that a path leads to; None where there is none."""
        if not self.parts:
            first = path[0]
            if len(path) == 1 and isinstance(first, Key):
                return self.fields.get(first.name)
            return _below(self.fields, path)
        text = self.text_above(path)
        return _below(self.parts[text], path[len(text) :]) if text else _below(self.fields, path)

    def inside(self, path: Path) -> object:
        """The parts of the text that a path leads to, or the value itself."""
        return self.parts[path] if path in self.parts else self.at(path)

    def text_above(self, path: Path) -> Path:
        """The way to the text in whose parts the path ends; empty where it is in none."""
        above = [path[:length] for length in range(len(path) - 1, 0, -1)]
        return next((one for one in above if one in self.parts), ())


def _below(value: object, path: Path) -> object:
    for index, step in enumerate(path):
        if isinstance(step, Key):
            value = value.get(step.name) if isinstance(value, Mapping) else None
        elif not isinstance(value, list):
            return None
        elif step.number is None:
            found = [_below(one, path[index + 1 :]) for one in value]
            return next((one for one in found if one is not None), None)
        else:
            value = value[step.number] if step.number < len(value) else None
    return value


def text_of(value: object) -> str | None:
    """A value as conditions and maps see it; None for what has no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else None


def holds(condition: Condition, said: Said, status: str | None = None) -> bool:
    """Whether what was captured is what the condition asks for. ``status`` counts for a condition
    on the event's."""
    value = status if status is not None and condition.path == _STATUS else said.at(condition.path)
    if condition.test == "one_of":
        return value is not None and text_of(value) in condition.values
    return (value is not None) == (condition.test == "present")
