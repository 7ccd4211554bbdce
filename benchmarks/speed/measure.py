"""What a command costs as a whole process: CPU time and peak memory, never wall time.

Commands that are compared run in turn, round after round, so that whatever else the machine does
hits all of them; what is told is the median.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import IO


@dataclass(frozen=True, slots=True)
class Command:
    """One side of a comparison. ``prepare`` runs before every round and is not counted (it removes
    an old output, say); ``stdin`` and ``stdout`` are files; ``environment`` is added to."""

    arguments: Sequence[str]
    prepare: Callable[[], None] = lambda: None
    stdin: Path | None = None
    stdout: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the rounds: seconds of CPU, user and system, of the process and the children
    that it waited for; peak resident memory of the largest of them in bytes."""

    cpu_s: float
    peak_bytes: int
    rounds: int

    def per_record_us(self, records: int) -> float:
        """Microseconds of CPU a record."""
        return self.cpu_s / records * 1e6


class CommandFailed(Exception):
    """A command ended with another status than 0; the text has the end of what it said."""


def _open(path: Path | None, mode: str, stack: contextlib.ExitStack) -> int | IO[bytes]:
    return subprocess.DEVNULL if path is None else stack.enter_context(path.open(mode))


def _as_a_user() -> dict[str, str]:
    """The environment, in which Python keeps what it has compiled: whoever runs a program twice has
    it compiled once."""
    return {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def run_once(command: Command) -> tuple[float, int]:
    """CPU seconds and peak bytes of one run. Raises CommandFailed.

    The kernel counts the memory of the process that starts a command as the command's own, up to
    the moment it begins: the caller has to be small.
    """
    command.prepare()
    with contextlib.ExitStack() as stack, TemporaryFile() as errors:
        child = subprocess.Popen(
            list(command.arguments),
            stdin=_open(command.stdin, "rb", stack),
            stdout=_open(command.stdout, "wb", stack),
            stderr=errors,
            env={**_as_a_user(), **command.environment},
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            errors.seek(0)
            said = errors.read()[-2000:].decode(errors="replace")
            told = " ".join(map(str, command.arguments))
            raise CommandFailed(f"{told} ended with {child.returncode}: {said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def measure(commands: Mapping[str, Command], rounds: int) -> dict[str, Cost]:
    """The cost of each command, run in turn. Raises CommandFailed."""
    seen: dict[str, list[tuple[float, int]]] = {name: [] for name in commands}
    for number in range(rounds):
        names = list(commands)
        for name in names if number % 2 == 0 else reversed(names):
            seen[name].append(run_once(commands[name]))
    return {
        name: Cost(median(cpu for cpu, _ in runs), round(median(peak for _, peak in runs)), rounds)
        for name, runs in seen.items()
    }


def first_output(arguments: Sequence[str], timeout_s: float = 60) -> tuple[float, float]:
    """Seconds of CPU, of all threads, and of wall time from the start of a command to the first
    byte that it writes to standard output. The command is ended there. Raises CommandFailed."""
    began = time.monotonic()
    child = subprocess.Popen(
        list(arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_as_a_user()
    )
    assert child.stdout is not None
    try:
        ready, _, _ = select.select([child.stdout], [], [], timeout_s)
        wall_s = time.monotonic() - began
        cpu_s = _cpu_so_far(child.pid)
        if not ready or not os.read(child.stdout.fileno(), 1):
            raise CommandFailed(f"{' '.join(arguments)} wrote nothing")
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
    return cpu_s, wall_s


def _cpu_so_far(pid: int) -> float:
    """Seconds of CPU of a running process, user and system."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
