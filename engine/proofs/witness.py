"""A shortest text that some templates accept and others do not, or the proof that there is none: a
search, breadth first, through the product of their automata."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from engine.proofs.alphabet import BLANK, Alphabet
from engine.proofs.automaton import DEAD, TemplateAutomaton
from engine.proofs.language_kinds import NO_HEADS

STEPS_MAX: Final = 1_000_000
"""Steps of one search. A regular expression of some dozens of characters can have more states than
there is time for."""

UNKNOWN: Final = ""
"""Neither a record nor the proof that there is none: no record is the empty text."""

_BEFORE_JSON: Final = frozenset(" \t\r\n")


class SearchEndedError(Exception):
    """A search took more than ``STEPS_MAX`` steps: there may be a text, or none."""


class Beginning(NamedTuple):
    """What a text began like: only blanks so far (such a record is empty), and whether a brace
    now would make it JSON."""

    is_blank: bool = True
    may_be_json: bool = True

    def step(self, char: str) -> Beginning | None:
        """After one more character; None for a text that no template is asked about."""
        if not self.is_blank:
            return self
        if char == "\0" or (char == "{" and self.may_be_json):
            return None
        return Beginning(char in BLANK, self.may_be_json and char in _BEFORE_JSON)


_State = tuple[tuple[int, ...], tuple[int, ...], Beginning]
"""The states of the automata that must accept, of those that must not, and the beginning."""


def shortest_text(
    accepting: Sequence[TemplateAutomaton], refusing: Sequence[TemplateAutomaton] = ()
) -> str | None:
    """A shortest record that all of ``accepting`` accept and none of ``refusing``; None proves
    that there is none. Raises SearchEndedError."""
    alphabet = Alphabet([one.language for one in (*accepting, *refusing)])
    start: _State = ((0,) * len(accepting), (0,) * len(refusing), Beginning())
    came_from: dict[_State, tuple[_State, str]] = {}
    waiting, seen = deque([start]), {start}
    steps = 0
    while waiting:
        state = waiting.popleft()
        if steps > STEPS_MAX:
            raise SearchEndedError
        if _is_witness(state, accepting, refusing):
            return _spelled(state, came_from)
        for char in _telling(state, alphabet, accepting, refusing):
            steps += 1
            reached = _after(state, char, accepting, refusing)
            if reached is not None and reached not in seen:
                seen.add(reached)
                came_from[reached] = (state, char)
                waiting.append(reached)
    return None


def _telling(
    state: _State,
    alphabet: Alphabet,
    accepting: Sequence[TemplateAutomaton],
    refusing: Sequence[TemplateAutomaton],
) -> list[str]:
    """The characters that lead to all that can be reached."""
    inside, outside, beginning = state
    if beginning.is_blank:
        return alphabet.chars
    heads = [one.heads(at) for one, at in zip(accepting, inside, strict=True)]
    heads += [one.heads(at) for one, at in zip(refusing, outside, strict=True)]
    return alphabet.telling(NO_HEADS.union(*heads))


def _is_witness(
    state: _State, accepting: Sequence[TemplateAutomaton], refusing: Sequence[TemplateAutomaton]
) -> bool:
    inside, outside, beginning = state
    return (
        not beginning.is_blank
        and all(one.accepts(at) for one, at in zip(accepting, inside, strict=True))
        and not any(one.accepts(at) for one, at in zip(refusing, outside, strict=True))
    )


def _after(
    state: _State,
    char: str,
    accepting: Sequence[TemplateAutomaton],
    refusing: Sequence[TemplateAutomaton],
) -> _State | None:
    """The state after one more character; None if it can end in no witness."""
    inside, outside, beginning = state
    moved = []
    for one, at in zip(accepting, inside, strict=True):
        moved.append(one.step(at, char))
        if moved[-1] == DEAD:
            return None
    begun = beginning.step(char)
    if begun is None:
        return None
    left = tuple(one.step(at, char) for one, at in zip(refusing, outside, strict=True))
    return tuple(moved), left, begun


def _spelled(state: _State, came_from: Mapping[_State, tuple[_State, str]]) -> str:
    chars = []
    while state in came_from:
        state, char = came_from[state]
        chars.append(char)
    return "".join(reversed(chars))
