"""A template as a deterministic automaton over characters, made as it is walked: its states are the
languages of what may follow, numbered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.model import Template
from engine.proofs.elements import compile_template
from engine.proofs.language_kinds import NO_HEADS, Heads, Language
from engine.proofs.languages import Languages

DEAD: Final = -1
"""The state from which nothing is accepted any more."""


class TemplateAutomaton:
    """States are small integers; 0 is the beginning. ``limits``: the texts that fields of these
    names may have, beyond what the template says; ``among`` makes the languages, and is shared by
    automata that are asked about together."""

    def __init__(
        self,
        template: Template,
        among: Languages | None = None,
        limits: Mapping[str, Language] | None = None,
    ) -> None:
        self.template = template
        self._among = among or Languages()
        self.language = compile_template(template, self._among, limits or {})
        self._numbers: dict[Language, int] = {}
        self._states: list[Language] = []
        self._steps: list[dict[str, int]] = []
        self._number(self.language)

    def step(self, state: int, char: str) -> int:
        """The state after one more character; DEAD if no record goes on like this."""
        if state == DEAD:
            return DEAD
        known = self._steps[state].get(char)
        if known is None:
            after = self._among.step(self._states[state], char)
            is_dead = after is self._among.nothing
            known = self._steps[state][char] = DEAD if is_dead else self._number(after)
        return known

    def steps(self, state: int) -> Mapping[str, int]:
        """The steps from a state (not DEAD) that are known already: a search looks here first."""
        return self._steps[state]

    def heads(self, state: int) -> Heads:
        """What tells characters apart here."""
        return NO_HEADS if state == DEAD else self._states[state].heads

    def accepts(self, state: int) -> bool:
        """Whether a record may end here."""
        return state != DEAD and bool(self._states[state].accepting)

    def accepts_text(self, text: str) -> bool:
        """Whether a whole record is accepted."""
        state = 0
        for char in text:
            state = self.step(state, char)
        return self.accepts(state)

    def _number(self, language: Language) -> int:
        number = self._numbers.setdefault(language, len(self._states))
        if number == len(self._states):
            self._states.append(language)
            self._steps.append({})
        return number
