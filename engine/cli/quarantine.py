"""``engine quarantine``: what nothing could be made of, and why."""

from __future__ import annotations

import argparse
from contextlib import closing

from engine.cli.options import Commands, add_format, add_store, positive, stored_text
from engine.rejections import REASONS
from engine.stores.sqlite import open_reader
from engine.views.quarantine import (
    GROUPS_MAX,
    groups_document,
    read_groups,
    read_record,
    record_document,
)
from engine.views.quarantine_text import print_groups, print_record
from engine.views.terminal import console, print_json, talk


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "quarantine",
        help="records of which nothing could be made, and why",
        description="Look at the records of which nothing could be made: none is lost, each "
        "keeps its bytes, its position, a reason, and how far the nearest templates got.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    groups = actions.add_parser(
        "list",
        help="grouped by reason and shape",
        description="List the quarantine grouped by reason and shape, the largest group first.",
    )
    add_store(groups)
    groups.add_argument(
        "--reason",
        metavar="REASON",
        choices=sorted(REASONS),
        help=f"only this reason: {', '.join(sorted(REASONS))}",
    )
    groups.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        default=GROUPS_MAX,
        help="list at most N groups (default: %(default)s)",
    )
    add_format(groups, "text", "json")
    groups.set_defaults(run=run_list)
    record = actions.add_parser(
        "show",
        help="one record, and where each template stopped",
        description="Show one record, why it is here, and how far the nearest templates got.",
    )
    record.add_argument(
        "record_id", metavar="ID", type=stored_text, help="an id as `quarantine list` prints it"
    )
    add_store(record)
    record.add_argument("--full", action="store_true", help="all of the record, however long")
    add_format(record, "text", "json")
    record.set_defaults(run=run_show)


def run_list(arguments: argparse.Namespace) -> int:
    """Print the groups."""
    with closing(open_reader(arguments.store)) as reader:
        groups = read_groups(reader, arguments.reason, arguments.limit)
    if arguments.format == "json":
        print_json(groups_document(groups))
    else:
        print_groups(groups, console())
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print one record; 1 if the quarantine does not have it."""
    with closing(open_reader(arguments.store)) as reader:
        record = read_record(reader, arguments.record_id)
    if record is None:
        talk(f"no record {arguments.record_id} in the quarantine (`engine quarantine list`)")
        return 1
    if arguments.format == "json":
        print_json(record_document(record))
    else:
        print_record(record, console(), full=arguments.full)
    return 0
