"""What the tests of files and pipes share: a dictionary for a store, and a reader to an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from engine.model import Record, StreamAdvance
from engine.ports import Fenced, Progress, Source
from engine.sources.files import FileSource
from engine.sources.framing import Framer, Framing


@dataclass
class MemoryStore:
    """Progress and records in memory, with the fence of a real store."""

    streams: dict[str, Progress] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)

    def progress(self, stream: str) -> Progress | None:
        return self.streams.get(stream)

    def commit(self, advances: Iterable[StreamAdvance]) -> None:
        advances = list(advances)
        assert len({advance.stream for advance in advances}) == len(advances)
        for advance in advances:
            stored = self.streams.get(advance.stream)
            if advance.expected_offset != (stored.next_offset if stored else 0):
                raise Fenced(advance.stream)
        for advance in advances:
            check_one_advance(advance)
            self.streams[advance.stream] = Progress(advance.next_offset, advance.incarnation)
            self.titles[advance.stream] = advance.title
            self.records += advance.records

    def values(self) -> list[bytes]:
        return [record.value for record in self.records]


def check_one_advance(advance: StreamAdvance) -> None:
    """What every source promises of an advance."""
    reached = advance.expected_offset
    for record in advance.records:
        assert record.stream == advance.stream
        assert reached <= record.offset < record.next_offset
        reached = record.next_offset
    assert reached <= advance.next_offset


def step(source: Source, store: MemoryStore, max_records: int = 1000) -> int:
    """One batch; how many records it had."""
    advances = source.read(max_records, 0.05)
    count = sum(len(advance.records) for advance in advances)
    assert count <= max_records
    store.commit(advances)
    source.committed(advances)
    return count


def step_until(
    source: Source, store: MemoryStore, enough: Callable[[], bool], *, limit_s: float = 20.0
) -> None:
    """Batches until it is enough."""
    deadline = time.monotonic() + limit_s
    while not enough():
        assert time.monotonic() < deadline, f"the source did not get there: {store.values()}"
        step(source, store)


def read_files(
    store: MemoryStore,
    *paths: Path,
    framing: Framing = "lines",
    accept_gap: bool = False,
    max_records: int = 1000,
    record_bytes_max: int = 1 << 20,
) -> tuple[list[bytes], list[str]]:
    """One run to the end: the values it added, and its notes."""
    notes: list[str] = []
    before = len(store.records)
    source = FileSource(
        paths,
        framing=framing,
        accept_gap=accept_gap,
        record_bytes_max=record_bytes_max,
        on_note=notes.append,
    )
    try:
        source.open(store.progress)
        while not source.finished:
            step(source, store, max_records)
        assert not source.lagging_streams()
    finally:
        source.close()
    return store.values()[before:], notes


def frame(framer: Framer, pieces: Sequence[bytes]) -> list[Record]:
    """All that a framer makes of an input in these pieces."""
    records: list[Record] = []
    for piece in pieces:
        records += framer.feed(piece)
    return [*records, *framer.end()]


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """``data`` in pieces that begin at these places."""
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return [data[a:b] for a, b in pairwise(places)]
