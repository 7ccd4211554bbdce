"""syslog-ng: json-parser, db-parser and grouping-by, from standard input to a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

NAME = "syslog-ng"
HERE = Path(__file__).parent

_COMMAND = """
export LOGLOOM_OUTPUT="$3" LOGLOOM_PATTERNS="$2/patterns.xml"
# A file can be read as standard input with poll, and not with the default, epoll.
export IV_EXCLUDE_POLL_METHOD="epoll epoll-timerfd"
exec "$0" --foreground --no-caps --cfgfile "$2/syslog-ng.conf" --control "$4/syslog-ng.ctl" \
    --pidfile "$4/syslog-ng.pid" --persist-file "$4/syslog-ng.persist" < "$1"
"""


def how_to_get() -> str:
    """What to do where it is not installed."""
    return "apt-get install syslog-ng-core"


def command(records: Path, output: Path, scratch: Path) -> list[str] | None:
    """The process that reads the records, writes the output and ends; None without syslog-ng."""
    program = shutil.which("syslog-ng", path="/usr/sbin:/usr/local/sbin") or shutil.which(
        "syslog-ng"
    )
    if program is None:
        return None
    return ["/bin/sh", "-c", _COMMAND, program, *map(str, (records, HERE, output, scratch))]


def rows(output: Path) -> Iterator[dict[str, str | None]]:
    """The events, which syslog-ng writes with an empty text for what they lack."""
    with output.open("rb") as lines:
        for row in map(json.loads, lines):
            yield {name: value or None for name, value in row.items()}
