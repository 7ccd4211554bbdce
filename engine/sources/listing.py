"""From the paths a user named to files."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.diagnostics import EnvironmentFailure
from engine.sources.content import reading


def list_files(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths, and those in the folders among them, by name: regular ones
    whose names do not begin with a point; folders within folders are left alone. Paths that are
    gone are left out. Raises EnvironmentFailure."""
    found: dict[Path, None] = {}
    for path in paths:
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            with reading(path):
                names = sorted(one.name for one in path.iterdir())
            inside = [path / name for name in names if not name.startswith(".")]
            found |= dict.fromkeys(one for one in inside if stat.S_ISREG(_mode(one)))
        elif stat.S_ISREG(mode):
            found[path] = None
    return list(found)


def check_paths(paths: Sequence[Path]) -> None:
    """Raises EnvironmentFailure for a path where nothing is, or nothing that can be read."""
    for path in paths:
        with reading(path):
            mode = path.stat().st_mode
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise EnvironmentFailure(f"{path} is neither a file nor a folder")


def note_what_is_left_out(paths: Sequence[Path], on_note: Callable[[str], None]) -> None:
    """Tell of folders without a file, and of folders in them, which are not read."""
    for path in paths:
        if not path.is_dir():
            continue
        with reading(path):
            folders = sum(1 for one in path.iterdir() if one.is_dir() and one.name[0] != ".")
        if folders:
            on_note(f"{path}: folders in it ({folders}) are not read, name them to read them")
        if not list_files([path]):
            on_note(f"{path}: there is no file in it")


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise EnvironmentFailure(f"{path}: {error.strerror}") from None
