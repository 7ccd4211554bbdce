"""lognormalizer, liblognorm's command: parses, and does not join."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

NAME = "lognormalizer"
RULES = Path(__file__).with_name("rules.rulebase")


def how_to_get() -> str:
    """What to do where it is not installed."""
    return "apt-get install liblognorm-utils"


def command(records: Path, output: Path, scratch: Path) -> list[str] | None:
    """The process that reads the records and writes the output; None without lognormalizer."""
    del scratch
    program = shutil.which("lognormalizer")
    if program is None:
        return None
    script = 'exec "$0" -r "$1" -e json < "$2" > "$3"'
    return ["/bin/sh", "-c", script, program, *map(str, (RULES, records, output))]


def rows(output: Path) -> Iterator[dict[str, str | None]]:
    """The parsed records, each with the six fields of an event: a text's system as its marker."""
    with output.open("rb") as lines:
        for row in map(json.loads, lines):
            if "unparsed-data" not in row:
                row["system_id"] = row["system"].lower()
                row["checkpoint_id"] = row.get("checkpoint_id") or row.get("checkpoint")
                yield row
