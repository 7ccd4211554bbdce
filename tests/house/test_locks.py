from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {"everything": ROOT / "requirements.lock", "runtime": ROOT / "docker" / "requirements.lock"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: Path) -> set[tuple[str, str]]:
    """Names with their releases; one package may have a release for each Python."""
    return set(re.findall(r"^([a-z0-9-]+)==(\S+) ", lock.read_text(), re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    """As they are written in locks (PEP 503)."""
    found = {re.split(r"[<>=! \[]", requirement)[0].lower() for requirement in requirements}
    return {re.sub(r"[-_.]+", "-", name) for name in found}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_lock_names_no_host_and_a_hash_for_every_release(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    runtime = names(PROJECT["project"]["dependencies"])
    everything = runtime | names(PROJECT["dependency-groups"]["dev"])
    assert runtime <= {name for name, _ in pins(LOCKS["runtime"])}
    assert everything <= {name for name, _ in pins(LOCKS["everything"])}


def test_what_runs_in_a_container_is_what_was_tested() -> None:
    assert pins(LOCKS["runtime"]) <= pins(LOCKS["everything"])
