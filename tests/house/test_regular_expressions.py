"""Python 3.11.0 to 3.11.4, which Debian 12 has, read some expressions otherwise than later ones: a
group that fails within a possessive repetition keeps what it had read (python/cpython#106052). An
atomic group does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.patterns import TYPES, regex

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(one for room in ("engine", "simulator") for one in (ROOT / room).rglob("*.py"))
_REPEATED = re.compile(r"(?<!\\)\)(?:[*+?]|\{[0-9,]+\})\+")


def groups_that_keep(expression: str) -> list[str]:
    """The groups behind which a possessive repetition stands, but those that are atomic."""
    found = []
    for repeated in _REPEATED.finditer(expression):
        at, depth = repeated.start(), 0
        while at >= 0:
            is_escaped = at > 0 and expression[at - 1] == "\\"
            depth += 0 if is_escaped else {")": 1, "(": -1}.get(expression[at], 0)
            if depth == 0:
                break
            at -= 1
        if not expression.startswith("(?>", at):
            found.append(expression[at : repeated.end()])
    return found


def test_the_search_finds_what_it_is_for() -> None:
    assert groups_that_keep(r"a(?:b|c)*+d") == [r"(?:b|c)*+"]
    assert groups_that_keep(r"((?:(?!,).)++)") == [r"(?:(?!,).)++"]
    assert groups_that_keep(r"(?>b|c(?:d))?+ (x)+ [a]++ \)*+") == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_expression_in_the_source_depends_on_the_release(source: Path) -> None:
    assert groups_that_keep(source.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", TYPES)
def test_no_type_depends_on_the_release(name: str) -> None:
    assert groups_that_keep(regex(TYPES[name], is_possessive=True)) == []
