"""What all rows of the table share: workloads, commands of the engine, checks, and the row."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import measure

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``value`` is what ``bound`` limits, both in ``unit`` ("" is a ratio);
    ``ours_us`` and ``theirs_us`` are CPU microseconds a record, ``peak_bytes`` is of our side."""

    name: str
    value: float
    bound: float | None = None
    unit: str = ""
    ours_us: float | None = None
    theirs_us: float | None = None
    peak_bytes: int | None = None
    their_peak_bytes: int | None = None

    @property
    def is_met(self) -> bool:
        """Whether the value is within the bound."""
        return self.bound is None or self.value <= self.bound


@dataclass(slots=True)
class Bench:
    """The settings of a run, and what it found besides rows. ``scratch`` is an own folder."""

    records: int
    rounds: int
    seed: int
    scratch: Path
    skipped: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def workload(self, systems: int = 4, records: int | None = None) -> Path:
        """The folder of a workload, made when it is asked for first."""
        count = self.records if records is None else records
        folder = self.scratch / f"workload-{systems}-{count}"
        if not folder.exists():
            arguments = ["--records", str(count), "--seed", str(self.seed)]
            arguments += ["--systems", str(systems), str(folder)]
            script(HERE / "workload.py", *arguments).check_returncode()
        return folder

    def check(self, name: str, folder: Path, output: Path, shape: str) -> None:
        """Compare an output with the oracle, in a process of its own (``measure.run_once``)."""
        found = script(HERE / "check.py", str(folder), str(output), "--as", shape)
        if found.returncode:
            said = (found.stdout + found.stderr[-2000:]).strip()
            self.wrong.append(f"{name}: {said}")


def script(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of this folder."""
    command = [sys.executable, str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def remove(output: Path) -> None:
    """Remove an output and what SQLite or the engine keep beside it."""
    for path in output.parent.glob(output.name + "*"):
        path.unlink()


def engine_run(folder: Path, source: list[str], target: list[str], output: Path) -> measure.Command:
    """``engine run`` with the specs of a workload, from nothing."""
    command = [sys.executable, "-m", "engine", "run", "--systems", str(folder / "systems")]
    return measure.Command(
        [*command, *source, *target, str(output)], prepare=lambda: remove(output)
    )


def from_file(folder: Path, target: str, output: Path) -> measure.Command:
    """From the records of a workload; ``target`` is ``--to`` or ``--store``."""
    return engine_run(folder, ["--from", str(folder / "records.log")], [target], output)


def ratio(
    name: str, bound: float | None, ours: measure.Cost, theirs: measure.Cost, records: int
) -> Row:
    """The row of two costs for the same number of records."""
    return Row(
        name,
        ours.cpu_s / theirs.cpu_s,
        bound,
        ours_us=ours.per_record_us(records),
        theirs_us=theirs.per_record_us(records),
        peak_bytes=ours.peak_bytes,
        their_peak_bytes=theirs.peak_bytes,
    )
