"""What the runner asks of a source and of a store. Rooms beside each other do not know each
other; they meet here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from engine.diagnostics import EnvironmentFailure
from engine.model import Normalized, StreamAdvance, System


class Progress(NamedTuple):
    """What a store remembers of a stream: where reading goes on, and what tells that the
    stream is still the same one (a topic's id, the digest of a file's beginning)."""

    next_offset: int
    incarnation: str


ProgressLookup = Callable[[str], Progress | None]


class GapError(EnvironmentFailure):
    """Stored progress is gone: retention has passed it, or the topic was made anew. ``lost`` is
    the number of offsets that cannot be read any more."""

    def __init__(self, message: str, lost: int) -> None:
        super().__init__(message)
        self.lost = lost


class Fenced(Exception):
    """Another owner has moved the progress of ``stream``: nothing of the batch was stored."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"another owner has moved the progress of {stream}")
        self.stream = stream


class StoreBusy(Exception):
    """Another process holds the store's lock: nothing was stored, try again."""


class Source(Protocol):
    """A supplier of records, read by one thread.

    It keeps, for every stream it reads, the progress as it knows it and gives it as
    ``expected_offset``; ``committed`` moves it. Records below it are skipped, not handed over.
    """

    @property
    def finished(self) -> bool:
        """Whether the end was reached and all that was read has been handed over."""

    def open(self, progress: ProgressLookup) -> None:
        """Begin to read, each stream where ``progress`` says, which is kept and asked again at
        every assignment. Raises EnvironmentFailure (GapError among them)."""

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        """What has come: at most ``max_records`` records in all, one advance a stream, after at
        most ``max_wait_s`` seconds; an advance without records moves the progress alone (a
        transaction's marker at the end of a partition). Raises EnvironmentFailure."""

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        """The store holds these. Kafka: commit the offsets too, for lag displays only."""

    def refused(self, stream: str) -> None:
        """The store's fence refused this stream: forget what was read, ask for progress anew."""

    def keep_alive(self) -> None:
        """Stay a member of the group while the store cannot take anything, reading nothing."""

    def lagging_streams(self) -> frozenset[str]:
        """Streams of this reader whose end has not been reached yet: where events leave only
        when they are final, event time is that of the slowest of these."""

    def close(self) -> None:
        """Leave; never raises."""


@dataclass(slots=True)
class Batch:
    """Records of some streams with what became of them: what one transaction stores.
    ``normalized`` has what became of the records of each of ``advances``, in the same order."""

    advances: list[StreamAdvance]
    normalized: list[Normalized] = field(default_factory=list)
    kinds: Sequence[tuple[System, str]] = ()
    """What the numbers of kinds in rows mean: the system and the name of the kind."""
    lagging: frozenset[str] = frozenset()
    """See ``Source.lagging_streams``."""
    now_us: int = 0
    """The runner's clock. It decides only when something is shown as unmatched."""


class Store(Protocol):
    """Where batches end, one transaction each."""

    def progress(self, stream: str) -> Progress | None:
        """The stored progress of a stream; None if it was never read."""

    def commit(self, batch: Batch) -> None:
        """Store all of the batch or nothing. Raises Fenced, StoreBusy, EnvironmentFailure."""

    def finish(self) -> None:
        """The input has ended: whatever is held back goes out."""

    def close(self) -> None:
        """Release the store."""


class StoreReader(Protocol):
    """A read-only look at a store. Its SQL names only what is documented: the views ``events``,
    ``details`` and ``quarantined``, and the tables ``stream``, ``ignored`` and ``archive``. All
    queries of one reader see one state of the store."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query, one at a time. Raises EnvironmentFailure."""
