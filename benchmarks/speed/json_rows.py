"""File to normalized, joined JSON lines, beside what others need for the same records."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import measure
import peers
from bench import HERE, Bench, Row, from_file, ratio, remove

BOUNDS: Final = {
    "lognorm": 0.50,
    "syslog_ng": 0.16,
    "redpanda_connect": 0.33,
    "otelcol": 0.33,
    "vector": 0.33,
}
NAIVE_BOUND: Final = 0.08
PEAK_BOUND_BYTES: Final = 150_000_000
START_BOUND_S: Final = 0.4
WRITTEN_AT_LEAST: Final = 0.95
"""Of the expected events: what a peer must write to count. Joins that it lacks make more lines,
failures without a reason that it holds back fewer."""


def rows(bench: Bench) -> list[Row]:
    """Ours against the naive version and every peer that is installed, in one group."""
    folder = bench.workload()
    commands, outputs = _commands(bench, folder)
    costs = measure.measure(commands, bench.rounds)
    ours = costs.pop("ours")
    bench.check("file to JSON lines", folder, outputs["ours"], "events")
    bench.check("naive", folder, outputs["naive"], "plain")
    found = [
        ratio(f"JSON lines : {_title(name)}", _bound(name), ours, cost, bench.records)
        for name, cost in costs.items()
        if name == "naive" or _has_written(bench, name, outputs[name], outputs["ours"])
    ]
    found.append(
        Row("peak memory, file to JSON lines", ours.peak_bytes / 1e6, PEAK_BOUND_BYTES / 1e6, "MB")
    )
    for output in outputs.values():
        remove(output)
    return found


def _commands(bench: Bench, folder: Path) -> tuple[dict[str, measure.Command], dict[str, Path]]:
    ours, naive = bench.scratch / "ours.jsonl", bench.scratch / "naive.jsonl"
    outputs = {"ours": ours, "naive": naive}
    naive_arguments = ["--systems", str(folder / "systems"), str(folder / "records.log")]
    commands = {
        "ours": from_file(folder, "--to", ours),
        "naive": measure.Command(
            [sys.executable, str(HERE / "naive.py"), *naive_arguments, str(naive)]
        ),
    }
    for name, peer in peers.load().items():
        output, scratch = bench.scratch / f"{name}.jsonl", bench.scratch / f"peer-{name}"
        scratch.mkdir(exist_ok=True)
        arguments = peer.command(folder / "records.log", output, scratch)
        if arguments is None:
            bench.skipped.append(f"{peer.NAME} is not installed: {peer.how_to_get()}")
            continue
        outputs[name] = output
        commands[name] = measure.Command(arguments, prepare=_emptied(output, scratch))
    return commands, outputs


def _emptied(output: Path, scratch: Path) -> Callable[[], None]:
    def prepare() -> None:
        remove(output)
        shutil.rmtree(scratch)
        scratch.mkdir()

    return prepare


def _has_written(bench: Bench, name: str, output: Path, ours: Path) -> bool:
    """Whether a peer has done its work, by the number of its lines."""
    lines, wanted = _lines(output), _lines(ours)
    if lines >= WRITTEN_AT_LEAST * wanted:
        return True
    bench.wrong.append(f"{_title(name)} wrote {lines:,} lines of {wanted:,}: not compared")
    return False


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _title(name: str) -> str:
    return name if name == "naive" else peers.load()[name].NAME


def _bound(name: str) -> float | None:
    return NAIVE_BOUND if name == "naive" else BOUNDS.get(name)


def start_rows(bench: Bench) -> list[Row]:
    """From the start of ``engine run`` to the first event on standard output."""
    folder = bench.workload(records=min(bench.records, 100_000))
    arguments = [sys.executable, "-m", "engine", "run", "--systems", str(folder / "systems")]
    arguments += ["--from", str(folder / "records.log"), "--to", "-"]
    seen = [measure.first_output(arguments) for _ in range(bench.rounds)]
    return [
        Row("start to first event, CPU", median(cpu for cpu, _ in seen), START_BOUND_S, "s"),
        Row("start to first event, on the clock", median(wall for _, wall in seen), None, "s"),
    ]
