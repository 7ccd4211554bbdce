"""One partition as this member reads it: what was gathered, and how far."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model import Record, Records, StreamAdvance
from engine.ports import Progress


@dataclass(slots=True)
class Partition:
    """Reading of one partition. Three offsets, never falling: ``expected`` (the stored progress)
    ≤ ``handed`` (what ``read`` gave away) ≤ ``next_offset`` (what was gathered)."""

    number: int
    stream: str
    incarnation: str
    progress: Progress | None
    """The stored progress it began with; None: never read, so it begins at the earliest record."""
    end: int | None = None
    """Where a run with an end stops."""
    announce: bool = False
    """Hand over even nothing, so that the store knows this stream."""
    at_end: bool = False
    done: bool = False
    expected: int = field(init=False)
    handed: int = field(init=False)
    next_offset: int = field(init=False)
    records: list[Record] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.expected = 0 if self.progress is None else self.progress.next_offset
        self.handed = self.next_offset = self.expected

    @property
    def is_untouched(self) -> bool:
        """Whether it was never read, by anyone."""
        return self.progress is None and self.next_offset == 0

    @property
    def has_more(self) -> bool:
        """Whether something is there to hand over."""
        return self.next_offset > self.handed or self.announce

    def take(self, offset: int, value: bytes, timestamp_us: int | None) -> bool:
        """Gather a record; False if it is not to be read (again, or past the end)."""
        if self.end is not None and offset >= self.end:
            # Everything before the end has been seen, transaction markers included.
            self.reach(self.end)
            return False
        if offset < self.next_offset or self.done:
            return False
        self.at_end = False
        self.records.append(Record(self.stream, offset, offset + 1, value, timestamp_us))
        self.next_offset = offset + 1
        self.done = self.end is not None and self.next_offset >= self.end
        return True

    def reach(self, offset: int) -> None:
        """Everything below ``offset`` has been seen and it is the end, for now or for good."""
        if self.done or offset < self.next_offset:
            return
        self.next_offset = offset
        self.at_end = True
        self.done = self.end is not None and offset >= self.end

    def stored(self, next_offset: int) -> None:
        """The store has everything below ``next_offset``, whoever gathered it."""
        self.expected = next_offset
        self.handed = max(self.handed, next_offset)
        if self.handed > self.next_offset:
            self.next_offset = self.handed
            self.records.clear()
        elif self.records and self.records[0].offset < next_offset:
            self.records = [record for record in self.records if record.offset >= next_offset]

    def skip_to(self, offset: int) -> None:
        """What lies before ``offset`` is gone, and the user accepts it."""
        self.next_offset = max(self.next_offset, offset)

    def hand_over(self, max_records: int, title: str) -> StreamAdvance:
        """Give away at most ``max_records`` gathered records."""
        records = self.records[:max_records]
        del self.records[:max_records]
        reached = self.next_offset
        if self.records:
            reached = records[-1].next_offset if records else self.handed
        self.handed = reached
        self.announce = False
        columns = Records.of(records, self.stream)
        return StreamAdvance(self.stream, self.expected, reached, columns, self.incarnation, title)
