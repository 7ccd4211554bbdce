"""Vector with a file source, one remap and a file sink: what to run if it is installed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NAME: Final = "Vector"
FOLDER: Final = Path(__file__).resolve().parent
RUN: Final = FOLDER.parent / "otelcol" / "run.py"
LINK: Final = "vector.log"


def how_to_get() -> str:
    """Where to have it from."""
    return "https://vector.dev/docs/setup/installation/; `vector` has to be on the PATH"


def command(records: Path, output: Path, scratch: Path) -> list[str] | None:
    """The process that reads ``records`` once and leaves a JSON line a parsed record in ``output``;
    None without Vector. ``scratch`` holds its configuration and a link."""
    vector = shutil.which("vector")
    if vector is None:
        return None
    config = scratch / "vector.yaml"
    config.write_text(_configuration(output, scratch))
    return [
        *(sys.executable, "-S", str(RUN), str(records), str(scratch), LINK),
        *(vector, "--quiet", "--threads", "1", "--config", str(config)),
    ]


def _configuration(output: Path, scratch: Path) -> str:
    text = (FOLDER / "config.yaml").read_text()
    paths = {
        "@SCRATCH@": scratch.resolve(),
        "@RECORDS@": scratch.resolve() / LINK,
        "@PROGRAM@": FOLDER / "program.vrl",
        "@ROWS@": output.resolve(),
    }
    for mark, path in paths.items():
        text = text.replace(mark, str(path))
    return text


def rows(output: Path) -> Iterator[dict[str, str | None]]:
    """The parsed records, each with the six fields of an event."""
    with output.open("rb") as lines:
        yield from map(json.loads, lines)
