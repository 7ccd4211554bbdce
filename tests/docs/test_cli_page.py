"""The command reference is what the commands say of themselves.

``make golden`` writes it anew (never in CI).
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from command_reference import commands, page, summary

ROOT = Path(__file__).resolve().parents[2]
UPDATE = bool(os.environ.get("LOGLOOM_UPDATE")) and not os.environ.get("CI")
MARKED = re.compile(r"(<!-- commands -->\n).*(<!-- end of commands -->)", re.DOTALL)


def test_the_page_is_what_help_says() -> None:
    file = ROOT / "docs" / "cli.md"
    if UPDATE:
        file.write_text(page())
    assert file.read_text() == page()


def test_the_readme_lists_the_commands() -> None:
    file = ROOT / "README.md"
    written = MARKED.sub(lambda found: f"{found[1]}{summary()}\n{found[2]}", file.read_text())
    if UPDATE:
        file.write_text(written)
    assert "| `engine run` |" in written
    assert file.read_text() == written


def test_every_command_says_what_it_does() -> None:
    for words, one in commands().items():
        assert one.description, words
        for action in one._actions:
            assert action.help or isinstance(action, argparse._SubParsersAction), (
                f"{words} {action.dest}"
            )
