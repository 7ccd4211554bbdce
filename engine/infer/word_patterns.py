"""Records with the same skeleton, told apart by the words that many of them share."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import ceil
from typing import Final

from engine.infer.tokens import Token

Pattern = tuple[str | None, ...]
"""The words of a record that are frequent in their place; None for the others."""

FREQUENT_SHARE: Final = 0.02
ALIKE: Final = 0.5
"""What two patterns must have in common to be one kind, as a share of all they say."""

VALUES_MAX: Final = 6
"""Different words of a place that may tell kinds apart."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z_-]*|[^0-9A-Za-z]+")


def is_plain(text: str) -> bool:
    """Whether a word is one of language: no digits in it, so neither an id nor a number."""
    return _PLAIN.fullmatch(text) is not None


def split_by_words(records: Sequence[tuple[Token, ...]]) -> list[list[int]]:
    """The records of one skeleton as one list of positions a kind, the largest kind first."""
    places = [n for n, token in enumerate(records[0]) if token.kind == "word"]
    counts = {place: Counter(record[place].text for record in records) for place in places}
    support = max(2, ceil(FREQUENT_SHARE * len(records)))
    by_pattern: dict[Pattern, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        by_pattern[
            tuple(_frequent(record[one].text, counts[one], support) for one in places)
        ].append(number)
    parts = _merged(by_pattern, _common_weight(records[0]))
    return [piece for part in parts for piece in _divided(part, records, places)]


def _frequent(text: str, counts: Counter[str], support: int) -> str | None:
    return text if is_plain(text) and counts[text] >= support else None


def _common_weight(tokens: Sequence[Token]) -> float:
    """What records of one skeleton have in common before any word is compared."""
    weight = 0.0
    for before, token in zip((None, *tokens), tokens, strict=False):
        if token.kind == "key":
            weight += 1
        elif token.kind == "quoted" or (
            token.kind == "punct"
            and token.text not in ".,="
            and not (before is not None and before.kind == "time")
        ):
            weight += 0.5
    return weight


def _merged(by_pattern: dict[Pattern, list[int]], common: float) -> list[list[int]]:
    """Patterns that say mostly the same are one: the frequent ones first, each of the others to
    the one that is most like it."""
    kinds: list[tuple[list[str | None], list[int]]] = []
    for pattern in sorted(by_pattern, key=lambda one: (-len(by_pattern[one]), _sortable(one))):
        best, closest = 0.0, None
        for kind in kinds:
            alike = _likeness(kind[0], pattern, common)
            if alike > best:
                best, closest = alike, kind
        if closest is None or best < ALIKE:
            kinds.append((list(pattern), list(by_pattern[pattern])))
            continue
        for place, word in enumerate(pattern):
            if closest[0][place] != word:
                closest[0][place] = None
        closest[1].extend(by_pattern[pattern])
    return [sorted(lines) for _, lines in kinds]


def _sortable(pattern: Pattern) -> tuple[str, ...]:
    return tuple(word or "" for word in pattern)


def _likeness(one: Sequence[str | None], other: Sequence[str | None], common: float) -> float:
    agree, differ = common, 0.0
    for mine, its in zip(one, other, strict=True):
        if mine == its:
            agree += 0.0 if mine is None else 1.0
        else:
            differ += 0.5 if mine is None or its is None else 1.0
    return 1.0 if not differ else agree / (agree + differ)


# --- a word that decides about the others -------------------------------------------------------


def _divided(
    lines: list[int], records: Sequence[tuple[Token, ...]], places: Sequence[int]
) -> list[list[int]]:
    """One kind as several, where the word of one place decides which words all others can have."""
    few: dict[int, list[str]] = {}
    for place in places:
        values = [records[line][place].text for line in lines]
        if 1 < len(set(values)) <= max(8, len(lines) // 10) and len(set(values)) < len(lines) / 2:
            few[place] = values
    for place, values in few.items():
        counts = Counter(values)
        least = max(3, ceil(0.05 * len(lines)))
        if len(counts) > VALUES_MAX or min(counts.values()) < least:
            continue
        others = [few[other] for other in few if other != place]
        if len(others) >= 2 and all(_decides(values, other) for other in others):
            by_word: dict[str, list[int]] = defaultdict(list)
            for line, word in zip(lines, values, strict=True):
                by_word[word].append(line)
            return sorted(by_word.values(), key=lambda one: (-len(one), records[one[0]]))
    return [lines]


def _decides(values: Sequence[str], others: Sequence[str]) -> bool:
    """Whether no other word occurs with two different values."""
    seen: dict[str, str] = {}
    return all(
        seen.setdefault(other, value) == value for value, other in zip(values, others, strict=True)
    )
