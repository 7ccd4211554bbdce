"""The records of one shape as what they have in common and the columns where they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.infer.columns import Column, Table
from engine.infer.shapes import Group
from engine.infer.tokens import Token
from engine.infer.vocabulary import ID_NAMES, level_of, success_of
from engine.infer.word_patterns import is_plain

CONSTANT_MIN: Final = 5
"""Records from which on a value that never changes is taken for a part of the shape."""

VALUE_MIN: Final = 50
"""The same for numbers, addresses and quoted texts."""

_DATA: Final = re.compile(r"[-+]?[0-9][0-9.:,/]*|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*|/.*|.*://.*")
_REQUEST: Final = re.compile(r'"([A-Z]{3,10}) (\S+) HTTP/([0-9.]+)"')
_REQUEST_NAMES: Final = ("method", "path", "http_version")
_NAMED: Final = re.compile(r"([A-Za-z_@][\w.-]{0,39})[\"']?[ ]?[=:][ ]?[\"'(\[<{]?$")
_WORD_BEFORE: Final = re.compile(r"(?:^|[^\w])([A-Za-z][A-Za-z_]{1,30})[ ]?[\[(<#\"']?$")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where the records differ. ``kind`` is that of its tokens, or ``mixed``."""

    kind: str
    column: Column


Piece = str | Slot
"""Text that is always the same, or a place where it differs."""


RawPiece = str | tuple[str, list[str], str]
"""A text, or a place where records differ: the kind of its tokens, their texts, the format of a
time or the name of a word."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The pieces of a kind, two texts never side by side, and its slots as a table."""

    pieces: tuple[Piece, ...]
    table: Table

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places where its records differ."""
        return tuple(one for one in self.pieces if isinstance(one, Slot))


def shapes_of(groups: Sequence[Group], records: Sequence[tuple[Token, ...]]) -> list[Shape]:
    """The pieces of each group of records."""
    opened = _opened(groups, records)
    return [_shape(group, records, opened[n]) for n, group in enumerate(groups)]


def _opened(groups: Sequence[Group], records: Sequence[tuple[Token, ...]]) -> dict[int, set[int]]:
    """The places of each group where one word always stands, and another kind with the same
    beginning tells that it is a value: the status of a kind that only ever succeeds."""
    opened: dict[int, set[int]] = {n: set() for n in range(len(groups))}
    for one, mine in enumerate(groups):
        for other, its in enumerate(groups):
            if one == other:
                continue
            for place in range(_common_end(mine, its, records)):
                texts = {records[line][place].text for line in mine.lines}
                others = {records[line][place].text for line in its.lines}
                if len(texts) == 1 and _is_same_field(texts, others):
                    opened[one].add(place)
    return opened


def _common_end(one: Group, other: Group, records: Sequence[tuple[Token, ...]]) -> int:
    """Up to which token two groups have the same skeleton."""
    first, second = records[one.lines[0]][: one.open_at], records[other.lines[0]][: other.open_at]
    end = 0
    for mine, its in zip(first, second, strict=False):
        if mine.symbol != its.symbol:
            break
        end += 1
    return end


def _is_same_field(texts: set[str], others: set[str]) -> bool:
    if texts == others or not texts - {"-"}:
        return False
    if len(others) > 1:
        return texts < others
    return any(
        all(meaning(text) is not None for text in texts | others)
        for meaning in (success_of, level_of)
    )


def _shape(group: Group, records: Sequence[tuple[Token, ...]], opened: set[int]) -> Shape:
    own = [records[line] for line in group.lines]
    end = len(own[0]) if group.open_at is None else group.open_at
    raw: list[RawPiece] = []
    for place in range(end):
        column = [record[place] for record in own]
        piece = _piece(column, raw[-1] if raw else "")
        if place in opened and isinstance(piece, str) and column[0].kind == "word":
            piece = ("word", [token.text for token in column], "")
        _append(raw, piece)
    if group.open_at is not None:
        tails = [
            "".join(token.text for token in record[end : len(record) - group.close])
            for record in own
        ]
        _append(raw, ("rest", tails, ""))
        for place in range(-group.close, 0):
            _append(raw, _piece([record[place] for record in own], raw[-1]))
    pieces = _named(_requests_open(_joined(raw)))
    texts = " ".join(one for one in pieces if isinstance(one, str))
    columns = tuple(one.column for one in pieces if isinstance(one, Slot))
    return Shape(tuple(pieces), Table(group.lines, columns, texts))


def _piece(column: Sequence[Token], before: RawPiece) -> RawPiece:
    first = column[0]
    texts = [token.text for token in column]
    kind = first.kind
    if kind in ("punct", "key"):
        return first.text
    same = all(text == first.text for text in texts)
    if kind == "space":
        return first.text if same else ("space", texts, "")
    if kind == "time":
        return ("time", texts, first.detail)
    least = VALUE_MIN if _is_data(first) else CONSTANT_MIN
    if same and (len(texts) >= least or not _is_value(first, before)):
        return first.text
    return (kind, texts, "")


def _is_data(token: Token) -> bool:
    """Whether a token is a number, an address or a text in quotes, and so rarely a constant."""
    return token.kind != "word" or _DATA.fullmatch(token.text) is not None


def _is_value(token: Token, before: RawPiece) -> bool:
    """Whether a word that never changes in a few records looks like one that may."""
    if token.kind != "word" or not is_plain(token.text):
        return token.text not in ("", "-")
    if isinstance(before, str) and before.endswith("="):
        return True
    return level_of(token.text) is not None and token.text.isupper()


def _append(raw: list[RawPiece], piece: RawPiece) -> None:
    if isinstance(piece, str) and raw and isinstance(raw[-1], str):
        raw[-1] += piece
    else:
        raw.append(piece)


def _joined(raw: list[RawPiece]) -> list[RawPiece]:
    """Slots side by side as one, since nothing tells where the first ends. (Blanks do.)"""
    done: list[RawPiece] = []
    for piece in raw:
        last = done[-1] if done else ""
        if isinstance(piece, str) or isinstance(last, str) or "space" in (piece[0], last[0]):
            done.append(piece)
            continue
        texts = [one + other for one, other in zip(last[1], piece[1], strict=True)]
        done[-1] = ("rest" if piece[0] == "rest" else "mixed", texts, "")
    return done


def _requests_open(raw: list[RawPiece]) -> list[RawPiece]:
    """A request of HTTP in quotes as its parts."""
    done: list[RawPiece] = []
    for piece in raw:
        found = (
            [_REQUEST.fullmatch(text) for text in piece[1]]
            if not isinstance(piece, str) and piece[0] == "quoted"
            else [None]
        )
        if not all(found):
            _append(done, piece)
            continue
        parts = [one.groups() for one in found if one]
        _append(done, '"')
        for place, after in enumerate((" ", " HTTP/", '"')):
            done.append(("word", [str(one[place]) for one in parts], _REQUEST_NAMES[place]))
            _append(done, after)
    return done


def _named(raw: Sequence[RawPiece]) -> list[Piece]:
    pieces: list[Piece] = []
    for piece in raw:
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        kind, texts, detail = piece
        before = pieces[-1] if pieces and isinstance(pieces[-1], str) else ""
        name, is_named = (detail, True) if kind == "word" else ("", False)
        if not name:
            name, is_named = _name_before(before)
        if kind == "quoted":
            texts = [re.sub(r"\\([\"'\\])", r"\1", text[1:-1]) for text in texts]
        column = Column(
            name, tuple(texts), is_named, (kind == "time" and detail) or None, kind == "rest"
        )
        pieces.append(Slot(kind, column))
    return _without_false_names(pieces)


def _name_before(text: str) -> tuple[str, bool]:
    found = _NAMED.search(text)
    if found:
        return found[1], True
    word = _WORD_BEFORE.search(text)
    if word and word[1].lower() in ID_NAMES:
        return word[1], False
    return "", False


def _without_false_names(pieces: list[Piece]) -> list[Piece]:
    """What follows the name of the program (``PAY: `` at the beginning) is not called so."""
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Slot) or not piece.column.is_named:
            continue
        before = pieces[place - 1]
        assert isinstance(before, str)
        is_label = place <= 2 and before.strip(" ]") == f"{piece.column.name}:"
        if is_label:
            pieces[place] = replace(piece, column=replace(piece.column, name="", is_named=False))
    return pieces
