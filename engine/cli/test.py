"""``engine test``: samples, cases, arrival orders and round trips of specs, and what they cover."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from engine.cli.options import Commands, UsageError, add_format, add_spec_paths
from engine.cli.watching import add_watch, watch
from engine.views.terminal import console, print_json, visible

if TYPE_CHECKING:  # loaded by the command alone: it brings the store and the simulator along
    from engine.golden.checks import Check, Result
    from engine.golden.coverage import Coverage
    from engine.golden.suite import Suite

Ran = list[tuple["Check", "Result"]]


def add_to(commands: Commands) -> None:
    """Add the command's parser."""
    parser = commands.add_parser(
        "test",
        help="run the samples and cases of specs, in all arrival orders, with no server",
        description="Test specs with no server: their samples; the cases beside them (a log, and "
        "line by line what becomes of it), which must give the same however their records arrive; "
        "and records made of random values, which must give those values. Exit status 1 if one "
        "does not.",
    )
    add_spec_paths(parser)
    parser.add_argument(
        "--update",
        action="store_true",
        help="write the expected side of the cases anew, and show what changed; never in CI",
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="show what of the specs no sample and no case has exercised",
    )
    parser.add_argument(
        "--fail-under",
        metavar="PERCENT",
        type=_percent,
        help="exit status 1 if less than this is covered",
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=int,
        help="the same seed tries the same orders and values (default: 7)",
    )
    add_format(parser, "text", "json")
    add_watch(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Test and print. Raises SpecError, EnvironmentFailure, UsageError."""
    if arguments.update and os.environ.get("CI"):
        raise UsageError("--update is for people who read what changed: not where CI is set")
    if arguments.watch and arguments.update:
        raise UsageError("--update writes what --watch would see: give one of them")
    if arguments.watch:
        return watch(arguments.paths, lambda: _once(arguments))
    return _once(arguments)


def _once(arguments: argparse.Namespace) -> int:
    from engine.golden.suite import DEFAULT_SEED, load_sound_suite

    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    suite = load_sound_suite(arguments.paths, seed=seed)
    is_text = arguments.format == "text"
    updated = list(suite.update()) if arguments.update else []
    changed = [(case.expected, result) for case, result in updated if result.failures]
    ran = [(check, check.run()) for check in suite.checks()]
    wants_coverage = arguments.coverage or arguments.fail_under is not None
    coverage = suite.coverage() if wants_coverage else None
    if is_text:
        _print_changes(changed)
        _print_failures(ran)
        if coverage is not None:
            _print_coverage(coverage)
    else:
        print_json(_document(ran, coverage, [str(path) for path, _ in changed]))
    console(sys.stderr).print(_summary(suite, ran))
    is_covered = arguments.fail_under is None or (
        coverage is not None and coverage.percent >= arguments.fail_under
    )
    if not is_covered:
        console(sys.stderr).print(f"less than {arguments.fail_under:g} % is covered")
    return 0 if is_covered and not any(result.failures for _, result in ran) else 1


def _percent(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return number


# --- text ---------------------------------------------------------------------------------------


def _print_changes(changed: Sequence[tuple[Path, Result]]) -> None:
    from engine.golden.checks import failure_lines

    for path, result in changed:
        console().print(Text(f"wrote {visible(str(path))}", style="bold yellow"))
        for failure in result.failures:
            console().print("\n".join(failure_lines(failure)))


def _print_failures(ran: Ran) -> None:
    from engine.golden.checks import failure_lines

    for check, result in ran:
        if result.failures:
            console().print(Text(f"FAILED {visible(_name(check))}", style="bold red"))
        for failure in result.failures:
            console().print("\n".join(failure_lines(failure)))


def _name(check: Check) -> str:
    return f"{check.system}: {check.title}" if check.system else check.title


def _print_coverage(coverage: Coverage) -> None:
    out = console()
    out.print(
        Text(f"covered: {coverage.percent:g} % ({coverage.covered} of {len(coverage.goals)})")
    )
    for goal in coverage.missing:
        at = goal.location
        out.print(f"  {visible(at.file)}:{at.line}: not exercised: {visible(goal.title)}")


def _summary(suite: Suite, ran: Ran) -> str:
    counts = Counter(check.kind for check, _ in ran)
    orders = sum(result.runs for check, result in ran if check.kind == "orders")
    failed = sum(bool(result.failures) for _, result in ran)
    parts = [
        _count(counts["sample"], "sample"),
        f"{_count(counts['case'], 'case')} ({_count(orders, 'order')})",
        _count(counts["round trip"], "round trip"),
    ]
    found = f"{_count(failed, 'check')} failed" if failed else "all well"
    return f"{_count(len(suite.systems), 'system')}: {', '.join(parts)}: {found}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' if number != 1 else ''}"


# --- JSON ---------------------------------------------------------------------------------------


def _document(ran: Ran, coverage: Coverage | None, updated: Sequence[str]) -> dict[str, object]:
    failed = sum(bool(result.failures) for _, result in ran)
    document: dict[str, object] = {
        "passed": len(ran) - failed,
        "failed": failed,
        "checks": [_described(check, result) for check, result in ran],
        "updated": list(updated),
    }
    if coverage is not None:
        document["coverage"] = {
            "percent": coverage.percent,
            "covered": coverage.covered,
            "total": len(coverage.goals),
            "missing": [
                {
                    "system": goal.system,
                    "aspect": goal.aspect,
                    "kind": goal.kind,
                    "what": goal.what,
                    "file": goal.location.file,
                    "line": goal.location.line,
                }
                for goal in coverage.missing
            ],
        }
    return document


def _described(check: Check, result: Result) -> dict[str, object]:
    return {
        "system": check.system,
        "kind": check.kind,
        "name": check.name,
        "file": check.location.file,
        "line": check.location.line,
        "passed": not result.failures,
        "runs": result.runs,
        "failures": [
            {
                "file": one.location.file,
                "line": one.location.line,
                "message": one.message,
                "details": list(one.details),
            }
            for one in result.failures
        ],
    }
