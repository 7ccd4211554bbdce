"""Specs of another time: a directory, or a revision of the git repository that one is in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.cli.options import UsageError
from engine.diagnostics import EnvironmentFailure


@contextmanager
def specs_of(named: str, systems: Path) -> Iterator[Path]:
    """The specs that ``named`` names: a path as it is, or what the folder ``systems`` held in a
    revision.

    Raises UsageError for neither, EnvironmentFailure where git does not answer.
    """
    if Path(named).exists():
        yield Path(named)
        return
    if not systems.is_dir() or not _is_revision(named, systems):
        raise UsageError(f"{named} is neither a directory of specs nor a git revision")
    with TemporaryDirectory(prefix="logloom-") as made:
        target = Path(made, named.replace("/", "-"), systems.name)
        target.mkdir(parents=True)
        for name in _names_in(named, systems):
            content = _git(systems, "show", f"{named}:./{name}")
            (target / name).write_bytes(content or b"")
        if not any(target.iterdir()):
            raise UsageError(f"{named} has no specs in {systems}")
        yield target


def _is_revision(named: str, folder: Path) -> bool:
    asked = ("rev-parse", "--quiet", "--verify", f"{named}^{{commit}}")
    return not named.startswith("-") and _git(folder, *asked) is not None


def _names_in(revision: str, folder: Path) -> list[str]:
    """The names of the specs that the folder held."""
    listed = _git(folder, "ls-tree", "--name-only", "-z", revision) or b""
    names = [name for name in listed.decode("utf-8", "replace").split("\0") if name]
    return [name for name in names if Path(name).suffix in {".yaml", ".yml"}]


def _git(folder: Path, *words: str) -> bytes | None:
    """What git says; None if it says no. Raises EnvironmentFailure without git."""
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603 - git, by words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFailure(f"git does not answer: {error}") from error
    return done.stdout if done.returncode == 0 else None
