"""Records of the formats of the world (benchmarks/expressiveness). To render one takes seconds for
some of their templates, so those of every day are kept in a file; at night they are made anew.

    PYTHONPATH=tests python tests/compiler/world.py    # write the file
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

from examples import IS_NIGHT
from seeding import CROWDSEC, LNAV, checked, rendered

from engine.model import System

_FILE = Path(__file__).with_name("world_records.json")
_EACH = 3
_CHARS_MAX = 600


def records_of(path: Path, systems: Sequence[System], seed: int) -> list[bytes]:
    """Records of the spec in this file."""
    if IS_NIGHT:
        return list(rendered(systems, Random(seed), 12))
    kept: dict[str, list[str]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return [one.encode() for one in kept[_name(path)]]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _write() -> None:
    kept = {}
    for path in [*LNAV, *CROWDSEC]:
        made = [one.decode() for one in rendered(checked(path), Random(1), _EACH)]
        kept[_name(path)] = [one for one in made if len(one) <= _CHARS_MAX]
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    _FILE.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
