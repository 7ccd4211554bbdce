"""The command line: one file a command, exit statuses and the last word about errors.

Data goes to standard output, talk to standard error. Exit status: 0 all is well, 1 problems were
found, 2 wrong usage, 3 the environment failed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from engine import __version__
from engine.cli.options import OneLineParser, UsageError, add_debug
from engine.diagnostics import EnvironmentFailure, SpecError
from engine.views.terminal import talk

PROBLEMS, USAGE, ENVIRONMENT = 1, 2, 3
INTERRUPTED: Final = 130
"""What a shell shows for a command that Ctrl-C ended."""

_COMMANDS: Final = {
    "validate": "validate",
    "test": "test",
    "explain": "explain",
    "explain-code": "explain_code",
    "infer": "infer",
    "diff": "diff",
    "compile": "compile_specs",
    "run": "run",
    "demo": "demo",
    "trace": "trace",
    "stats": "stats",
    "quarantine": "quarantine",
    "export": "export",
    "schema": "schema",
}
"""The commands and their modules, in the order of the help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Wrong usage that argparse sees exits at once with 2."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(*words[:1]).parse_args(words)
    if arguments.debug:
        import logging

        logging.basicConfig(level=logging.DEBUG)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _forget_stdout()
        return 0
    except KeyboardInterrupt:
        talk("interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: no traceback reaches a user
        if arguments.debug:
            import traceback

            traceback.print_exc()
        return _last_word(error)


def _last_word(error: Exception) -> int:
    """Say what went wrong; the exit status that it has."""
    if isinstance(error, SpecError):
        from engine.cli.validate import print_diagnostics

        print_diagnostics(error.diagnostics)
        return PROBLEMS
    if isinstance(error, UsageError):
        talk(str(error))
        return USAGE
    if isinstance(error, EnvironmentFailure):
        talk(str(error))
        return ENVIRONMENT
    if isinstance(error, OSError):
        # What is read and stored has words of its own: this is what was printed.
        _forget_stdout()
        talk(f"what was printed could not be written: {error.strerror or error}")
        return ENVIRONMENT
    talk(f"this should not happen: {error!r} (--debug shows where; please report it)")
    return ENVIRONMENT


def _forget_stdout() -> None:
    """The reader of a pipe has seen enough: the interpreter must not write at its end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser(first: str = "") -> argparse.ArgumentParser:
    """The whole command line; where the ``first`` word of one is a command or ``--version``, what
    that needs, so that the modules of all other commands need not be loaded."""
    top = OneLineParser(
        prog="engine",
        description="Normalize the logs of many systems into one table of events, "
        "driven by one YAML file a system.",
        epilog="Exit status: 0 all is well, 1 problems were found, 2 wrong usage, "
        "3 the environment failed (broker, store).",
    )
    top.add_argument("--version", action="version", version=f"Logloom {__version__}")
    add_debug(top, default=False)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    is_told = first in _COMMANDS or first == "--version"
    for name, module in _COMMANDS.items():
        if name == first or not is_told:
            import_module(f"{__name__}.{module}").add_to(commands)
    for one in commands.choices.values():
        add_debug(one, default=argparse.SUPPRESS)
    return top
