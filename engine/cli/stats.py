"""``engine stats``: what the store holds, and whether every record is accounted for."""

from __future__ import annotations

import argparse
from contextlib import closing

from engine.cli.options import Commands, add_format, add_store
from engine.stores.sqlite import open_reader
from engine.views.stats import read_stats, stats_document
from engine.views.stats_text import print_stats
from engine.views.terminal import console, print_json


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "stats",
        help="counts, and the sum that accounts for every record",
        description="Count events per system and template, failures by reason, joins, the "
        "quarantine and streams, and show that every record read is accounted for: "
        "read = events + details joined + details waiting + duplicates + ignored + quarantined.",
    )
    add_store(parser)
    add_format(parser, "text", "json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the counts; 1 if the two sides of the sum differ."""
    with closing(open_reader(arguments.store)) as reader:
        stats = read_stats(reader)
    if arguments.format == "json":
        print_json(stats_document(stats))
    else:
        print_stats(stats, console())
    return 0 if stats.balanced else 1
