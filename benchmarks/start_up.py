"""How long `validate systems/` takes for the shipped specs, from nothing to the answer.

Prints seconds of CPU, the least of some runs: of Python alone, of `engine --version` (start-up),
and of the whole command.

    python benchmarks/start_up.py
"""

from __future__ import annotations

import os
import subprocess
import sys

from engine.resources import resource

RUNS = 7
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "engine --version": [sys.executable, "-m", "engine", "--version"],
    "engine validate systems/": [
        sys.executable,
        "-m",
        "engine",
        "validate",
        str(resource("systems")),
    ],
}


def cpu_seconds(command: list[str]) -> float:
    """What one run of the command costs."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    for name, command in COMMANDS.items():
        print(f"{name:26} {min(cpu_seconds(command) for _ in range(RUNS)):.3f} s")


if __name__ == "__main__":
    main()
