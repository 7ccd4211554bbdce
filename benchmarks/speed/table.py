"""The speed of the engine beside what others need, as one table of ratios measured in one run.

    python benchmarks/speed/table.py [--records N] [--rounds N] [--only NAME ...] [--strict]

CPU time of whole processes, run in turn, medians. The rows that the engine made are compared with
the oracle's in the same run: a wrong one makes the run fail, and so does a missed bound with
``--strict``. Peers that are not installed are left out with a line that says how to get them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import json_rows
import many_rows
import store_rows
from bench import Bench, Row
from measure import CommandFailed

GROUPS: Final[dict[str, Callable[[Bench], list[Row]]]] = {
    "json": json_rows.rows,
    "start": json_rows.start_rows,
    "import": store_rows.import_rows,
    "kafka": store_rows.kafka_rows,
    "systems": many_rows.record_rows,
    "specs": many_rows.spec_rows,
}
_HEAD: Final = (
    f"{'':44} {'':>9} {'at most':>9} {'':7} {'ours':>7} {'theirs':>7} {'ours':>7} {'theirs':>7}\n"
    f"{'':44} {'':>9} {'':>9} {'':7} {'CPU µs a record':>15} {'peak MB':>15}"
)


def line_of(row: Row) -> str:
    """A row as a line of the table."""
    digits = 3 if row.unit != "MB" else 0
    value = f"{row.value:.{digits}f}{' ' + row.unit if row.unit else ''}"
    bound = "" if row.bound is None else f"{row.bound:g}{' ' + row.unit if row.unit else ''}"
    verdict = "" if row.bound is None else "" if row.is_met else "missed"
    costs = "".join(
        f" {'' if us is None else f'{us:.2f}':>7}" for us in (row.ours_us, row.theirs_us)
    )
    peaks = "".join(
        f" {'' if peak is None else f'{peak / 1e6:.0f}':>7}"
        for peak in (row.peak_bytes, row.their_peak_bytes)
    )
    return f"{row.name:44} {value:>9} {bound:>9} {verdict:7}{costs}{peaks}".rstrip()


def run(bench: Bench, names: Sequence[str]) -> bool:
    """Run groups of rows and print them; whether every bound was met."""
    print(f"{bench.records:,} records, medians of {bench.rounds}\n{_HEAD}", flush=True)
    met = True
    for name in names:
        try:
            rows = GROUPS[name](bench)
        except CommandFailed as error:
            bench.wrong.append(str(error))
            continue
        for row in rows:
            met = met and row.is_met
            print(line_of(row), flush=True)
    for note in bench.skipped:
        print(f"left out: {note}")
    for note in bench.wrong:
        print(f"WRONG: {note}")
    return met


def main() -> int:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description="Print the table of speed.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--strict", action="store_true", help="fail if a bound is missed")
    parser.add_argument("--scratch", type=Path, help="where the folder for large files is made")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="logloom-speed-", dir=arguments.scratch) as scratch:
        bench = Bench(arguments.records, arguments.rounds, arguments.seed, Path(scratch))
        met = run(bench, arguments.only)
    return 1 if bench.wrong or (arguments.strict and not met) else 0


if __name__ == "__main__":
    sys.exit(main())
