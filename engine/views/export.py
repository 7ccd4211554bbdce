"""The events table as lines of a file: in the order of position, one event after the other.

The order is (stream, offset), which every store of the same records has; a stream is read in the
order of its keys, so nothing is sorted and nothing is held.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.event_json import event_line, short_digest
from engine.model import EXPORT_FIELDS
from engine.ports import StoreReader

_STREAMS: Final = "SELECT name FROM stream ORDER BY name"

_ROWS: Final = f"""
SELECT {", ".join(EXPORT_FIELDS)} FROM events
WHERE stream = ?1 AND (?2 IS NULL OR system_id = ?2) AND (?3 IS NULL OR status = ?3)
ORDER BY event_key"""

_AMBIGUOUS: Final = EXPORT_FIELDS.index("ambiguous")
_DIGEST: Final = EXPORT_FIELDS.index("spec_digest")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for a formula's beginning (OWASP's list, full width too)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events; None means all."""

    system_id: str | None = None
    status: str | None = None


def json_lines(reader: StoreReader, selection: Selection) -> Iterator[str]:
    """One object an event, its keys ``EXPORT_FIELDS`` in their order, without those that have
    nothing to say."""
    for row in _rows(reader, selection):
        yield event_line(row) + "\n"


def csv_lines(reader: StoreReader, selection: Selection) -> Iterator[str]:
    """A header, then one row an event, as RFC 4180 has it, with all ``EXPORT_FIELDS``; null is an
    empty cell, attributes are their JSON text."""
    writer = csv.writer(_Echo())
    yield writer.writerow(EXPORT_FIELDS)
    for row in _rows(reader, selection):
        row[_DIGEST] = short_digest(str(row[_DIGEST]))
        yield writer.writerow([_cell(value) for value in row])


def _rows(reader: StoreReader, selection: Selection) -> Iterator[list[object]]:
    for (stream,) in list(reader.rows(_STREAMS)):
        for row in reader.rows(_ROWS, (stream, selection.system_id, selection.status)):
            values = list(row)
            values[_AMBIGUOUS] = bool(values[_AMBIGUOUS])
            yield values


def _cell(value: object) -> object:
    """A cell that no spreadsheet evaluates: an apostrophe comes before what could begin a
    formula, after blanks too, and before an apostrophe, so that taking it off gives the value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.lstrip(" ").startswith((*_FORMULA, "'")):
        return "'" + value
    return value


class _Echo:
    """A file whose ``write`` hands the line back, so that rows stream through csv.writer."""

    def write(self, line: str) -> str:
        return line
