"""What a command loads before it begins: nothing that only other commands need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import _COMMANDS, parser
from engine.resources import resource

TOLD = """
import atexit, sys
from engine.cli import main
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.exit(main(sys.argv[1:]))
"""
RECORD = (
    '{"system": "fedebom", "checkpoint": "INITIATED", "status": "SUCCESS", '
    '"timestamp": "2025-05-04T10:30:00", "correlation_id": "a-1"}\n'
)


def loaded_by(*words: str, stdin: str = "") -> set[str]:
    """The modules that are loaded when a command has ended well."""
    done = subprocess.run(
        [sys.executable, "-c", TOLD, *words],
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


def subparser_help(words: list[str], whole: bool, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        (parser() if whole else parser(words[0])).parse_args(words)
    return capsys.readouterr().out


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_alone_is_what_it_is_among_all(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alone, among = (subparser_help([command, "--help"], whole, capsys) for whole in (False, True))
    assert alone == among
    assert alone.startswith(f"usage: engine {command} ")


def test_the_version_loads_no_command() -> None:
    loaded = loaded_by("--version")
    assert "engine.cli" in loaded
    assert not {f"engine.cli.{module}" for module in _COMMANDS.values()} & loaded


def test_a_run_loads_only_the_ends_that_it_has(tmp_path: Path) -> None:
    systems = str(resource("systems"))
    to_lines = loaded_by("run", "--systems", systems, "--from", "-", "--to", "-", stdin=RECORD)
    store = str(tmp_path / "events.db")
    to_store = loaded_by("run", "--systems", systems, "--from", "-", "--store", store, stdin=RECORD)
    assert "engine.runner" in to_lines & to_store
    assert "apsw" in to_store - to_lines
    of_others = {
        "confluent_kafka",
        "jsonschema",
        "simulator",
        "engine.cli.trace",
        "engine.views.stats",
    }
    assert not of_others & (to_lines | to_store)


def test_looking_into_a_store_loads_nothing_that_reads_specs(tmp_path: Path) -> None:
    store = str(tmp_path / "events.db")
    systems = str(resource("systems"))
    loaded_by("run", "--systems", systems, "--from", "-", "--store", store, stdin=RECORD)
    for words in (
        ["trace", "a-1"],
        ["stats"],
        ["quarantine", "list"],
        ["export", "--format", "csv"],
    ):
        loaded = loaded_by(*words, "--store", store)
        assert "apsw" in loaded
        assert not {"engine.spec", "yaml", "re2", "engine.runner"} & loaded
