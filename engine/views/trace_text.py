"""A trace for people: a line an event, in the order of time, and a line a system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.views.amounts import counted, cut, decimals_of, duration, iso, since_start
from engine.views.terminal import show, visible
from engine.views.trace import MENTIONS_MAX, SystemSpan, Trace, TracedEvent

_REASON_CHARS_MAX: Final = 400
_ATTRIBUTE_CHARS_MAX: Final = 200
_BAR_CELLS: Final = 20
_STATUS_STYLE: Final = {"SUCCESS": "green", "FAILURE": "red"}


def print_trace(trace: Trace, screen: Console, *, attributes: bool = False) -> None:
    """Header, events (with their attributes if asked for), what waits, systems, and what the
    quarantine says of the id."""
    show(screen, _header(trace))
    if trace.events:
        screen.print()
        show(screen, _timeline(trace, attributes=attributes), indent=2)
    left_out = trace.events_total - len(trace.events)
    if left_out:
        show(screen, Text(f"… and {counted(left_out, 'later event')} (--limit)"), indent=2)
    if trace.systems:
        screen.print()
        show(screen, _spans(trace), indent=2)
    for line in _remarks(trace):
        screen.print()
        show(screen, line)


def _header(trace: Trace) -> Text:
    title = Text(visible(trace.correlation_id), style="bold")
    if not trace.systems:
        return title.append("  no events", style="not bold")
    lasts = duration(trace.end_us - trace.start_us)
    summary = (
        f"\n{counted(trace.events_total, 'event')} in {counted(len(trace.systems), 'system')}, "
        f"{counted(trace.failures, 'failure')}, {lasts}"
        f"\n{iso(trace.start_us)} to {iso(trace.end_us)}"
    )
    return title.append(summary, style="not bold")


def _timeline(trace: Trace, *, attributes: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("system", overflow="fold")
    table.add_column("checkpoint", overflow="fold", min_width=10)
    retried = {_stage(one) for one in trace.events if one.attempt > 1}
    if retried:
        table.add_column("try", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("reason", overflow="fold", min_width=10)
    shown = attributes and any(one.fields["attributes"] for one in trace.events)
    if shown:
        table.add_column("attributes", overflow="fold", min_width=20)
    decimals = decimals_of([one.time_us - trace.start_us for one in trace.events])
    for index, one in enumerate(trace.events):
        gap_us = trace.gap_before(index)
        if gap_us is not None:
            table.add_row("", Text("…", style="dim"), Text(f"{duration(gap_us)} later", "dim"))
        status = one.fields["status"]
        attempt = [str(one.attempt) if _stage(one) in retried else ""] if retried else []
        table.add_row(
            since_start(one.time_us - trace.start_us, decimals),
            visible(one.fields["system_id"]),
            visible(one.fields["checkpoint_id"]),
            *attempt,
            Text(status, style=_STATUS_STYLE[status]),
            _reason(one),
            *([_attributes(one)] if shown else []),
        )
    return table


def _stage(one: TracedEvent) -> tuple[str, str]:
    return one.fields["system_id"], one.fields["checkpoint_id"]


def _reason(one: TracedEvent) -> Text:
    """The failure's reason and whatever else is not as one would expect."""
    reason = one.fields["failure_reason"]
    text = Text("" if reason is None else cut(visible(reason), _REASON_CHARS_MAX))
    notes = []
    if one.fields["join_state"] == "waiting":
        notes.append("waits for its detail")
    if one.fields["join_state"] == "unmatched":
        notes.append("no detail came")
    if one.fields["ambiguous"]:
        notes.append("ambiguous: another detail or event was in reach")
    if one.fields["seen"] > 1:
        notes.append(f"seen {one.fields['seen']:,} times")
    if notes:
        text.append((" " if text else "") + f"({'; '.join(notes)})", style="yellow")
    return text


def _attributes(one: TracedEvent) -> str:
    """``name=value  name=value``: texts as they are, other values as JSON."""
    parts = []
    for name, value in (one.fields["attributes"] or {}).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        parts.append(cut(f"{visible(name)}={visible(text)}", _ATTRIBUTE_CHARS_MAX))
    return "  ".join(parts)


def _spans(trace: Trace) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("system", overflow="fold")
    for name in ("events", "failures", "begins", "lasts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    decimals = decimals_of([span.start_us - trace.start_us for span in trace.systems])
    for span in trace.systems:
        table.add_row(
            visible(span.system_id),
            f"{span.events:,}",
            Text(f"{span.failures:,}", style="red" if span.failures else ""),
            since_start(span.start_us - trace.start_us, decimals),
            duration(span.end_us - span.start_us),
            _bar(trace, span),
        )
    return table


def _bar(trace: Trace, span: SystemSpan) -> Text:
    """When the system was at work, as a part of the whole; a moment is a cell wide."""
    whole_us = max(trace.end_us - trace.start_us, 1)
    begin = min((span.start_us - trace.start_us) * _BAR_CELLS // whole_us, _BAR_CELLS - 1)
    end = max(-(-(span.end_us - trace.start_us) * _BAR_CELLS // whole_us), begin + 1)
    bar = Text("·" * begin, style="dim")
    bar.append("━" * (end - begin), style="not dim cyan")
    return bar.append("·" * (_BAR_CELLS - end))


def _remarks(trace: Trace) -> Iterator[Text]:
    if trace.details_waiting:
        number = len(trace.details_waiting)
        noun = "detail completes" if number == 1 else "details complete"
        text = Text(f"{number:,} {noun} no event:", style="yellow")
        for one in trace.details_waiting:
            reason = cut(visible(one.failure_reason or "no reason"), _REASON_CHARS_MAX)
            where = f"{visible(one.system_id)}.{visible(one.kind)}"
            text.append(f"\n  {where}: {reason} ({one.state}, {visible(one.detail_id)})", "default")
        yield text
    if trace.mentions:
        yield Text(f"{mentions(trace)}: engine quarantine show {visible(trace.mentions[0])}")


def mentions(trace: Trace) -> str:
    """How many quarantined records hold the id, in words."""
    number = len(trace.mentions)
    more = " or more" if number == MENTIONS_MAX else ""
    verb = "mentions" if number == 1 else "mention"
    return f"{number}{more} quarantined {'record' if number == 1 else 'records'} {verb} it"
