"""Records that are read by key: JSON objects, key=value lists, separated columns."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.infer.tokens import TIME_FORMATS
from engine.infer.vocabulary import last_step
from engine.patterns import regex
from engine.time_formats import pattern_of

Row = Mapping[str, str]
"""The values of a record by their paths."""

MOST: Final = 0.9
"""The share of records that must be of a format for all of them to be taken for it."""

NEARLY_ALL: Final = 0.98
"""The same for columns: fewer of a count than that, and there are two kinds of lines."""

DEPTH_MAX: Final = 6
KEYS_MAX: Final = 200
PAIRS_MIN: Final = 3
COLUMNS_MIN: Final = 4
SEPARATORS: Final = ("|", ";", "\t", ",")

_PLAIN_KEY: Final = re.compile(r'[^."\[\]]+')
_PAIR: Final = re.compile(
    r"""([A-Za-z_@][^\s="']*)=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']*)(?:\s+|$)"""
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w. -]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What all records are read as. ``rows`` has None for a record that is not of the format;
    ``options`` is what the spec says beside its name."""

    format: str
    rows: tuple[Row | None, ...]
    options: Mapping[str, Any]
    heading: int | None = None
    """The record that names the columns."""


def read_rows(texts: Sequence[str]) -> Reading | None:
    """The records by key, if nearly all can be read so; None if they are text."""
    for format_name, read, most in _READERS:
        rows = tuple(read(text) for text in texts)
        if texts and sum(row is not None for row in rows) >= most * len(texts):
            return Reading(format_name, rows, {})
    return _separated(texts)


# --- JSON ---------------------------------------------------------------------------------------


def _json_row(text: str) -> Row | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    row: dict[str, str] = {}
    _flatten(found, "", row, 0)
    return row if isinstance(found, dict) else None


def _flatten(value: object, path: str, row: dict[str, str], depth: int) -> None:
    if isinstance(value, dict) and depth < DEPTH_MAX:
        for key, inner in value.items():
            step = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
            _flatten(inner, f"{path}.{step}" if path else step, row, depth + 1)
    elif isinstance(value, bool):
        row[path] = "true" if value else "false"
    elif isinstance(value, str) and path and len(row) < KEYS_MAX:
        row[path] = value


# --- key=value lists ----------------------------------------------------------------------------


def _pairs_row(text: str) -> Row | None:
    row: dict[str, str] = {}
    at, pairs = 0, 0
    text = text.strip()
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            return None
        value = found[2]
        if value[:1] in ("'", '"') and len(value) > 1:
            value = re.sub(r"\\([\"'\\])", r"\1", value[1:-1])
        row.setdefault(_step(found[1]), value)
        at = found.end()
        pairs += 1
    return row if pairs >= PAIRS_MIN else None


def _step(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


_READERS: Final[Sequence[tuple[str, Callable[[str], Row | None], float]]] = (
    ("json", _json_row, 0.5),  # text beside it is another system's: no template reads JSON
    ("key_values", _pairs_row, MOST),
)


# --- separated columns --------------------------------------------------------------------------


def _separated(texts: Sequence[str]) -> Reading | None:
    """Columns, if all records have as many and each column holds one type of values."""
    if len(texts) < 3:
        return None
    for separator in SEPARATORS:
        split = [_split(text, separator) for text in texts]
        count, records = Counter(map(len, split)).most_common(1)[0]
        if count < COLUMNS_MIN or records < NEARLY_ALL * len(texts):
            continue
        whole = [one for one in split if len(one) == count]
        if any(cell != cell.strip() for one in whole for cell in one):
            continue
        heading = _heading(split, count)
        body = [one for n, one in enumerate(split) if len(one) == count and n != heading]
        if not _is_table(body):
            continue
        columns = _column_names(split[heading] if heading is not None else None, body)
        rows = tuple(
            {name: cell for name, cell in zip(columns, one, strict=True) if cell}
            if len(one) == count
            else None
            for one in split
        )
        return Reading("csv", rows, {"separator": separator, "columns": columns}, heading)
    return None


def _split(text: str, separator: str) -> list[str]:
    if "\n" in text:
        return []
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return []


def _heading(split: Sequence[Sequence[str]], count: int) -> int | None:
    """The record that names the columns: identifiers only, none of which occurs below."""
    first = split[0]
    if len(first) != count or not all(_IDENTIFIER.fullmatch(cell) for cell in first):
        return None
    below = {cell for one in split[1:] for cell in one}
    return 0 if len(set(first)) == count and not below.intersection(first) else None


def _is_table(body: Sequence[Sequence[str]]) -> bool:
    """Whether the columns hold one type of values each, times in one of them."""
    return any(_holds_times(column) for column in zip(*body, strict=True)) and all(
        _is_uniform(column) for column in zip(*body, strict=True)
    )


def _holds_times(column: Sequence[str]) -> bool:
    return any(
        all(re.fullmatch(regex(pattern_of(one)), cell) for cell in column) for one in TIME_FORMATS
    )


def _is_uniform(column: Sequence[str]) -> bool:
    """Whether numbers do not stand where there are words in other records, nor times."""
    kinds = {_kind(cell) for cell in column if cell not in ("", "-")}
    return len(kinds) <= 1 or "time" not in kinds


def _kind(cell: str) -> str:
    if re.fullmatch(r"[0-9]{2,4}[-/.][0-9]{2}[-/.][0-9]{2,4}.*", cell):
        return "time"
    return "number" if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", cell) else "word"


def _column_names(heading: Sequence[str] | None, body: Sequence[Sequence[str]]) -> tuple[str, ...]:
    count = len(body[0])
    if heading is not None:
        names = [re.sub(r"[^A-Za-z0-9_]+", "_", last_step(cell)) for cell in heading]
        if len(set(names)) == count:
            return tuple(names)
    return tuple(f"column_{n + 1}" for n in range(count))
