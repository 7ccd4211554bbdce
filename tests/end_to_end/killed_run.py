"""A driver of `engine run` that kills it: the same command in forked processes, in small batches.

    killed_run.py at-random KILLS SECONDS SEED -- run OPTIONS…
    killed_run.py at-steps STEP,… COMMIT -- run OPTIONS…

Each process is killed by SIGKILL: at a random instant of the SECONDS after its first commit began,
or one after the other as the named step of its COMMITth commit begins. Specs are loaded before, so
that the next one is soon at its work. ``{n}`` in an option stands for its number. Prints how many
were killed; one that came to its end is the last.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from engine.cli import main, run
from engine.model import System
from engine.runner import Runner
from engine.samples import load_checked
from engine.stores.sqlite import SqliteStore

BATCH_RECORDS = 25
BATCH_SECONDS = 0.02

_open_store = SqliteStore.open
import_module("engine.cli.run_ends")  # all that a run imports is there before the forks


def _kill_at(step: str, commit: int) -> Callable[[str], None]:
    seen = 0

    def on_step(name: str) -> None:
        nonlocal seen
        seen += name == step
        if seen == commit:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


def _begin(argv: Sequence[str], systems: Sequence[System], on_step: Callable[[str], None]) -> int:
    """The command in a process of its own; its id."""
    child = os.fork()
    if child:
        return child

    def open_store(url: str, systems: Sequence[System]) -> SqliteStore:
        store = _open_store(url, systems)
        store.on_step = on_step
        return store

    small = partial(Runner, batch_records=BATCH_RECORDS, batch_seconds=BATCH_SECONDS)
    for owner, name, value in (
        (run, "Runner", small),
        (run, "load_checked", lambda _paths: systems),
        (SqliteStore, "open", open_store),
    ):
        setattr(owner, name, value)
    os._exit(main(argv))


def _was_killed(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        sys.exit(f"it failed with exit status {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def _at_random(
    kills: int, seconds: float, seed: int, argv: Sequence[str], systems: Sequence[System]
) -> int:
    rng = random.Random(seed)
    for number in range(kills):
        begun, told = os.pipe()

        def tell(_step: str, told: int = told) -> None:
            os.write(told, b".")

        child = _begin(_numbered(argv, number), systems, tell)
        os.close(told)
        os.read(begun, 1)  # its first commit begins, or it has ended
        time.sleep(rng.uniform(0.0, seconds))
        os.kill(child, signal.SIGKILL)
        os.close(begun)
        if not _was_killed(child):
            return number
    return kills


def _at_steps(
    steps: Sequence[str], commit: int, argv: Sequence[str], systems: Sequence[System]
) -> int:
    for number, step in enumerate(steps):
        child = _begin(_numbered(argv, number), systems, _kill_at(step, commit))
        if not _was_killed(child):
            return number
    return len(steps)


def _numbered(argv: Sequence[str], number: int) -> list[str]:
    return [one.replace("{n}", str(number)) for one in argv]


def _main(how: str, *rest: str) -> None:
    first = rest.index("--")
    plan, argv = rest[:first], rest[first + 1 :]
    systems = load_checked([Path(argv[argv.index("--systems") + 1])])
    if how == "at-random":
        kills, seconds, seed = plan
        killed = _at_random(int(kills), float(seconds), int(seed), argv, systems)
    else:
        steps, commit = plan
        killed = _at_steps(steps.split(","), int(commit), argv, systems)
    print(killed)


if __name__ == "__main__":
    _main(*sys.argv[1:])
