"""Stores made of outcomes by hand, without specs, sources or a normalizer."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from engine.conversions import parse_iso, zone_named
from engine.diagnostics import Location
from engine.interpreter import normalized_of
from engine.model import (
    Attempt,
    Detail,
    Event,
    Ignored,
    Join,
    Outcome,
    Oversize,
    Record,
    Records,
    Rejection,
    StreamAdvance,
    System,
)
from engine.ports import Batch
from engine.stores.sqlite import SqliteStore

FILE = "file:aa11"
SECOND_US = 1_000_000
NOW_US = 4_000_000_000 * SECOND_US
_UTC = zone_named("UTC")


def system(name: str, *, joins: bool = False) -> System:
    """A system; one that joins completes its failures by ``error`` records within 30 s."""
    join = Join(
        events=("checkpoint",),
        details=("error",),
        when={"status": ("FAILURE",)},
        take=("failure_reason",),
        within_us=30 * SECOND_US,
        pairing="nearest",
        clock="body",
    )
    return System(
        name=name,
        format="text",
        timezone="UTC",
        kinds=(),
        join=join if joins else None,
        merge=None,
        digest=hashlib.sha256(name.encode()).hexdigest(),
        source=f"system: {name}\n",
        location=Location(f"{name}.yaml", 1, 1),
    )


SHOP = system("shop")
BANK = system("bank", joins=True)


@dataclass
class StoreBuilder:
    """Collects outcomes, each at the next offset of its stream, and commits them as one batch."""

    path: Path
    title: str = "app.log"
    _pending: dict[str, tuple[list[Record], list[Outcome]]] = field(default_factory=dict)
    _next_offset: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.path)

    def event(
        self,
        checkpoint_id: str,
        time: str = "2025-05-04T10:30:00",
        *,
        of: System = SHOP,
        status: str = "SUCCESS",
        reason: str | None = None,
        correlation_id: str | None = "abc-123",
        content_hash: bytes | None = None,
        attributes: Mapping[str, object] | None = None,
        stream: str = FILE,
    ) -> str:
        text, time_us = parse_iso(time, _UTC)
        event = Event(
            stream=stream,
            offset=self._place(stream),
            system=of,
            kind="checkpoint",
            checkpoint_id=checkpoint_id,
            timestamp=text,
            time_us=time_us,
            status=status,
            correlation_id=correlation_id,
            failure_reason=reason,
            expects_detail=of.join is not None and status == "FAILURE",
            content_hash=content_hash,
            attributes=attributes,
        )
        return self._add(event)

    def detail(
        self,
        reason: str | None,
        time: str,
        *,
        of: System = BANK,
        correlation_id: str = "abc-123",
        content_hash: bytes | None = None,
        stream: str = FILE,
    ) -> str:
        detail = Detail(
            stream=stream,
            offset=self._place(stream),
            system=of,
            kind="error",
            correlation_id=correlation_id,
            failure_reason=reason,
            time_us=parse_iso(time, _UTC).us,
            content_hash=content_hash,
        )
        return self._add(detail)

    def ignored(self, *, of: System = SHOP, kind: str = "ignore[0]") -> str:
        return self._add(Ignored(FILE, self._place(FILE), of, kind))

    def rejection(
        self,
        value: bytes,
        reason: str = "no_match",
        *,
        message: str = "no record kind accepts it",
        nearest: Sequence[Attempt] = (),
        oversize: Oversize | None = None,
        of: str | None = None,
        kind: str | None = None,
        stream: str = FILE,
    ) -> str:
        rejection = Rejection(
            stream=stream,
            offset=self._place(stream),
            reason=reason,
            message=message,
            nearest=tuple(nearest),
            value=value,
            oversize=oversize,
            system=of,
            kind=kind,
        )
        return self._add(rejection)

    def commit(self) -> None:
        """Store what was collected since the last commit."""
        store = SqliteStore.open(self.url, (SHOP, BANK))
        advances = []
        normalized = []
        for stream, (records, of_stream) in self._pending.items():
            stored = store.progress(stream)
            expected = 0 if stored is None else stored.next_offset
            advances.append(
                StreamAdvance(
                    stream,
                    expected,
                    records[-1].next_offset,
                    Records.of(records),
                    title=self.title,
                )
            )
            normalized.append(normalized_of(of_stream))
        store.commit(Batch(advances, normalized, now_us=NOW_US))
        store.close()
        self._pending.clear()

    def lose_an_event(self) -> None:
        """What no engine may do: a row is gone that was read."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("DELETE FROM event WHERE rowid = (SELECT min(rowid) FROM event)")

    def _place(self, stream: str) -> int:
        return self._next_offset.get(stream, 0)

    def _add(self, outcome: Outcome) -> str:
        """Its position, as the store prints it."""
        offset = self._place(outcome.stream)
        value = outcome.value if isinstance(outcome, Rejection) else b"x"
        records, outcomes = self._pending.setdefault(outcome.stream, ([], []))
        records.append(Record(outcome.stream, offset, offset + 10, value))
        outcomes.append(outcome)
        self._next_offset[outcome.stream] = offset + 10
        return f"{outcome.stream}:{offset}"


def flow(store: StoreBuilder) -> None:
    """A life over two systems: a failure completed by its detail, a retry, a gap, a failure
    with its own reason, one that waits; a duplicate, an orphan, junk."""
    store.event("OPENED", "2025-05-04T10:30:00Z", of=BANK)
    store.event("CHECKED", "2025-05-04T10:30:01Z", of=BANK, status="FAILURE")
    store.detail("LIMIT_REACHED", "2025-05-04T10:30:01.250Z")
    store.event("CHECKED", "2025-05-04T10:30:02Z", of=BANK)
    store.event("PACKED", "2025-05-04T10:32:02Z")
    store.event("SENT", "2025-05-04T10:32:03Z", status="FAILURE", reason="NO_TRUCK")
    store.event("SENT", "2025-05-04T10:32:04Z", content_hash=b"sent")
    store.event("SENT", "2025-05-04T10:32:04Z", content_hash=b"sent")
    store.event("CLOSED", "2025-05-04T10:32:05Z", of=BANK, status="FAILURE")
    store.detail("NOBODY_ASKED", "2025-05-04T10:28:00Z", correlation_id="xyz-9")
    store.ignored()
    store.rejection(b"2025-05-04T10:30:01 BANK CHECKED FAILURE abc-123")
    store.commit()
