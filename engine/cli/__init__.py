"""The command line: one file a command, exit statuses and the last word about errors.

Data goes to standard output, talk to standard error. Exit status: 0 all is well, 1 problems were
found, 2 wrong usage, 3 the environment failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from engine import __version__
from engine.cli import demo, export, quarantine, run, schema, stats, trace, validate
from engine.cli.options import UsageError
from engine.cli.validate import print_diagnostics
from engine.diagnostics import EnvironmentFailure, SpecError
from engine.views.terminal import talk

PROBLEMS, USAGE, ENVIRONMENT = 1, 2, 3

_COMMANDS = (validate, run, demo, trace, stats, quarantine, export, schema)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. Wrong usage that argparse sees exits at once with 2."""
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except SpecError as error:
        print_diagnostics(error.diagnostics)
        return PROBLEMS
    except UsageError as error:
        talk(str(error))
        return USAGE
    except EnvironmentFailure as failure:
        talk(str(failure))
        return ENVIRONMENT
    except BrokenPipeError:
        # The reader of a pipe has seen enough; the interpreter must not write at its end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the edge: no traceback reaches a user without --debug
        if arguments.debug:
            traceback.print_exc()
        else:
            talk(f"this should not happen: {error!r} (--debug shows where; please report it)")
        return ENVIRONMENT


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="engine",
        description="Normalize the logs of many systems into one table of events, "
        "driven by one YAML file a system.",
        epilog="Exit status: 0 all is well, 1 problems were found, 2 wrong usage, "
        "3 the environment failed (broker, store).",
    )
    top.add_argument("--version", action="version", version=f"Logloom {__version__}")
    top.add_argument("--debug", action="store_true", help="show tracebacks and client logs")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return top
