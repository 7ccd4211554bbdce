"""Options that several commands share, so that one name means one thing everywhere."""

from __future__ import annotations

import argparse
from typing import Any, Protocol


class Commands(Protocol):
    """Where a command adds its parser (argparse has no public name for it)."""

    def add_parser(self, name: str, **settings: Any) -> argparse.ArgumentParser:
        """A new subcommand's parser."""


DEFAULT_STORE = "events.db"
DEFAULT_SYSTEMS = "systems"


class UsageError(Exception):
    """Options that do not go together or name what is not there: one line, exit status 2."""


def add_store(parser: argparse.ArgumentParser) -> None:
    """``--store``."""
    parser.add_argument(
        "--store",
        metavar="URL",
        default=DEFAULT_STORE,
        help="the store: a path or sqlite:///path (default: %(default)s)",
    )


def add_format(parser: argparse.ArgumentParser, *formats: str) -> None:
    """``--format``, the first one being the default."""
    parser.add_argument(
        "--format", choices=formats, default=formats[0], help="how to print (default: %(default)s)"
    )
