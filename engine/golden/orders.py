"""Arrival orders: a case must give the same table however its records arrive.

The table is a function of the set of records and their positions (semantics, chapter 3). So a
case is delivered as the file it is, cut into batches in several ways, and with each record on a
stream of its own in every order (or in a bounded sample of the orders); every batch twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, permutations
from random import Random
from typing import Final

from engine.diagnostics import Location
from engine.golden.cases import Case, differing_fields, read_records, written
from engine.golden.checks import Failure, Result
from engine.golden.table import Row, Table, TakenTwice, scattered, tabulate
from engine.interpreter import Interpreter
from engine.model import Record

EVERY_ORDER_UP_TO: Final = 6
"""Records of which every order is tried: 720 for six."""

ORDERS_MAX: Final = 100
"""How many orders of more records are tried."""

CUTS_AT_RANDOM: Final = 5

FAILURES_MAX: Final = 3
"""One broken rule shows in hundreds of orders; the first few tell it."""

_OPEN: Final = ("waiting", "unmatched", "orphan")

Delivery = Sequence[Sequence[Record]]
"""Batches, in the order in which they arrive."""


def check_orders(case: Case, normalizer: Interpreter, rng: Random) -> Result:
    """Deliver the case in all these ways. Raises EnvironmentFailure."""
    return _Deliveries(case, normalizer).check(rng)


class _Deliveries:
    """The tables of one case, delivered again and again."""

    def __init__(self, case: Case, normalizer: Interpreter) -> None:
        self._case = case
        self._normalizer = normalizer
        self._records = read_records(case)
        self._runs = 0
        self._failures: list[Failure] = []

    def check(self, rng: Random) -> Result:
        try:
            file = self._tabulate([self._records])
            self._hold(file.rows, cuts(self._records, rng))
            singles = scattered(self._records, self._normalizer)
            first = self._tabulate([[one] for one in singles])
            # Only when a half counts as too late may differ: in a file event time is that of a
            # system alone, record timestamps are the time of all.
            self._compare(_settled(file.rows), _settled(first.rows), [self._records])
            details = {line for line, row in file.rows.items() if row["outcome"] == "detail"}
            self._hold(first.rows, orders(singles, details, rng))
        except TakenTwice:
            message = "a batch that is delivered again is stored again"
            self._failures.append(Failure(Location(str(self._case.log), 1, 1), message))
        return Result(tuple(self._failures), self._runs)

    def _hold(self, wanted: Mapping[int, Row], deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            if len(self._failures) >= FAILURES_MAX:
                return
            self._compare(wanted, self._tabulate(delivery).rows, delivery)

    def _tabulate(self, delivery: Delivery) -> Table:
        self._runs += 1
        return tabulate(delivery, self._normalizer)

    def _compare(
        self, wanted: Mapping[int, Row], rows: Mapping[int, Row], delivery: Delivery
    ) -> None:
        if wanted == rows:
            return
        details = []
        for line in sorted(wanted.keys() | rows.keys()):
            want, got = wanted.get(line), rows.get(line)
            if want is None or got is None:
                found = [f"in one table only: {written(want or got or {})}"]
            else:
                found = list(differing_fields(want, got))
            details += [f"line {line}: {one}" for one in found]
        message = f"another table if the lines arrive as {in_words(delivery)}"
        self._failures.append(Failure(Location(str(self._case.log), 1, 1), message, tuple(details)))


def in_words(delivery: Delivery) -> str:
    """The lines of each batch: ``3 | 1 2``."""
    return " | ".join(" ".join(str(one.offset) for one in batch) for batch in delivery)


def cuts(records: Sequence[Record], rng: Random) -> Iterator[Delivery]:
    """A file in its order, cut into batches: of one record, of two, of three, anyhow."""
    for size in range(1, min(3, len(records) - 1) + 1):
        yield [records[at : at + size] for at in range(0, len(records), size)]
    for _ in range(CUTS_AT_RANDOM):
        yield _cut(records, rng)


def orders(records: Sequence[Record], details: set[int], rng: Random) -> Iterator[Delivery]:
    """The records in other orders, cut into batches anyhow. ``details`` are lines."""
    if len(records) <= EVERY_ORDER_UP_TO:
        every: Iterable[Sequence[Record]] = permutations(records)
    else:
        late = sorted(records, key=lambda one: one.offset in details)
        early = sorted(records, key=lambda one: one.offset not in details)
        drawn = (rng.sample(records, len(records)) for _ in range(ORDERS_MAX - 3))
        every = chain([records[::-1], early, late], drawn)
    for order in every:
        yield _cut(order, rng)


def _cut(records: Sequence[Record], rng: Random) -> list[list[Record]]:
    batches: list[list[Record]] = []
    for record in records:
        if batches and rng.random() < 0.5:
            batches[-1].append(record)
        else:
            batches.append([record])
    return batches


def _settled(rows: Mapping[int, Row]) -> dict[int, Row]:
    """The rows with what is open as open, whether time has passed or not."""
    return {
        line: {key: "open" if value in _OPEN else value for key, value in row.items()}
        if row["outcome"] != "quarantined"
        else row
        for line, row in rows.items()
    }
