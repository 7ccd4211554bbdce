"""Records from a Kafka topic, each stream where the store says.

Progress in the store is the truth: at every assignment of a partition reading begins there, and
the offsets committed to Kafka are for lag displays only (and for runs without a store).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin._metadata import ClusterMetadata

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import CONNECT_SECONDS, ClientSettings, failure, is_hopeless
from engine.kafka.connect import first_answer
from engine.kafka.member import GroupMember
from engine.kafka.partition import Partition
from engine.kafka.placement import Gaps, Placement
from engine.kafka.topic import TopicIdentity, missing_topic
from engine.model import StreamAdvance
from engine.ports import Progress, ProgressLookup

_SLICE_SECONDS: Final = 0.1
"""One call into the library; signals are served between two."""
_REQUEST_SECONDS: Final = 5.0
_IDLE_SECONDS: Final = 10.0
"""How long a member of a group without a partition waits before it asks what others have done."""
_READ_BYTES_MAX: Final = 64 << 20
"""Bytes of one ``read``: large records make small batches."""


class KafkaSource:
    """One member of a consumer group on one topic (``engine.ports.Source``).

    ``until_end``: stop at the end of the topic as it is at the start. ``accept_gap``: go on where
    stored progress is gone. ``commit_as_stored``: commit offsets to Kafka as the store takes
    them; a run without a store commits by ``commit_offsets`` instead. ``on_note`` gets lines for
    a person.
    """

    def __init__(
        self,
        settings: ClientSettings,
        topic: str,
        group: str,
        *,
        until_end: bool = False,
        accept_gap: bool = False,
        commit_as_stored: bool = True,
        connect_timeout_s: float = CONNECT_SECONDS,
        on_note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Raises SettingError for properties that the client library refuses."""
        self._settings = settings
        self._topic = topic
        self._group = group
        self._until_end = until_end
        self._accept_gap = accept_gap
        self._commit_as_stored = commit_as_stored
        self._connect_timeout_s = connect_timeout_s
        self._others_finished = False
        self._member = GroupMember(settings, topic, group, on_note)

    # --- what the runner asks ---------------------------------------------------------------

    @property
    def finished(self) -> bool:
        """Whether every partition of this member has reached the end taken at the start."""
        if not self._member.partitions:
            return self._others_finished
        waiting = any(part.has_more for part in self._member.partitions.values())
        return self._reached_ends() and not waiting

    def open(self, progress: ProgressLookup) -> None:
        """Find the topic and join the group. Raises EnvironmentFailure."""
        metadata = first_answer(
            self._member.consumer, self._member.errors, self._settings, self._connect_timeout_s
        )
        self._check_topic(metadata)
        identity = TopicIdentity(self._settings, self._topic, metadata)
        identity.ask()
        self._placement = Placement(
            progress=progress,
            cluster=str(metadata.cluster_id),
            topic=self._topic,
            identity=identity,
            accept_gap=self._accept_gap,
            ends=self._take_ends(metadata) if self._until_end else None,
        )
        self._member.join(self._place)

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        """What has come (see ``engine.ports.Source``). Raises EnvironmentFailure."""
        member, deadline = self._member, time.monotonic() + max_wait_s
        member.raise_failure()
        waiting = sum(part.waiting for part in member.partitions.values())
        if not waiting:
            self._settle_doubts()
        doubt_before = self._in_doubt()
        member.set_paused(False)
        gathered_bytes = 0
        while waiting < max_records and gathered_bytes < _READ_BYTES_MAX:
            left_s = max(deadline - time.monotonic(), 0.0)
            count, size = member.gather(max_records - waiting, min(left_s, _SLICE_SECONDS))
            waiting += count
            gathered_bytes += size
            member.raise_failure()
            doubt_rose = self._in_doubt() and not doubt_before
            if doubt_rose or self._reached_ends() or time.monotonic() >= deadline:
                break
        self._look_at_others()
        return self._hand_over(max_records)

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        """The store holds these: move what is expected, and tell Kafka for its displays."""
        for advance in advances:
            part = self._member.owned(advance.stream)
            if part is not None:
                part.stored(advance.next_offset)
                if self._commit_as_stored:
                    self._member.commit(part, advance.next_offset)

    def refused(self, stream: str) -> None:
        """Another owner has moved this stream: forget what was read, read on where it is now.
        Raises EnvironmentFailure."""
        part = self._member.owned(stream)
        if part is None:
            return
        try:
            (anew,) = self._placement.place_all([part.number])
            self._member.restart(anew)
        except KafkaException as error:
            doing = f"reading topic {self._topic} again"
            raise EnvironmentFailure(failure(self._settings, doing, error)) from None

    def keep_alive(self) -> None:
        """Poll with everything paused; what arrives all the same waits for the next ``read``."""
        self._member.set_paused(True)
        self._member.gather(1, 0.0)

    def lagging_streams(self) -> frozenset[str]:
        """The streams whose end has not been reached yet."""
        return frozenset(
            part.stream
            for part in self._member.partitions.values()
            if not (part.at_end or part.done) or part.waiting
        )

    def close(self) -> None:
        """Leave the group; never raises."""
        self._member.close()

    # --- runs without a store ---------------------------------------------------------------

    def committed_progress(self, stream: str) -> Progress | None:
        """The group's committed offset as a ProgressLookup. Raises EnvironmentFailure."""
        name = stream.rpartition("/")[2]
        if not name.isdigit():
            return None  # a later generation: the group knows only the present one
        asked = [TopicPartition(self._topic, int(name))]
        try:
            (found,) = self._member.consumer.committed(asked, timeout=self._connect_timeout_s)
        except KafkaException as error:
            doing = f"asking for the committed offsets of group {self._group}"
            raise EnvironmentFailure(failure(self._settings, doing, error)) from None
        if found.offset < 0:
            return None
        return Progress(found.offset, found.metadata or "")

    def commit_offsets(self, stream: str, next_offset: int) -> None:
        """Commit the group's offset of a stream, if it is ours, without waiting."""
        part = self._member.owned(stream)
        if part is not None:
            self._member.commit(part, next_offset)

    # --- start and assignment ---------------------------------------------------------------

    def _check_topic(self, metadata: ClusterMetadata) -> None:
        found = metadata.topics.get(self._topic)
        if found is None:
            raise EnvironmentFailure(missing_topic(self._topic, metadata.topics))
        if found.error is not None and is_hopeless(found.error):
            doing = f"reading topic {self._topic}"
            raise EnvironmentFailure(failure(self._settings, doing, found.error))

    def _take_ends(self, metadata: ClusterMetadata) -> dict[int, tuple[int, int]]:
        try:
            numbers = metadata.topics[self._topic].partitions
            return {number: self._member.watermarks(number) for number in numbers}
        except KafkaException as error:
            doing = f"asking for the ends of topic {self._topic}"
            raise EnvironmentFailure(failure(self._settings, doing, error)) from None

    def _place(self, numbers: Sequence[int]) -> list[Partition]:
        self._placement.identity.ask()
        return self._placement.place_all(numbers)

    # --- reading ----------------------------------------------------------------------------

    def _hand_over(self, max_records: int) -> list[StreamAdvance]:
        advances = []
        for part in self._member.partitions.values():
            if part.has_more and (max_records > 0 or not part.waiting):
                advances.append(part.hand_over(max_records, self._topic))
                max_records -= len(advances[-1].records)
        return advances

    def _reached_ends(self) -> bool:
        parts = self._member.partitions.values()
        return self._until_end and bool(parts) and all(part.done for part in parts)

    def _look_at_others(self) -> None:
        """With more members than partitions this one gets none: the store tells when the
        others have finished."""
        if not self._until_end or self._member.partitions:
            return
        now = time.monotonic()
        if now - self._member.without_partitions_since > _IDLE_SECONDS:
            self._member.without_partitions_since = now - _IDLE_SECONDS + 1.0
            self._others_finished = self._placement.all_stored()

    # --- doubts -----------------------------------------------------------------------------

    def _in_doubt(self) -> bool:
        member = self._member
        suspected = member.topic_suspected or self._placement.identity.gone
        return bool(suspected or member.lost_position or self._of_another_topic())

    def _of_another_topic(self) -> list[int]:
        present = self._placement.identity.id
        return [
            part.number
            for part in self._member.partitions.values()
            if present and part.incarnation and part.incarnation != present
        ]

    def _settle_doubts(self) -> None:
        """Find out whether the topic is still the one it was and holds what is to be read next.
        Raises EnvironmentFailure (GapError); without an answer the doubt stays."""
        member = self._member
        self._placement.identity.watch()
        if not self._in_doubt():
            return
        try:
            self._check_topic(member.consumer.list_topics(timeout=_REQUEST_SECONDS))
            self._placement.identity.ask()
            for part in self._placement.place_all(self._of_another_topic()):
                member.restart(part)
            if member.lost_position:
                self._find_positions()
            member.topic_suspected = False
        except KafkaException as error:
            member.errors(error.args[0])

    def _find_positions(self) -> None:
        """Offsets that were asked for are not there: lost by retention, or another topic."""
        gaps, moved = Gaps(self._topic), []
        for part in self._member.partitions.values():
            first, end = self._member.watermarks(part.number)
            if first > part.next_offset and not part.is_untouched:
                gaps.add_passed(part.number, part.next_offset, first)
                part.skip_to(first)
                moved.append(part)
            elif end < part.next_offset:
                gaps.add_anew(part.number, part.next_offset, end)
                moved.append(self._placement.next_generation(part.number))
            elif part.number in self._member.lost_position:
                moved.append(part)
        if gaps and not self._accept_gap:
            raise gaps.error()
        for part in moved:
            self._member.restart(part)
