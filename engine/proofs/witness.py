"""The shortest text that two templates both accept, or the proof that there is none: a search,
breadth first, through the product of their automata."""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from engine.patterns import Chars
from engine.proofs.automaton import DEAD, TemplateAutomaton

_READABLE: Final = "x" + string.ascii_lowercase + string.ascii_uppercase + "2013456789 "
_CANDIDATES: Final = dict.fromkeys(
    _READABLE + string.punctuation + string.printable.replace("\x0b", "").replace("\x0c", "") + "é"
)
"""Characters that witnesses are made of besides those that literals name, the readable first."""

_BLANK: Final = frozenset(" \t\r\n\x0b\x0c")
_BEFORE_JSON: Final = frozenset(" \t\r\n")


class _Beginning(NamedTuple):
    """What a text began like: only blanks so far (such a record is empty), and whether a brace
    now would make it JSON."""

    is_blank: bool = True
    may_be_json: bool = True

    def step(self, char: str) -> _Beginning | None:
        """After one more character; None for a text that no template is asked about."""
        if not self.is_blank:
            return self
        if char == "\0" or (char == "{" and self.may_be_json):
            return None
        return _Beginning(char in _BLANK, self.may_be_json and char in _BEFORE_JSON)


_State = tuple[int, int, _Beginning]


def shortest_common_text(one: TemplateAutomaton, other: TemplateAutomaton) -> str | None:
    """A shortest record that both accept; None proves that there is none."""
    alphabet = alphabet_of([one, other])
    start: _State = (0, 0, _Beginning())
    came_from: dict[_State, tuple[_State, str]] = {}
    waiting = deque([start])
    seen = {start}
    while waiting:
        state = waiting.popleft()
        first, second, beginning = state
        if not beginning.is_blank and one.accepts(first) and other.accepts(second):
            return _spelled(state, came_from)
        for char in alphabet:
            after_first = one.step(first, char)
            if after_first == DEAD:
                continue
            after_second = other.step(second, char)
            after = beginning.step(char)
            if after_second == DEAD or after is None:
                continue
            reached = (after_first, after_second, after)
            if reached not in seen:
                seen.add(reached)
                came_from[reached] = (state, char)
                waiting.append(reached)
    return None


def _spelled(state: _State, came_from: Mapping[_State, tuple[_State, str]]) -> str:
    chars = []
    while state in came_from:
        state, char = came_from[state]
        chars.append(char)
    return "".join(reversed(chars))


def alphabet_of(automata: Iterable[TemplateAutomaton]) -> list[str]:
    """Characters enough to tell every state apart: those that literals name, and one of each
    kind that the automata treat alike, the readable first."""
    automata = list(automata)
    named = frozenset[str]().union(*(one.literal_chars for one in automata)) - {"\0"}
    sets = sorted(frozenset[Chars]().union(*(one.char_sets for one in automata)), key=repr)
    others: dict[tuple[bool, ...], str] = {}
    for char in _CANDIDATES:
        if char not in named:
            alike = (*(char in chars for chars in sets), char in _BLANK, char == "\n", char == "{")
            others.setdefault(alike, char)
    order = {char: place for place, char in enumerate(_CANDIDATES)}
    return sorted({*named, *others.values()}, key=lambda char: (order.get(char, 999), char))
