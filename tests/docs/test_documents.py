"""What the documents name exists: links, make targets, commands and their options."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
OURS = {("engine",): "engine", ("logloom",): "engine"} | {
    (python, "-m", package): package
    for python in ("python", "python3")
    for package in ("engine", "simulator")
}

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(document.relative_to(ROOT)) for document in DOCUMENTS]
)


def commands(document: Path) -> list[list[str]]:
    """The words of each command that a shell block of the document shows: lines after a ``$``, or
    all lines of a block that shows no answers; one list for each part of a pipe."""
    found = []
    blocks = re.findall(
        r"^```(console|sh|bash|shell)\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL
    )
    for language, block in blocks:
        lines = block.replace("\\\n", " ").splitlines()
        if language == "console" or any(line.startswith("$ ") for line in lines):
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        for line in lines:
            lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split = True
            words: list[str] = []
            for word in [*lexer, "|"]:
                if set(word) <= set("|&;"):
                    found.append(words)
                    words = []
                else:
                    words.append(word)
    return [words for words in found if words]


def split_ours(words: list[str]) -> tuple[str, list[str]] | None:
    """Our package and its arguments, if the command is one of ours."""
    program = [words[0].rsplit("/", 1)[-1], *words[1:]]
    for start, package in OURS.items():
        if tuple(program[: len(start)]) == start:
            return package, program[len(start) :]
    return None


@cache
def help_of(*command: str) -> str:
    asked = [sys.executable, "-m", *command, "--help"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)} --help: {done.stderr}"
    return done.stdout


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if not re.match(r"[a-z]+:|#", link):
            assert (document.parent / link.split("#")[0]).exists(), link


@each_document
def test_make_targets_exist(document: Path) -> None:
    named = {
        target
        for words in commands(document)
        if words[0] == "make"
        for target in words[1:]
        if "=" not in target and not target.startswith("-")
    }
    named |= set(re.findall(r"`make ([a-z-]+)`", document.read_text()))
    assert named <= TARGETS


@each_document
def test_commands_and_their_options_exist(document: Path) -> None:
    for words in commands(document):
        ours = split_ours(words)
        if ours is None:
            continue
        package, arguments = ours
        subcommand = arguments[:1] if arguments and not arguments[0].startswith("-") else []
        help_text = help_of(package, *(subcommand if package == "engine" else []))
        for option in (word.split("=")[0] for word in arguments if word.startswith("-")):
            known = re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", help_text)
            assert known or option == "-", f"{shlex.join(words)}: no option {option}"


def test_a_console_block_is_read_as_a_person_reads_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ engine run --from - \\\n    --to x | wc -l  # all\n42 lines\n```\n"
    )
    assert commands(page) == [["engine", "run", "--from", "-", "--to", "x"], ["wc", "-l"]]
