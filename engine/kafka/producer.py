"""Records to a Kafka topic: bounded in memory, and loud when one is not delivered."""

from __future__ import annotations

import math
import time
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import (
    CONNECT_SECONDS,
    ClientSettings,
    ErrorMemory,
    failure,
    new_client,
)
from engine.kafka.connect import first_answer
from engine.kafka.topic import missing_topic

_MESSAGE_BYTES_MAX: Final = 100 << 20
"""What the client lets through; the topic's own limit is the broker's to say."""
_QUEUE_KIB_MAX: Final = 128 << 10
_SLICE_SECONDS: Final = 0.1
_STUCK_SECONDS: Final = 2.0
"""How long after the delivery timeout a record is waited for that the library forgot."""


class KafkaProducer:
    """Sends records in order; what the brokers have not taken yet waits in a bounded queue.

    Raises SettingError for properties the client library refuses, EnvironmentFailure when no
    broker answers within ``connect_timeout_s``.
    """

    def __init__(
        self, settings: ClientSettings, *, connect_timeout_s: float = CONNECT_SECONDS
    ) -> None:
        self._settings = settings
        self._errors = ErrorMemory()
        self._failed: tuple[str, KafkaError] | None = None
        config = settings.config()
        defaults = {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 20,
            "message.max.bytes": _MESSAGE_BYTES_MAX,
            "queue.buffering.max.kbytes": _QUEUE_KIB_MAX,
            "delivery.timeout.ms": 60_000,
        }
        config = {**defaults, **config, "error_cb": self._errors}
        self._producer = new_client(Producer, config, settings)
        timeout_ms = int(config.get("message.timeout.ms", config["delivery.timeout.ms"]))
        # The library reads 0 as for ever.
        self._patience_s = timeout_ms / 1000 + _STUCK_SECONDS if timeout_ms else math.inf
        self._moved_at = time.monotonic()
        found = first_answer(self._producer, self._errors, settings, connect_timeout_s)
        self._topics = frozenset(found.topics)

    def check_topic(self, topic: str) -> None:
        """Raises EnvironmentFailure if the cluster has no topic of this name."""
        if topic not in self._topics:
            raise EnvironmentFailure(missing_topic(topic, self._topics))

    def send(
        self, topic: str, value: bytes, key: bytes | None = None, timestamp_ms: int | None = None
    ) -> None:
        """Queue a record; waits while the queue is full. Raises EnvironmentFailure, also for a
        record sent before that was not delivered."""
        if not len(self._producer):
            self._moved_at = time.monotonic()
        while True:
            self._raise_failed()
            try:
                if timestamp_ms is None:
                    self._producer.produce(topic, value, key, on_delivery=self._delivered)
                else:
                    self._producer.produce(
                        topic, value, key, on_delivery=self._delivered, timestamp=timestamp_ms
                    )
            except BufferError:
                self._producer.poll(_SLICE_SECONDS)
                continue
            except KafkaException as error:
                doing = f"sending to topic {topic}"
                raise EnvironmentFailure(failure(self._settings, doing, error)) from None
            self._producer.poll(0)
            return

    def flush(self) -> None:
        """Return when every record is delivered. Raises EnvironmentFailure."""
        while self._producer.flush(_SLICE_SECONDS):
            self._raise_failed()
        self._raise_failed()

    def close(self) -> None:
        """Release the client; what was not flushed is dropped. Never raises."""
        try:
            self._producer.purge()
            self._producer.flush(1.0)
        except KafkaException:
            pass

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._moved_at = time.monotonic()
        if error is not None and self._failed is None:
            self._failed = (message.topic() or "", error)

    def _raise_failed(self) -> None:
        self._errors.raise_hopeless(self._settings, "sending to Kafka")
        if self._failed is not None:
            topic, error = self._failed
            doing = f"a record was not delivered to topic {topic}"
            raise EnvironmentFailure(failure(self._settings, doing, error))
        # The library gives up a record after its delivery timeout; when a broker goes away at the
        # wrong moment it now and then never does.
        if len(self._producer) and time.monotonic() - self._moved_at > self._patience_s:
            raise EnvironmentFailure(
                f"no record was delivered to Kafka at {self._settings.brokers} for "
                f"{self._patience_s:g} s: check that the broker runs"
            )


class KafkaLines:
    """A topic as the place where lines go, one record a line (``run --to kafka:TOPIC``)."""

    def __init__(self, producer: KafkaProducer, topic: str) -> None:
        producer.check_topic(topic)
        self._producer = producer
        self._topic = topic

    def write(self, block: bytes) -> None:
        """Queue each line as a record, without its line break."""
        for line in block.splitlines():
            self._producer.send(self._topic, line)

    def flush(self) -> None:
        """Return when all are delivered."""
        self._producer.flush()

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()
