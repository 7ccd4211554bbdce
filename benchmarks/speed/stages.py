"""Where the time goes: CPU of each stage of a run, and the functions that take most of it.

python benchmarks/speed/stages.py [--records N] [--functions N]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any, Final

from workload import Workload, write

from engine.cli import main as engine
from engine.compiler.running import CompiledNormalizer
from engine.sources.files import FileSource
from engine.stores.lines import LineStore
from engine.stores.sqlite import SqliteStore

_STAGES: Final = (
    ("read the file", FileSource, "read"),
    ("normalize", CompiledNormalizer, "normalize_all"),
    ("join and write lines", LineStore, "commit"),
    ("join and store rows", SqliteStore, "commit"),
)


def main() -> None:
    """Make a workload, run it into each target, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--functions", type=int, default=15)
    arguments = parser.parse_args()
    spent = _time_the_stages()
    with tempfile.TemporaryDirectory(prefix="logloom-stages-") as scratch:
        folder = Path(scratch)
        write(Workload(arguments.records, seed=1, systems=4), folder)
        run = ["run", "--systems", str(folder / "systems"), "--from", str(folder / "records.log")]
        for target in (["--to", str(folder / "out.jsonl")], ["--store", str(folder / "out.db")]):
            spent.clear()
            whole_s = _run([*run, *target])
            print(f"{target[0]}: {whole_s / arguments.records * 1e6:.2f} µs of CPU a record")
            for stage, seconds in [*spent.items(), ("all else", whole_s - sum(spent.values()))]:
                print(f"  {seconds / arguments.records * 1e6:6.2f}  {stage}")
        profile = cProfile.Profile()
        profile.runcall(_run, [*run, "--store", str(folder / "profiled.db")])
    pstats.Stats(profile).sort_stats("tottime").print_stats(arguments.functions)


def _run(argv: list[str]) -> float:
    """Run the engine; the CPU seconds that it took, imports left out."""
    begin_s = time.process_time()
    with redirect_stderr(StringIO()) as said:
        status = engine(argv)
    if status:
        sys.exit(said.getvalue())
    return time.process_time() - begin_s


def _time_the_stages() -> dict[str, float]:
    """Have every stage add up the CPU seconds that it takes."""
    spent: dict[str, float] = {}

    def timed(stage: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            begin_s = time.process_time()
            try:
                return method(*arguments)
            finally:
                spent[stage] = spent.get(stage, 0) + time.process_time() - begin_s

        return run

    for stage, owner, name in _STAGES:
        setattr(owner, name, timed(stage, getattr(owner, name)))
    return spent


if __name__ == "__main__":
    main()
