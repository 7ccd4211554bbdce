"""``engine validate``: everything that is wrong with specs, alone and together."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.findings import print_findings, summary
from engine.cli.options import DEFAULT_SYSTEMS, Commands, add_format
from engine.diagnostics import Diagnostic
from engine.samples import check_specs
from engine.views.terminal import console


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "validate",
        help="check specs, each alone and all of them together",
        description="Check specs: their syntax, what they mean, and whether their samples give "
        "what they say. Exit status 1 if a spec must not run.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        default=[Path(DEFAULT_SYSTEMS)],
        metavar="PATH",
        help=f"a spec, or a directory of specs (default: {DEFAULT_SYSTEMS}/)",
    )
    add_format(parser, "text", "json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and print. Raises EnvironmentFailure where a path cannot be read."""
    specs = check_specs(arguments.paths)
    if arguments.format == "json":
        sys.stdout.write(_as_json(specs.diagnostics) + "\n")
    else:
        print_findings(specs.diagnostics, sys.stdout)
    kinds = sum(len(system.kinds) for system in specs.systems)
    found = summary(specs.diagnostics) or "nothing wrong"
    console(sys.stderr).print(
        f"{_count(len(specs.systems), 'system')} with {_count(kinds, 'record kind')}: {found}"
    )
    return 1 if any(one.severity == "error" for one in specs.diagnostics) else 0


def print_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Say on standard error why nothing was started."""
    print_findings(diagnostics, sys.stderr)
    console(sys.stderr).print(f"{summary(diagnostics)}: nothing was started")


def _as_json(findings: Sequence[Diagnostic]) -> str:
    described = [
        {
            "file": one.location.file,
            "line": one.location.line,
            "column": one.location.column,
            "code": one.code,
            "severity": one.severity,
            "message": one.message,
            "help": one.help,
            "notes": list(one.notes),
        }
        for one in findings
    ]
    return json.dumps(described, indent=2, ensure_ascii=False)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
