"""Where record kinds stopped in a record that none of them took, with a caret under the place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from engine.model import Attempt
from engine.views.amounts import counted, cut
from engine.views.terminal import show, visible

_EXPECTED_CHARS_MAX: Final = 120
_SNIPPET_COLUMNS_MAX: Final = 100

KindPlaces = Mapping[tuple[str, str], str]
"""Where a spec says what a record kind is (``pay.yaml:7``), by system and kind."""


def print_attempts(
    text: str | None, attempts: Sequence[Attempt], screen: Console, places: KindPlaces | None = None
) -> None:
    """What each attempt expected, those that stopped at one place together under a caret. Without
    ``text`` (JSON conditions, a record that is no text) there is no place to show."""
    if text is None:
        if attempts:
            screen.print()
        for attempt in attempts:
            show(screen, _expectation(attempt, places))
        return
    for place, together in groupby(attempts, key=lambda one: one.matched_chars):
        screen.print()
        _print_caret(text, place, screen)
        for attempt in together:
            show(screen, _expectation(attempt, places, place), indent=2)


def in_words(attempt: Attempt, *, is_json: bool) -> str:
    """Where an attempt stopped and what it expected there, on one line."""
    return _expectation(attempt, None, None if is_json else attempt.matched_chars).plain


def _expectation(
    attempt: Attempt, places: KindPlaces | None = None, place: int | None = None
) -> Text:
    text = Text(visible(f"{attempt.system}.{attempt.kind}"), style="bold")
    text.append(f" expected {cut(visible(attempt.expected), _EXPECTED_CHARS_MAX)}", "not bold")
    if place is not None:
        text.append(f" after {counted(place, 'character')}", "not bold")
    where = (places or {}).get((attempt.system, attempt.kind))
    return text.append(f"  ({visible(where)})", "not bold dim") if where else text


def _print_caret(text: str, place: int, screen: Console) -> None:
    """The part of the record around the place where templates stopped, a caret under it."""
    columns = min(screen.width, _SNIPPET_COLUMNS_MAX) - 4
    before = visible(text[:place])
    kept = _last_columns(before, columns * 2 // 3)
    line = Text(("…" if len(kept) < len(before) else "") + kept)
    column = line.cell_len
    line.append(visible(text[place : place + columns]))
    line.truncate(columns, overflow="ellipsis")
    show(screen, line, indent=2)
    show(screen, Text(" " * column).append("^", style="bold red"), indent=2)


def _last_columns(text: str, columns: int) -> str:
    """The end of ``text`` that is at most so many columns wide."""
    end = text[-columns:] if columns < len(text) else text
    while cell_len(end) > columns:
        end = end[1:]
    return end
