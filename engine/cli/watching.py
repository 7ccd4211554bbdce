"""``--watch``: run a check again whenever the files that it looks at change."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.cli.findings import print_findings
from engine.cli.options import Options
from engine.diagnostics import EnvironmentFailure, SpecError
from engine.views.terminal import talk


def add_watch(parser: Options) -> None:
    """``--watch``."""
    parser.add_argument(
        "--watch", action="store_true", help="run again whenever a file changes, until Ctrl-C"
    )


def watch(paths: Sequence[Path], check: Callable[[], int]) -> int:
    """Run ``check`` now and after each change below ``paths``, until Ctrl-C; exit status 0.

    Raises EnvironmentFailure where a path does not exist when it begins.
    """
    from watchfiles import watch as changes_of

    for path in paths:
        if not path.exists():
            raise EnvironmentFailure(f"{path} does not exist: there is nothing to watch")
    _once(check)
    # A file is often replaced when it is saved, so it is its directory that is watched.
    folders = {path if path.is_dir() else path.parent for path in paths}
    for _ in changes_of(*folders, raise_interrupt=False):
        talk(f"{time.strftime('%H:%M:%S')} changed, again:")
        _once(check)
    return 0


def _once(check: Callable[[], int]) -> None:
    """One run: whatever it finds, the next change may mend it."""
    try:
        check()
    except SpecError as error:
        print_findings(error.diagnostics, sys.stderr)
    except EnvironmentFailure as failure:
        talk(str(failure))
