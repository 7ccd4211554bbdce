"""Standard input and named pipes: read once, as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from file_reading import MemoryStore, step, step_until

from engine.diagnostics import EnvironmentFailure
from engine.ports import Fenced, Progress
from engine.sources import open_source
from engine.sources.framing import Framing
from engine.sources.pipe import PipeSource


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends; a test may close the second."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    try:
        os.close(writing)
    except OSError:
        pass


def read_all(source: PipeSource, store: MemoryStore, max_records: int = 1000) -> list[bytes]:
    source.open(store.progress)
    while not source.finished:
        step(source, store, max_records)
    source.close()
    return store.values()


def test_what_a_slow_writer_writes_is_read_as_it_comes(
    pipe: tuple[int, int], store: MemoryStore
) -> None:
    reading, writing = pipe
    source = PipeSource(reading)
    source.open(store.progress)
    began = time.monotonic()
    assert source.read(100, 0.2) == []
    assert 0.15 < time.monotonic() - began < 2.0
    assert source.lagging_streams()
    os.write(writing, b"one\ntw")
    step_until(source, store, lambda: bool(store.records))
    assert store.values() == [b"one"]
    os.write(writing, b"o\nno line feed")
    os.close(writing)
    step_until(source, store, lambda: source.finished)
    assert store.values() == [b"one", b"two", b"no line feed"]
    assert not source.lagging_streams()


@pytest.mark.parametrize("max_records", [1, 7, 10_000])
def test_any_batches_give_the_same(
    pipe: tuple[int, int], store: MemoryStore, max_records: int
) -> None:
    reading, writing = pipe
    lines = [b"%d" % number for number in range(300)]

    def write() -> None:
        for line in lines:
            os.write(writing, line + b"\n")
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_all(PipeSource(reading), store, max_records) == lines
    writer.join()
    assert len(store.streams) == 1


@pytest.mark.parametrize(
    "framing, expected",
    [("lines", [b'{"a":', b"1}", b"", b"x"]), ("json", [b'{"a":\n1}', b"x"])],
)
def test_framings(
    pipe: tuple[int, int], store: MemoryStore, framing: Framing, expected: list[bytes]
) -> None:
    reading, writing = pipe
    os.write(writing, b'{"a":\n1}\n\nx')
    os.close(writing)
    assert read_all(PipeSource(reading, framing=framing), store) == expected


def test_two_readings_are_two_streams(tmp_path: Path, store: MemoryStore) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"one\n")
    for _ in range(2):
        with file.open("rb") as redirected:
            read_all(PipeSource(redirected.fileno()), store)
    assert store.values() == [b"one", b"one"]
    assert all(stream.startswith("stdin:") for stream in store.streams)
    assert set(store.titles.values()) == {"standard input"}
    assert len(store.streams) == 2


def test_an_empty_input_is_finished(pipe: tuple[int, int], store: MemoryStore) -> None:
    os.close(pipe[1])
    assert read_all(PipeSource(pipe[0]), store) == []
    assert store.streams == {}


def test_a_refused_batch_is_handed_over_again(pipe: tuple[int, int], store: MemoryStore) -> None:
    reading, writing = pipe
    os.write(writing, b"a\nb\nc\nd\n")
    os.close(writing)
    source = PipeSource(reading)
    source.open(store.progress)
    step(source, store, 1)
    (stream,) = store.streams
    refused = source.read(3, 0.1)
    store.streams[stream] = Progress(4, "")  # b is stored already
    with pytest.raises(Fenced):
        store.commit(refused)
    source.refused(stream)
    source.read(1, 0.1)
    source.refused(stream)
    step_until(source, store, lambda: source.finished)
    assert store.values() == [b"a", b"c", b"d"]


def test_a_named_pipe_waits_for_its_writer(tmp_path: Path, store: MemoryStore) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    source = open_source([str(path)])
    source.open(store.progress)
    assert source.read(10, 0.1) == []
    assert not source.finished
    writing = os.open(path, os.O_WRONLY)
    os.write(writing, b"one\n")
    step_until(source, store, lambda: bool(store.records))
    assert not source.finished
    os.close(writing)
    step_until(source, store, lambda: source.finished)
    source.close()
    assert store.values() == [b"one"]
    assert list(store.titles.values()) == [str(path)]


def test_a_device_is_read_like_a_pipe(store: MemoryStore) -> None:
    source = open_source([os.devnull])
    source.open(store.progress)
    step_until(source, store, lambda: source.finished)
    source.close()
    assert store.records == []


READ_STANDARD_INPUT = """
from engine.diagnostics import EnvironmentFailure
from engine.sources import open_source
source = open_source(["-"])
try:
    source.open(lambda stream: None)
    while not source.finished:
        advances = source.read(100, 1.0)
        source.committed(advances)
        print([record.value for advance in advances for record in advance.records])
except EnvironmentFailure as failure:
    print(failure)
"""


@pytest.mark.parametrize(
    "redirection, expected",
    [("", "[b'one', b'two']"), ("<&-", "standard input is closed")],
)
def test_standard_input(redirection: str, expected: str) -> None:
    found = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {redirection}', sys.executable, READ_STANDARD_INPUT],
        input=b"one\ntwo\n",
        capture_output=True,
        check=True,
    )
    assert found.stdout.decode().strip() == expected
    assert found.stderr == b""


def test_a_folder_is_no_standard_input(tmp_path: Path, store: MemoryStore) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    source = PipeSource(folder)
    source.open(store.progress)
    try:
        with pytest.raises(EnvironmentFailure, match="standard input: Is a directory"):
            source.read(10, 0.1)
    finally:
        os.close(folder)
