"""Text for a terminal: nothing that came out of a log may steer it."""

from __future__ import annotations

import re
import sys
from typing import IO, Final

from rich.console import Console

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters, escape sequences among them
    "\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # invisible ones, and those that turn text round
    "\ud800-\udfff]"
)


def visible(text: str) -> str:
    """``text`` on one line, with control and invisible characters written as escapes."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def console(file: IO[str] | None = None) -> Console:
    """A console that prints what it is given, in colour only in a terminal without NO_COLOR.
    Text of a log goes through ``visible`` and, where markup is on, ``rich.markup.escape``."""
    return Console(file=file or sys.stdout, highlight=False, emoji=False, markup=False, soft_wrap=True)


def talk(line: str) -> None:
    """One line to the person, on standard error."""
    print(f"engine: {visible(line)}", file=sys.stderr, flush=True)
