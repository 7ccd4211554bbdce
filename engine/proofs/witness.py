"""A shortest text that some templates accept and others do not, or the proof that there is none: a
search, breadth first, through the product of their automata."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from engine.proofs.alphabet import BLANK, Alphabet
from engine.proofs.automaton import DEAD, TemplateAutomaton
from engine.proofs.language_kinds import NO_HEADS, Heads

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


_State = tuple[int, ...]
"""The states of the automata that must accept, of those that must not, and the beginning."""

_BEGUN: Final = -1
"""A beginning that tells no more: any other is its place among those that were met."""


def shortest_text(
    accepting: Sequence[TemplateAutomaton], refusing: Sequence[TemplateAutomaton] = ()
) -> str | None:
    """A shortest record that all of ``accepting`` accept and none of ``refusing``; None proves
    that there is none. Raises SearchEndedError."""
    return _Search(accepting, refusing).run()


class _Search:
    """One search. Nearly all of its time is spent in ``_reached``."""

    def __init__(
        self, accepting: Sequence[TemplateAutomaton], refusing: Sequence[TemplateAutomaton]
    ) -> None:
        self._automata = (*accepting, *refusing)
        self._accepting = len(accepting)
        self._alphabet = Alphabet([one.language for one in self._automata])
        self._telling: dict[tuple[Heads, ...], list[str]] = {}
        self._beginnings = [Beginning()]

    def run(self) -> str | None:
        start: _State = (*(0 for _ in self._automata), 0)
        came_from: dict[_State, tuple[_State, str]] = {start: (start, "")}
        waiting = deque([start])
        steps = 0
        while waiting:
            state = waiting.popleft()
            if steps > STEPS_MAX:
                raise SearchEndedError
            if self._is_witness(state):
                return _spelled(state, came_from)
            chars = self._chars(state)
            steps += len(chars)
            for reached, char in self._reached(state, chars):
                if reached not in came_from:
                    came_from[reached] = (state, char)
                    waiting.append(reached)
        return None

    def _is_witness(self, state: _State) -> bool:
        if state[-1] != _BEGUN:
            return False
        count = self._accepting
        for place, one in enumerate(self._automata):
            if one.accepts(state[place]) != (place < count):
                return False
        return True

    def _chars(self, state: _State) -> list[str]:
        """The characters that lead to all that can be reached."""
        if state[-1] != _BEGUN:
            return self._alphabet.chars
        heads = tuple([one.heads(at) for one, at in zip(self._automata, state, strict=False)])
        known = self._telling.get(heads)
        if known is None:
            known = self._telling[heads] = self._alphabet.telling(NO_HEADS.union(*heads))
        return known

    def _reached(self, state: _State, chars: Sequence[str]) -> Iterator[tuple[_State, str]]:
        """The states after one more character, but those that can end in no witness."""
        begun = state[-1]
        moves = [
            (one, at, one.steps(at) if at != DEAD else {}, place < self._accepting)
            for place, (one, at) in enumerate(zip(self._automata, state, strict=False))
        ]
        for char in chars:
            reached = []
            for one, at, known, must_live in moves:
                after = known.get(char)
                if after is None:
                    after = one.step(at, char)
                if after == DEAD and must_live:
                    break
                reached.append(after)
            else:
                if begun == _BEGUN:
                    reached.append(_BEGUN)
                else:
                    number = self._begun(begun, char)
                    if number is None:
                        continue
                    reached.append(number)
                yield tuple(reached), char

    def _begun(self, number: int, char: str) -> int | None:
        after = self._beginnings[number].step(char)
        if after is None or not after.is_blank:
            return None if after is None else _BEGUN
        if after not in self._beginnings:
            self._beginnings.append(after)
        return self._beginnings.index(after)


def _spelled(state: _State, came_from: Mapping[_State, tuple[_State, str]]) -> str:
    chars = []
    while came_from[state][0] != state:
        state, char = came_from[state]
        chars.append(char)
    return "".join(reversed(chars))
