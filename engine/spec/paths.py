"""The way to a value, as a spec writes it: ``user.name``, ``headers."User-Agent"``, ``tags[*]``."""

from __future__ import annotations

import re
from typing import Final

from engine.model import Index, Key, Path

STEPS_MAX: Final = 32

_STEP: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."\[\]]+)|\[(\*|[0-9]{1,6})\]')
_WAYS: Final = 'write a.b, a."key with . in it", a[0] or a[*].b'


class PathError(ValueError):
    """Text that is no path. ``offset`` is where, in characters; ``help`` what to write."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.help = _WAYS


def parse_path(source: str) -> Path:
    """The path that ``source`` writes down. Raises PathError."""
    steps: list[Key | Index] = []
    at = 0
    while at < len(source):
        if steps and source[at] == ".":
            at += 1
            is_key_next = True
        else:
            is_key_next = not steps
        found = _STEP.match(source, at)
        if found is None or (found[3] is None) != is_key_next:
            raise PathError(at, f'"{source}" is no path to a value')
        quoted, plain, index = found.groups()
        if index is not None:
            steps.append(Index(None if index == "*" else int(index)))
        else:
            name = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            steps.append(Key(name))
        at = found.end()
    if not steps or source.endswith("."):
        raise PathError(max(at - 1, 0), f'"{source}" is no path to a value')
    if len(steps) > STEPS_MAX:
        raise PathError(0, f"more than {STEPS_MAX} steps")
    return tuple(steps)


def written(path: Path) -> str:
    """A path as a spec writes it."""
    pieces: list[str] = []
    for step in path:
        if isinstance(step, Index):
            pieces.append(f"[{'*' if step.number is None else step.number}]")
            continue
        is_plain = step.name and not set(step.name) & set('."[]')
        escaped = step.name.replace("\\", "\\\\").replace('"', '\\"')
        name = step.name if is_plain else f'"{escaped}"'
        pieces.append(f".{name}" if pieces else name)
    return "".join(pieces)
