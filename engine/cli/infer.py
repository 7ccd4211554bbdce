"""``engine infer``: a proposed spec from sample records."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.cli.options import Commands, UsageError, positive
from engine.diagnostics import EnvironmentFailure
from engine.model import Detail, Event, Ignored, Record, Rejection
from engine.sources.framing import RECORD_BYTES_MAX, new_framer
from engine.stores.sqlite import open_reader
from engine.views.amounts import counted
from engine.views.terminal import talk

if TYPE_CHECKING:  # loaded by the command alone
    from engine.infer import Proposal

STANDARD_INPUT: Final = "-"
RECORDS_MAX: Final = 20_000
"""How many records are looked at unless told otherwise: more of them tell nothing new."""

_CHUNK_BYTES: Final = 1 << 16
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

_QUARANTINED: Final = """
SELECT raw FROM quarantined WHERE raw_sha256 IS NULL ORDER BY stream, "offset" LIMIT ?"""


class _Samples(NamedTuple):
    values: list[bytes]
    recorded_us: int
    """When they were written, about: for times without a year."""


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "infer",
        help="propose a spec from sample records",
        description="Propose a spec for one system from records that it logged, one a line: the "
        "kinds of records, what is which event field, and how two kinds are joined. It validates "
        "as it is printed; comments tell what speaks for it, and TODO marks what could not be "
        "told. Exit status 1 if there is no record to learn from.",
    )
    parser.add_argument(
        "samples",
        nargs="?",
        metavar="SAMPLES",
        help="a file of records; or - for standard input",
    )
    parser.add_argument(
        "--store", metavar="URL", help="learn from the quarantine of a store instead of a file"
    )
    parser.add_argument(
        "--system", metavar="NAME", type=_system_name, help="the system's name (default: guessed)"
    )
    parser.add_argument(
        "--out", metavar="PATH", type=Path, help="write the spec to a new file (default: print it)"
    )
    parser.add_argument(
        "--limit",
        metavar="N",
        type=positive,
        default=RECORDS_MAX,
        help="look at the first N records (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def _system_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no system's name: letters, digits, _ . and -, at most 64"
        )
    return text


def run(arguments: argparse.Namespace) -> int:
    """Read, propose, print. Raises UsageError, EnvironmentFailure."""
    if (arguments.samples is None) == (arguments.store is None):
        raise UsageError("infer: name a file of records, or - , or a store with --store")
    if arguments.out is not None and arguments.out.exists():
        raise UsageError(f"infer: {arguments.out} exists already: choose another name")
    samples = (
        _of_store(arguments.store, arguments.limit)
        if arguments.samples is None
        else _of_input(arguments.samples, arguments.limit)
    )
    texts = [text for text in map(_decoded, samples.values) if text is not None and text.strip()]
    from engine.infer import propose

    proposal = propose(texts, arguments.system, recorded_us=samples.recorded_us)
    if proposal is None:
        talk("no record to learn from")
        return 1
    _write(proposal.text, arguments.out)
    _report(proposal, len(samples.values) - len(texts), arguments)
    return 0


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise EnvironmentFailure(f"{out} cannot be written: {error.strerror}") from error


def _report(proposal: Proposal, unusable: int, arguments: argparse.Namespace) -> None:
    """What the spec makes of the records, on standard error."""
    outcomes = proposal.outcomes
    events = sum(isinstance(one, Event) for one in outcomes)
    details = sum(isinstance(one, Detail) for one in outcomes)
    ignored = sum(isinstance(one, Ignored) for one in outcomes)
    reasons = Counter(one.reason for one in outcomes if isinstance(one, Rejection))
    told = [counted(events, "event")]
    if details:
        joined = _joined(proposal)
        told.append(f"{counted(details, 'detail')} ({joined:,} joined)")
    if ignored:
        told.append(f"{ignored:,} ignored")
    told.append(f"{sum(reasons.values()):,} quarantined")
    talk(f"{counted(len(outcomes), 'record')}: {', '.join(told)}")
    for reason, count in sorted(reasons.items()):
        talk(f"  {count:,} {reason}")
    if unusable:
        talk(f"{counted(unusable, 'record')} more, empty or no UTF-8 text, left aside")
    kinds = sum(len(system.kinds) for system in proposal.systems)
    talk(f"{counted(kinds, 'record kind')}, {counted(proposal.todos, 'TODO mark')}")
    if arguments.out is not None:
        talk(f"read it, then: engine validate {arguments.out} && engine test {arguments.out}")


def _joined(proposal: Proposal) -> int:
    """How many details found their event, if the records were one file."""
    from engine.golden.table import numbered, tabulate
    from engine.interpreter import compile_normalizer

    records = numbered(list(proposal.records))
    table = tabulate([records], compile_normalizer(proposal.systems))
    return sum(row.get("state") == "joined" for row in table.rows.values())


# --- where the records come from ----------------------------------------------------------------


def _of_input(name: str, limit: int) -> _Samples:
    """The records of a file or of standard input. Raises EnvironmentFailure."""
    if name == STANDARD_INPUT:
        if sys.stdin is None:
            raise EnvironmentFailure("standard input is closed")
        values = list(islice(_lines(sys.stdin.fileno(), "standard input"), limit))
        return _Samples(values, time.time_ns() // 1000)
    try:
        descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise EnvironmentFailure(f"{name} cannot be read: {error.strerror}") from error
    try:
        modified_us = os.fstat(descriptor).st_mtime_ns // 1000
        return _Samples(list(islice(_lines(descriptor, name), limit)), modified_us)
    finally:
        os.close(descriptor)


def _lines(descriptor: int, name: str) -> Iterator[bytes]:
    framer = new_framer("lines", "samples", RECORD_BYTES_MAX)
    try:
        while data := os.read(descriptor, _CHUNK_BYTES):
            yield from _whole(framer.feed(data))
    except OSError as error:
        raise EnvironmentFailure(f"{name} cannot be read: {error.strerror}") from error
    yield from _whole(framer.end())


def _whole(records: Sequence[Record]) -> Iterator[bytes]:
    return (record.value for record in records if record.oversize is None)


def _of_store(url: str, limit: int) -> _Samples:
    """The quarantined records of a store. Raises EnvironmentFailure."""
    with closing(open_reader(url)) as reader:
        found = (row[0] for row in reader.rows(_QUARANTINED, (limit,)))
        values = [one for one in found if isinstance(one, bytes) and one]
    return _Samples(values, time.time_ns() // 1000)


def _decoded(value: bytes) -> str | None:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.removeprefix("\ufeff")
