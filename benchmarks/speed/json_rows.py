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
from bench import HERE, Bench, Row, from_file, ratio, remove, script

BOUNDS: Final = {
    "lognorm": 0.50,
    "syslog_ng": 0.16,
    "redpanda_connect": 0.33,
    "otelcol": 0.33,
    "vector": 0.33,
}
NAIVE_BOUND: Final = 0.08
PEAK_BOUND_MB: Final = 150
START_BOUND_S: Final = 0.4


def rows(bench: Bench) -> list[Row]:
    """Ours against the naive version and every peer that is installed, in one group."""
    folder = bench.workload()
    outputs = {name: bench.scratch / f"{name}.jsonl" for name in ("ours", "naive")}
    commands = {
        "ours": from_file(folder, "--to", outputs["ours"]),
        "naive": _naive(folder, outputs["naive"]),
    }
    for name, peer in peers.load().items():
        outputs[name] = bench.scratch / f"{name}.jsonl"
        command = _peer(bench, peer, name, folder / "records.log", outputs[name])
        if command is not None and _does_its_work(bench, name, peer, command, outputs[name]):
            commands[name] = command
    costs = measure.measure(commands, bench.rounds)
    ours = costs.pop("ours")
    bench.check("file to JSON lines", folder, outputs["ours"], "events")
    bench.check("naive", folder, outputs["naive"], "plain")
    for output in outputs.values():
        remove(output)
    return [
        *(
            ratio(f"JSON lines : {_title(name)}", _bound(name), ours, cost, bench.records)
            for name, cost in costs.items()
        ),
        Row("peak memory, file to JSON lines", ours.peak_bytes / 1e6, PEAK_BOUND_MB, "MB"),
    ]


def _naive(folder: Path, output: Path) -> measure.Command:
    arguments = ["--systems", str(folder / "systems"), str(folder / "records.log"), str(output)]
    return measure.Command([sys.executable, str(HERE / "naive.py"), *arguments])


def _peer(
    bench: Bench, peer: peers.Peer, name: str, records: Path, output: Path
) -> measure.Command | None:
    """The command of a peer; None, with a note, where it is not installed."""
    scratch = bench.scratch / f"peer-{name}"
    scratch.mkdir(exist_ok=True)
    arguments = peer.command(records, output, scratch)
    if arguments is None:
        bench.skipped.append(f"{peer.NAME} is not installed: {peer.how_to_get()}")
        return None
    return measure.Command(arguments, prepare=_emptied(output, scratch))


def _does_its_work(
    bench: Bench, name: str, peer: peers.Peer, command: measure.Command, output: Path
) -> bool:
    """Whether a peer, run once, ends well and makes the rows: one that gives up early is fast."""
    try:
        measure.run_once(command)
    except measure.CommandFailed as error:
        bench.wrong.append(f"{peer.NAME} is not compared: {error}")
        return False
    folder = bench.workload()
    found = script(HERE / "peer_check.py", name, str(folder), str(output))
    if found.returncode:
        said = (found.stdout + found.stderr[-2000:]).strip()
        bench.wrong.append(f"{peer.NAME} is not compared: {said}")
    return found.returncode == 0


def _emptied(output: Path, scratch: Path) -> Callable[[], None]:
    def prepare() -> None:
        remove(output)
        shutil.rmtree(scratch)
        scratch.mkdir()

    return prepare


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
