"""How many of the right rows a peer has made.

    python benchmarks/speed/peer_check.py PEER DIRECTORY OUTPUT

A peer need not join: a failure counts with the reason of its error record and without. Exits with
1 if fewer than 99 in 100 events are there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import peers
from check import expected

from engine.model import EVENT_FIELDS

LEAST: Final = 0.99
"""syslog-ng holds back failures that never get a reason: 2 in 1,000 events."""


def found(folder: Path, rows: Iterable[dict[str, str | None]]) -> tuple[int, int]:
    """How many of the expected events are among the rows, and how many there are. Events that say
    the same count once."""
    wanted: dict[int, int] = {}
    events = 0
    for *fields, reason, state, _ in expected(folder, "events"):
        number = wanted.setdefault(hash((*fields, reason)), events)
        events += number == events
        if state == "complete":
            wanted[hash((*fields, None))] = number
    present = bytearray(events)
    for row in rows:
        timestamp = row.get("timestamp")
        if timestamp is None:
            continue  # an error record
        utc = {**row, "timestamp": timestamp.removesuffix("Z") + "Z"}
        number = wanted.get(hash(tuple(utc.get(name) for name in EVENT_FIELDS)), events)
        if number < events:
            present[number] = 1
    return sum(present), events


def main() -> int:
    """Read the arguments, count, print."""
    known = peers.load()
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=known)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    count, events = found(arguments.folder, known[arguments.peer].rows(arguments.output))
    print(f"{count:,} of {events:,} events ({count / events:.2%})")
    return 1 if count < LEAST * events else 0


if __name__ == "__main__":
    sys.exit(main())
