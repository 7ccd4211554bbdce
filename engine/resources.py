"""Where the files that are no code are found: schemas, the store's SQL, the shipped specs."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(relative: str) -> Path:
    """The file or folder of that name: of the wheel, or of the working tree it was built from.

    Raises FileNotFoundError, which only a broken installation can cause.
    """
    for base in (_PACKAGE / "_data", _PACKAGE.parent):
        if (base / relative).exists():
            return base / relative
    raise FileNotFoundError(f"{relative} is missing: the installation of logloom is not whole")
