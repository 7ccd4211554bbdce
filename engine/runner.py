"""The loop: read a batch, normalize it, store it in one transaction, go on. It owns the clock."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from engine.collecting import collector_spared
from engine.diagnostics import EnvironmentFailure
from engine.interpreter import Normalizer
from engine.model import Detail, Event, Ignored, Rejection
from engine.pipeline import normalize
from engine.ports import Batch, Fenced, Source, Store, StoreBusy

BATCH_RECORDS: Final = 20_000
"""Half as many cost some hundredths more, twice as many do too, and memory."""
FIRST_RECORDS: Final = 1_000
"""Records of the first batch, so that the first events are soon there."""
GROWTH: Final = 4
"""How many times as large as the one before the batches after it are."""
BATCH_SECONDS: Final = 1.0
BUSY_SECONDS_MAX: Final = 300.0
"""How long a store that another process has locked is waited for."""


class Stop(Protocol):
    """Tells that the run is to end after the present batch (``threading.Event`` is one)."""

    def is_set(self) -> bool:
        """Whether it is to end."""


@dataclass(slots=True)
class Totals:
    """What this run has stored so far."""

    read: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """By ``event``, ``detail``, ``ignored``, ``quarantined``."""


_NAMES: Final = {
    Event: "event",
    Detail: "detail",
    Ignored: "ignored",
    Rejection: "quarantined",
}


def _now_us() -> int:
    return time.time_ns() // 1000


@contextmanager
def _specs_frozen() -> Iterator[None]:
    """Spare the garbage collector the specs, the generated code and the libraries, which stay: the
    rows of every batch set it off, and it would look at all of them each time.
    """
    if gc.get_freeze_count():
        yield  # whoever has frozen objects also decides when they are not any more
        return
    gc.collect()
    gc.freeze()
    try:
        with collector_spared():
            yield
    finally:
        gc.unfreeze()


@dataclass(slots=True)
class Runner:
    """One source, one store, one set of compiled specs."""

    source: Source
    store: Store
    normalizer: Normalizer
    stop: Stop
    batch_records: int = BATCH_RECORDS
    batch_seconds: float = BATCH_SECONDS
    on_progress: Callable[[Totals], None] = lambda _: None
    on_note: Callable[[str], None] = lambda _: None
    now_us: Callable[[], int] = _now_us
    totals: Totals = field(default_factory=Totals)
    _records: int = field(init=False, default=FIRST_RECORDS)
    """How many records the next batch has at most, up to ``batch_records``."""

    def run(self) -> Totals:
        """Run to the end of the source or until told to stop. Raises EnvironmentFailure.

        However it ends, what was committed stands and what was not is read again next time.
        """
        try:
            self.source.open(self.store.progress)
            with _specs_frozen():
                while not self.stop.is_set() and not self.source.finished:
                    self._one_batch()
                if self.source.finished:
                    self.store.finish()
        finally:
            self.source.close()
        return self.totals

    def _one_batch(self) -> None:
        records_max = min(self._records, self.batch_records)
        advances = self.source.read(records_max, self.batch_seconds)
        if not advances:
            return
        self._records = min(self._records * GROWTH, self.batch_records)
        batch = Batch(advances, lagging=self.source.lagging_streams(), now_us=self.now_us())
        normalize(batch, self.normalizer)
        try:
            stored = self._commit(batch)
        except Fenced as fenced:
            # All or nothing: the other streams of the batch have to be read again too.
            self.on_note(f"{fenced}: reading on from there")
            for advance in advances:
                self.source.refused(advance.stream)
            return
        if stored:
            self.source.committed(advances)
            self._count(batch)

    def _commit(self, batch: Batch) -> bool:
        """Commit, waiting for a locked store; False if told to stop while it is locked."""
        waiting_since = time.monotonic()
        noted = False
        while True:
            try:
                self.store.commit(batch)
                return True
            except StoreBusy as busy:
                if self.stop.is_set():
                    self.on_note(f"{busy}: stopped, the batch in hand is not stored")
                    return False
                if time.monotonic() - waiting_since > BUSY_SECONDS_MAX:
                    raise EnvironmentFailure(
                        f"{busy} for {BUSY_SECONDS_MAX:.0f} s: end that process and run again"
                    ) from busy
                if not noted:
                    self.on_note(f"{busy}: waiting")
                    noted = True
                self.source.keep_alive()

    def _count(self, batch: Batch) -> None:
        for normalized in batch.normalized:
            events = len(normalized.rows) + normalized.line_count
            self.totals.read += events + len(normalized.others)
            self.totals.outcomes["event"] += events
            self.totals.outcomes.update(_NAMES[type(other)] for _, other in normalized.others)
        self.on_progress(self.totals)
