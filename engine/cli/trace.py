"""``engine trace``: the life of one correlation id over all systems."""

from __future__ import annotations

import argparse
from contextlib import closing

from engine.cli.options import Commands, add_format, add_store, positive, stored_text
from engine.stores.sqlite import open_reader
from engine.views.terminal import console, print_json, talk
from engine.views.trace import LIMIT, Trace, read_trace, trace_document
from engine.views.trace_text import mentions, print_trace


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "trace",
        help="the life of one correlation id over all systems",
        description="Show the life of one correlation id over all systems: attempts, failures "
        "with their reasons, durations, gaps, and what still waits.",
    )
    parser.add_argument(
        "correlation_id",
        metavar="CORRELATION_ID",
        type=stored_text,
        help="what the events have in common",
    )
    add_store(parser)
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        default=LIMIT,
        help="show at most N events; counts and durations are those of all (default: %(default)s)",
    )
    parser.add_argument(
        "--attributes",
        action="store_true",
        help="show the events' attributes in the text too (in JSON they always are)",
    )
    add_format(parser, "text", "json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the trace; 1 if nothing has the id."""
    with closing(open_reader(arguments.store)) as reader:
        trace = read_trace(reader, arguments.correlation_id, arguments.limit)
    if not trace.found:
        talk(_not_found(trace))
        return 1
    if arguments.format == "json":
        print_json(trace_document(trace))
    else:
        print_trace(trace, console(), attributes=arguments.attributes)
    return 0


def _not_found(trace: Trace) -> str:
    line = f"nothing has the correlation id {trace.correlation_id}"
    if trace.mentions:
        line += f"; {mentions(trace)} (engine quarantine show {trace.mentions[0]})"
    if trace.near:
        line += f"; near it: {', '.join(trace.near)}"
    return line
