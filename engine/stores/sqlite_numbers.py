"""The numbers that the store gives to what rows repeat: correlation ids, kinds, specs.

They last as long as the store and are remembered from commit to commit. A commit that fails takes
back the numbers it gave, so its memory is thrown away with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from engine.model import System

FLOWS_REMEMBERED: Final = 20_000
"""Of so many correlation ids the number is known without the store, twice over (6 MB)."""


class Flows(dict[str | None, int | None]):
    """Correlation id → number, made where there is none; no id has no number.

    A dictionary, because most records of an id come soon after each other: the nine tenths whose
    id is known cost a look-up. It forgets what no commit has asked for lately.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self._connection = connection
        self._cursor = connection.cursor()
        self._earlier: dict[str | None, int | None] = {}
        self._first_new = 0
        self._next = 0

    def begin(self) -> None:
        """A transaction has begun: nobody else gives numbers now."""
        if len(self) > FLOWS_REMEMBERED:
            self._earlier = dict(self)
            self.clear()
        self[None] = None
        last = self._cursor.execute("SELECT max(flow_id) FROM flow").get
        self._first_new = self._next = (last or 0) + 1

    def is_new(self, flow_id: int) -> bool:
        """Whether this transaction has made it, so that no earlier record has it."""
        return flow_id >= self._first_new

    def __missing__(self, correlation_id: str | None) -> int | None:
        number = self._earlier.get(correlation_id)
        if number is None:
            number = self._find_or_make(correlation_id)
        self[correlation_id] = number
        return number

    def _find_or_make(self, correlation_id: str | None) -> int:
        self._cursor.execute(
            "INSERT INTO flow (flow_id, correlation_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (self._next, correlation_id),
        )
        if self._connection.changes():
            self._next += 1
            return self._next - 1
        number: int = self._cursor.execute(
            "SELECT flow_id FROM flow WHERE correlation_id = ?", (correlation_id,)
        ).get
        return number


class Kinds:
    """The numbers of kinds, each of them a kind as one text of its spec has it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._sequence: Sequence[tuple[System, str]] | None = None
        self._base = 0
        self._numbers: dict[tuple[str, str], int] = {}
        self._spec_ids: dict[str, int] = {}

    def base(self, kinds: Sequence[tuple[System, str]]) -> int:
        """What to add to the number of a kind in ``kinds`` for its number in the store."""
        if kinds is not self._sequence:
            self._base = self._find_or_make(kinds)
            self._sequence = kinds
        return self._base

    def number(self, system: System, kind: str) -> int:
        """The number of one kind."""
        found = self._numbers.get((system.digest, kind))
        if found is None:
            found = self._numbers[system.digest, kind] = self._find_or_make([(system, kind)])
        return found

    def _find_or_make(self, kinds: Sequence[tuple[System, str]]) -> int:
        """The number of the first of them, where all follow each other."""
        wanted = [(kind, self._spec_id(system)) for system, kind in kinds]
        if not wanted:
            return 0
        stored = self._connection.execute("SELECT kind_id, kind, spec_id FROM kind ORDER BY 1")
        rows = stored.fetchall()
        known = [(kind, spec_id) for _, kind, spec_id in rows]
        for at, one in enumerate(known):
            if one == wanted[0] and known[at : at + len(wanted)] == wanted:
                first = rows[at][0]
                assert isinstance(first, int)
                return first
        self._connection.executemany(
            "INSERT INTO kind (system_id, kind, spec_id) VALUES (?, ?, ?)",
            (
                (system.name, kind, spec_id)
                for (system, kind), (_, spec_id) in zip(kinds, wanted, strict=True)
            ),
        )
        return self._connection.last_insert_rowid() - len(kinds) + 1

    def _spec_id(self, system: System) -> int:
        if system.digest not in self._spec_ids:
            self._connection.execute(
                """INSERT INTO spec (digest, system_id, source) VALUES (?, ?, ?)
                   ON CONFLICT (digest) DO NOTHING""",
                (system.digest, system.name, system.source),
            )
            self._spec_ids[system.digest] = self._connection.execute(
                "SELECT spec_id FROM spec WHERE digest = ?", (system.digest,)
            ).get
        return self._spec_ids[system.digest]


class Numbers:
    """All of them, of one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.flows = Flows(connection)
        self.kinds = Kinds(connection)
