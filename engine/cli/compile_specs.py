"""``engine compile``: what a run makes of the specs before the first record."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.options import Commands, add_systems, redact_key
from engine.samples import load_checked
from engine.views.amounts import counted
from engine.views.terminal import talk


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "compile",
        help="show the Python that a run generates from the specs",
        description="Generate the Python that a run normalizes records with, as a run does before "
        "the first record. It says which record kinds are left to the slower reference, and with "
        "--show it prints the source, with the file and line of the spec above what comes from it.",
    )
    add_systems(parser)
    parser.add_argument("--show", action="store_true", help="print the generated source")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compile, and print."""
    from engine.compiler import compile_normalizer

    systems = load_checked([Path(arguments.systems)])
    normalizer = compile_normalizer(systems, redact_key())
    if arguments.show:
        sys.stdout.write(normalizer.source)
    lines = normalizer.source.count("\n")
    known = (
        f"{counted(len(systems), 'system')} with {counted(len(normalizer.kinds), 'record kind')}"
    )
    talk(f"{known}: {counted(lines, 'line')} of Python")
    if left := normalizer.left_to_reference:
        talk(f"left to the reference: {', '.join(left)}")
    return 0
