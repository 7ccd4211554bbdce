"""The counts of a store for people: the sum first, then where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.rejections import REASONS
from engine.views.amounts import counted, cut
from engine.views.stats import Stats
from engine.views.terminal import show, visible

_REASON_CHARS_MAX: Final = 200
_STREAMS_MAX: Final = 20
_WORDS: Final = {
    "events": "events",
    "details_joined": "details joined",
    "details_waiting": "details waiting",
    "duplicates": "duplicates",
    "ignored": "ignored",
    "quarantined": "quarantined",
}


def print_stats(stats: Stats, screen: Console) -> None:
    """All counts; a part that has nothing to say is left out."""
    show(screen, _sum(stats))
    if stats.systems:
        _part(screen, "", _systems(stats))
        _part(screen, "", _kinds(stats))
    if any(stats.join_states.values()) or stats.orphans:
        _part(screen, "", _joins(stats))
    if stats.failure_reasons:
        _part(screen, "Failures by reason", _failures(stats))
    if stats.quarantine_reasons:
        _part(screen, "Quarantine by reason (engine quarantine list)", _quarantine(stats))
    if stats.streams:
        _part(screen, "Streams", _streams(stats))


def _part(screen: Console, title: str, content: Table | Text) -> None:
    screen.print()
    if title:
        show(screen, Text(title, style="bold"))
    show(screen, content, indent=2 if title else 0)


def _sum(stats: Stats) -> Text:
    """Both sides of the sum, and whether they are equal."""
    terms = " + ".join(f"{_WORDS[name]} {number:,}" for name, number in stats.terms.items())
    if stats.balanced:
        text = Text(f"read {stats.read:,} = {terms}")
        return text.append("\nEvery record is accounted for.", style="green")
    return Text(
        f"THE SUM IS WRONG: read {stats.read:,}, accounted for {stats.accounted:,} "
        f"({stats.accounted - stats.read:+,})\nread {stats.read:,} ≠ {terms}\n"
        "A record was lost or counted twice: please report it, and keep the store.",
        style="bold red",
    )


def _table(*columns: str, text: Sequence[str] = ()) -> Table:
    """A table of numbers, but for the ``text`` columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        if name in text:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True)
    return table


def _systems(stats: Stats) -> Table:
    table = _table(
        "system",
        "events",
        "failures",
        "joined",
        "waiting",
        "duplicates",
        "ignored",
        "quarantined",
        text=("system",),
    )
    for one in stats.systems:
        numbers = (
            one.events,
            one.failures,
            one.details_joined,
            one.details_waiting,
            one.duplicates,
            one.ignored,
            one.quarantined,
        )
        table.add_row(visible(one.system_id), *(f"{number:,}" for number in numbers))
    return table


def _kinds(stats: Stats) -> Table:
    table = _table("template", "becomes", "rows", "duplicates", text=("template", "becomes"))
    for system in stats.systems:
        for one in system.kinds:
            name = visible(f"{system.system_id}.{one.kind}")
            table.add_row(name, one.becomes, f"{one.rows:,}", f"{one.duplicates:,}")
    return table


def _joins(stats: Stats) -> Text:
    states = ", ".join(f"{number:,} {state}" for state, number in stats.join_states.items())
    waiting = stats.terms["details_waiting"]
    return Text(
        f"Events that expect a detail: {states} ({stats.ambiguous:,} ambiguous)\n"
        f"Details without an event: {waiting:,}, {counted(stats.orphans, 'orphan')} among them"
    )


def _failures(stats: Stats) -> Table:
    table = _table("events", "system", "reason", text=("system", "reason"))
    for one in stats.failure_reasons:
        if one.failure_reason is None:
            reason = Text("no reason known", style="dim")
        else:
            reason = Text(cut(visible(one.failure_reason), _REASON_CHARS_MAX))
        table.add_row(f"{one.events:,}", visible(one.system_id), reason)
    return table


def _quarantine(stats: Stats) -> Table:
    table = _table("records", "reason", "meaning", text=("reason", "meaning"))
    for one in stats.quarantine_reasons:
        table.add_row(f"{one.records:,}", visible(one.reason), REASONS.get(one.reason, ""))
    return table


def _streams(stats: Stats) -> Table:
    table = _table("records", "next offset", "stream", text=("stream",))
    for one in stats.streams[:_STREAMS_MAX]:
        name = Text(visible(one.title or one.name))
        if one.title:
            name.append(f"  {visible(one.name)}", style="dim")
        table.add_row(f"{one.records_read:,}", f"{one.next_offset:,}", name)
    if len(stats.streams) > _STREAMS_MAX:
        left_out = len(stats.streams) - _STREAMS_MAX
        table.add_row("", "", Text(f"… and {left_out:,} more (--format json)", style="dim"))
    return table
