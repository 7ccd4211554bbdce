"""The quarantine for people: groups, and one record with a caret where each template stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from engine.model import Attempt
from engine.rejections import REASONS
from engine.views.amounts import counted, cut
from engine.views.quarantine import Group, Groups, QuarantinedRecord
from engine.views.terminal import show, visible

SCREENFUL_LINES: Final = 20
SCREENFUL_CHARS: Final = 1_600

_EXPECTED_CHARS_MAX: Final = 120
_HEX_BYTES: Final = 16
_SNIPPET_COLUMNS_MAX: Final = 100


# --- list -------------------------------------------------------------------------------------


def print_groups(groups: Groups, screen: Console) -> None:
    """A part a reason, the largest first; in it a group a shape."""
    if not groups.records:
        show(screen, Text("The quarantine is empty."))
        return
    records = counted(groups.records, "quarantined record")
    show(screen, Text(f"{records}, {counted(groups.total, 'shape')}", style="bold"))
    for reason, part in _by_reason(groups.groups):
        screen.print()
        title = Text(visible(reason), style="red")
        show(screen, title.append(f"  {REASONS.get(reason, '')}", style="default"))
        for group, example in part:
            _print_group(group, example, screen)
    if groups.total > len(groups.groups):
        left_out = groups.total - len(groups.groups)
        show(screen, Text(f"\n… and {counted(left_out, 'smaller group')} (--limit)"))


def _by_reason(
    groups: Iterable[tuple[Group, QuarantinedRecord]],
) -> Iterator[tuple[str, list[tuple[Group, QuarantinedRecord]]]]:
    """Groups of one reason together, in the order of the largest group of each."""
    order: dict[str, int] = {}
    for group, _ in groups:
        order.setdefault(group.reason, len(order))
    ordered = sorted(groups, key=lambda one: order[one[0].reason])
    for reason, part in groupby(ordered, key=lambda one: one[0].reason):
        yield reason, list(part)


def _print_group(group: Group, example: QuarantinedRecord, screen: Console) -> None:
    show(screen, Text(f"{group.records:>8,}  {group.shape}"))
    lines = []
    if example.nearest:
        lines.append(_stopped(example, example.nearest[0]))
    elif example.message:
        lines.append(visible(example.message))
    lines.append(f"engine quarantine show {visible(group.example_id)}")
    for line in lines:
        show(screen, Text(line, style="dim"), indent=10)


def _stopped(record: QuarantinedRecord, attempt: Attempt) -> str:
    """Where a template stopped and what it expected, in words."""
    expected = cut(visible(attempt.expected), _EXPECTED_CHARS_MAX)
    name = visible(f"{attempt.system}.{attempt.kind}")
    if _is_json(record):
        return f"{name} expected {expected}"
    return f"{name} expected {expected} after {counted(attempt.matched_chars, 'character')}"


def _is_json(record: QuarantinedRecord) -> bool:
    """Whether it was held against conditions, which have no place in the text."""
    return record.raw.lstrip(b" \t\r\n").startswith(b"{")


# --- show -------------------------------------------------------------------------------------


def print_record(record: QuarantinedRecord, screen: Console, *, full: bool) -> None:
    """What is known of a record, the record itself, and how far each near template got."""
    show(screen, Text(visible(record.record_id), style="bold"))
    for name, value in _facts(record):
        show(screen, Text(f"{name:<9}{value}"), indent=2)
    screen.print()
    lines, left_out = _raw_lines(record, full=full)
    for line in lines:
        # Every line has the bar, folded ones too: a record cannot pass for what is said of it.
        for part in chop_cells(line, max(screen.width - 2, 1)) or [""]:
            show(screen, Text("│ ", style="dim").append(part, style="not dim"))
    if left_out:
        show(screen, Text(f"… {left_out} more (--full)", style="dim"))
    if record.text is None or _is_json(record):
        if record.nearest:
            screen.print()
        for attempt in record.nearest:
            show(screen, _expectation(attempt))
        return
    for place, attempts in groupby(record.nearest, key=lambda one: one.matched_chars):
        screen.print()
        _print_caret(record.text, place, screen)
        for attempt in attempts:
            show(screen, _expectation(attempt), indent=2)


def _facts(record: QuarantinedRecord) -> Iterator[tuple[str, str]]:
    yield "reason", f"{visible(record.reason)}: {record.meaning}"
    yield "message", visible(record.message)
    place = f"offset {record.offset:,}"
    yield "where", f"{visible(record.title)}, {place}" if record.title else place
    if record.system_id is not None:
        yield "taken by", visible(f"{record.system_id}.{record.kind}")
    length = counted(record.raw_length, "byte")
    if record.raw_sha256 is None:
        yield "length", length
    else:
        yield "length", f"{length}; the first {len(record.raw):,} are kept"
        yield "SHA-256", record.raw_sha256.hex()


def _raw_lines(record: QuarantinedRecord, *, full: bool) -> tuple[list[str], str]:
    """The record's lines and, in words, how much is left out of them."""
    text, bad_at = record.text, record.first_bad_byte
    if text is None:
        assert bad_at is not None
        begin, end = (0, len(record.raw)) if full else _bytes_around(bad_at)
        lines = list(hex_dump(record.raw, begin, end))
        left_out = len(record.raw) - len(record.raw[begin:end])
        return lines, counted(left_out, "byte") if left_out else ""
    shown = text if full else _screenful(text)
    left_out = len(text) - len(shown)
    lines = [visible(line.removesuffix("\r")) for line in shown.removesuffix("\n").split("\n")]
    return lines, counted(left_out, "character") if left_out else ""


def _screenful(text: str) -> str:
    lines = text[:SCREENFUL_CHARS].split("\n")
    return "\n".join(lines[:SCREENFUL_LINES])


def _bytes_around(place: int) -> tuple[int, int]:
    """A screenful of whole lines of a hex dump, with ``place`` in its first half."""
    begin = max(place // _HEX_BYTES - SCREENFUL_LINES // 2, 0) * _HEX_BYTES
    return begin, begin + SCREENFUL_LINES * _HEX_BYTES


def hex_dump(data: bytes, begin: int, end: int) -> Iterator[str]:
    """16 bytes a line: where they begin, each of them, and those that are ASCII as text."""
    for at in range(begin, min(end, len(data)), _HEX_BYTES):
        row = data[at : min(at + _HEX_BYTES, end)]
        ascii_text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        yield f"{at:08x}  {row.hex(' '):<{3 * _HEX_BYTES}} {ascii_text}"


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


def _expectation(attempt: Attempt) -> Text:
    text = Text(visible(f"{attempt.system}.{attempt.kind}"), style="bold")
    expected = cut(visible(attempt.expected), _EXPECTED_CHARS_MAX)
    return text.append(f" expected {expected}", style="not bold")


def _last_columns(text: str, columns: int) -> str:
    """The end of ``text`` that is at most so many columns wide."""
    end = text[-columns:] if columns < len(text) else text
    while cell_len(end) > columns:
        end = end[1:]
    return end
