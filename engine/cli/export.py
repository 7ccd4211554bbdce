"""``engine export``: the events table as CSV or JSON lines."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Protocol

from engine.cli.options import Commands, UsageError, add_store, stored_text
from engine.diagnostics import EnvironmentFailure
from engine.model import STATUSES
from engine.stores.sqlite import open_reader, store_path
from engine.views.export import Selection, csv_lines, json_lines
from engine.views.terminal import visible

_FORMATS: Final = {"csv": csv_lines, "jsonl": json_lines}


class _Out(Protocol):
    """What lines are written to."""

    def write(self, data: bytes, /) -> object:
        """Take bytes."""


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "export",
        help="the events table as CSV or JSON lines",
        description="Write the events table, ordered by position, so that the same records give "
        "the same file. In CSV a cell that a spreadsheet could take for a formula begins with "
        "an apostrophe.",
    )
    add_store(parser)
    parser.add_argument("--format", choices=tuple(_FORMATS), required=True, help="how to write")
    parser.add_argument(
        "--out",
        metavar="PATH",
        default="-",
        help="the file to write, replaced when it is whole; - is standard output (the default)",
    )
    parser.add_argument("--system", metavar="NAME", type=stored_text, help="only this system")
    parser.add_argument("--status", choices=STATUSES, help="only this status")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the events."""
    selection = Selection(arguments.system, arguments.status)
    with closing(open_reader(arguments.store)) as reader:
        lines = _FORMATS[arguments.format](reader, selection)
        if arguments.out == "-":
            _to_standard_output(lines)
        else:
            _to_file(lines, Path(arguments.out), store_path(arguments.store))
    return 0


def _to_standard_output(lines: Iterable[str]) -> None:
    if sys.stdout.isatty():
        for line in lines:  # a person looks: nothing that came out of a log may steer the terminal
            sys.stdout.write(visible(line.rstrip("\r\n")) + "\n")
    else:
        _write(lines, sys.stdout.buffer)
    sys.stdout.flush()


def _write(lines: Iterable[str], out: _Out) -> None:
    for line in lines:
        out.write(line.encode())


def _to_file(lines: Iterable[str], path: Path, store: Path) -> None:
    if path.exists() and path.samefile(store):
        raise UsageError(f"{path} is the store itself; name another file to write to")
    with _failures_as_one_line(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as out:  # a pipe or a device cannot be replaced
                _write(lines, out)
            return
        target = path.resolve()  # a link stays one, and what it names is replaced
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("xb") as out:
                _write(lines, out)
                out.flush()
                os.fsync(out.fileno())
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _failures_as_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFailure(f"cannot write {path}: {error.strerror or error}") from error
