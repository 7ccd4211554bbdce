"""What the tests of the Kafka source share: a dictionary for a store, and a reader to an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.kafka.client import ClientSettings
from engine.kafka.producer import KafkaProducer
from engine.kafka.source import KafkaSource
from engine.model import Record, StreamAdvance
from engine.ports import Fenced, Progress

FAST = {"heartbeat.interval.ms": "200", "session.timeout.ms": "2000"}
"""So that rebalances are soon over: the embedded broker waits for a session's length less 1 s."""


@dataclass
class DictStore:
    """Progress and records in memory, with the fence of a real store."""

    streams: dict[str, Progress] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def progress(self, stream: str) -> Progress | None:
        return self.streams.get(stream)

    def commit(self, advances: Iterable[StreamAdvance]) -> None:
        advances = list(advances)
        for advance in advances:
            stored = self.streams.get(advance.stream)
            if advance.expected_offset != (stored.next_offset if stored else 0):
                raise Fenced(advance.stream)
        for advance in advances:
            check_advance(advance)
            self.streams[advance.stream] = Progress(advance.next_offset, advance.incarnation)
            self.records += advance.records

    def values(self, stream_end: str = "") -> list[bytes]:
        return [r.value for r in self.records if r.stream.endswith(stream_end)]


def check_advance(advance: StreamAdvance) -> None:
    """What every source promises of an advance."""
    reached = advance.expected_offset
    for record in advance.records:
        assert record.stream == advance.stream
        assert reached <= record.offset < record.next_offset
        reached = record.next_offset
    assert reached <= advance.next_offset


def read_until(
    source: KafkaSource, store: DictStore, enough: Callable[[], bool], *, limit_s: float = 20.0
) -> None:
    """Read into the store until it is enough."""
    deadline = time.monotonic() + limit_s
    while not enough():
        assert time.monotonic() < deadline, "the source did not get there in time"
        advances = source.read(1000, 0.2)
        store.commit(advances)
        source.committed(advances)


def read_to_end(
    settings: ClientSettings,
    topic: str,
    store: DictStore,
    *,
    group: str = "engine",
    accept_gap: bool = False,
    notes: list[str] | None = None,
) -> None:
    """One run with an end."""
    source = KafkaSource(
        settings,
        topic,
        group,
        until_end=True,
        accept_gap=accept_gap,
        on_note=(notes if notes is not None else []).append,
    )
    try:
        source.open(store.progress)
        read_until(source, store, lambda: source.finished)
    finally:
        source.close()


def send(settings: ClientSettings, topic: str, values: Iterable[bytes]) -> None:
    """Values to a topic, each one's key its own, so that they spread over the partitions."""
    producer = KafkaProducer(settings)
    for value in values:
        producer.send(topic, value, key=value[:64])
    producer.flush()
    producer.close()
