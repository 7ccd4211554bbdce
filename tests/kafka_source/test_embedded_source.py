"""The Kafka source on the embedded broker."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from kafka_reading import FAST, DictStore, read_to_end, read_until, send

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.kafka.producer import KafkaProducer
from engine.kafka.source import KafkaSource
from engine.model import StreamAdvance
from engine.ports import Fenced, GapError, Progress


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def settings(broker: EmbeddedBroker) -> ClientSettings:
    return ClientSettings(broker.bootstrap, FAST)


def numbers(first: int, end: int) -> list[bytes]:
    return [str(number).encode() for number in range(first, end)]


def test_everything_is_read_once_and_in_order(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs", partitions=3)
    send(settings, "logs", numbers(0, 3000))
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert sorted(store.values(), key=int) == numbers(0, 3000)
    for partition in range(3):
        of_partition = [int(value) for value in store.values(f"/{partition}")]
        assert of_partition == sorted(of_partition)
        assert len(of_partition) > 500
    read_to_end(settings, "logs", store)
    assert len(store.records) == 3000


def test_what_was_read_ahead_holds_nothing_up(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 60_000))
    store = DictStore()
    source = KafkaSource(settings, "logs", "engine", until_end=True)
    source.open(store.progress)
    waits = 0
    while not source.finished:
        advances = source.read(1000, 0.2)
        store.commit(advances)
        source.committed(advances)
        waits += not advances
    source.close()
    # The library itself would wait for a second whenever it has ten thousand.
    assert waits < 8
    assert store.values() == numbers(0, 60_000)


def test_a_stream_is_named_by_cluster_topic_and_partition(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    producer = KafkaProducer(settings)
    producer.send("logs", b"x", timestamp_ms=1_700_000_000_123)
    producer.flush()
    store = DictStore()
    read_to_end(settings, "logs", store)
    (record,) = store.records
    kind, cluster = record.stream.split(":")
    assert kind == "kafka"
    assert cluster.startswith("mockCluster")
    assert cluster.endswith("/logs/0")
    assert record.timestamp_us == 1_700_000_000_123_000


def test_a_time_after_the_year_9999_is_none(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    producer, last_ms = KafkaProducer(settings), 253_402_300_799_999
    times_ms = [1, last_ms + 1, last_ms]
    for time_ms in times_ms:
        producer.send("logs", b"x", timestamp_ms=time_ms)
    producer.flush()
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert [record.timestamp_us for record in store.records] == [1000, None, last_ms * 1000]


def test_a_record_without_a_value_is_empty(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    client = Producer(settings.config())
    client.produce("logs", None, key=b"gone")
    client.flush(5)
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert store.values() == [b""]


def test_what_was_not_stored_is_read_again(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs", partitions=2)
    send(settings, "logs", numbers(0, 200))
    store = DictStore()
    crashed = KafkaSource(settings, "logs", "engine")
    crashed.open(store.progress)
    advances: list[StreamAdvance] = []
    while not advances:
        advances = crashed.read(50, 0.2)
    store.commit(advances)
    crashed.committed(advances)
    while not crashed.read(50, 0.2):  # read, then the process dies
        pass
    crashed.close()
    assert 0 < len(store.records) <= 50
    read_to_end(settings, "logs", store)
    assert sorted(store.values(), key=int) == numbers(0, 200)


def test_the_store_is_believed_and_not_the_groups_offsets(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    read_to_end(settings, "logs", DictStore())  # commits offset 10 to the group
    emptied = DictStore()
    read_to_end(settings, "logs", emptied)
    assert emptied.values() == numbers(0, 10)


def test_read_gives_no_more_than_it_is_asked_for(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs", partitions=2)
    send(settings, "logs", numbers(0, 100))
    source, store = KafkaSource(settings, "logs", "engine", until_end=True), DictStore()
    source.open(store.progress)
    while not source.finished:
        advances = source.read(7, 0.2)
        assert sum(len(advance.records) for advance in advances) <= 7
        store.commit(advances)
        source.committed(advances)
    source.close()
    assert sorted(store.values(), key=int) == numbers(0, 100)


def test_the_end_is_that_of_the_start(broker: EmbeddedBroker, settings: ClientSettings) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    source, store = KafkaSource(settings, "logs", "engine", until_end=True), DictStore()
    source.open(store.progress)
    send(settings, "logs", numbers(10, 20))
    read_until(source, store, lambda: source.finished)
    source.close()
    assert store.values() == numbers(0, 10)


@pytest.mark.parametrize("partitions", [1, 4])
def test_an_empty_topic_is_finished(
    broker: EmbeddedBroker, settings: ClientSettings, partitions: int
) -> None:
    broker.create_topic("logs", partitions=partitions)
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert store.streams == {}


def test_streams_lag_until_their_end_is_seen(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    source, store = KafkaSource(settings, "logs", "engine"), DictStore()
    source.open(store.progress)
    seen: list[frozenset[str]] = []
    while len(store.records) < 9:
        store.commit(advances := source.read(9, 0.2))
        source.committed(advances)
        seen.append(source.lagging_streams())
    assert {stream.rpartition("/")[2] for stream in seen[-1]} == {"0"}
    read_until(source, store, lambda: not source.lagging_streams())
    source.close()
    assert len(store.records) == 10


def test_offsets_are_committed_for_displays(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    store = DictStore()
    read_to_end(settings, "logs", store, group="shown")
    (stream,) = store.streams
    reader = KafkaSource(settings, "logs", "shown")
    assert reader.committed_progress(stream) == Progress(10, "")
    assert reader.committed_progress(stream + "~2") is None
    reader.close()


def test_a_run_without_a_store_goes_on_at_the_groups_offsets(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    seen: list[bytes] = []
    for expected in (numbers(0, 10), numbers(4, 10)):
        source = KafkaSource(settings, "logs", "engine", until_end=True, commit_as_stored=False)
        source.open(source.committed_progress)
        seen.clear()
        while not source.finished:
            for advance in source.read(100, 0.2):
                seen += [record.value for record in advance.records]
                source.commit_offsets(advance.stream, 4)
        source.close()
        assert seen == expected


def test_refused_streams_are_read_where_the_store_is(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs", partitions=2)
    send(settings, "logs", numbers(0, 100))
    source, store = KafkaSource(settings, "logs", "engine", until_end=True), DictStore()
    source.open(store.progress)
    advances: list[StreamAdvance] = []
    while not advances:
        advances = source.read(100, 0.2)
    # Another owner stores the first half of what this one has read of the first stream.
    stream, taken = advances[0].stream, advances[0].records[: len(advances[0].records) // 2]
    store.records += taken
    store.streams[stream] = Progress(taken[-1].next_offset, "")
    with pytest.raises(Fenced):
        store.commit(advances)
    for advance in advances:
        source.refused(advance.stream)
    read_until(source, store, lambda: source.finished)
    source.close()
    assert sorted(store.values(), key=int) == numbers(0, 100)


def test_keeping_alive_reads_nothing_and_loses_nothing(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs", partitions=2)
    send(settings, "logs", numbers(0, 500))
    source, store = KafkaSource(settings, "logs", "engine", until_end=True), DictStore()
    source.open(store.progress)
    while not source.finished:
        for _ in range(20):
            source.keep_alive()
        advances = source.read(100, 0.2)
        assert sum(len(advance.records) for advance in advances) <= 100
        store.commit(advances)
        source.committed(advances)
    source.close()
    assert sorted(store.values(), key=int) == numbers(0, 500)


def test_two_members_share_a_topic_and_the_fence_holds(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    """One member is held up with records in its hands while the other takes its partitions."""
    broker.create_topic("logs", partitions=2)
    send(settings, "logs", numbers(0, 400))
    store, fenced = DictStore(), []
    quick = ClientSettings(
        broker.bootstrap,
        FAST | {"session.timeout.ms": "2000", "max.poll.interval.ms": "2000"},
    )
    held, other = KafkaSource(quick, "logs", "g"), KafkaSource(quick, "logs", "g")
    held.open(store.progress)
    advances: list[StreamAdvance] = []
    while len(advances) < 2:
        advances = held.read(1000, 1.0)
    other.open(store.progress)
    read_until(other, store, lambda: len(store.records) == 400, limit_s=40)
    with pytest.raises(Fenced):
        store.commit(advances)
    for advance in advances:
        held.refused(advance.stream)

    stop, lock = threading.Event(), threading.Lock()

    def go_on(source: KafkaSource) -> None:
        while not stop.is_set():
            read = source.read(1000, 0.1)
            with lock:
                try:
                    store.commit(read)
                except Fenced:
                    fenced.append(1)
                    for advance in read:
                        source.refused(advance.stream)
                else:
                    source.committed(read)

    threads = [threading.Thread(target=go_on, args=(source,)) for source in (held, other)]
    for thread in threads:
        thread.start()
    send(settings, "logs", numbers(400, 800))
    deadline = time.monotonic() + 30
    while len(store.records) < 800 and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    held.close()
    other.close()
    assert sorted(store.values(), key=int) == numbers(0, 800)


def test_a_member_without_a_partition_ends_with_the_others(
    broker: EmbeddedBroker, settings: ClientSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.kafka.source._IDLE_SECONDS", 1.0)
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    store = DictStore()
    busy = KafkaSource(settings, "logs", "g")
    busy.open(store.progress)
    read_until(busy, store, lambda: len(store.records) == 10)
    idle = KafkaSource(settings, "logs", "g", until_end=True)
    idle.open(store.progress)
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            busy.keep_alive()
            time.sleep(0.05)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        read_until(idle, store, lambda: idle.finished)
    finally:
        stop.set()
        thread.join()
        idle.close()
        busy.close()
    assert len(store.records) == 10


def test_removed_records_stop_the_run_with_their_number(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 5))
    store = DictStore()
    read_to_end(settings, "logs", store)
    send(settings, "logs", numbers(5, 30))
    broker.delete_records("logs", 0, 20)
    with pytest.raises(
        GapError, match=r"15 offsets .*partition 0: offsets 5 to 19.*--accept-gap"
    ) as e:
        read_to_end(settings, "logs", store)
    assert e.value.lost == 15
    assert store.values() == numbers(0, 5)
    read_to_end(settings, "logs", store, accept_gap=True)
    assert store.values() == numbers(0, 5) + numbers(20, 30)
    read_to_end(settings, "logs", store)


def test_an_accepted_gap_without_records_is_not_asked_again(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 5))
    store = DictStore()
    read_to_end(settings, "logs", store)
    send(settings, "logs", numbers(5, 30))
    broker.delete_records("logs", 0, 30)
    read_to_end(settings, "logs", store, accept_gap=True)
    assert [progress.next_offset for progress in store.streams.values()] == [30]
    read_to_end(settings, "logs", store)


def test_a_topic_never_read_begins_at_its_earliest_record(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 30))
    broker.delete_records("logs", 0, 20)
    store = DictStore()
    read_to_end(settings, "logs", store)
    assert store.values() == numbers(20, 30)


def test_records_removed_while_reading_stop_the_run(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 5))
    source, store = KafkaSource(settings, "logs", "engine"), DictStore()
    source.open(store.progress)
    read_until(source, store, lambda: len(store.records) == 5)
    broker.down()
    source.keep_alive()
    broker.up()
    send(settings, "logs", numbers(5, 30))
    broker.delete_records("logs", 0, 20)
    with pytest.raises(GapError) as caught:
        read_until(source, store, lambda: False)
    source.close()
    assert caught.value.lost == 15


def test_a_topic_made_anew_stops_the_run_and_begins_a_new_stream(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 10))
    store = DictStore()
    read_to_end(settings, "logs", store)
    broker.delete_topic("logs")
    broker.create_topic("logs")
    send(settings, "logs", numbers(100, 103))
    said = r"made anew .*stored progress 10, the topic ends at 3"
    with pytest.raises(GapError, match=said) as caught:
        read_to_end(settings, "logs", store)
    assert caught.value.lost == 7
    read_to_end(settings, "logs", store, accept_gap=True)
    assert store.values("/0") == numbers(0, 10)
    assert store.values("/0~2") == numbers(100, 103)
    send(settings, "logs", numbers(103, 105))
    read_to_end(settings, "logs", store)
    assert store.values("/0~2") == numbers(100, 105)


def test_a_store_that_fails_at_an_assignment_is_heard(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")

    def broken(_stream: str) -> Progress | None:
        raise EnvironmentFailure("the store is gone")

    source = KafkaSource(settings, "logs", "engine")
    source.open(broken)
    with pytest.raises(EnvironmentFailure, match="the store is gone"):
        read_until(source, DictStore(), lambda: False)
    source.close()


def test_a_broker_that_comes_back_is_read_on(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 5))
    notes: list[str] = []
    source = KafkaSource(settings, "logs", "engine", on_note=notes.append)
    store = DictStore()
    source.open(store.progress)
    read_until(source, store, lambda: len(store.records) == 5)
    broker.down()
    read_until(source, store, lambda: len(notes) == 1)
    broker.up()
    send(settings, "logs", numbers(5, 10))
    read_until(source, store, lambda: len(store.records) == 10 and len(notes) == 2)
    source.close()
    assert store.values() == numbers(0, 10)
    assert notes == [
        f"no Kafka broker answers at {broker.bootstrap}; trying on",
        "Kafka answers again",
    ]


def test_closing_while_no_broker_answers_does_not_hang(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("logs")
    send(settings, "logs", numbers(0, 5))
    source, store = KafkaSource(settings, "logs", "engine"), DictStore()
    source.open(store.progress)
    read_until(source, store, lambda: len(store.records) == 5)
    broker.down()
    source.read(10, 0.5)
    began = time.monotonic()
    source.close()
    assert time.monotonic() - began < 3


def test_a_missing_topic_is_named_with_its_neighbours(
    broker: EmbeddedBroker, settings: ClientSettings
) -> None:
    broker.create_topic("raw-logs")
    source = KafkaSource(settings, "raw-log", "engine")
    with pytest.raises(EnvironmentFailure, match=r"raw-log does not exist .did you mean raw-logs"):
        source.open(DictStore().progress)
    source.close()


def test_no_broker_is_said_in_time(capfd: pytest.CaptureFixture[str]) -> None:
    settings = ClientSettings("127.0.0.1:1")
    source = KafkaSource(settings, "logs", "engine", connect_timeout_s=1.0)
    began = time.monotonic()
    with pytest.raises(EnvironmentFailure, match=r"no Kafka broker answered at 127\.0\.0\.1:1"):
        source.open(DictStore().progress)
    source.close()
    with pytest.raises(EnvironmentFailure, match=r"within 1 s .*refused"):
        KafkaProducer(settings, connect_timeout_s=1.0)
    assert time.monotonic() - began < 4
    assert capfd.readouterr().err == ""


LEAVE_WITH_UNSEEN_PARTITIONS = """
import time
from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.kafka.source import KafkaSource

with EmbeddedBroker() as broker:
    broker.create_topic("logs")
    sources = []
    for number in range(20):
        source = KafkaSource(ClientSettings(broker.bootstrap), "logs", f"group-{number}")
        source.open(lambda stream: None)
        sources.append(source)
    # Meanwhile the library is given partitions. Only a read would tell, and none may come.
    time.sleep(0.6)
    for source in sources:
        source.close()
"""


def test_partitions_that_come_before_the_end_do_not_hang_it() -> None:
    # Where it hangs, it holds the interpreter's lock: only another process can tell.
    subprocess.run([sys.executable, "-c", LEAVE_WITH_UNSEEN_PARTITIONS], check=True, timeout=30)
