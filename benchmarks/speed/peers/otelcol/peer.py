"""The OpenTelemetry Collector with the filelog receiver and the file exporter: what to run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from engine.model import EVENT_FIELDS

NAME: Final = "OpenTelemetry Collector"
FOLDER: Final = Path(__file__).resolve().parent
RUNTIME: Final = ("GOMAXPROCS=1", "GOGC=1000")
"""One core, as everybody is measured; collect garbage seldom, for some 140 MB of memory."""
LINK: Final = "otelcol.log"


def _binary() -> Path:
    cache = os.environ.get("LOGLOOM_BENCH_CACHE", "~/.cache/logloom-bench")
    return Path(cache).expanduser() / "otelcol"


def how_to_get() -> str:
    """What to type to have it."""
    return "sh benchmarks/speed/peers/otelcol/build.sh (needs Go 1.26)"


def command(records: Path, output: Path, scratch: Path) -> list[str] | None:
    """The process that reads ``records`` once and leaves the parsed records in ``output``, as JSON
    lines of some hundred records each; None if it is not built. ``scratch`` holds a link."""
    if not _binary().exists():
        return None
    return [
        "env",
        *RUNTIME,
        f"RECORDS={scratch / LINK}",
        f"ROWS={output}",
        *(sys.executable, "-S", str(FOLDER / "run.py"), str(records), str(scratch), LINK),
        *(str(_binary()), "--config", str(FOLDER / "config.yaml")),
        "--feature-gates=filelog.allowFileDeletion",
    ]


def rows(output: Path) -> Iterator[dict[str, str | None]]:
    """The parsed records, each with the six fields of an event.

    The collector writes the name of a text's system as the text has it, and a group of an
    expression that took no part as empty.
    """
    with output.open("rb") as lines:
        for line in lines:
            for resource in json.loads(line)["resourceLogs"]:
                for scope in resource["scopeLogs"]:
                    yield from map(_row, scope["logRecords"])


def _row(record: dict[str, Any]) -> dict[str, str | None]:
    pairs = record["body"]["kvlistValue"]["values"]
    values: dict[str, str] = {pair["key"]: pair["value"].get("stringValue", "") for pair in pairs}
    values["system_id"] = values["system_id"].lower()
    return {name: values.get(name) or None for name in EVENT_FIELDS}
