"""The quarantine for people: groups, and one record with a caret where each template stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

from engine.rejections import REASONS
from engine.views.amounts import counted
from engine.views.attempts_text import in_words, print_attempts
from engine.views.quarantine import Group, Groups, QuarantinedRecord
from engine.views.terminal import show, visible

SCREENFUL_LINES: Final = 20
SCREENFUL_CHARS: Final = 1_600

_HEX_BYTES: Final = 16


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
        lines.append(in_words(example.nearest[0], is_json=_is_json(example)))
    elif example.message:
        lines.append(visible(example.message))
    lines.append(f"engine quarantine show {visible(group.example_id)}")
    for line in lines:
        show(screen, Text(line, style="dim"), indent=10)


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
    text = None if _is_json(record) else record.text
    print_attempts(text, record.nearest, screen)


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
