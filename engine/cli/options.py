"""Options that several commands share, so that one name means one thing everywhere."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, NoReturn, Protocol


class Commands(Protocol):
    """Where a command adds its parser (argparse has no public name for it)."""

    def add_parser(self, name: str, **settings: Any) -> argparse.ArgumentParser:
        """A new subcommand's parser."""


class Options(Protocol):
    """Where options are added: a parser, or a group of one."""

    def add_argument(self, *names: str, **settings: Any) -> Any:
        """A new option."""


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong with the options, like every other failure."""

    def error(self, message: str) -> NoReturn:
        """End with exit status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; but what a command does not know is told by the command, whose help
        tells more, and not by the whole program."""
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return known, rest


DEFAULT_STORE = "events.db"
DEFAULT_SYSTEMS = "systems"
COUNT_MAX = 1_000_000_000
DEFAULT_TOPIC = "raw-logs"
DEFAULT_GROUP = "logloom"
REDACT_KEY_VARIABLE = "LOGLOOM_REDACT_KEY"


class UsageError(Exception):
    """Options that do not go together or name what is not there: one line, exit status 2."""


def add_systems(parser: Options) -> None:
    """``--systems``."""
    parser.add_argument(
        "--systems",
        metavar="PATH",
        default=DEFAULT_SYSTEMS,
        help="the specs: a directory, or one file (default: %(default)s)",
    )


def add_spec_paths(parser: Options) -> None:
    """``PATH …``."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path(DEFAULT_SYSTEMS)],
        metavar="PATH",
        help=f"a spec, or a directory of specs (default: {DEFAULT_SYSTEMS}/)",
    )


def add_store(parser: Options) -> None:
    """``--store``."""
    parser.add_argument(
        "--store",
        metavar="URL",
        default=DEFAULT_STORE,
        help="the store: a path or sqlite:///path (default: %(default)s)",
    )


def add_format(parser: Options, *formats: str) -> None:
    """``--format``, the first one being the default."""
    parser.add_argument(
        "--format", choices=formats, default=formats[0], help="how to print (default: %(default)s)"
    )


def add_debug(parser: Options, *, default: bool | str) -> None:
    """``--debug``, before the command and after it alike (there without a default of its own)."""
    parser.add_argument(
        "--debug",
        action="store_true",
        default=default,
        help="show tracebacks and the Kafka client's own log",
    )


def positive(text: str) -> int:
    """The value of an option that counts something: a whole number from 1 on."""
    number = int(text)
    if not 1 <= number <= COUNT_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {COUNT_MAX:,}")
    return number


def year(text: str) -> int:
    """The value of an option that is a year, written with four digits."""
    if len(text) != 4 or not text.isdecimal() or not int(text) >= 1970:
        raise argparse.ArgumentTypeError(f"{text} is not a year from 1970 to 9999")
    return int(text)


def redact_key() -> bytes | None:
    """The key of hashes in place of values, from the environment, so that it stands in no list of
    processes; None if it is not there, which only a spec that hashes minds."""
    value = os.environ.get(REDACT_KEY_VARIABLE)
    return os.fsencode(value) if value else None


def stored_text(text: str) -> str:
    """The value of an argument that is looked for in a store, where all text is UTF-8."""
    if not text:
        raise argparse.ArgumentTypeError("empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("not UTF-8 text") from error
    return text
