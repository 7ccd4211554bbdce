"""`engine demo`: all of it on this machine, with no server."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from engine.cli.options import DEFAULT_STORE, Commands, UsageError, positive
from engine.cli.run_progress import in_words
from engine.views.amounts import counted
from engine.views.stats import read_stats
from engine.views.stats_text import print_stats
from engine.views.terminal import console, talk, visible
from engine.views.trace import read_trace
from engine.views.trace_text import print_trace

if TYPE_CHECKING:
    from engine.demo import Ledger, Play

FLOWS: Final = 2000
SEED: Final = 7
FAULTS: Final = "reorder=20,delay=0.01,junk=0.002"
_PLAIN_SECONDS: Final = 2.0
"""Between two plain lines."""


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "demo",
        help="all of it on this machine with no server, in seconds",
        description="Simulate flows through several systems, send their records through a Kafka "
        "broker inside this process, normalize them into a store, compare the store with what "
        "the simulator says, and show a trace and the sums.",
    )
    parser.add_argument(
        "--flows",
        metavar="N",
        type=positive,
        default=FLOWS,
        help="how many flows to simulate (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        type=int,
        default=SEED,
        help="the same seed gives the same records (default: %(default)s)",
    )
    parser.add_argument(
        "--faults",
        metavar="SPEC",
        default=FAULTS,
        help="what goes wrong on the way, like drop=0.01,duplicate=0.02; all, or none "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="a store that is not there yet (default: one in a new temporary directory)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Perform, compare, show; 1 if the store and the simulator disagree."""
    from engine.demo import Play, Scene, parse_faults, perform, telling_correlation_id
    from engine.stores.sqlite import open_reader

    try:
        faults = parse_faults(arguments.faults)
    except ValueError as error:
        raise UsageError(str(error)) from None
    store = _new_store(arguments.store)
    talk(
        f"{counted(arguments.flows, 'flow')} through simulated systems, "
        f"seed {arguments.seed}, faults {arguments.faults}"
    )
    play, began = Play(), time.monotonic()
    with _progress(play, arguments.flows) as show:
        ledger = perform(Scene(arguments.flows, arguments.seed, faults, store), play, show, talk)
    with closing(open_reader(store)) as reader:
        talk(f"{in_words(play.totals)}, in {time.monotonic() - began:.1f} s")
        disagreements = ledger.disagreements(reader)
        _tell_comparison(ledger, disagreements)
        correlation_id = telling_correlation_id(reader)
        screen = console()
        _title(f"trace {correlation_id}")
        print_trace(read_trace(reader, correlation_id), screen)
        screen.file.flush()
        _title("stats")
        print_stats(read_stats(reader), screen)
    _tell_next(store, correlation_id)
    return 1 if disagreements else 0


def _tell_comparison(ledger: Ledger, disagreements: Sequence[str]) -> None:
    for line in disagreements:
        talk(f"the table and the simulator's ledger disagree: {line}")
    if disagreements:
        return
    line = f"the table and the simulator's ledger agree on every one of {ledger.events:,} events"
    if ledger.disturbed_flows:
        flows = counted(ledger.disturbed_flows, "flow")
        line = f"{line}, but for the reasons in {flows} that lost or doubled a record"
    talk(line)


def _new_store(url: str | None) -> str:
    """A store of the demonstration's own: the one that is asked for, or in a new temporary
    directory. Raises UsageError for one that is there already."""
    from engine.stores.sqlite import store_path

    if url is None:
        return str(Path(tempfile.mkdtemp(prefix="logloom-demo-")) / DEFAULT_STORE)
    if store_path(url).exists():
        raise UsageError(
            f"{store_path(url)} exists already, and the demonstration wants a store of its own: "
            "name another, or leave --store out"
        )
    return url


@contextmanager
def _progress(play: Play, flows: int) -> Iterator[Callable[[], None]]:
    """What shows how far it is: a bar in a terminal, else a line now and then."""
    screen = console(sys.stderr)
    if not screen.is_terminal or screen.is_dumb_terminal:
        yield _plain_lines(play, flows)
        return
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=screen, transient=True, redirect_stdout=False) as progress:
        bar = progress.add_task(_line(play, flows), total=flows)

        def show() -> None:
            progress.update(bar, completed=play.flows_begun, description=_line(play, flows))

        yield show


def _plain_lines(play: Play, flows: int) -> Callable[[], None]:
    told_at = time.monotonic()

    def show() -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _PLAIN_SECONDS:
            told_at = time.monotonic()
            talk(_line(play, flows))

    return show


def _line(play: Play, flows: int) -> str:
    return (
        f"{play.flows_begun:,} of {flows:,} flows, {play.records_sent:,} records sent, "
        f"{play.totals.read:,} stored"
    )


def _title(command: str) -> None:
    """A command as a heading, on standard error: its output alone is data."""
    screen = console(sys.stderr)
    screen.print(Text(f"\n$ engine {visible(command)}\n", style="bold"))


def _tell_next(store: str, correlation_id: str) -> None:
    """Where the store is, and what to do with it."""
    engine = _how_called()
    name = f"--store {shlex.quote(store)}"
    sys.stdout.flush()
    sys.stderr.write("\n")
    talk(f"the store is {store}; try")
    for line in (
        f"{engine} trace {shlex.quote(correlation_id)} {name}",
        f"{engine} quarantine list {name}",
        f"{engine} export --format csv --out events.csv {name}",
    ):
        talk(f"  {line}")


def _how_called() -> str:
    """The words with which a person here calls the engine."""
    if Path(sys.argv[0]).name != "__main__.py":
        return "engine" if shutil.which("engine") else sys.argv[0]
    python = os.path.relpath(sys.executable)
    return f"{min(python, sys.executable, key=len)} -m engine"
