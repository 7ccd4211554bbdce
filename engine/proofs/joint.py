"""All templates at once: which pairs have a record in common, found by one walk.

The templates are one language, in which those that begin alike share what they begin with. So what
a thousand templates have in common is walked once, and a language whose ends belong to one template
only is not walked at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from engine.proofs.alphabet import Alphabet
from engine.proofs.elements import Element, compile_together
from engine.proofs.language_kinds import Union
from engine.proofs.languages import Languages
from engine.proofs.witness import Beginning

STEPS_MAX: Final = 1_000_000
"""Steps of one language by one character. Where templates overlap a lot, sets of languages
multiply; then they are compared in pairs instead."""


def overlapping_pairs(
    made: Sequence[tuple[int, Sequence[Element]]], among: Languages
) -> set[tuple[int, int]] | None:
    """The pairs of templates, by number, that accept a common record; None if that takes too many
    steps. Each is given as its number and its elements, once for each variant."""
    root = compile_together(made, among)
    alphabet = Alphabet([root])
    start = (root, Beginning())
    waiting, seen = deque([start]), {start}
    pairs: set[tuple[int, int]] = set()
    steps = 0
    while waiting:
        language, beginning = waiting.popleft()
        if not beginning.is_blank:
            pairs.update(combinations(sorted(language.accepting), 2))
        chars = alphabet.chars if beginning.is_blank else alphabet.telling(language.heads)
        for char in chars:
            steps += len(language.members) if isinstance(language, Union) else 1
            begun = beginning.step(char)
            after = (among.step(language, char), begun)
            if begun is None or len(after[0].ends) < 2 or after in seen:
                continue
            seen.add((after[0], begun))
            waiting.append((after[0], begun))
        if steps > STEPS_MAX:
            return None
    return pairs
