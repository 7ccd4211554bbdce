"""Files and folders: each file is read once, whatever its name is, and what was added later too."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
from pathlib import Path

import pytest
from file_reading import MemoryStore, read_files, step, step_until
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import EnvironmentFailure
from engine.model import Oversize
from engine.ports import Fenced, GapError, Progress
from engine.sources import identity, open_source
from engine.sources.files import OPEN_FILES_MAX, FileSource
from engine.sources.framing import FRAMINGS, Framing

LONG = b"".join(b"line %d of a file that is longer than its beginning\n" % i for i in range(60))
"""Longer than what a file is known by."""


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def append(path: Path, data: bytes) -> Path:
    with path.open("ab") as file:
        file.write(data)
    return path


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


# --- again, and more ---------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"one\ntwo\n", LONG], ids=["short", "long"])
def test_reading_again_adds_nothing(tmp_path: Path, store: MemoryStore, data: bytes) -> None:
    file = write(tmp_path / "app.log", data)
    assert read_files(store, file)[0] == data.splitlines()
    assert read_files(store, file) == ([], [])


def test_a_stream_is_named_by_the_beginning(tmp_path: Path, store: MemoryStore) -> None:
    read_files(store, write(tmp_path / "short.log", b"one\ntwo\nthr"))
    read_files(store, write(tmp_path / "long.log", LONG))
    short, long = (hashlib.sha256(one).hexdigest() for one in (b"one\ntwo\n", LONG[:1024]))
    assert list(store.streams) == [f"file:{short[:32]}", f"file:{long[:32]}"]
    assert store.streams[f"file:{short[:32]}"].incarnation.startswith(f"8:{short}")
    assert store.streams[f"file:{long[:32]}"].incarnation.startswith(f"1024:{long}")
    assert store.titles[f"file:{long[:32]}"] == str(tmp_path / "long.log")


@pytest.mark.parametrize(
    "parts",
    [
        [b"one\n", b"two\n", b"three\n"],
        [b"one\n", LONG, LONG],
        [LONG, b"one\n", b"\n\n"],
        [b"first\nhalf", b"\nthird\n"],
        [b"no line feed", b"\r\n", b"second\n"],
        [b"", b"one\n", b""],
        [b"x", b"\nline\n"],
        [b"x" * 3000, b"\n" + b"y" * 3000, b"\nz"],
    ],
)
def test_what_is_added_is_read_next_time(
    tmp_path: Path, store: MemoryStore, parts: list[bytes]
) -> None:
    file = write(tmp_path / "app.log", b"")
    for part in parts:
        told = [
            "ends without a line break" in note for note in read_files(store, append(file, part))[1]
        ]
        assert told == [True] * bool(part and not part.endswith(b"\n"))
        assert read_files(store, file) == ([], [])
    assert store.values() == b"".join(parts).splitlines()
    assert len(store.streams) == 1


def test_the_rest_of_a_line_that_was_read_is_a_record(tmp_path: Path, store: MemoryStore) -> None:
    file = write(tmp_path / "app.log", b"one\ntw")
    assert read_files(store, file)[0] == [b"one", b"tw"]
    assert read_files(store, append(file, b"o\nthree\n"))[0] == [b"o", b"three"]


@given(
    parts=st.lists(
        st.lists(st.sampled_from([b"a\n", b"\r\n", b"{\n", b'{"a": 1}\n', b"x" * 500 + b"\n"])).map(
            b"".join
        ),
        max_size=4,
    ),
    framing=st.sampled_from(FRAMINGS),
    max_records=st.integers(1, 5),
)
def test_any_growth_and_any_batches_give_what_one_reading_gives(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[bytes],
    framing: Framing,
    max_records: int,
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    grown, whole = MemoryStore(), MemoryStore()
    # Where a run ends, an open object ends too: so none is open there.
    parts = [part + (b"}\n" * part.count(b"{\n") if framing == "json" else b"") for part in parts]
    file = write(folder / "app.log", b"")
    for part in parts:
        read_files(grown, append(file, part), framing=framing, max_records=max_records)
    read_files(whole, file, framing=framing)
    assert [(one.offset, one.next_offset, one.value) for one in grown.records] == [
        (one.offset, one.next_offset, one.value) for one in whole.records
    ]
    assert len(grown.streams) <= 1


# --- other names, copies -----------------------------------------------------------------------


def test_a_file_that_was_renamed_goes_on(tmp_path: Path, store: MemoryStore) -> None:
    read_files(store, write(tmp_path / "app.log", LONG))
    moved = (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    assert read_files(store, append(moved, b"more\n"))[0] == [b"more"]


def test_rotated_files_go_on_under_the_next_name(tmp_path: Path, store: MemoryStore) -> None:
    old, new = tmp_path / "app.log.1", tmp_path / "app.log"
    write(old, b"a1\na2\n")
    write(new, b"b1\nb2\n")
    read_files(store, tmp_path)
    old.rename(tmp_path / "app.log.2")
    append(new, b"b3\n").rename(old)
    write(new, b"c1\n")
    assert sorted(read_files(store, tmp_path)[0]) == [b"b3", b"c1"]


def test_a_copy_is_read_once(tmp_path: Path, store: MemoryStore) -> None:
    write(tmp_path / "a.log", LONG)
    write(tmp_path / "b.log", LONG)
    values, notes = read_files(store, tmp_path)
    assert values == LONG.splitlines()
    assert notes == [f"{tmp_path}/b.log is the same as {tmp_path}/a.log: it is read once"]


@pytest.mark.parametrize("names", ["a.log b.log", "b.log a.log"])
@pytest.mark.parametrize("was_read", [False, True])
def test_of_an_older_copy_the_longer_is_read(
    tmp_path: Path, store: MemoryStore, names: str, was_read: bool
) -> None:
    longer, older = (tmp_path / name for name in names.split())
    write(longer, LONG + b"last\n")
    if was_read:
        read_files(store, longer)
    write(older, LONG)
    notes = read_files(store, tmp_path)[1]
    assert store.values() == [*LONG.splitlines(), b"last"]
    assert notes == [f"{older} is the beginning of {longer}: it is read once"]


def test_another_name_of_a_file_is_read_once(tmp_path: Path, store: MemoryStore) -> None:
    write(tmp_path / "a.log", b"one\n")
    (tmp_path / "b.log").symlink_to("a.log")
    values, notes = read_files(store, tmp_path, tmp_path / "a.log")
    assert values == [b"one"]
    assert notes == [f"{tmp_path}/b.log is {tmp_path}/a.log by another name: it is read once"]


@pytest.mark.parametrize("at_once", [True, False])
def test_files_that_begin_alike_are_told_apart(
    tmp_path: Path, store: MemoryStore, at_once: bool
) -> None:
    head = b"# a head that two files share\n" * 40
    first = write(tmp_path / "a.log", head + b"a1\n" * 400)
    if not at_once:
        read_files(store, first)
    second = write(tmp_path / "b.log", head + b"b1\n" * 500)
    read_files(store, tmp_path)
    assert sorted(store.values()) == sorted(
        (head + head).splitlines() + [b"a1"] * 400 + [b"b1"] * 500
    )
    append(first, b"a2\n")
    append(second, b"b2\n")
    assert read_files(store, tmp_path)[0] == [b"a2", b"b2"]
    first.rename(tmp_path / "c.log")
    assert read_files(store, tmp_path) == ([], [])
    assert [stream.partition("~")[2] for stream in store.streams] == ["", "2"]


def test_without_the_digest_before_the_progress_files_that_begin_alike_are_taken_for_one(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "_digest", lambda _: "")
    head = b"# a head that two files share\n" * 40
    read_files(store, write(tmp_path / "a.log", head + b"a1\n" * 400))
    values, _ = read_files(store, write(tmp_path / "b.log", head + b"b1\n" * 500))
    assert values == [b"b1"] * 100


def test_a_name_that_is_no_text_is_read(tmp_path: Path, store: MemoryStore) -> None:
    write(tmp_path / os.fsdecode(b"\xff.log"), b"one\n")
    assert read_files(store, tmp_path) == ([b"one"], [])
    assert list(store.titles.values()) == [f"{tmp_path}/\\xff.log"]


# --- cut ---------------------------------------------------------------------------------------


def test_a_file_that_was_cut_stops_the_run(tmp_path: Path, store: MemoryStore) -> None:
    file = write(tmp_path / "app.log", LONG)
    read_files(store, file)
    write(file, LONG[:2000])
    with pytest.raises(GapError) as caught:
        read_files(store, file)
    assert str(caught.value) == (
        f"{file} ends at byte 2000, and was read up to byte {len(LONG)}: it was cut, or it is "
        "another file that begins alike; to go on at its present end, add --accept-gap"
    )
    assert caught.value.lost == len(LONG) - 2000


def test_an_accepted_cut_goes_on_at_the_end(tmp_path: Path, store: MemoryStore) -> None:
    file = write(tmp_path / "app.log", LONG)
    read_files(store, file)
    write(file, LONG[:2000].rpartition(b"\n")[0] + b"\n")
    values, notes = read_files(store, file, accept_gap=True)
    assert values == []
    (note,) = notes
    assert note.endswith("going on at its present end")
    # From now on without the flag: the new generation is stored, even though nothing was read.
    append(file, b"more\n")
    assert read_files(store, file) == ([b"more"], [])
    (old, new) = store.streams
    assert new == f"{old}~2"


def test_a_file_written_anew_behind_the_same_head_is_another(
    tmp_path: Path, store: MemoryStore
) -> None:
    head = b"head\n" * 300
    file = write(tmp_path / "app.log", head + b"old\n")
    read_files(store, file)
    values, notes = read_files(store, write(file, head + b"new, and longer\n"))
    assert values == [b"head"] * 300 + [b"new, and longer"]
    assert len(notes) == 1


# --- folders, gzip -----------------------------------------------------------------------------


def test_a_folder_is_its_files_by_name(tmp_path: Path, store: MemoryStore) -> None:
    for name in ("b.log", "a.log", ".hidden", "empty.log"):
        write(tmp_path / name, b"" if name == "empty.log" else name.encode() + b"\n")
    (tmp_path / "inside").mkdir()
    write(tmp_path / "inside" / "c.log", b"c\n")
    os.mkfifo(tmp_path / "pipe")
    values, notes = read_files(store, tmp_path)
    assert values == [b"a.log", b"b.log"]
    assert notes == [f"{tmp_path}: folders in it (1) are not read, name them to read them"]


def test_a_folder_without_files_is_finished_at_once(tmp_path: Path, store: MemoryStore) -> None:
    assert read_files(store, tmp_path) == ([], [f"{tmp_path}: there is no file in it"])


def test_more_files_than_are_opened_at_once(tmp_path: Path, store: MemoryStore) -> None:
    names = [f"{number:03}" for number in range(3 * OPEN_FILES_MAX)]
    for name in names:
        write(tmp_path / name, name.encode() + b"\n")
    assert read_files(store, tmp_path)[0] == [name.encode() for name in names]
    assert read_files(store, tmp_path) == ([], [])


def test_gzip_is_unpacked(tmp_path: Path, store: MemoryStore) -> None:
    file = write(tmp_path / "app.log.1", LONG)
    half = LONG[: len(LONG) // 2]
    read_files(store, write(tmp_path / "app.log", half))
    (tmp_path / "app.log").unlink()
    file.unlink()
    write(tmp_path / "app.log.1.gz", gzip.compress(LONG) + gzip.compress(b"second part\n"))
    read_files(store, tmp_path)
    # The torn line of the first reading and its rest are two records.
    assert b"".join(store.values()) == LONG.replace(b"\n", b"") + b"second part"
    assert len(store.streams) == 1
    assert read_files(store, tmp_path) == ([], [])


@pytest.mark.parametrize(
    "damage, reason",
    [(lambda data: data[:-20], "too early"), (lambda data: data[:200] + b"\0" * 50, "damaged")],
)
def test_a_damaged_gzip_file_is_told(
    tmp_path: Path, store: MemoryStore, damage: object, reason: str
) -> None:
    assert callable(damage)
    noise = b"".join(hashlib.sha256(b"%d" % i).hexdigest().encode() + b"\n" for i in range(100))
    file = write(tmp_path / "app.gz", damage(gzip.compress(noise)))
    with pytest.raises(EnvironmentFailure, match=reason) as caught:
        read_files(store, file)
    assert str(caught.value).startswith(f"{file}: ")


def test_a_long_line_is_kept_by_its_beginning(tmp_path: Path, store: MemoryStore) -> None:
    line = b"x" * 10_000_000
    file = write(tmp_path / "app.log", line + b"\nnext\n")
    read_files(store, file)
    first, second = store.records
    assert first.value == line[:4096]
    assert first.oversize == Oversize(len(line), hashlib.sha256(line).digest())
    assert (second.offset, second.value) == (len(line) + 1, b"next")


# --- the runner's side -------------------------------------------------------------------------


def test_a_refused_stream_is_read_on_where_the_store_says(
    tmp_path: Path, store: MemoryStore
) -> None:
    file = write(tmp_path / "app.log", b"".join(b"%d\n" % i for i in range(10)))
    source = FileSource([file])
    source.open(store.progress)
    step(source, store, 2)
    refused = source.read(4, 0)
    (stream,) = store.streams
    store.streams[stream] = Progress(12, refused[0].incarnation)  # another owner was here
    with pytest.raises(Fenced):
        store.commit(refused)
    source.refused(stream)
    step_until(source, store, lambda: source.finished)
    source.close()
    assert store.values() == [b"0", b"1", b"6", b"7", b"8", b"9"]


def test_files_lag_until_they_are_read_to_the_end(tmp_path: Path, store: MemoryStore) -> None:
    first = write(tmp_path / "a.log", b"a1\na2\n")
    write(tmp_path / "b.log", b"b1\n")
    source = FileSource([tmp_path])
    source.open(store.progress)
    assert len(source.lagging_streams()) == 2
    for lagging in (2, 1, 0):
        step(source, store, 1)
        assert len(source.lagging_streams()) == lagging
    assert first.exists()
    assert source.finished
    source.close()


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, store: MemoryStore) -> None:
    file = write(tmp_path / "app.log", LONG)
    source = FileSource([file])
    source.open(store.progress)
    step(source, store, 7)
    source.read(7, 0)  # and killed before the commit
    source.close()
    read_files(store, file)
    assert store.values() == LONG.splitlines()


# --- a bad environment -------------------------------------------------------------------------


def test_a_path_where_nothing_is(tmp_path: Path, store: MemoryStore) -> None:
    with pytest.raises(EnvironmentFailure, match=r"none\.log: No such file or directory"):
        open_source([str(tmp_path / "none.log")])
    with pytest.raises(EnvironmentFailure, match=r"none\.log: No such file or directory"):
        read_files(store, tmp_path / "none.log")


@pytest.mark.parametrize("problem", [errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_file_that_cannot_be_read(
    tmp_path: Path, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, problem: int
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(problem, os.strerror(problem))

    file = write(tmp_path / "app.log", b"secret\n")
    monkeypatch.setattr(os, "open", refuse)  # root, which tests may run as, may read everything
    with pytest.raises(EnvironmentFailure) as caught:
        read_files(store, file)
    assert str(caught.value) == f"{file}: {os.strerror(problem)}"


@pytest.mark.parametrize("what", ["gone", "replaced", "cut"])
def test_a_file_that_changes_under_the_reader_is_told(
    tmp_path: Path, store: MemoryStore, what: str
) -> None:
    write(tmp_path / "a.log", b"a1\na2\n")
    late = write(tmp_path / "b.log", LONG * 200)
    source = FileSource([tmp_path])
    source.open(store.progress)
    step(source, store, 1)
    if what == "gone":
        late.unlink()
    elif what == "replaced":
        write(late, b"another\n")
    else:
        step(source, store, 10)
        write(late, LONG)
    with pytest.raises(EnvironmentFailure, match=r"b\.log"):
        step_until(source, store, lambda: source.finished)
    source.close()


def test_a_pipe_is_read_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    file = write(tmp_path / "app.log", b"")
    with pytest.raises(EnvironmentFailure, match="standard input is read alone"):
        open_source(["-", str(file)])
    with pytest.raises(EnvironmentFailure, match=r"the pipe .*/pipe is read alone"):
        open_source([str(file), str(tmp_path / "pipe")])
