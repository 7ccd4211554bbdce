"""``engine explain``: what becomes of a record, and why."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.cli.explain_document import explanation_document
from engine.cli.explain_text import print_explanation
from engine.cli.options import Commands, add_format, add_systems, redact_key
from engine.diagnostics import EnvironmentFailure
from engine.explaining import explain
from engine.interpreter import compile_normalizer
from engine.model import Record, Rejection
from engine.sources.framing import RECORD_BYTES_MAX, new_framer
from engine.spec import load_systems
from engine.views.amounts import counted
from engine.views.terminal import console, talk

MISSES_MAX: Final = 5
"""How many record kinds that do not accept a record are told, unless all are asked for."""

STANDARD_INPUT: Final = "-"
_CHUNK_BYTES: Final = 1 << 16


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "explain",
        help="what becomes of a record, and why",
        description="Tell what becomes of a record: the record kind that takes it, what it reads, "
        "and the event that comes of it; or how far each record kind got and what it expected "
        "there. A time without a year is taken to be of the last twelve months. Exit status 1 if a "
        "record would be quarantined.",
    )
    parser.add_argument(
        "record",
        metavar="RECORD|-",
        help="a record; or - for records from standard input, one a line",
    )
    add_systems(parser)
    parser.add_argument(
        "--all",
        action="store_true",
        help=f"every record kind that does not accept it, not only the nearest {MISSES_MAX}",
    )
    add_format(parser, "text", "json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain each record as it comes. Raises SpecError, EnvironmentFailure."""
    normalizer = compile_normalizer(
        load_systems([Path(arguments.systems)]), redact_key=redact_key()
    )
    screen = console()
    misses_max = sys.maxsize if arguments.all else MISSES_MAX
    records = 0
    reasons: dict[str, int] = {}
    for record in _records(arguments.record):
        # A record is asked about when it was logged not long ago: that tells the year it may lack.
        record.written_us = time.time_ns() // 1000
        explanation = explain(normalizer, record)
        if arguments.format == "json":
            sys.stdout.write(json.dumps(explanation_document(explanation)) + "\n")
        else:
            if records:
                screen.print()
            print_explanation(explanation, screen, misses_max)
        records += 1
        if isinstance(explanation.outcome, Rejection):
            reason = explanation.outcome.reason
            reasons[reason] = reasons.get(reason, 0) + 1
    if arguments.format == "text":
        sys.stdout.flush()
        _last_lines(records, reasons)
    return 1 if reasons else 0


def _last_lines(records: int, reasons: dict[str, int]) -> None:
    """The sum of many records, and where more is told about what went wrong."""
    quarantined = sum(reasons.values())
    if records != 1:
        talk(f"{counted(records, 'record')}, {quarantined:,} would be quarantined")
    for reason in reasons:
        talk(f"`engine explain-code {reason}` tells more")


def _records(argument: str) -> Iterator[Record]:
    """The record that is the argument, or those of standard input. Raises EnvironmentFailure."""
    if argument != STANDARD_INPUT:
        value = os.fsencode(argument)
        yield Record("argument", 0, len(value), value)
        return
    if sys.stdin is None:
        raise EnvironmentFailure("standard input is closed")
    framer = new_framer("lines", "stdin", RECORD_BYTES_MAX)
    try:
        while data := os.read(sys.stdin.fileno(), _CHUNK_BYTES):
            yield from framer.feed(data)
    except OSError as error:
        raise EnvironmentFailure(f"standard input cannot be read: {error.strerror}") from error
    yield from framer.end()
