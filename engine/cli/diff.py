"""``engine diff``: which records a change of specs loses, gains or gives to another kind."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from engine.cli.options import Commands, add_format, add_systems
from engine.cli.revisions import specs_of
from engine.diagnostics import SpecError
from engine.model import System
from engine.proofs.differences import Difference, find_differences
from engine.proofs.exclusive import Claim, check_exclusive, shown
from engine.spec import load_systems
from engine.views.terminal import console, visible

_COLOURS = {"lost": "bold red", "moved": "bold yellow", "gained": "bold green"}


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "diff",
        help="which records a change of specs loses, gains or moves",
        description="Compare two sets of specs by the records they accept: lost (accepted before "
        "and not now), gained, or moved to another record kind or system, with a shortest record "
        "each. Nothing printed is the proof that every record goes where it went. Exit status 1 "
        "if any are lost.",
    )
    parser.add_argument("old", metavar="OLD", help="a directory of specs, or a git revision")
    parser.add_argument(
        "new",
        metavar="NEW",
        nargs="?",
        default=None,
        help="the same (default: the specs as they are, see --systems)",
    )
    add_systems(parser)
    add_format(parser, "text", "json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print. Raises SpecError, UsageError, EnvironmentFailure."""
    systems = Path(arguments.systems)
    with (
        specs_of(arguments.old, systems) as old,
        specs_of(arguments.new or str(systems), systems) as new,
    ):
        found = find_differences(_sound(old), _sound(new))
    if arguments.format == "json":
        sys.stdout.write(_as_json(found) + "\n")
    else:
        _print(found)
    return 1 if any(one.change == "lost" for one in found) else 0


def _sound(path: Path) -> tuple[System, ...]:
    """The specs there. Raises SpecError also where two of them claim one record: whose such a
    record was nobody could say."""
    systems = load_systems([path])
    findings = check_exclusive(systems)
    if findings:
        raise SpecError(findings)
    return systems


def _print(found: Sequence[Difference]) -> None:
    out = console()
    for one in found:
        text = Text(f"{one.change:<7}", style=_COLOURS[one.change])
        text.append(" ").append(_kinds(one), style="bold")
        claim = one.before or one.after
        assert claim is not None
        text.append(f"\n        {visible(shown(one.witness, claim))}", style="default")
        out.print(text)
    counts = ", ".join(
        f"{sum(one.change == change for one in found)} {change}" for change in _COLOURS
    )
    said = counts if found else "every record goes where it went"
    console(sys.stderr).print(said)


def _kinds(one: Difference) -> str:
    if one.change == "moved":
        return f"from {_name(one.before)} to {_name(one.after)}"
    return _name(one.before or one.after)


def _name(claim: Claim | None) -> str:
    return claim.name if claim is not None else ""


def _as_json(found: Sequence[Difference]) -> str:
    described = [
        {
            "change": one.change,
            "before": one.before and one.before.name,
            "after": one.after and one.after.name,
            "record": one.witness,
        }
        for one in found
    ]
    return json.dumps(described, indent=2, ensure_ascii=False)
