"""Files that go on while they are read: appended to, rotated, cut, new."""

from __future__ import annotations

import gzip
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from file_reading import MemoryStore, step, step_until

from engine.sources import files
from engine.sources.files import FileSource
from engine.sources.framing import Framing

LONG = b"".join(b"line %d of a file that is longer than its beginning\n" % i for i in range(60))


@dataclass
class Following:
    """A run that follows, and what it has read."""

    folder: Path
    source: FileSource
    store: MemoryStore = field(default_factory=MemoryStore)
    notes: list[str] = field(default_factory=list)

    def wait_for(self, *values: bytes) -> None:
        """Exactly these come next, in any order, and nothing else for a while."""
        before = len(self.store.records)
        step_until(self.source, self.store, lambda: len(self.store.records) >= before + len(values))
        for _ in range(3):
            step(self.source, self.store)
        assert sorted(self.store.values()[before:]) == sorted(values)
        assert not self.source.finished
        assert not self.source.lagging_streams()

    def write(self, name: str, data: bytes, mode: str = "ab") -> Path:
        path = self.folder / name
        with path.open(mode) as file:
            file.write(data)
        return path


Follow = Callable[..., Following]


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Follow]:
    """``follow()`` follows the folder, ``follow("app.log")`` one file in it."""
    monkeypatch.setattr(files, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(files, "_UNLINKED_SECONDS", 0.2)
    begun: list[Following] = []

    def begin(name: str = "", framing: Framing = "lines", *, remembers: bool = True) -> Following:
        notes: list[str] = []
        source = FileSource([tmp_path / name], follow=True, framing=framing, on_note=notes.append)
        run = Following(tmp_path, source, notes=notes)
        begun.append(run)
        source.open(run.store.progress if remembers else lambda _: None)
        return run

    yield begin
    for run in begun:
        run.source.close()


def test_what_is_appended_is_read(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").write_bytes(b"one\n")
    run = follow("app.log")
    run.wait_for(b"one")
    run.write("app.log", b"two\nthr")
    run.wait_for(b"two")  # a line is read when its end has come
    run.write("app.log", b"ee\n")
    run.wait_for(b"three")
    assert len(run.store.streams) == 1
    assert run.notes == []


def test_objects_are_read_when_they_are_whole(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").write_bytes(b'{"a": 1}\n{"b":\n')
    run = follow("app.log", framing="json")
    run.wait_for(b'{"a": 1}')
    run.write("app.log", b"2}")
    run.wait_for(b'{"b":\n2}')


def test_an_unfinished_line_stays_unread(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").write_bytes(b"one\ntw")
    run = follow("app.log")
    run.wait_for(b"one")
    (progress,) = run.store.streams.values()
    assert progress.next_offset == 4


def test_a_file_that_is_empty_at_first_is_read(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").touch()
    run = follow("app.log")
    run.wait_for()
    run.write("app.log", b"no line y")
    run.wait_for()
    run.write("app.log", b"et\n")
    run.wait_for(b"no line yet")


def test_a_file_that_grows_before_it_is_opened_is_read_once(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").write_bytes(b"one\n")
    run = follow("app.log")
    run.write("app.log", b"two\n")
    run.wait_for(b"one", b"two")
    assert len(run.store.streams) == 1


def test_new_files_are_found(tmp_path: Path, follow: Follow) -> None:
    run = follow()
    assert run.notes == [f"{tmp_path}: there is no file in it"]
    run.write("a.log", b"a1\n")
    run.wait_for(b"a1")
    run.write("b.log", b"b1\n")
    run.write("c.gz", gzip.compress(b"c1\n"))
    run.write("a.log", b"a2\n")
    run.wait_for(b"a2", b"b1", b"c1")


@pytest.mark.parametrize("name", ["", "app.log"], ids=["folder", "file"])
@pytest.mark.parametrize("beginning", [b"old\n", LONG], ids=["short", "long"])
def test_a_rotated_file_is_read_to_its_end(
    tmp_path: Path, follow: Follow, name: str, beginning: bytes
) -> None:
    (tmp_path / "app.log").write_bytes(beginning)
    run = follow(name)
    run.wait_for(*beginning.splitlines())
    run.write("app.log", b"last line before\n")
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    run.write("app.log.1", b"last line after\n")
    run.write("app.log", b"new\n")
    run.wait_for(b"last line before", b"last line after", b"new")
    run.write("app.log", b"newer\n")
    run.wait_for(b"newer")
    assert len(run.store.streams) == 2
    assert run.notes == []


def test_a_deleted_file_is_read_to_its_end(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"one\n")
    run = follow("app.log")
    run.wait_for(b"one")
    with file.open("ab") as still_open:
        file.unlink()
        still_open.write(b"two\nthree, without an end")
    run.wait_for(b"two", b"three, without an end")
    run.write("app.log", b"another\n")
    run.wait_for(b"another")


def test_a_rotated_file_that_is_packed_is_the_same(tmp_path: Path, follow: Follow) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(LONG)
    run = follow()
    run.wait_for(*LONG.splitlines())
    old = file.rename(tmp_path / "app.log.1")
    run.write("app.log", b"new\n")
    run.wait_for(b"new")
    packed = run.write("app.log.1.gz", gzip.compress(old.read_bytes()))
    run.wait_for()
    assert run.notes == [f"{packed} is the same as {old}: it is read once"]
    old.unlink()
    run.wait_for()
    time.sleep(0.3)
    run.wait_for()
    assert len(run.store.streams) == 2


@pytest.mark.parametrize("beginning", [b"old\n", LONG], ids=["short", "long"])
def test_a_file_that_is_copied_and_cut_is_read_on_in_the_copy(
    tmp_path: Path, follow: Follow, beginning: bytes
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(beginning)
    run = follow()
    run.wait_for(*beginning.splitlines())
    run.write("app.log", b"unread when it was cut\n")
    shutil.copy(file, tmp_path / "app.log.1")
    run.write("app.log", b"new\n", mode="wb")
    run.wait_for(b"unread when it was cut", b"new")
    run.write("app.log", b"newer\n")
    run.wait_for(b"newer")
    assert run.notes[0] == f"{file} was cut or written anew: it is read as a new file"


def test_a_file_that_is_cut_and_begins_as_before_is_a_new_one(
    tmp_path: Path, follow: Follow
) -> None:
    file = tmp_path / "app.log"
    file.write_bytes(b"# head\n")
    run = follow("app.log")
    run.wait_for(b"# head")
    run.write("app.log", b"old\n")
    run.wait_for(b"old")
    file.write_bytes(b"")
    run.wait_for()
    run.write("app.log", b"# head\nn\n")
    run.wait_for(b"# head", b"n")
    run.write("app.log", b"newer\n")
    run.wait_for(b"newer")
    assert len(run.notes) == 1


def test_what_was_not_read_yet_when_a_file_was_cut_is_read_in_the_copy(
    tmp_path: Path, follow: Follow
) -> None:
    file = tmp_path / "app.log"
    lines = [b"%d " % number + b"x" * 100 for number in range(10_000)]
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    run = follow()
    step(run.source, run.store)
    shutil.copy(file, tmp_path / "app.log.1")
    time.sleep(0.02)
    step(run.source, run.store)
    assert run.notes == [f"{tmp_path}/app.log.1 is the same as {file}: it is read once"]
    file.write_bytes(b"new\n")
    run.wait_for(*lines[2000:], b"new")


@pytest.mark.parametrize("remembers", [True, False])
def test_more_files_than_are_open_at_once_are_followed(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch, remembers: bool
) -> None:
    monkeypatch.setattr(files, "OPEN_FILES_MAX", 3)
    names = [f"{number:02}" for number in range(10)]
    for name in names:
        (tmp_path / name).write_bytes(f"{name} one\n".encode())
    run = follow(remembers=remembers)
    run.wait_for(*(f"{name} one".encode() for name in names))
    for name in names:
        run.write(name, f"{name} two\n".encode())
    run.wait_for(*(f"{name} two".encode() for name in names))
    (tmp_path / "00").rename(tmp_path / "99")
    run.write("99", b"renamed\n")
    run.wait_for(b"renamed")
    for old, new in (("02", "03.old"), ("01", "02"), ("03", "01")):
        (tmp_path / old).rename(tmp_path / new)
    run.write("01", b"renamed in a chain\n")
    run.wait_for(b"renamed in a chain")
    assert len(run.store.streams) == 10
    assert run.notes == []


def test_a_deleted_file_is_not_closed_for_another(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "OPEN_FILES_MAX", 1)
    monkeypatch.setattr(files, "_UNLINKED_SECONDS", 1.0)
    file = tmp_path / "a.log"
    file.write_bytes(b"a1\n")
    run = follow()
    run.wait_for(b"a1")
    with file.open("ab", buffering=0) as still_open:
        file.unlink()
        run.write("b.log", b"b1\n")
        step(run.source, run.store)
        still_open.write(b"a2\n")
    run.wait_for(b"a2", b"b1")


def test_a_file_that_has_grown_is_not_closed_for_another(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "OPEN_FILES_MAX", 1)
    (tmp_path / "a.log").write_bytes(b"a1\n")
    run = follow()
    run.wait_for(b"a1")
    run.write("a.log", b"a2\n")
    run.write("b.log", b"b1\n")
    time.sleep(0.02)  # so that the new file is seen before the old one is read on
    run.wait_for(b"a2", b"b1")


def test_a_busy_file_keeps_no_other_waiting(tmp_path: Path, follow: Follow) -> None:
    run = follow()
    run.write("a.log", b"a\n" * 600_000)
    run.write("b.log", b"b\n")
    step_until(run.source, run.store, lambda: b"b" in run.store.values())
    assert run.store.values().count(b"a") < 300_000


def test_two_files_that_grow_alike_are_read_once(tmp_path: Path, follow: Follow) -> None:
    run = follow()
    for number in range(4):
        line = b"line %d\n" % number
        run.write("b.log" if number % 2 else "a.log", line)
        step(run.source, run.store)
        run.write("a.log" if number % 2 else "b.log", line)
        run.wait_for(*run.store.values()[:0])
    assert run.store.values() == [b"line %d" % number for number in range(4)]
    # When they differ they are two files, and each is read as a whole.
    first = run.store.values()
    run.write("a.log", b"only here\n")
    run.write("b.log", b"only there\n")
    run.wait_for(*first, b"only here", b"only there")


def test_it_returns_in_time_when_nothing_comes(tmp_path: Path, follow: Follow) -> None:
    (tmp_path / "app.log").touch()
    run = follow("app.log")
    began = time.monotonic()
    assert run.source.read(100, 0.2) == []
    assert 0.15 < time.monotonic() - began < 2.0
