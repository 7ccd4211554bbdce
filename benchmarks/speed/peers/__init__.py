"""Other programs that do the same work, each in a folder of its own with all that it needs.

A folder's ``peer.py`` has what ``Peer`` names, and that is all: the command is a whole process
that reads the records, writes what it makes of them and ends, with status 0.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast


class Peer(Protocol):
    """The module ``peer.py`` of a folder."""

    NAME: str

    def how_to_get(self) -> str:
        """One line for somebody who has not installed it."""

    def command(self, records: Path, output: Path, scratch: Path) -> list[str] | None:
        """The arguments of the process; None if the program is not installed. ``records`` has a
        record a line, ``output`` does not exist yet, ``scratch`` is an empty folder."""

    def rows(self, output: Path) -> Iterator[dict[str, str | None]]:
        """What was written, in any order, under the names of an event's six fields; error records
        may be among them, and a time may be without its zone."""


def load() -> dict[str, Peer]:
    """Every peer by the name of its folder."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/peer.py"))
    return {name: cast(Peer, importlib.import_module(f"peers.{name}.peer")) for name in folders}
