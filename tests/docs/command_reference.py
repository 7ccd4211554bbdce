"""The command reference, written from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from engine.cli import parser
from simulator.cli import parser as simulator_parser

HEAD = """# The command line

Written from `--help` by `make golden`; a test compares the two. `engine`, `logloom` and
`python -m engine` are the same.
"""


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parsers by the words that call them, those with commands of their own included."""
    return {"engine": parser(), **dict(_below("engine", parser()))} | {
        "python -m simulator": simulator_parser()
    }


def summary() -> str:
    """One row a command of the engine."""
    rows = []
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            rows = [f"| `engine {one.dest}` | {one.help} |" for one in action._choices_actions]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def page() -> str:
    """All commands with all their options."""
    return HEAD + "".join(_section(words, one) for words, one in commands().items())


def _below(
    words: str, above: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in above._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                yield f"{words} {name}", one
                yield from _below(f"{words} {name}", one)


def _section(words: str, one: argparse.ArgumentParser) -> str:
    rows = [_row(action, one) for action in one._actions if _is_told(action)]
    text = f"\n## {words}\n\n{one.description}\n"
    if rows:
        text += "\n| option | meaning |\n|---|---|\n" + "".join(rows)
    if one.epilog:
        text += f"\n{one.epilog}\n"
    return text


def _is_told(action: argparse.Action) -> bool:
    hidden = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
    return not hidden and action.help != argparse.SUPPRESS


def _row(action: argparse.Action, one: argparse.ArgumentParser) -> str:
    value = action.metavar or (action.choices and "{" + ",".join(map(str, action.choices)) + "}")
    if not action.option_strings:
        name = str(value or action.dest)
    elif action.nargs == 0:
        name = ", ".join(action.option_strings)
    else:
        name = f"{', '.join(action.option_strings)} {value or action.dest.upper()}"
    help_text = one._get_formatter()._expand_help(action) if action.help else ""
    return f"| `{name}` | {help_text} |\n".replace("|`", "| `").replace("kafka|", r"kafka\|")
