"""Where reading of a partition begins: at the stored progress of its stream.

A topic that was deleted and made anew under its old name begins a new stream, a later
*generation*: ``kafka:CLUSTER/TOPIC/0``, then ``kafka:CLUSTER/TOPIC/0~2``. The last one the store
knows is the present one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.kafka.partition import Partition
from engine.kafka.topic import TopicIdentity
from engine.ports import GapError, Progress, ProgressLookup


@dataclass(slots=True)
class Placement:
    """Places partitions of one topic by what the store remembers."""

    progress: ProgressLookup
    cluster: str
    topic: str
    identity: TopicIdentity
    accept_gap: bool
    ends: Mapping[int, tuple[int, int]] | None
    """First offset and end of each partition when a run with an end began; None without one."""

    def place_all(self, numbers: Iterable[int]) -> list[Partition]:
        """Each partition at its stored progress, or at the beginning of the next generation if
        the topic is another one now. Raises GapError unless gaps are accepted."""
        parts, gaps = [], Gaps(self.topic)
        for number in numbers:
            generation, progress = self.last_generation(number)
            known, found = (progress.incarnation if progress else ""), self.identity.id
            if progress is not None and known and found and known != found:
                gaps.add_anew(number, progress.next_offset, None)
                parts.append(self.next_generation(number))
            else:
                parts.append(self._partition(number, generation, progress, found or known))
        if gaps and not self.accept_gap:
            raise gaps.error()
        return parts

    def next_generation(self, number: int) -> Partition:
        """The partition of the topic that was made anew, at its beginning."""
        generation, _ = self.last_generation(number)
        part = self._partition(number, generation + 1, None, self.identity.id)
        part.announce = True
        return part

    def last_generation(self, number: int) -> tuple[int, Progress | None]:
        """The latest stream of this partition that the store knows, 1 if none."""
        generation, progress = 1, self.progress(self._stream(number, 1))
        if progress is not None:
            while (later := self.progress(self._stream(number, generation + 1))) is not None:
                generation, progress = generation + 1, later
        return generation, progress

    def all_stored(self) -> bool:
        """Whether the store holds the whole topic as it was at the start, whoever read it."""
        for number, (first, end) in (self.ends or {}).items():
            _, progress = self.last_generation(number)
            if end > first and (progress is None or progress.next_offset < end):
                return False
        return True

    def _partition(
        self, number: int, generation: int, progress: Progress | None, incarnation: str
    ) -> Partition:
        # A partition that was added after the start is no part of the topic as it was then.
        end = None if self.ends is None else self.ends.get(number, (0, 0))[1]
        stream = self._stream(number, generation)
        return Partition(number, stream, incarnation, progress, end)

    def _stream(self, number: int, generation: int) -> str:
        suffix = "" if generation == 1 else f"~{generation}"
        return f"kafka:{self.cluster}/{self.topic}/{number}{suffix}"


@dataclass(slots=True)
class Gaps:
    """Stored progress that is gone, partition by partition, for one line to the user."""

    topic: str
    lost: int = 0
    _passed: list[str] = field(default_factory=list)
    _anew: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self._passed or self._anew)

    def add_passed(self, number: int, progress: int, first: int) -> None:
        """Offsets from ``progress`` up to ``first`` were removed before they were read."""
        self.lost += first - progress
        self._passed.append(f"partition {number}: offsets {progress} to {first - 1}")

    def add_anew(self, number: int, progress: int, end: int | None) -> None:
        """The topic is another one; ``end`` is where it ends now, if that is how it was seen."""
        ends = ""
        if end is not None:
            self.lost += progress - end
            ends = f", the topic ends at {end}"
        self._anew.append(f"partition {number}: stored progress {progress}{ends}")

    def error(self) -> GapError:
        """The failure that stops a run."""
        parts = []
        if self._anew:
            parts.append(
                f"topic {self.topic} was deleted and made anew ({'; '.join(self._anew)}): "
                "what the old one still held is lost"
            )
        if self._passed:
            offsets = "offset is" if self.lost == 1 else "offsets are"
            parts.append(
                f"{self.lost} {offsets} gone from topic {self.topic} before they were read "
                f"({'; '.join(self._passed)})"
            )
        what = "; ".join(parts)
        return GapError(f"{what}; to go on with what is there, add --accept-gap", self.lost)
