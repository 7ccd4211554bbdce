"""A member of a consumer group: the library's consumer, the partitions it was given, and what
the library tells about them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import ClientSettings, ErrorMemory, failure, new_client
from engine.kafka.messages import runs_of
from engine.kafka.partition import Partition

_CHUNK_MAX: Final = 1000
_CHUNK_BYTES: Final = 8 << 20
_REQUEST_SECONDS: Final = 5.0
_LEAVE_SECONDS: Final = 2.0
_SERVE_SECONDS: Final = 0.01
_REACH_SECONDS: Final = 1.0
_REACH_AGAIN_SECONDS: Final = 3.0
_POSITION_LOST: Final = frozenset(
    {
        KafkaError._AUTO_OFFSET_RESET,
        KafkaError._LOG_TRUNCATION,
        KafkaError.OFFSET_OUT_OF_RANGE,
    }
)
_TOPIC_LOST: Final = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    }
)

Place = Callable[[Sequence[int]], Sequence[Partition]]
"""Where reading of these partitions begins."""


class GroupMember:
    """One consumer on one topic. ``partitions`` are those it has now; ``lost_position`` those
    whose next offset the broker does not have; ``topic_suspected`` that the topic may be gone."""

    def __init__(
        self, settings: ClientSettings, topic: str, group: str, on_note: Callable[[str], None]
    ) -> None:
        self.partitions: dict[int, Partition] = {}
        self.lost_position: set[int] = set()
        self.topic_suspected = False
        self.without_partitions_since = time.monotonic()
        self.errors = ErrorMemory()
        self._settings = settings
        self._topic = topic
        self._note = on_note
        self._failure: Exception | None = None
        self._paused = False
        self._out_of_reach = False
        self._ask_reach_at = 0.0
        self._chunk = 100
        config = settings.config(
            {
                "group.id": group,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "isolation.level": "read_committed",
                "partition.assignment.strategy": "cooperative-sticky",
                "error_cb": self.errors,
            }
        )
        # A member that was killed keeps its partitions for this long; to be taken for dead too
        # early costs a rebalance and nothing else, because the store fences.
        config.setdefault("session.timeout.ms", 10_000)
        # What the library reads ahead is memory, and half a batch of it costs no time; but having
        # that much it would ask for no more for a second, in which it is long used up.
        config.setdefault("queued.min.messages", 10_000)
        config.setdefault("queued.max.messages.kbytes", 16 << 10)
        config.setdefault("fetch.queue.backoff.ms", 10)
        self.consumer = new_client(Consumer, config, settings)

    def join(self, place: Place) -> None:
        """Join the group; ``place`` is asked at every assignment."""
        self._place = place
        self.without_partitions_since = time.monotonic()
        self.consumer.subscribe(
            [self._topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    def close(self) -> None:
        """Leave the group, at most for some seconds; never raises."""
        # With a commit under way and no broker to take it, the library never comes back.
        leaving = threading.Thread(target=self._leave, name="kafka-leave", daemon=True)
        leaving.start()
        leaving.join(_LEAVE_SECONDS)

    def _leave(self) -> None:
        try:
            self._give_back()
            self.consumer.close()
        except (KafkaException, RuntimeError):
            pass

    def _give_back(self) -> None:
        """Give back all partitions. One that is given to us while the library closes would hang
        all threads: its callback asks for what nobody answers any more, and holds the
        interpreter's lock (librdkafka's issues 4041 and 4884)."""
        self.consumer.unsubscribe()
        give_up = time.monotonic() + _LEAVE_SECONDS
        self.consumer.poll(_SERVE_SECONDS)
        while self.consumer.assignment() and time.monotonic() < give_up:
            self.consumer.poll(_SERVE_SECONDS)

    def owned(self, stream: str) -> Partition | None:
        """The partition of this member that is this stream."""
        for part in self.partitions.values():
            if part.stream == stream:
                return part
        return None

    def watermarks(self, number: int) -> tuple[int, int]:
        """First offset and end of a partition. Raises KafkaException."""
        partition = TopicPartition(self._topic, number)
        found: tuple[int, int] | None = self.consumer.get_watermark_offsets(
            partition, timeout=_REQUEST_SECONDS
        )
        if found is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return found

    def commit(self, part: Partition, next_offset: int) -> None:
        """Commit the group's offset without waiting; a failure does not matter, since the next
        commit repeats it. Beside it stands the topic's id, so that a topic made anew is seen."""
        offset = TopicPartition(self._topic, part.number, next_offset, metadata=part.incarnation)
        try:
            self.consumer.commit(offsets=[offset], asynchronous=True)
        except KafkaException:
            pass

    # --- reading ----------------------------------------------------------------------------

    def gather(self, count: int, wait_s: float) -> tuple[int, int]:
        """Take what the library has; gives the number of records gathered and their bytes."""
        records = size = 0
        for found in runs_of(self.consumer.consume(min(count, self._chunk), wait_s)):
            if isinstance(found, Message):
                self._on_error(found)
            elif (part := self.partitions.get(found.partition)) is not None:
                taken = part.take(found)
                records += len(taken)
                size += sum(map(len, taken))
            # else it is of a partition that was taken from us meanwhile
        if records:
            self._chunk = max(1, min(_CHUNK_MAX, _CHUNK_BYTES * records // max(size, 1)))
        else:
            self._tell_reach()
        return records, size

    def _on_error(self, message: Message) -> None:
        error, number = message.error(), message.partition()
        assert error is not None
        code = error.code()
        part = self.partitions.get(number) if number is not None else None
        if code == KafkaError._PARTITION_EOF:
            if part is not None:
                part.reach(message.offset() or 0)
        elif code in _POSITION_LOST:
            if part is not None:
                self.lost_position.add(part.number)
        elif code in _TOPIC_LOST:
            self.topic_suspected = True
        elif code == KafkaError._MAX_POLL_EXCEEDED:
            self._note("this process was held up for too long and left its group; joining again")
        else:
            self.errors(error)

    def _tell_reach(self) -> None:
        """Tell when no broker answers any more, and when one does again. The library tells of
        single connections only, so it is asked for an answer now and then while one is broken."""
        now = time.monotonic()
        if not (self.errors.disconnected or self._out_of_reach) or now < self._ask_reach_at:
            return
        self._ask_reach_at = now + _REACH_AGAIN_SECONDS
        self.errors.disconnected = False
        try:
            self.consumer.list_topics(timeout=_REACH_SECONDS)
            answered = True
        except KafkaException:
            answered = False
        if answered and self._out_of_reach:
            self._note("Kafka answers again")
        elif not answered and not self._out_of_reach:
            self._note(f"no Kafka broker answers at {self._settings.brokers}; trying on")
        self._out_of_reach = not answered

    def raise_failure(self) -> None:
        """Raise what went wrong inside the library's callbacks, and what is hopeless."""
        doing = f"reading topic {self._topic}"
        self.errors.raise_hopeless(self._settings, doing)
        if self._failure is None:
            return
        if isinstance(self._failure, KafkaException):
            raise EnvironmentFailure(failure(self._settings, doing, self._failure))
        raise self._failure

    def set_paused(self, paused: bool) -> None:
        """Pause or resume all; partitions that come while paused are paused too."""
        if paused == self._paused:
            return
        self._paused = paused
        ours = [TopicPartition(self._topic, number) for number in self.partitions]
        if ours:
            (self.consumer.pause if paused else self.consumer.resume)(ours)

    def restart(self, part: Partition) -> None:
        """Read a partition of ours again from ``part``. Seeking fails while fetching has not
        begun yet, taking the partition anew does not. Raises KafkaException."""
        self.consumer.incremental_unassign([TopicPartition(self._topic, part.number)])
        self.lost_position.discard(part.number)
        self._assign([part])

    # --- called by the library inside ``consume`` ----------------------------------------------

    def _on_assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # An exception would be lost in the library, so it waits for `raise_failure`.
        try:
            if partitions:
                self._assign(self._place([partition.partition for partition in partitions]))
        except Exception as error:  # noqa: BLE001
            self._failure = error

    def _on_revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for partition in partitions:
            self.partitions.pop(partition.partition, None)
            self.lost_position.discard(partition.partition)
        if not self.partitions:
            self.without_partitions_since = time.monotonic()

    def _assign(self, parts: Sequence[Partition]) -> None:
        places = [
            TopicPartition(
                self._topic,
                part.number,
                OFFSET_BEGINNING if part.is_untouched else part.next_offset,
            )
            for part in parts
        ]
        self.consumer.incremental_assign(places)
        self.partitions.update((part.number, part) for part in parts)
        if self._paused:
            self.consumer.pause(places)
