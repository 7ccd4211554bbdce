"""Shapes of text records: what is the same in the records of one kind, and where they differ.

In three steps, each of which depends on the set of records and not on their order. Records are
grouped by their tokens with the values masked (*skeleton*). Within a group the words that many
have in common tell kinds apart (SLCT's rule), and kinds that have most in common are one. Groups
with a common beginning and too few records each, as free text makes them, become one with an open
end. The time is linear in the number of tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from engine.infer.tokens import Token
from engine.infer.vocabulary import level_of
from engine.infer.word_patterns import is_plain, split_by_words

Records = Sequence[tuple[Token, ...]]
Skeleton = tuple[str, ...]

STRONG_SHARE: Final = 0.03
"""Share of all records from which on a group is a kind of its own."""

NOISE_SHARE: Final = 0.02
"""Share of all records up to which what is like nothing else is left out."""

NOISE_RECORDS_MIN: Final = 40
"""With fewer records than these nothing is noise: all of them are all that there is."""

KINDS_MAX: Final = 12
COMPARED_MAX: Final = 4
DIFFERENT_MIN: Final = 5
"""Different texts, compared by so many tokens, that follow a word which is a field of its own."""

DEPTH_MAX: Final = 40
"""Divergences of skeletons that are followed, one after the other."""


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one shape. ``open_at`` is the token where a text of any kind begins; None if they
    are alike to the end."""

    lines: tuple[int, ...]
    open_at: int | None = None
    close: int = 0
    """How many tokens at the end they have in common again."""


@dataclass(slots=True)
class _Branch:
    """What comes of the records below one point: kinds, and groups too small to be one."""

    kinds: list[Group]
    weak: list[Group]


def find_groups(records: Records) -> tuple[list[Group], list[int]]:
    """The shapes, the largest first, and the records that are like no others."""
    by_skeleton: dict[Skeleton, list[int]] = defaultdict(list)
    for number, tokens in enumerate(records):
        by_skeleton[tuple(token.symbol for token in tokens)].append(number)
    strong = 1 if len(records) == 1 else max(2, ceil(STRONG_SHARE * len(records)))
    branch = _Tree(records, strong).branch(by_skeleton, 0)
    noise: list[int] = []
    kinds = branch.kinds
    least = max(2, NOISE_SHARE * len(records)) if len(records) >= NOISE_RECORDS_MIN else 0
    for group in branch.weak:
        if len(group.lines) >= least:
            kinds.append(group)
        else:
            noise += group.lines
    kinds.sort(key=lambda one: (-len(one.lines), one.open_at is not None, records[one.lines[0]]))
    for group in kinds[KINDS_MAX:]:
        noise += group.lines
    return kinds[:KINDS_MAX], sorted(noise)


def common_length(sequences: Sequence[Skeleton]) -> int:
    """How many items all sequences begin with. (The first and the last in order tell.)"""
    first, last = min(sequences), max(sequences)
    return next(
        (n for n, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]),
        min(len(first), len(last)),
    )


@dataclass(frozen=True, slots=True)
class _Tree:
    records: Records
    strong: int

    def branch(self, groups: Mapping[Skeleton, list[int]], depth: int) -> _Branch:
        """What comes of these skeletons, which agree up to where they were divided."""
        if len(groups) == 1:
            return self._leaf(next(iter(groups.values())))
        at = common_length(list(groups))
        if depth > DEPTH_MAX:
            lines = tuple(sorted(line for some in groups.values() for line in some))
            return self._gather(_Branch([], [Group(lines, at)]), at)
        children: dict[str, dict[Skeleton, list[int]]] = defaultdict(dict)
        for skeleton, some in groups.items():
            children[skeleton[at] if at < len(skeleton) else ""][skeleton] = some
        both = _Branch([], [])
        for symbol in sorted(children):
            below = self.branch(children[symbol], depth + 1)
            both.kinds += below.kinds
            both.weak += below.weak
        return self._gather(both, at)

    def _leaf(self, lines: list[int]) -> _Branch:
        parts = split_by_words([self.records[line] for line in lines])
        groups = [Group(tuple(lines[one] for one in part)) for part in parts]
        return _Branch(
            [one for one in groups if len(one.lines) >= self.strong],
            [one for one in groups if len(one.lines) < self.strong],
        )

    def _gather(self, branch: _Branch, at: int) -> _Branch:
        """Make one kind of what meets here and is no kind of its own, if it is enough."""
        if at == 0 or self._loses_time([*branch.weak, *branch.kinds], at):
            return branch
        some = [line for group in (*branch.weak, *branch.kinds) for line in group.lines]
        open_at = self._open_at(some, at)
        loose = [one for one in branch.kinds if not self._has_structure(one, open_at)]
        close, closed = self._closed(branch, open_at)
        if close:
            loose = closed
        if len(branch.weak) + len(loose) < 2:
            return branch
        lines = [line for group in (*branch.weak, *loose) for line in group.lines]
        kept = [one for one in branch.kinds if one not in loose]
        if len(lines) < self.strong:
            return _Branch(kept, [Group(tuple(sorted(lines)), open_at, close)])
        for kind in list(kept) if not close else ():
            if len(lines) > len(kind.lines) and not self._has_values(kind, open_at):
                kept.remove(kind)
                lines += kind.lines
        return _Branch([*kept, Group(tuple(sorted(lines)), open_at, close)], [])

    def _closed(self, branch: _Branch, at: int) -> tuple[int, list[Group]]:
        """How many tokens at the end all small groups, and the kinds with nothing but a text
        before them, have in common; 0 if they hold no value and no word. And these kinds."""
        kinds = [one for one in branch.kinds if one.open_at is None or one.open_at <= at + 1]
        for _ in range(2):
            groups = [*branch.weak, *kinds]
            if len(groups) < 2:
                return 0, []
            close = self._common_ending(groups, at)
            if not close:
                return 0, []
            fitting = [one for one in kinds if not self._differs_before(one, at, close)]
            if len(fitting) == len(kinds):
                return close, kinds
            kinds = fitting
        return 0, []

    def _common_ending(self, groups: Sequence[Group], at: int) -> int:
        backwards = []
        for group in groups:
            if group.open_at is not None and not group.close:
                return 0
            for line in group.lines:
                tokens = self.records[line][at + 1 :]
                tokens = tokens[-group.close :] if group.close else tokens
                backwards.append(tuple(token.symbol for token in reversed(tokens)))
        close = common_length(backwards)
        lines = [line for group in groups for line in group.lines]
        words, values = 0, 0
        begins = 0
        for place in range(1, close + 1):
            texts = {self.records[line][-place].text for line in lines}
            kind = self.records[lines[0]][-place].kind
            values += len(texts) > 1 and kind in ("word", "quoted")
            is_mark = len(texts) == 1 and kind in ("word", "key")
            words += is_mark
            if is_mark or (len(texts) == 1 and kind == "punct"):
                begins = place
        return begins if words and values else 0

    def _differs_before(self, group: Group, at: int, close: int) -> bool:
        """Whether what stands between the beginning and the ending is more than one text."""
        if group.open_at is not None:
            return False
        own = [self.records[line] for line in group.lines]
        return any(
            len({record[place].text for record in own}) > 1
            for place in range(at, len(own[0]) - close)
        )

    def _loses_time(self, groups: Sequence[Group], at: int) -> bool:
        """Whether the groups tell times, but none that all of them have at the same place."""
        first = self.records[groups[0].lines[0]]
        if any(token.kind == "time" for token in first[:at]):
            return False
        timed = [one for one in groups if self._first_time(one) is not None]
        return 2 * len(timed) >= len(groups)

    def _first_time(self, group: Group) -> int | None:
        tokens = self.records[group.lines[0]][: group.open_at]
        return next((n for n, token in enumerate(tokens) if token.kind == "time"), None)

    def _open_at(self, lines: Sequence[int], at: int) -> int:
        """The end of what all have in common: free text begins with its first word, not after."""
        while at:
            column = [self.records[line][at - 1] for line in lines]
            texts = {token.text for token in column}
            kind = column[0].kind
            if (
                kind == "space"
                or (kind == "word" and len(texts) > 1 and not self._is_enumeration(lines, at - 1))
                or (kind == "punct" and column[0].text in ",.;!?'`")
            ):
                before = at - 1
            else:
                break
            at = before
        while all(
            at < len(self.records[line]) and self.records[line][at].kind == "space"
            for line in lines
        ):
            at += 1
        return at

    def _has_structure(self, kind: Group, at: int) -> bool:
        """Whether what comes after ``at`` is more than a text: something in all its records is the
        same, and something differs. (Nothing at all is structure too.)"""
        if kind.open_at is not None:
            return kind.open_at > at + 1
        columns = list(zip(*(self.records[line][at:] for line in kind.lines), strict=True))
        differing = [len({token.text for token in column}) > 1 for column in columns]
        if not columns:
            return True
        return any(differing) and any(
            column[0].kind in ("key", "time")
            or (column[0].kind == "punct" and column[0].text in "()[]{}<>|=")
            or (column[0].kind == "word" and not differs)
            for column, differs in zip(columns, differing, strict=True)
        )

    def _has_values(self, kind: Group, at: int) -> bool:
        """Whether something after ``at`` is an id or another value that differs."""
        if kind.open_at is not None:
            return True
        columns = zip(*(self.records[line][at:] for line in kind.lines), strict=True)
        return any(
            len({token.text for token in column}) > 1
            and all(not is_plain(token.text) for token in column)
            for column in columns
            if column[0].kind in ("word", "quoted", "json")
        )

    def _is_enumeration(self, lines: Sequence[int], place: int) -> bool:
        """Whether the words of one place are a field (levels, ids, modules), and no beginning of a
        text: the same word stands before many different texts."""
        texts: dict[str, set[str]] = defaultdict(set)
        for line in lines:
            after = self.records[line][place + 1 : place + 1 + COMPARED_MAX]
            texts[self.records[line][place].text].add("".join(token.text for token in after))
        if all(level_of(text) is not None for text in texts):
            return True
        if all(not is_plain(text) for text in texts):
            return True
        return len(lines) >= 20 and all(len(after) >= DIFFERENT_MIN for after in texts.values())
