"""``engine schema``: the JSON Schemas, for editors and for readers of exports."""

from __future__ import annotations

import argparse
import json
import sys

from engine.cli.options import Commands
from engine.spec import event_schema, spec_schema


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    text = "print the JSON Schema of a spec or of an event"
    parser = commands.add_parser("schema", help=text, description=f"{text.capitalize()}.")
    parser.add_argument(
        "what", nargs="?", choices=("spec", "event"), default="spec", help="default: %(default)s"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it."""
    schema = event_schema() if arguments.what == "event" else spec_schema()
    sys.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    return 0
