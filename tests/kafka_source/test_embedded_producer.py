"""The producer and the embedded broker itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from kafka_reading import FAST, DictStore, read_to_end

from engine.diagnostics import EnvironmentFailure
from engine.kafka import embedded
from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.kafka.producer import KafkaLines, KafkaProducer


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def settings(broker: EmbeddedBroker) -> ClientSettings:
    return ClientSettings(broker.bootstrap, FAST)


def test_the_broker_is_on_loopback(broker: EmbeddedBroker) -> None:
    assert broker.bootstrap.startswith("127.0.0.1:")


def test_several_brokers_are_one_cluster() -> None:
    with EmbeddedBroker(brokers=3) as cluster:
        assert cluster.bootstrap.count("127.0.0.1:") == 3


def test_a_broker_outside_its_block_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside its `with` block"):
        EmbeddedBroker().create_topic("logs")


def test_what_the_broker_refuses_is_one_line(broker: EmbeddedBroker) -> None:
    broker.create_topic("logs")
    with pytest.raises(EnvironmentFailure, match=r"embedded broker, topic create: .*exists"):
        broker.create_topic("logs")


def test_a_library_without_the_mock_cluster_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded._SIGNATURES, "rd_kafka_mock_of_tomorrow", (None, []))
    with pytest.raises(EnvironmentFailure, match="brings no embedded broker"):
        EmbeddedBroker()


def test_lines_go_to_a_topic(broker: EmbeddedBroker, settings: ClientSettings) -> None:
    broker.create_topic("events")
    lines = KafkaLines(KafkaProducer(settings), "events")
    lines.write(b"a\nb\n")
    lines.flush()
    lines.close()
    store = DictStore()
    read_to_end(settings, "events", store)
    assert store.values() == [b"a", b"b"]


def test_lines_to_a_missing_topic_are_refused(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("events")
    with pytest.raises(EnvironmentFailure, match=r"topic event does not exist .*events"):
        KafkaLines(KafkaProducer(settings), "event")


def test_a_large_record_passes(broker: EmbeddedBroker, settings: ClientSettings) -> None:
    broker.create_topic("logs")
    large = bytes(range(256)) * 8192
    producer = KafkaProducer(settings)
    producer.send("logs", large)
    producer.flush()
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert store.values() == [large]


def test_a_full_queue_waits_instead_of_growing(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    small = ClientSettings(settings.brokers, FAST | {"queue.buffering.max.messages": "10"})
    producer = KafkaProducer(small)
    for number in range(200):
        producer.send("logs", str(number).encode())
    producer.flush()
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert store.values() == [str(number).encode() for number in range(200)]


def test_what_is_not_delivered_is_said(broker: EmbeddedBroker) -> None:
    broker.create_topic("logs")
    hasty = {"delivery.timeout.ms": "500", "linger.ms": "5", "enable.idempotence": "false"}
    producer = KafkaProducer(ClientSettings(broker.bootstrap, hasty))
    broker.down()
    producer.send("logs", b"x")
    began = time.monotonic()
    with pytest.raises(
        EnvironmentFailure, match=r"not delivered to topic logs|no record was delivered"
    ):
        producer.flush()
    assert time.monotonic() - began < 5
    producer.close()


class Forgetful:
    """A client library that neither delivers its record nor gives it up."""

    def __len__(self) -> int:
        return 1

    def flush(self, _timeout: float) -> int:
        return 1


def test_a_record_that_the_library_forgets_is_not_waited_for_for_ever(
    broker: EmbeddedBroker,
) -> None:
    settings = {"delivery.timeout.ms": "100", "linger.ms": "5", "enable.idempotence": "false"}
    producer = KafkaProducer(ClientSettings(broker.bootstrap, settings))
    producer._producer = Forgetful()  # type: ignore[assignment]
    with pytest.raises(EnvironmentFailure, match=r"no record was delivered .* for 2\.1 s"):
        producer.flush()
