"""More systems: what a record costs with 4 to 1,000 of them, and what 1,000 cost to begin with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import measure
from bench import HERE, Bench, Row, engine_run, from_file, ratio, remove

SYSTEMS: Final = (4, 40, 400, 1000)
RECORD_BOUND: Final = 1.25
PROVED_BOUND_S: Final = 12.0
UNPROVED_BOUND_S: Final = 2.0


def record_rows(bench: Bench) -> list[Row]:
    """A record with many systems against a record with four. What a run without any record costs
    is measured in the same group and taken off: specs are compiled once, and have rows of their
    own."""
    found, _ = _per_record(bench, SYSTEMS, "--to")
    of_store, start = _per_record(bench, (SYSTEMS[0], SYSTEMS[-1]), "--store")
    return [
        *found,
        *of_store,
        Row("engine run, 1,000 systems, no record", start.cpu_s, None, "s"),
    ]


def _per_record(
    bench: Bench, counts: Sequence[int], option: Literal["--to", "--store"]
) -> tuple[list[Row], measure.Cost]:
    """The rows of runs into lines or into SQLite, and what the last one costs without records."""
    empty = bench.scratch / "empty.log"
    empty.touch()
    commands, outputs = {}, {}
    ending, kind = ("jsonl", "events") if option == "--to" else ("db", "store")
    for count in counts:
        folder = bench.workload(count)
        output = outputs[count] = bench.scratch / f"systems-{count}.{ending}"
        commands[f"full {count}"] = from_file(folder, option, output)
        nothing = bench.scratch / f"nothing-{count}.{ending}"
        commands[f"empty {count}"] = engine_run(folder, ["--from", str(empty)], [option], nothing)
    costs = measure.measure(commands, bench.rounds)
    per_record = {}
    for count, output in outputs.items():
        bench.check(f"{count:,} systems", bench.workload(count), output, kind)
        remove(output)
        full, start = costs[f"full {count}"], costs[f"empty {count}"]
        per_record[count] = replace(full, cpu_s=full.cpu_s - start.cpu_s)
    first, *others = counts
    target = "lines" if option == "--to" else "SQLite"
    found = [
        ratio(
            f"{count:,} systems : {first} systems, a record, {target}",
            RECORD_BOUND,
            per_record[count],
            per_record[first],
            bench.records,
        )
        for count in others
    ]
    return found, costs[f"empty {counts[-1]}"]


def spec_rows(bench: Bench) -> list[Row]:
    """Loading and compiling 1,000 specs, as whole processes."""
    folder = bench.workload(SYSTEMS[-1], records=min(bench.records, 100_000)) / "systems"
    commands = {"proved": _compile(folder, "--proofs"), "unproved": _compile(folder)}
    costs = measure.measure(commands, bench.rounds)
    return [
        Row("compile 1,000 specs, with proofs", costs["proved"].cpu_s, PROVED_BOUND_S, "s"),
        Row("compile 1,000 specs, no proofs", costs["unproved"].cpu_s, UNPROVED_BOUND_S, "s"),
    ]


def _compile(folder: Path, *options: str) -> measure.Command:
    return measure.Command([sys.executable, str(HERE / "specs.py"), *options, str(folder)])
