"""A topic on the broker of ``make kafka`` that holds the records of a workload.

The broker's timestamp of a record is the log time at which the workload made it, so that what is
joined by the broker's clock has the same pairs as in the file.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from workload import BEGIN, RECORDS_PER_SECOND

FACTS: Final = Path(__file__).parents[2] / ".kafka" / "server.json"
TOPIC_CONFIG: Final = {"retention.ms": "-1", "retention.bytes": "-1"}
"""The log's times are years ago, and nothing may go for that."""


def bootstrap() -> str | None:
    """The address of the broker; None if none answers."""
    facts = Path(os.environ.get("LOGLOOM_TEST_KAFKA") or FACTS)
    if not facts.is_file():
        return None
    address = str(json.loads(facts.read_text())["bootstrap"])
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        admin.list_topics(timeout=5)
    except KafkaException:
        return None
    return address


@contextmanager
def filled(address: str, records: Path) -> Iterator[str]:
    """The name of a topic of one partition with a record a line; it is deleted in the end."""
    admin = AdminClient({"bootstrap.servers": address, "log_level": 3})
    topic = f"speed-{uuid.uuid4().hex[:12]}"
    made = admin.create_topics(
        [NewTopic(topic, num_partitions=1, replication_factor=1, config=TOPIC_CONFIG)]
    )
    made[topic].result(30)
    try:
        _fill(address, topic, records)
        yield topic
    finally:
        admin.delete_topics([topic])[topic].result(30)


def _fill(address: str, topic: str, records: Path) -> None:
    """Send every line in order. Raises RuntimeError if one is not delivered."""
    producer = Producer(
        {"bootstrap.servers": address, "linger.ms": 50, "enable.idempotence": True, "log_level": 3}
    )
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            failed.append(error)

    begin_ms = int(BEGIN.replace(tzinfo=UTC).timestamp() * 1000)
    with records.open("rb") as lines:
        for number, line in enumerate(lines):
            time_ms = begin_ms + number // RECORDS_PER_SECOND * 1000
            while True:
                try:
                    producer.produce(
                        topic, line.rstrip(b"\n"), on_delivery=delivered, timestamp=time_ms
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
    if producer.flush(60) or failed:
        raise RuntimeError(f"records were not delivered: {failed[:1]}")
