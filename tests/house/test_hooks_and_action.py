"""The hooks and the action that other repositories use call what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli import parser

ROOT = Path(__file__).resolve().parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_a_hook_calls_a_command(hook: dict[str, Any]) -> None:
    program, *words = shlex.split(hook["entry"])
    assert program == "engine"
    parser().parse_args(words)
    assert re.search(hook["files"], "systems/pay.yaml")
    assert not re.search(hook["files"], "docs/pay.md")


def commands() -> list[str]:
    said = "\n".join(step.get("run", "") for step in ACTION["runs"]["steps"])
    return re.findall(r"^python -m engine (.*)$", said, re.MULTILINE)


def test_the_action_calls_commands() -> None:
    assert len(commands()) == 3
    for command in commands():
        parser().parse_args(
            shlex.split(command.replace('"$SYSTEMS"', "s").replace('"$REVISION"', "r"))
        )


def test_what_the_action_is_given_reaches_a_shell_as_variables_only() -> None:
    """An input in the text of a script would be code."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_action_installs_what_is_locked() -> None:
    said = "\n".join(step.get("run", "") for step in ACTION["runs"]["steps"])
    for file in re.findall(r"\$ACTION/(\S+?)\"", said):
        assert (ROOT / file).exists()
