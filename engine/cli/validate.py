"""``engine validate``: everything that is wrong with specs, alone and together."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.cli.findings import print_findings, summary
from engine.cli.findings_formats import as_github, as_json, as_sarif
from engine.cli.options import Commands, add_spec_paths
from engine.cli.watching import add_watch, watch
from engine.diagnostics import Diagnostic
from engine.samples import check_specs
from engine.views.terminal import console

_RENDERERS: Final[Mapping[str, Callable[[Sequence[Diagnostic]], str]]] = {
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "validate",
        help="check specs, each alone and all of them together",
        description="Check specs: their syntax, what they mean, and whether their samples give "
        "what they say. Exit status 1 if a spec must not run.",
    )
    add_spec_paths(parser)
    parser.add_argument(
        "--format",
        choices=("text", *_RENDERERS),
        help="how to print: for people, as JSON, as annotations of GitHub Actions, as SARIF 2.1.0 "
        "(default: text; github where GITHUB_ACTIONS is true)",
    )
    add_watch(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and print. Raises EnvironmentFailure where a path cannot be read."""
    if arguments.watch:
        return watch(arguments.paths, lambda: _once(arguments))
    return _once(arguments)


def _once(arguments: argparse.Namespace) -> int:
    specs = check_specs(arguments.paths)
    chosen = arguments.format or _default_format()
    if chosen == "text":
        print_findings(specs.diagnostics, sys.stdout)
    elif written := _RENDERERS[chosen](specs.diagnostics):
        sys.stdout.write(written + "\n")
    kinds = sum(len(system.kinds) for system in specs.systems)
    found = summary(specs.diagnostics) or "nothing wrong"
    console(sys.stderr).print(
        f"{_count(len(specs.systems), 'system')} with {_count(kinds, 'record kind')}: {found}"
    )
    if chosen == "text":
        _tell_more(specs.diagnostics)
    return 1 if any(one.severity == "error" for one in specs.diagnostics) else 0


def print_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Say on standard error why nothing was started."""
    print_findings(diagnostics, sys.stderr)
    console(sys.stderr).print(f"{summary(diagnostics)}: nothing was started")
    _tell_more(diagnostics)


def _tell_more(findings: Sequence[Diagnostic]) -> None:
    """Where the pages of the codes are, once."""
    if findings:
        console(sys.stderr).print(f"`engine explain-code {findings[0].code}` tells more")


def _default_format() -> str:
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number != 1 else ''}"
