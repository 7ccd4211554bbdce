"""Files and pipes with records of several lines: growing, stopped, read again."""

from __future__ import annotations

import gzip
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from examples import examples
from file_reading import MemoryStore, frame, step, step_until
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import Record
from engine.sources import file_reader, files, open_source, pipe
from engine.sources.files import FileSource
from engine.sources.pipe import PipeSource
from engine.sources.record_framing import RecordFramer

LINE = st.sampled_from([b"#one", b"# two", b" at x", b"\tat y", b"", b"{}", b"other"])
LINES = st.lists(st.tuples(LINE, st.sampled_from([b"\n", b"\r\n"])).map(b"".join), max_size=12)
CUTS = st.lists(st.integers(0, 10_000), max_size=5)
STOPS = st.lists(st.integers(0, 6), min_size=6, max_size=6)


def begins_record(line: bytes) -> bool:
    return line.startswith(b"#")


def source_of(path: Path, *, follow: bool = False, notes: list[str] | None = None) -> FileSource:
    on_note = (lambda _: None) if notes is None else notes.append
    return FileSource([path], begins_record=begins_record, follow=follow, on_note=on_note)


def run_to_end(path: Path, store: MemoryStore, stop_after: int | None = None) -> None:
    """One run; ``stop_after`` so many records it is killed: what was read then is stored or not."""
    source = source_of(path)
    source.open(store.progress)
    read = 0
    while not source.finished:
        if stop_after is not None and read >= stop_after:
            source.read(1, 0.0)  # in hand, never stored
            break
        advances = source.read(1, 0.0)
        store.commit(advances)
        source.committed(advances)
        read += sum(len(advance.records) for advance in advances)
    source.close()


def places(records: Sequence[Record]) -> list[tuple[int, int, bytes]]:
    return [(one.offset, one.next_offset, one.value) for one in records]


def framed(data: bytes) -> list[tuple[int, int, bytes]]:
    return places(frame(RecordFramer("s", 0, 1 << 20, begins_record), [data]))


def grown(states: Sequence[int], data: bytes) -> list[tuple[int, int, bytes]]:
    """What is read when each of these lengths was the end of a run."""
    expected = []
    for begin, end in pairwise([0, *states]):
        mid_line = begin > 0 and data[begin - 1 : begin] != b"\n"
        framer = RecordFramer("s", begin, 1 << 20, begins_record, mid_line=mid_line)
        expected += places(frame(framer, [data[begin:end]]))
    return expected


@examples(60)
@given(lines=LINES, stops=STOPS)
@example(lines=[b"#one\n", b" at x\n", b"# two\n", b" at x\n"], stops=[1, 0, 0, 0, 0, 0])
def test_runs_that_are_killed_read_what_one_run_reads(lines: list[bytes], stops: list[int]) -> None:
    data, store = b"".join(lines), MemoryStore()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.log")
        path.write_bytes(data)
        for stop_after in (*stops, None):
            run_to_end(path, store, stop_after)
    assert places(store.records) == framed(data)


@examples(60)
@given(lines=LINES, cuts=CUTS)
@example(lines=[b"#one\n", b" at x\n"], cuts=[5])
@example(lines=[b"#one\r\n", b" at x\n"], cuts=[4, 5, 8])
def test_the_end_of_a_run_ends_a_record(lines: list[bytes], cuts: list[int]) -> None:
    data, store = b"".join(lines), MemoryStore()
    states = sorted({*(at % (len(data) + 1) for at in cuts), len(data)} - {0})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.log")
        for end in states:
            path.write_bytes(data[:end])
            run_to_end(path, store)
    assert places(store.records) == grown(states, data)


@examples(40)
@given(lines=LINES, cuts=CUTS, stops=STOPS)
def test_runs_that_end_between_records_read_what_one_run_reads(
    lines: list[bytes], cuts: list[int], stops: list[int]
) -> None:
    data, store = b"".join(lines), MemoryStore()
    ends = [end for _, end, _ in framed(data)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.log")
        for end, stop_after in zip(
            sorted({ends[at % len(ends)] for at in cuts}) if ends else [], stops, strict=False
        ):
            path.write_bytes(data[:end])
            run_to_end(path, store, stop_after)
        path.write_bytes(data)
        run_to_end(path, store)
    assert places(store.records) == framed(data)


@examples(60)
@given(lines=LINES, cuts=CUTS, restarts=st.lists(st.booleans(), min_size=6, max_size=6))
@example(lines=[b"#one\n", b" at x\n", b"#\n"], cuts=[3, 5, 7, 12], restarts=[True] * 6)
def test_followed_in_any_steps_with_any_restarts_it_is_as_read_whole(
    lines: list[bytes], cuts: list[int], restarts: list[bool]
) -> None:
    data, store = b"".join(lines), MemoryStore()
    states = sorted({*(at % (len(data) + 1) for at in cuts), len(data)})
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_POLL_SECONDS", 0.0)
        path = Path(folder, "app.log")
        path.touch()
        source = source_of(path, follow=True)
        source.open(store.progress)
        for end, restart in zip(states, restarts, strict=False):
            path.write_bytes(data[:end])
            step_now(source, store)
            if restart:
                source.close()
                source = source_of(path, follow=True)
                source.open(store.progress)
        step_now(source, store)
        held = framed(data)[len(store.records) :]
        # Only a last record that may go on is held; a run that does not follow takes it.
        assert len(held) <= 1
        assert all(value.startswith(b"#") for _, _, value in held)
        source.close()
        run_to_end(path, store)
    assert places(store.records) == framed(data)


def step_now(source: FileSource, store: MemoryStore) -> None:
    advances = source.read(100, 0.0)
    store.commit(advances)
    source.committed(advances)


# --- following --------------------------------------------------------------------------------


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how long an input must be quiet, in seconds."""
    monkeypatch.setattr(files, "_POLL_SECONDS", 0.01)

    def set_quiet(quiet_s: float) -> None:
        monkeypatch.setattr(file_reader, "QUIET_SECONDS", quiet_s)
        monkeypatch.setattr(pipe, "QUIET_SECONDS", quiet_s)

    set_quiet(1000.0)
    return set_quiet


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.mark.usefixtures("quiet")
def test_the_last_record_waits_for_the_next_first_line(tmp_path: Path) -> None:
    path, store = tmp_path / "app.log", MemoryStore()
    path.write_bytes(b"#one\n at x\n")
    source = source_of(path, follow=True)
    source.open(store.progress)
    for _ in range(3):
        step(source, store)
    assert store.records == []
    assert store.streams == {}
    assert source.lagging_streams()  # what it holds may complete other records
    append(path, b" at y\n#two\n")
    step_until(source, store, lambda: bool(store.records))
    assert store.values() == [b"#one\n at x\n at y"]
    (progress,) = store.streams.values()
    assert progress.next_offset == 17
    source.close()


def test_after_a_quiet_time_it_is_taken_and_closed(
    tmp_path: Path, quiet: Callable[[float], None]
) -> None:
    path, store = tmp_path / "app.log", MemoryStore()
    path.write_bytes(b"#one\n at x\n")
    source = source_of(path, follow=True)
    quiet(0.2)
    source.open(store.progress)
    began = time.monotonic()
    step_until(source, store, lambda: bool(store.records))
    assert time.monotonic() >= began + 0.2
    assert not source.lagging_streams()
    append(path, b" late\n#two\n")
    step_until(source, store, lambda: len(store.records) == 3)
    assert store.values() == [b"#one\n at x", b" late", b"#two"]
    source.close()


def test_within_a_line_nothing_is_taken(tmp_path: Path, quiet: Callable[[float], None]) -> None:
    path, store = tmp_path / "app.log", MemoryStore()
    path.write_bytes(b"#one\n at")
    source = source_of(path, follow=True)
    quiet(0.0)
    source.open(store.progress)
    for _ in range(5):
        step(source, store)
    assert store.records == []
    append(path, b" x\n")
    step_until(source, store, lambda: bool(store.records))
    assert store.values() == [b"#one\n at x"]
    source.close()


def test_a_file_that_holds_a_record_back_is_not_closed_for_another(
    tmp_path: Path, quiet: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "OPEN_FILES_MAX", 1)
    quiet(0.2)
    store = MemoryStore()
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(b"#%s\n at x\n" % name.encode())
    source = source_of(tmp_path, follow=True)
    source.open(store.progress)
    step_until(source, store, lambda: len(store.records) == 3)
    assert sorted(store.values()) == [b"#a\n at x", b"#b\n at x", b"#c\n at x"]
    source.close()


@pytest.mark.usefixtures("quiet")
def test_a_deleted_file_ends_its_last_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_UNLINKED_SECONDS", 0.1)
    path, store = tmp_path / "app.log", MemoryStore()
    path.write_bytes(b"#one\n at x\n")
    source = source_of(path, follow=True)
    source.open(store.progress)
    step(source, store)
    path.unlink()
    step_until(source, store, lambda: bool(store.records))
    assert store.values() == [b"#one\n at x"]
    source.close()


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("follow", [False, True])
def test_a_packed_file_is_read_to_its_end(tmp_path: Path, follow: bool) -> None:
    path, store = tmp_path / "app.log.gz", MemoryStore()
    path.write_bytes(gzip.compress(b"#one\r\n at x\r\n#two\r\n"))
    source = source_of(path, follow=follow)
    source.open(store.progress)
    step_until(source, store, lambda: len(store.records) == 2)
    assert store.values() == [b"#one\r\n at x", b"#two"]
    source.close()


@pytest.mark.parametrize("content, told", [(b"#a\n at x", True), (b"#a\n at x\n", False)])
def test_only_a_line_without_its_end_is_told(tmp_path: Path, content: bytes, told: bool) -> None:
    path, store = tmp_path / "app.log", MemoryStore()
    notes: list[str] = []
    path.write_bytes(content)
    source = source_of(path, notes=notes)
    source.open(store.progress)
    step_until(source, store, lambda: source.finished)
    source.close()
    assert ["ends without a line break" in note for note in notes] == [True] * told


def test_a_record_longer_than_the_limit_is_kept_by_its_beginning(tmp_path: Path) -> None:
    path, store = tmp_path / "app.log", MemoryStore()
    path.write_bytes(b"#one\n" + b" at x\n" * 100 + b"#two\n")
    source = open_source([str(path)], begins_record=begins_record, record_bytes_max=50)
    source.open(store.progress)
    step_until(source, store, lambda: source.finished)
    source.close()
    first, second = store.records
    assert first.oversize is not None
    assert first.oversize.length == 604
    assert second.value == b"#two"


# --- pipes ------------------------------------------------------------------------------------


def test_a_pipe_gives_records_as_they_are_complete(quiet: Callable[[float], None]) -> None:
    store = MemoryStore()
    reading, writing = os.pipe()
    source = PipeSource(reading, begins_record=begins_record)
    source.open(store.progress)
    os.write(writing, b"#one\n at x\n#two\n")
    step_until(source, store, lambda: bool(store.records))
    step(source, store)
    assert store.values() == [b"#one\n at x"]
    quiet(0.1)
    step_until(source, store, lambda: len(store.records) == 2)
    quiet(1000.0)
    os.write(writing, b" late\n#three\n at y")
    os.close(writing)
    step_until(source, store, lambda: source.finished)
    os.close(reading)
    assert store.values()[1:] == [b"#two", b" late", b"#three\n at y"]
