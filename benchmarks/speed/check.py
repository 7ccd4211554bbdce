"""Whether an output holds exactly the rows that the workload's oracle expects.

    python benchmarks/speed/check.py DIRECTORY OUTPUT [--as events|plain|store|kafka-store]

``events`` are the JSON lines of ``engine run --to``; ``plain`` JSON lines, or a SQLite table
``rows``, of the six event fields alone; ``store`` the view ``events`` of a store that has read
``records.log``, ``kafka-store`` of one that has read a topic of one partition filled from it,
where an event is known by its place among the events. Prints the first differences and exits
with 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from engine.model import EVENT_FIELDS

SHOWN: Final = 5
"""How many differences of a kind are printed."""

Row = tuple[object, ...]


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open("rb") as lines:
        yield from map(json.loads, lines)


def _store(path: Path, columns: str, source: str) -> Iterator[Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        yield from store.execute(f"SELECT {columns} FROM {source}")


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def expected(folder: Path, shape: str) -> Iterator[Row]:
    """The right rows, with what an output of that shape can tell of each."""
    for number, row in enumerate(_lines(folder / "expected.jsonl")):
        plain = tuple(row[name] for name in EVENT_FIELDS)
        if shape == "plain":
            yield plain
        else:
            yield *plain, row["join_state"], number if shape == "kafka-store" else row["offset"]


def _plain(output: Path) -> Iterator[Row]:
    if _is_sqlite(output):
        yield from _store(output, ", ".join(EVENT_FIELDS), "rows")
    else:
        yield from (tuple(row[name] for name in EVENT_FIELDS) for row in _lines(output))


def _events(output: Path) -> Iterator[Row]:
    for row in _lines(output):
        offset = int(str(row["event_id"]).rpartition(":")[2])
        yield *(row[name] for name in EVENT_FIELDS), row["join_state"], offset


def _of_store(output: Path) -> Iterator[Row]:
    yield from _store(output, f"{', '.join(EVENT_FIELDS)}, join_state, offset", "events")


def _of_kafka_store(output: Path) -> Iterator[Row]:
    rows = _store(output, f"{', '.join(EVENT_FIELDS)}, join_state", "events ORDER BY offset")
    yield from ((*row, number) for number, row in enumerate(rows))


SHAPES: Final[dict[str, Callable[[Path], Iterator[Row]]]] = {
    "events": _events,
    "plain": _plain,
    "store": _of_store,
    "kafka-store": _of_kafka_store,
}


def differences(folder: Path, output: Path, shape: str) -> list[str]:
    """The first differences as lines of text; none if the rows are the right ones, each once.

    Rows are kept as 64-bit hashes, to hold a million of them; only those that differ are shown,
    in a second reading of the expected ones.
    """
    open_rows = Counter(map(hash, expected(folder, shape)))
    wrong: list[Row] = []
    for row in SHAPES[shape](output):
        key = hash(row)
        if open_rows[key] > 0:
            open_rows[key] -= 1
        else:
            wrong.append(row)
    missing = +open_rows
    found = [f"not expected: {row}" for row in wrong[:SHOWN]]
    if missing:
        lacking = (row for row in expected(folder, shape) if hash(row) in missing)
        found += [f"missing:      {row}" for row, _ in zip(lacking, range(SHOWN), strict=False)]
    if found:
        found.append(f"{len(wrong):,} rows not expected, {missing.total():,} missing")
    return found + (_wrong_counts(folder, output) if shape.endswith("store") else [])


def _wrong_counts(folder: Path, store: Path) -> list[str]:
    """What a store counts besides its events."""
    counts = json.loads((folder / "expected.json").read_text())
    asked = {
        "details": "details WHERE state = 'joined'",
        "quarantined": "quarantined",
    }
    found = []
    for name, table in asked.items():
        ((count,),) = _store(store, "count(*)", table)
        if count != counts[name]:
            found.append(f"{name}: {count:,} instead of {counts[name]:,}")
    return found


def main() -> int:
    """Read the arguments, compare, print."""
    parser = argparse.ArgumentParser(description="Compare an output with the oracle's rows.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--as", dest="shape", choices=SHAPES, default="events")
    arguments = parser.parse_args()
    found = differences(arguments.folder, arguments.output, arguments.shape)
    print("\n".join(found) or "all rows are right")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
