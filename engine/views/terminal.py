"""Text for a terminal: nothing that came out of a log may steer it."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # loaded where a console is asked for: one line on standard error needs none
    from rich.console import Console, RenderableType

UNBOUNDED_COLUMNS: Final = 10_000
"""How wide a pipe is: a row stays one line there, whatever it holds."""


def visible(text: str) -> str:
    """``text`` on one line, with what does not print (control characters, escape sequences, line
    breaks, invisible characters and those that turn text round) written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def console(file: IO[str] | None = None) -> Console:
    """A console that prints what it is given, in colour only in a terminal without NO_COLOR.
    Text of a log goes through ``visible``; markup is off. A file or a pipe has no width, unless
    COLUMNS gives it one."""
    from rich.console import Console

    out = file or sys.stdout
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")  # a locale without Unicode still gets it all
    unbounded = not out.isatty() and "COLUMNS" not in os.environ
    return Console(
        file=out,
        width=UNBOUNDED_COLUMNS if unbounded else None,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=True,
    )


def show(screen: Console, content: RenderableType, *, indent: int = 0) -> None:
    """Print ``content`` without the blanks that fill up the lines of a table."""
    with screen.capture() as captured:
        screen.print(content, width=max(screen.width - indent, 1), soft_wrap=False)
    for line in captured.get().splitlines():
        screen.file.write(f"{' ' * indent}{line}".rstrip() + "\n")


def print_json(document: Any) -> None:
    """A document for programs, on standard output; ASCII, so that no terminal obeys it."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def talk(line: str) -> None:
    """One line to the person, on standard error."""
    sys.stderr.write(f"engine: {visible(line)}\n")
    sys.stderr.flush()
