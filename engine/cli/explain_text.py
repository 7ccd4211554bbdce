"""An explanation for people: what took the record, where each field comes from, what it becomes;
or a caret where each template stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.asking import Body
from engine.conditions import in_words
from engine.explaining import Explanation, Miss, Origin, Reading, json_value
from engine.model import Detail, Event, Ignored, Outcome, RecordKind, Rejection, System
from engine.rejections import REASONS
from engine.views.amounts import counted, cut, duration
from engine.views.attempts_text import print_attempts
from engine.views.terminal import show, visible

_RECORD_CHARS_MAX: Final = 1_000


def print_explanation(explanation: Explanation, screen: Console, misses_max: int) -> None:
    """One record and all that is to be said about it."""
    record = cut(visible(_as_text(explanation)), _RECORD_CHARS_MAX)
    show(screen, Text("│ ", style="dim").append(record, style="not dim"))
    show(screen, Text(_decoded(explanation.body), style="dim"))
    screen.print()
    show(screen, _headline(explanation))
    if explanation.taker is not None:
        has_values = not explanation.is_quarantined
        _print_reading(explanation.taker, screen, has_values=has_values)
        _print_attributes(explanation.outcome, screen)
        _print_sequel(explanation, explanation.taker, screen)
    for other in explanation.others:
        screen.print()
        why = "it comes after" if explanation.taker else "it is one of those that do"
        show(screen, _kind_line(other.system, other.kind, f"accepts it too: {why}"))
        _print_reading(other, screen, has_values=False)
    if explanation.taker is None and not explanation.others:
        _print_misses(explanation, screen, misses_max)


def _as_text(explanation: Explanation) -> str:
    if explanation.text is not None:
        return explanation.text.removesuffix("\n").removesuffix("\r")
    return explanation.record.value.decode(errors="backslashreplace")


def _decoded(body: Body | None) -> str:
    if body is None:
        return "cannot be decoded"
    if isinstance(body, str):
        return f"text, {counted(len(body), 'character')}"
    return f"a JSON object with {counted(len(body), 'key')}"


# --- what became of it ------------------------------------------------------------------------


def _headline(explanation: Explanation) -> Text:
    outcome, taker = explanation.outcome, explanation.taker
    if isinstance(outcome, Rejection):
        text = Text("quarantined", style="bold red")
        meaning = REASONS[outcome.reason]
        text.append(f", {outcome.reason}: {meaning}", style="not bold default")
        if outcome.reason != "no_match":
            text.append(f"\n{visible(outcome.message)}", style="not bold default")
        if taker is not None:
            text.append(f"\n{_kind_name(taker.system, taker.kind)}", style="bold default")
            text.append(f" accepts it ({_place(taker.kind)}):", style="not bold default")
        return text
    assert taker is not None
    word = {Event: "an event", Detail: "a detail", Ignored: "ignored"}[type(outcome)]
    text = Text(word, style="bold green")
    text.append(f": {_kind_name(taker.system, taker.kind)}", style="bold default")
    return text.append(f" takes it ({_place(taker.kind)})", style="not bold default")


def _print_sequel(explanation: Explanation, taker: Reading, screen: Console) -> None:
    """What the join has to do with it."""
    outcome, join = explanation.outcome, taker.system.join
    if join is None or not isinstance(outcome, Event | Detail):
        return
    within = duration(join.within_us)
    if isinstance(outcome, Event) and outcome.expects_detail:
        kinds = " or ".join(f"{taker.system.name}.{one}" for one in join.details)
        said = (
            f"It expects {', '.join(join.take)} from a detail: a record of {kinds} with the same "
            f"correlation_id, at most {within} away."
        )
    elif isinstance(outcome, Event) and taker.kind.name in join.events:
        when = ", ".join(f"{field} is {' or '.join(of)}" for field, of in join.when.items())
        said = f"It expects no detail: one is expected where {when}."
    elif isinstance(outcome, Detail):
        kinds = " or ".join(f"{taker.system.name}.{one}" for one in join.events)
        said = (
            f"It completes an event of {kinds} with the same correlation_id, at most {within} away."
        )
    else:
        said = "It takes no part in the join."
    screen.print()
    show(screen, Text(visible(said)))


# --- a kind that accepts ----------------------------------------------------------------------


def _print_reading(reading: Reading, screen: Console, *, has_values: bool) -> None:
    kind = reading.kind
    if kind.template is not None:
        show(screen, Text(visible(kind.template.source), style="cyan"), indent=2)
    for condition in kind.where:
        show(screen, Text(visible(in_words(condition)), style="cyan"), indent=2)
    if reading.captures:
        what = "captures" if kind.template is not None else "keys"
        rows = [(name, Text(visible(value))) for name, value in reading.captures.items()]
        _print_table(what, rows, screen)
    if reading.origins:
        origins = [(one.target, _origin(one, has_values)) for one in reading.origins]
        _print_table("fields", origins, screen)


def _print_attributes(outcome: Outcome, screen: Console) -> None:
    if isinstance(outcome, Event) and outcome.attributes:
        given = outcome.attributes.items()
        _print_table(
            "attributes", [(n, Text(visible(json_value(one)))) for n, one in given], screen
        )


def _print_table(title: str, rows: Iterable[tuple[str, Text]], screen: Console) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, value in rows:
        table.add_row(Text(visible(name), style="bold"), value)
    screen.print()
    show(screen, Text(title, style="dim"), indent=2)
    show(screen, table, indent=4)


def _origin(origin: Origin, has_value: bool) -> Text:
    """``FAILURE ← outcome "KO" via map``."""
    value = "(none)" if origin.value is None else visible(origin.value)
    text = Text(f"{value} " if has_value else "")
    return text.append(f"← {visible(_came_from(origin))}", style="dim")


def _came_from(origin: Origin) -> str:
    if origin.via == "system":
        return "the system's name"
    if origin.via == "record":
        return "the record's own timestamp"
    if origin.via == "constant":
        return "a constant of the spec"
    if origin.found is None or origin.found in {"", "null"}:
        return f"{origin.source}, which the record does not have"
    said = str(origin.source)
    if origin.found != origin.value:
        said += f' "{origin.found}"'
    if origin.via == "map":
        said += " via map"
    return said if origin.is_used else f"{said}, which a detail does not give"


# --- kinds that do not ------------------------------------------------------------------------


def _print_misses(explanation: Explanation, screen: Console, misses_max: int) -> None:
    body, misses = explanation.body, explanation.misses
    if body is None:
        return
    if not misses:
        other = "text" if isinstance(body, str) else "JSON"
        show(screen, Text(f"No loaded spec has a record kind for {other}."))
        return
    nearest = misses[:misses_max]
    if isinstance(body, str):
        places = {(one.system.name, one.kind.name): _place(one.kind) for one in nearest}
        print_attempts(body, [one.attempt for one in nearest], screen, places)
    else:
        for miss in nearest:
            _print_checks(miss, screen)
    if len(misses) > len(nearest):
        more = counted(len(misses) - len(nearest), "further record kind")
        show(screen, Text(f"\n… and {more} (--all)", style="dim"))


def _print_checks(miss: Miss, screen: Console) -> None:
    """Every condition of a JSON kind, and what the record has there."""
    held = sum(one.holds for one in miss.checks)
    screen.print()
    said = f"{held} of {counted(len(miss.checks), 'condition')} met"
    show(screen, _kind_line(miss.system, miss.kind, said), indent=2)
    for check in miss.checks:
        mark, style = ("✓", "green") if check.holds else ("✗", "red")
        text = Text(mark, style=style)
        text.append(f" {visible(check.expected)}", style="default")
        if not check.holds:
            there = "there is none" if check.found is None else f'it is "{check.found}"'
            text.append(f": {visible(there)}", style="default")
        show(screen, text, indent=4)


def _kind_line(system: System, kind: RecordKind, said: str) -> Text:
    text = Text(_kind_name(system, kind), style="bold")
    text.append(f" {said}", style="not bold")
    return text.append(f"  ({_place(kind)})", style="not bold dim")


def _kind_name(system: System, kind: RecordKind) -> str:
    return visible(f"{system.name}.{kind.name}")


def _place(kind: RecordKind) -> str:
    return visible(f"{kind.location.file}:{kind.location.line}")
