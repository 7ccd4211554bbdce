"""More systems: what a record costs with 4 to 1,000 of them, and what 1,000 cost to begin with."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

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
    empty = bench.scratch / "empty.log"
    empty.touch()
    commands, outputs = {}, {}
    for systems in SYSTEMS:
        folder = bench.workload(systems)
        output = outputs[systems] = bench.scratch / f"systems-{systems}.jsonl"
        commands[f"full {systems}"] = from_file(folder, "--to", output)
        nothing = bench.scratch / f"nothing-{systems}.jsonl"
        commands[f"empty {systems}"] = engine_run(folder, ["--from", str(empty)], ["--to"], nothing)
    costs = measure.measure(commands, bench.rounds)
    per_record = {}
    for systems, output in outputs.items():
        bench.check(f"{systems:,} systems", bench.workload(systems), output, "events")
        remove(output)
        full, start = costs[f"full {systems}"], costs[f"empty {systems}"]
        per_record[systems] = replace(full, cpu_s=full.cpu_s - start.cpu_s)
    found = [
        ratio(
            f"{systems:,} systems : 4 systems, a record",
            RECORD_BOUND,
            per_record[systems],
            per_record[4],
            bench.records,
        )
        for systems in SYSTEMS[1:]
    ]
    start = costs["empty 1000"]
    found.append(Row("engine run, 1,000 systems, no record", start.cpu_s, None, "s"))
    return found


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
