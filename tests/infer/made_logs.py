"""Logs of systems that do not exist, each in a format of its own, with what really happened.

A flow goes through some steps; a step that fails is logged a second time, with the reason.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEPS = ("ACCEPT_ORDER", "RESERVE_STOCK", "PRINT_LABEL", "HAND_OVER")
REASONS = (
    "no stock left in hall 4",
    "printer is out of paper",
    "address (street, town) cannot be read",
    "timed out after 30 s - gave up",
    "scanner E17",
)
BEGIN = datetime(2025, 3, 4, 7, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """One step of a flow: what the event must say, and the reason of a failure."""

    order: str
    name: str
    time: datetime
    reason: str | None

    @property
    def is_failed(self) -> bool:
        return self.reason is not None


@dataclass(frozen=True)
class Log:
    """The lines of a log, and the step of each: an event, or (True) its detail."""

    lines: list[str]
    truth: list[tuple[Step, bool]]


Write = Callable[[Step, random.Random], tuple[str, str | None]]
"""The line of a step and, for one that failed, that of its reason."""


def made_log(write: Write, records: int = 500, seed: int = 7) -> Log:
    """A log of so many records in the order of their times."""
    draw = random.Random(seed)
    timed: list[tuple[datetime, str, Step, bool]] = []
    for step in _steps(draw):
        line, detail = write(step, draw)
        timed.append((step.time, line, step, False))
        if detail is not None:
            timed.append((detail_time(step), detail, step, True))
        if len(timed) > records + 100:
            break
    timed.sort(key=lambda one: one[0])
    del timed[records:]
    return Log([one[1] for one in timed], [(one[2], one[3]) for one in timed])


def detail_time(step: Step) -> datetime:
    return step.time + timedelta(milliseconds=40 + len(step.order) * 3 + step.time.second)


def _steps(draw: random.Random) -> Iterator[Step]:
    begin = BEGIN
    for number in range(10_000):
        begin += timedelta(milliseconds=draw.randint(900, 4000))
        time = begin
        order = f"{draw.choice('ABCD')}{draw.randint(10, 99)}-{number:05}"
        for name in STEPS:
            time += timedelta(milliseconds=draw.randint(1000, 9000))
            reason = draw.choice(REASONS) if draw.random() < 0.15 else None
            yield Step(order, name, time, reason)


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def syslog_pairs(step: Step, draw: random.Random) -> tuple[str, str | None]:
    """Syslog with key=value lists."""
    pid = draw.randint(100, 40000)

    def head(time: datetime) -> str:
        return f"{time.strftime('%b')} {time.day:2} {time:%H:%M:%S} depot7 shipper[{pid}]: "

    result = "fail" if step.is_failed else "ok"
    line = f"{head(step.time)}order={step.order} step={step.name} result={result} ms={pid % 97}"
    if step.reason is None:
        return line, None
    return line, f'{head(detail_time(step))}order={step.order} level=error reason="{step.reason}"'


def nested_json(step: Step, draw: random.Random) -> tuple[str, str | None]:
    """JSON with the facts inside."""
    host = f"node-{draw.randint(1, 4)}"
    entry: dict[str, object] = {
        "meta": {"at": _iso(step.time), "host": host, "app": "packer"},
        "event": {
            "orderId": step.order,
            "stage": step.name,
            "outcome": "KO" if step.is_failed else "OK",
        },
    }
    if step.reason is None:
        return json.dumps(entry), None
    detail = {
        "meta": {"at": _iso(detail_time(step)), "host": host, "app": "packer"},
        "fault": {"orderId": step.order, "cause": step.reason, "code": draw.randint(1, 9)},
    }
    return json.dumps(entry), json.dumps(detail)


def piped(step: Step, draw: random.Random) -> tuple[str, str | None]:
    """Columns between pipes, the first of which tells what the others are."""
    result = "ERROR" if step.is_failed else "DONE"
    count = draw.randint(1, 400)
    line = f"EVT|{_iso(step.time)}|{step.order}|{step.name}|{result}|{count}"
    if step.reason is None:
        return line, None
    return line, f"ERR|{_iso(detail_time(step))}|{step.order}|{step.reason}"


def bracketed(step: Step, draw: random.Random) -> tuple[str, str | None]:
    """Text with brackets and sentences."""
    thread = f"worker-{draw.randint(1, 8)}"

    def head(time: datetime, level: str) -> str:
        return f"[{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}] [{level}] [{thread}] "

    level = "WARN" if step.is_failed else "INFO"
    result = "FAILED" if step.is_failed else "SUCCEEDED"
    line = f"{head(step.time, level)}Order {step.order}: {step.name} {result}"
    if step.reason is None:
        return line, None
    return (
        line,
        f"{head(detail_time(step), 'ERROR')}Order {step.order} has a problem: {step.reason}",
    )


def access_log(step: Step, draw: random.Random) -> tuple[str, str | None]:
    """Lines of a web server, and its error log."""
    client = f"10.3.{draw.randint(0, 9)}.{draw.randint(1, 250)}"
    code = draw.choice((500, 503, 404)) if step.is_failed else draw.choice((200, 201))
    size = draw.randint(100, 90000)
    line = (
        f"{client} - - [{step.time:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"POST /api/{step.name.lower()} HTTP/1.1" {code} {size} "-" "agent/2.1" '
        f"request_id={step.order}"
    )
    if step.reason is None:
        return line, None
    time = detail_time(step)
    return line, (
        f"{time:%Y/%m/%d %H:%M:%S} [error] 311#311: *{size} {step.reason}, "
        f"client: {client}, request_id: {step.order}"
    )


FORMATS: dict[str, Write] = {
    one.__name__: one for one in (syslog_pairs, nested_json, piped, bracketed, access_log)
}
