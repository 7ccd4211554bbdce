"""Match text against a template: linear, one reading only (semantics, chapter 5).

A template is read from left to right and never goes back over what it has chosen, so every part
reads the record at most once. This is the slow and obvious form of the rules; whatever runs faster
is held against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from engine.follows import ANYTHING, END, Follow, beginnings, follow_of, in_words, only_text
from engine.model import FieldPart, FieldType, GroupPart, LiteralPart, Part, RegexPart, Template
from engine.regexes import compile_regex, longest_run

_TEMPLATES_MAX: Final = 4096
_ESCAPE: Final = re.compile(r"""\\(["'\\])""")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a template ended its reading: characters matched, and what it expected there."""

    matched_chars: int
    expected: str


def match(template: Template, text: str) -> dict[str, str] | Mismatch:
    """The named captures of ``text``, or how far the template got. A field of a segment that is
    not there is not captured; one that may be empty, and is, is ``""``."""
    return match_of(template)(text)


@lru_cache(_TEMPLATES_MAX)
def match_of(template: Template) -> Callable[[str], dict[str, str] | Mismatch]:
    """``match`` for one template: to look a template up takes longer than to read most texts."""
    read_all = _sequence(template.parts, END)

    def match_text(text: str) -> dict[str, str] | Mismatch:
        progress = _Progress(text)
        end = read_all(progress, 0)
        if progress.refusals:
            return progress.refusals[0]
        if end == len(text):
            return dict(progress.captures)
        if end >= 0:
            progress.expect(end, "the end of the record")
        return Mismatch(progress.at, progress.expected)

    return match_text


def match_prefix(template: Template, text: str) -> bool:
    """Whether ``text`` begins with what the template says."""
    progress = _Progress(text)
    return _compiled_prefix(template)(progress, 0) >= 0 and not progress.refusals


def head_of(template: Template) -> object:
    """What the first part of a template is: two that are equal read the same there, or fail in the
    same words. None for a literal, of which nothing is read as a head."""
    part, follow = template.parts[0], follow_of(template.parts[1:], END)
    if isinstance(part, FieldPart) and part.type is not None:
        return replace(part, name=None)
    return None if isinstance(part, LiteralPart) else (part, follow)


def compile_head(template: Template) -> Callable[[str], Mismatch | int]:
    """Where the head of a template ends in a text, or how far the template gets if that is told
    there."""
    if head_of(template) is None:
        return lambda _text: 0
    read = _step(template.parts[0], follow_of(template.parts[1:], END))

    def read_head(text: str) -> Mismatch | int:
        progress = _Progress(text)
        end = read(progress, 0)
        if progress.refusals:
            return progress.refusals[0]
        return Mismatch(progress.at, progress.expected) if end < 0 else end

    return read_head


def unescaped(quoted: str) -> str:
    """What stands between the quotes of a quoted text; "" for none."""
    return _ESCAPE.sub(r"\1", quoted[1:-1])


class _Progress:
    """One reading of one text: what was captured, and the furthest place where it ended.
    ``refusals`` are what conditions do not allow of what was read. A condition decides whether a
    record is taken and never how it is read, so the reading goes on behind them, and a branch that
    is not the one takes its own with it."""

    __slots__ = ("at", "captures", "expected", "refusals", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.captures: list[tuple[str, str]] = []
        self.refusals: list[Mismatch] = []
        self.at = 0
        self.expected = ""

    def expect(self, at: int, expected: str) -> int:
        """Note that the reading cannot go on; the furthest counts. Returns -1."""
        if at >= self.at:
            self.at, self.expected = at, expected
        return -1


_Step = Callable[[_Progress, int], int]
"""Reads a part of the text from a place: the place after it, or -1."""


@lru_cache(_TEMPLATES_MAX)
def _compiled_prefix(template: Template) -> _Step:
    return _sequence(template.parts, END | ANYTHING)


def _sequence(parts: Sequence[Part], after: Follow) -> _Step:
    steps = [_step(part, follow_of(parts[at + 1 :], after)) for at, part in enumerate(parts)]
    if len(steps) == 1:
        return steps[0]

    def read(progress: _Progress, at: int) -> int:
        for step in steps:
            at = step(progress, at)
            if at < 0:
                break
        return at

    return read


def _step(part: Part, follow: Follow) -> _Step:
    if isinstance(part, LiteralPart):
        return _literal(part.text)
    if isinstance(part, GroupPart):
        return _group(part, follow)
    if isinstance(part, RegexPart):
        return _regex(part)
    return _bare(part, follow) if part.type is None else _typed(part, part.type)


# --- literals and fields ------------------------------------------------------------------------


def _literal(literal: str) -> _Step:
    length = len(literal)

    def read(progress: _Progress, at: int) -> int:
        if progress.text.startswith(literal, at):
            return at + length
        return progress.expect(at + common_length(literal, progress.text, at), f'"{literal}"')

    return read


def common_length(literal: str, text: str, at: int) -> int:
    """How many characters of a literal a text holds at a place, from the literal's first on."""
    for length, char in enumerate(literal):
        if not text.startswith(char, at + length):
            return length
    return len(literal)


def _typed(part: FieldPart, type_: FieldType) -> _Step:
    run, name, is_quoted = longest_run(type_.pattern), part.name, type_.value == "quoted"
    may_be_empty, values = part.may_be_empty, frozenset(part.values)
    given = " or ".join(f'"{value}"' for value in part.values)
    expected = given or f"a field of type {type_.name}"

    def read(progress: _Progress, at: int) -> int:
        end = run(progress.text, at)
        if end < 0:
            if not may_be_empty:
                return progress.expect(at, expected)
            end = at
        if name is not None or values:
            value = progress.text[at:end]
            if is_quoted:
                value = unescaped(value)
            if values and value not in values:
                progress.refusals.append(Mismatch(at, given))
            if name is not None:
                progress.captures.append((name, value))
        return end

    return read


def _bare(part: FieldPart, follow: Follow) -> _Step:
    name, may_be_empty, values = part.name, part.may_be_empty, frozenset(part.values)
    find, sought = (_search_last if part.is_greedy else _search)(follow), in_words(follow)
    given = " or ".join(f'"{value}"' for value in part.values)

    def read(progress: _Progress, at: int) -> int:
        text = progress.text
        end = find(text, at)
        line_end = text.find("\n", at, end if end >= 0 else len(text))
        if line_end >= 0:
            return progress.expect(line_end, "no line break inside a field")
        if end < 0:
            return progress.expect(at, f"{sought} further on")
        if end == at and not may_be_empty:
            return progress.expect(at, f"a value for {{{name or ''}}}")
        if values and text[at:end] not in values:
            progress.refusals.append(Mismatch(at, given))
        if name is not None:
            progress.captures.append((name, text[at:end]))
        return end

    return read


def _search(follow: Follow) -> Callable[[str, int], int]:
    """The first place, from one on, where what may follow begins; -1 if there is none."""
    if follow == END:
        return lambda text, _at: len(text)
    only = only_text(follow)
    if only is not None:
        return lambda text, at: text.find(only, at)
    begins = re.compile(beginnings(follow))

    def find(text: str, at: int) -> int:
        found = begins.search(text, at)
        return -1 if found is None else found.start()

    return find


def _search_last(follow: Follow) -> Callable[[str, int], int]:
    """The last place of the line, from one on, where what may follow begins; -1 if there is
    none."""
    only = only_text(follow)
    begins = re.compile(beginnings(follow))

    def find(text: str, at: int) -> int:
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        if only is not None and "\n" not in only:
            return text.rfind(only, at, line_end)
        places = range(line_end, at - 1, -1)
        return next((place for place in places if begins.match(text, place)), -1)

    return find


def _regex(part: RegexPart) -> _Step:
    read_all = compile_regex(part)

    def read(progress: _Progress, at: int) -> int:
        captures = read_all(progress.text[at:])
        if captures is None:
            return progress.expect(at, "what the regular expression says")
        progress.captures += captures.items()
        return len(progress.text)

    return read


# --- groups -------------------------------------------------------------------------------------


def _group(part: GroupPart, follow: Follow) -> _Step:
    branches = [_sequence(branch, follow) if branch else None for branch in part.branches]
    may_follow, name, last = _is_followed(follow), part.name, branches[-1]
    refused = {number: _wanted_beside(part, number) for number in part.refused}

    def read(progress: _Progress, at: int) -> int:
        kept, allowed = len(progress.captures), len(progress.refusals)
        for number, branch in enumerate(branches):
            end = at if branch is None else branch(progress, at)
            # Where nothing but the last is left, what comes next tells better what is missing.
            if end >= 0 and (branch is last is None or may_follow(progress, end)):
                if name is not None:
                    progress.captures.insert(kept, (name, progress.text[at:end]))
                if number in refused:
                    progress.refusals.insert(allowed, Mismatch(at, refused[number]))
                return end
            del progress.captures[kept:], progress.refusals[allowed:]
        return -1

    return read


def _wanted_beside(part: GroupPart, refused: int) -> str:
    """What a record lacks, or has too much, that is read by a refused branch."""
    here = Template("", part.branches[refused]).field_names
    others = [one for number, one in enumerate(part.branches) if number not in part.refused]
    names = [Template("", branch).field_names for branch in others]
    always = [name for name in names[0] if all(name in one for one in names)] if names else []
    missing = next((name for name in always if name not in here), None)
    if missing is not None:
        return f"a value for {{{missing}}}"
    more = next((name for name in here if name not in always), "")
    return f"no {{{more}}} here" if more else "another segment"


def _is_followed(follow: Follow) -> Callable[[_Progress, int], bool]:
    """Whether what may follow begins at a place."""
    if follow.anything:
        return lambda _progress, _at: True
    begins, sought = re.compile(beginnings(follow)), in_words(follow)

    def is_followed(progress: _Progress, at: int) -> bool:
        if begins.match(progress.text, at):
            return True
        progress.expect(at, sought)
        return False

    return is_followed
