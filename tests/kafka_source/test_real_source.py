"""The Kafka source on a real Apache Kafka: what the embedded broker cannot show."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic as TopicToCreate
from kafka_reading import DictStore, read_to_end, read_until, send

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import ClientSettings, client_settings
from engine.kafka.producer import KafkaProducer
from engine.kafka.source import KafkaSource
from engine.ports import GapError, Progress

pytestmark = pytest.mark.real_kafka
NewTopic = Callable[..., str]
SERVER = Path(__file__).resolve().parent.parent / "kafka" / "kafka_server.py"


@pytest.fixture
def settings(kafka_bootstrap: str) -> ClientSettings:
    return ClientSettings(kafka_bootstrap)


@pytest.fixture
def admin(kafka_bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka_bootstrap})


def a_group() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


def numbers(first: int, end: int) -> list[bytes]:
    return [str(number).encode() for number in range(first, end)]


def from_properties(properties: dict[str, str]) -> ClientSettings:
    return client_settings(None, [f"{name}={value}" for name, value in properties.items()], {})


def transact(kafka: str, topic: str, values: list[bytes], *, commit: bool) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value)
    producer.flush(20)
    (producer.commit_transaction if commit else producer.abort_transaction)(20)


def make_anew(admin: AdminClient, topic: str) -> None:
    admin.delete_topics([topic])[topic].result(10)
    deadline = time.monotonic() + 20
    while topic in admin.list_topics(timeout=5).topics:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.create_topics([TopicToCreate(topic, 1, 1)])[topic].result(10)


def test_several_partitions_are_read_once_to_the_end(
    settings: ClientSettings, new_topic: NewTopic
) -> None:
    topic, store, group = new_topic(partitions=4), DictStore(), a_group()
    send(settings, topic, numbers(0, 5000))
    read_to_end(settings, topic, store, group=group)
    assert sorted(store.values(), key=int) == numbers(0, 5000)
    read_to_end(settings, topic, store, group=group)
    assert len(store.records) == 5000
    assert all(progress.incarnation for progress in store.streams.values())


def test_an_empty_topic_is_finished(settings: ClientSettings, new_topic: NewTopic) -> None:
    store = DictStore()
    read_to_end(settings, new_topic(partitions=3), store, group=a_group())
    assert store.records == []


def test_records_of_ten_megabytes_pass(settings: ClientSettings, new_topic: NewTopic) -> None:
    topic, store = new_topic(), DictStore()
    producer = KafkaProducer(settings)
    large = [bytes([65 + number]) * 10_000_000 for number in range(6)]
    for value in large:
        producer.send(topic, value)
    producer.flush()
    read_to_end(settings, topic, store, group=a_group())
    assert store.values() == large


def test_a_record_too_large_for_the_topic_is_said(
    settings: ClientSettings, new_topic: NewTopic
) -> None:
    topic = new_topic(max_message_bytes="1000")
    producer = KafkaProducer(settings)
    producer.send(topic, os.urandom(5000))
    with pytest.raises(EnvironmentFailure, match=f"not delivered to topic {topic}.*too large"):
        producer.flush()


def test_transactions_leave_gaps_and_progress_passes_them(
    settings: ClientSettings, kafka_bootstrap: str, new_topic: NewTopic
) -> None:
    topic, store, group = new_topic(), DictStore(), a_group()
    transact(kafka_bootstrap, topic, numbers(0, 3), commit=True)  # offsets 0 to 2, marker 3
    transact(kafka_bootstrap, topic, numbers(90, 92), commit=False)  # offsets 4 and 5, marker 6
    transact(kafka_bootstrap, topic, numbers(3, 5), commit=True)  # offsets 7 and 8, marker 9
    read_to_end(settings, topic, store, group=group)
    assert store.values() == numbers(0, 5)
    assert [record.offset for record in store.records] == [0, 1, 2, 7, 8]
    assert [progress.next_offset for progress in store.streams.values()] == [10]
    transact(kafka_bootstrap, topic, numbers(90, 92), commit=False)  # to offset 13, no record
    read_to_end(settings, topic, store, group=group)
    assert [progress.next_offset for progress in store.streams.values()] == [13]
    send(settings, topic, numbers(5, 6))
    read_to_end(settings, topic, store, group=group)
    assert store.values() == numbers(0, 6)


def test_an_open_transaction_is_not_waited_for(
    settings: ClientSettings, kafka_bootstrap: str, new_topic: NewTopic
) -> None:
    topic, store, group = new_topic(), DictStore(), a_group()
    send(settings, topic, numbers(0, 2))
    producer = Producer({"bootstrap.servers": kafka_bootstrap, "transactional.id": topic})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(topic, b"2")
    producer.flush(20)
    read_to_end(settings, topic, store, group=group)
    assert store.values() == numbers(0, 2)
    producer.commit_transaction(20)
    read_to_end(settings, topic, store, group=group)
    assert store.values() == numbers(0, 3)


def test_removed_records_stop_the_run_with_their_number(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    topic, store, group = new_topic(), DictStore(), a_group()
    send(settings, topic, numbers(0, 5))
    read_to_end(settings, topic, store, group=group)
    send(settings, topic, numbers(5, 30))
    for future in admin.delete_records([TopicPartition(topic, 0, 20)]).values():
        future.result(10)
    with pytest.raises(GapError, match=r"15 offsets .*partition 0: offsets 5 to 19") as caught:
        read_to_end(settings, topic, store, group=group)
    assert caught.value.lost == 15
    read_to_end(settings, topic, store, group=group, accept_gap=True)
    assert store.values() == numbers(0, 5) + numbers(20, 30)


def test_retention_that_passes_the_progress_stops_the_run(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    topic = new_topic(retention_ms="1000", segment_bytes="1048576", file_delete_delay_ms="0")
    store, group = DictStore(), a_group()
    send(settings, topic, numbers(0, 5))
    read_to_end(settings, topic, store, group=group)
    producer = KafkaProducer(settings)
    # Records of long ago make whole segments old at once.
    for _ in range(4):
        producer.send(topic, os.urandom(600_000), timestamp_ms=1_000_000_000_000)
    producer.flush()
    probe = KafkaSource(settings, topic, a_group())
    deadline = time.monotonic() + 30
    while (first := probe._member.watermarks(0)[0]) <= 5:
        assert time.monotonic() < deadline, "retention removed nothing"
        time.sleep(0.2)
    probe.close()
    with pytest.raises(GapError, match="gone from topic") as caught:
        read_to_end(settings, topic, store, group=group)
    assert caught.value.lost >= first - 5


@pytest.mark.parametrize("length", [3, 10, 25])
def test_a_topic_made_anew_is_known_by_its_id(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic, length: int
) -> None:
    """Shorter, as long as, and longer than the stored progress."""
    topic, store, group = new_topic(), DictStore(), a_group()
    send(settings, topic, numbers(0, 10))
    read_to_end(settings, topic, store, group=group)
    make_anew(admin, topic)
    send(settings, topic, numbers(100, 100 + length))
    with pytest.raises(GapError, match="deleted and made anew"):
        read_to_end(settings, topic, store, group=group)
    assert len(store.records) == 10
    read_to_end(settings, topic, store, group=group, accept_gap=True)
    assert store.values("/0") == numbers(0, 10)
    assert store.values("/0~2") == numbers(100, 100 + length)
    read_to_end(settings, topic, store, group=group)
    assert len(store.records) == 10 + length


def test_without_its_id_a_longer_topic_made_anew_passes_for_the_old_one(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    """The control of the test above: it is the id that tells."""
    topic, store, group = new_topic(), DictStore(), a_group()
    send(settings, topic, numbers(0, 10))
    read_to_end(settings, topic, store, group=group)
    (stream,) = store.streams
    store.streams[stream] = Progress(10, "")
    make_anew(admin, topic)
    send(settings, topic, numbers(100, 125))
    read_to_end(settings, topic, store, group=group)
    assert store.values() == numbers(0, 10) + numbers(110, 125)


def test_an_accepted_empty_topic_is_not_asked_again(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    topic, store, group = new_topic(), DictStore(), a_group()
    send(settings, topic, numbers(0, 10))
    read_to_end(settings, topic, store, group=group)
    make_anew(admin, topic)
    read_to_end(settings, topic, store, group=group, accept_gap=True)
    read_to_end(settings, topic, store, group=group)
    assert [name for name in store.streams if name.endswith("/0~2")]


def test_a_topic_made_anew_while_it_is_read_stops_the_run(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    topic, store = new_topic(), DictStore()
    send(settings, topic, numbers(0, 10))
    source = KafkaSource(settings, topic, a_group())
    source.open(store.progress)
    read_until(source, store, lambda: len(store.records) == 10)
    make_anew(admin, topic)
    send(settings, topic, numbers(100, 105))
    with pytest.raises(GapError, match="made anew"):
        read_until(source, store, lambda: False, limit_s=40)
    source.close()
    assert store.values() == numbers(0, 10)


def test_a_topic_that_goes_away_ends_the_run(
    settings: ClientSettings, admin: AdminClient, new_topic: NewTopic
) -> None:
    topic, store = new_topic(), DictStore()
    send(settings, topic, numbers(0, 10))
    source = KafkaSource(settings, topic, a_group(), on_note=print)
    source.open(store.progress)
    read_until(source, store, lambda: len(store.records) == 10)
    admin.delete_topics([topic])[topic].result(10)
    with pytest.raises(EnvironmentFailure, match=f"topic {topic} does not exist"):
        read_until(source, store, lambda: False, limit_s=40)
    source.close()


def test_two_members_share_and_one_leaves(settings: ClientSettings, new_topic: NewTopic) -> None:
    topic, store, group = new_topic(partitions=2), DictStore(), a_group()
    send(settings, topic, numbers(0, 100))
    quick = ClientSettings(settings.brokers, {"heartbeat.interval.ms": "200"})
    first, second = (KafkaSource(quick, topic, group) for _ in range(2))
    first.open(store.progress)
    read_until(first, store, lambda: len(store.records) == 100)
    second.open(store.progress)
    deadline = time.monotonic() + 30
    while not (len(first._member.partitions) == len(second._member.partitions) == 1):
        assert time.monotonic() < deadline, "the partitions were not shared"
        for source in (first, second):
            assert source.read(100, 0.1) == []
    send(settings, topic, numbers(100, 200))
    while len(store.records) < 200:
        assert time.monotonic() < deadline
        for source in (first, second):
            store.commit(advances := source.read(100, 0.1))
            source.committed(advances)
    second.close()
    send(settings, topic, numbers(200, 300))
    read_until(first, store, lambda: len(store.records) == 300)
    first.close()
    assert sorted(store.values(), key=int) == numbers(0, 300)


def test_the_groups_offsets_know_the_topic_they_were_of(
    settings: ClientSettings, new_topic: NewTopic
) -> None:
    topic, group = new_topic(), a_group()
    send(settings, topic, numbers(0, 10))
    store = DictStore()
    read_to_end(settings, topic, store, group=group)
    ((stream, progress),) = store.streams.items()
    reader = KafkaSource(settings, topic, group)
    assert reader.committed_progress(stream) == Progress(10, progress.incarnation)
    reader.close()


@pytest.mark.real_kafka(alone=True)
def test_a_restart_of_the_broker_is_survived(
    settings: ClientSettings, new_topic: NewTopic, kafka_bootstrap: str
) -> None:
    topic, store, notes = new_topic(partitions=2), DictStore(), list[str]()
    send(settings, topic, numbers(0, 2000))
    source = KafkaSource(settings, topic, a_group(), on_note=notes.append)
    source.open(store.progress)
    store.commit(advances := source.read(100, 5.0))
    source.committed(advances)
    home, port = Path(os.environ["LOGLOOM_TEST_KAFKA"]).parent, kafka_bootstrap.rpartition(":")[2]
    server = [sys.executable, str(SERVER)]
    try:
        subprocess.run([*server, "stop", "--home", str(home)], check=True, timeout=60)
        read_until(source, store, lambda: bool(notes))
    finally:
        again = [*server, "start", "--home", str(home), "--port", port]
        subprocess.run(again, check=True, timeout=120)
    send(settings, topic, numbers(2000, 2500))
    read_until(source, store, lambda: len(store.records) >= 2500, limit_s=60)
    read_until(source, store, lambda: len(notes) == 2)
    source.close()
    assert sorted(store.values(), key=int) == numbers(0, 2500)
    assert notes[1] == "Kafka answers again"


def test_tls_by_properties(kafka_tls: dict[str, str], new_topic: NewTopic) -> None:
    topic, store, settings = new_topic(), DictStore(), from_properties(kafka_tls)
    send(settings, topic, numbers(0, 10))
    read_to_end(settings, topic, store, group=a_group())
    assert store.values() == numbers(0, 10)


def test_scram_by_properties(kafka_sasl: dict[str, str], new_topic: NewTopic) -> None:
    topic, store, settings = new_topic(), DictStore(), from_properties(kafka_sasl)
    send(settings, topic, numbers(0, 10))
    read_to_end(settings, topic, store, group=a_group())
    assert store.values() == numbers(0, 10)


def test_a_wrong_password_is_said_at_once_and_never_shown(
    kafka_sasl: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    settings = from_properties(kafka_sasl | {"sasl.password": "not-the-word"})
    began = time.monotonic()
    source = KafkaSource(settings, "logs", a_group())
    with pytest.raises(EnvironmentFailure, match="refuse the credentials") as caught:
        source.open(DictStore().progress)
    source.close()
    with pytest.raises(EnvironmentFailure, match="refuse the credentials"):
        KafkaProducer(settings)
    assert time.monotonic() - began < 15
    assert "not-the-word" not in str(caught.value) + capfd.readouterr().err


def test_an_unknown_certificate_is_said(kafka_tls: dict[str, str]) -> None:
    stranger = {name: text for name, text in kafka_tls.items() if name != "ssl.ca.location"}
    source = KafkaSource(from_properties(stranger), "logs", a_group())
    with pytest.raises(EnvironmentFailure, match=r"TLS failed.*check -X security\.protocol"):
        source.open(DictStore().progress)
    source.close()


def test_a_plain_client_at_a_tls_listener_is_told_in_time(kafka_tls: dict[str, str]) -> None:
    settings = ClientSettings(kafka_tls["bootstrap.servers"])
    source = KafkaSource(settings, "logs", a_group(), connect_timeout_s=3.0)
    with pytest.raises(EnvironmentFailure, match=r"no Kafka broker answered at .*within 3 s"):
        source.open(DictStore().progress)
    source.close()


def test_a_missing_topic_is_named(settings: ClientSettings, new_topic: NewTopic) -> None:
    topic = new_topic()
    source = KafkaSource(settings, topic[:-1], a_group())
    with pytest.raises(EnvironmentFailure, match=rf"does not exist \(did you mean .*{topic}"):
        source.open(DictStore().progress)
    source.close()
