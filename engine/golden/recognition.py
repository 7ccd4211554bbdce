"""Which YAML files are specs: told quickly, since it is asked about every one that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

SPEC_SUFFIXES: Final = (".yaml", ".yml")

_SPEC_BYTES_MAX: Final = 1 << 20
_KEYS: Final = tuple(
    re.compile(rf"^['\"]?{key}['\"]?\s*:".encode(), re.MULTILINE) for key in ("system", "records")
)


def looks_like_spec(path: Path) -> bool:
    """Whether a YAML file has the keys of a spec at its top level. Never raises."""
    if path.suffix not in SPEC_SUFFIXES:
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_SPEC_BYTES_MAX)
    except OSError:
        return False
    return all(key.search(head) for key in _KEYS)
