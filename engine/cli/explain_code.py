"""``engine explain-code``: the page of a finding's code, or of a reason of the quarantine."""

from __future__ import annotations

import argparse
from typing import Final

from rich.console import Console
from rich.text import Text

from engine.cli.options import Commands, UsageError
from engine.diagnostics import CODES
from engine.rejections import REASONS
from engine.resources import resource
from engine.views.terminal import console

_PAGES: Final = "docs/diagnostics"
_INDEX: Final = "README"
_FENCE: Final = "```"


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "explain-code",
        help="what a code of a finding, or a reason of the quarantine, means",
        description="Print the page of a code that `engine validate` names, or of a reason that "
        "`engine quarantine list` names: what it means, a wrong example and the right one, and "
        "why it is so. Without a code: the list of all.",
    )
    parser.add_argument("code", nargs="?", metavar="CODE", help="such as E201, or no_match")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the page. Raises UsageError for a code that does not exist."""
    page = _INDEX if arguments.code is None else _known(arguments.code)
    text = (resource(_PAGES) / f"{page}.md").read_text(encoding="utf-8")
    _print_page(text, console())
    return 0


def _known(code: str) -> str:
    """The code as it is written. Raises UsageError."""
    known = {one.casefold(): one for one in (*CODES, *REASONS)}
    found = known.get(code.casefold())
    if found is None:
        from engine.spec.findings import did_you_mean

        otherwise = "`engine explain-code` lists them"
        near = did_you_mean(code.casefold(), known, otherwise)
        raise UsageError(f'there is no code "{code}": {_as_written(near, known)}')
    return found


def _as_written(near: str, known: dict[str, str]) -> str:
    for folded, written in known.items():
        near = near.replace(f'"{folded}"', f'"{written}"')
    return near


def _print_page(page: str, screen: Console) -> None:
    """The page as it stands in the file: headings and examples have a colour in a terminal."""
    in_example = False
    for line in page.splitlines():
        is_fence = line.startswith(_FENCE)
        style = ""
        if in_example or is_fence:
            style = "dim" if is_fence else "cyan"
        elif line.startswith("#"):
            style = "bold"
        in_example ^= is_fence
        screen.print(Text(line, style=style))
