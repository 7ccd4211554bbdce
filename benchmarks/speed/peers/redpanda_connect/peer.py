"""Redpanda Connect, of which the open engine (Benthos) does all of this work: what to run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = "Redpanda Connect"
FOLDER: Final = Path(__file__).resolve().parent
RUNTIME: Final = ("GOMAXPROCS=1", "GOGC=1000")
"""One core, as everybody is measured; collect garbage seldom, for some 200 MB of memory."""


def _binary() -> Path:
    cache = os.environ.get("LOGLOOM_BENCH_CACHE", "~/.cache/logloom-bench")
    return Path(cache).expanduser() / "redpanda-connect"


def how_to_get() -> str:
    """What to type to have it."""
    return "sh benchmarks/speed/peers/redpanda_connect/build.sh (needs Go 1.26)"


def command(records: Path, output: Path, scratch: Path) -> list[str] | None:  # noqa: ARG001 - it needs none
    """The process that reads ``records`` once and leaves a JSON line a parsed record in ``output``;
    None if it is not built. It appends, so the shell that becomes it empties the output first."""
    if not _binary().exists():
        return None
    return [
        "env",
        *RUNTIME,
        f"RECORDS={records}",
        f"ROWS={output}",
        "sh",
        "-c",
        ': > "$ROWS" && exec "$0" "$@"',
        str(_binary()),
        "run",
        str(FOLDER / "config.yaml"),
    ]


def rows(output: Path) -> Iterator[dict[str, str | None]]:
    """The parsed records, each with the six fields of an event as the records have them."""
    with output.open("rb") as lines:
        yield from map(json.loads, lines)
