"""The server of `make kafka` gives what the other tests on it build on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

pytestmark = pytest.mark.real_kafka
NewTopic = Callable[..., str]


def send(settings: dict[str, str], topic: str, *values: bytes) -> None:
    problems: list[KafkaError | None] = []
    producer = Producer(settings)
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: problems.append(error))
    assert producer.flush(20) == 0
    assert problems == [None] * len(values)


def read_all(settings: dict[str, str], topic: str) -> list[tuple[int, bytes | None]]:
    """Every committed record of partition 0 with its offset."""
    consumer = Consumer(
        {
            **settings,
            "group.id": "smoke",
            "enable.auto.commit": "false",
            "enable.partition.eof": "true",
            "isolation.level": "read_committed",
            "fetch.message.max.bytes": "20971520",
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    read: list[tuple[int, bytes | None]] = []
    try:
        while True:
            message = consumer.poll(20)
            assert message is not None, "the server does not answer"
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                return read
            read.append((message.offset() or 0, message.value()))
    finally:
        consumer.close()


def test_a_record_goes_in_and_comes_out(kafka_bootstrap: str, new_topic: NewTopic) -> None:
    settings, topic = {"bootstrap.servers": kafka_bootstrap}, new_topic()
    send(settings, topic, b"one", b"two")
    assert read_all(settings, topic) == [(0, b"one"), (1, b"two")]


def test_a_topic_has_the_partitions_that_were_asked_for(
    kafka_bootstrap: str, new_topic: NewTopic
) -> None:
    topic = new_topic(partitions=4)
    topics = AdminClient({"bootstrap.servers": kafka_bootstrap}).list_topics(timeout=10).topics
    assert len(topics[topic].partitions) == 4


def test_a_topic_is_not_made_by_accident(kafka_bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    admin.list_topics("never-made", timeout=10)
    assert "never-made" not in admin.list_topics(timeout=10).topics


def test_a_message_of_ten_megabytes_passes(kafka_bootstrap: str, new_topic: NewTopic) -> None:
    settings, topic = {"bootstrap.servers": kafka_bootstrap}, new_topic()
    large = b"x" * 10_000_000
    send({**settings, "message.max.bytes": "20971520"}, topic, large)
    assert read_all(settings, topic) == [(0, large)]


def test_tls_is_spoken_to_who_knows_the_certificate(
    kafka_tls: dict[str, str], new_topic: NewTopic
) -> None:
    topic = new_topic()
    send(kafka_tls, topic, b"sealed")
    assert read_all(kafka_tls, topic) == [(0, b"sealed")]
    stranger = {name: value for name, value in kafka_tls.items() if name != "ssl.ca.location"}
    with pytest.raises(KafkaException):
        AdminClient({**stranger, "log_level": "0"}).list_topics(timeout=2)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_lets_in_who_knows_the_password(
    kafka_sasl: dict[str, str], new_topic: NewTopic, mechanism: str
) -> None:
    settings, topic = {**kafka_sasl, "sasl.mechanism": mechanism}, new_topic()
    send(settings, topic, b"known")
    assert read_all(settings, topic) == [(0, b"known")]
    with pytest.raises(KafkaException):
        AdminClient({**settings, "sasl.password": "wrong", "log_level": "0"}).list_topics(timeout=2)


def test_a_transaction_shows_all_or_nothing_and_leaves_a_gap(
    kafka_bootstrap: str, new_topic: NewTopic
) -> None:
    settings, topic = {"bootstrap.servers": kafka_bootstrap}, new_topic()
    producer = Producer({**settings, "transactional.id": topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(topic, b"never")
    producer.flush(20)
    producer.abort_transaction(20)
    producer.begin_transaction()
    producer.produce(topic, b"kept")
    producer.commit_transaction(20)
    # offset 0 was taken back and offset 1 is the marker that says so
    assert read_all(settings, topic) == [(2, b"kept")]
