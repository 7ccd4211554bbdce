"""A store that fails while it is written loses nothing and goes on when the trouble is over."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest
from made_systems import SYSTEMS

from engine import runner as runner_module
from engine.diagnostics import EnvironmentFailure
from engine.interpreter import compile_normalizer, normalized_of
from engine.model import Record, Records, StreamAdvance
from engine.pipeline import normalize
from engine.ports import Batch, ProgressLookup, StoreBusy
from engine.runner import Runner
from engine.stores import sqlite
from engine.stores.sqlite import SqliteStore, open_reader

STREAM = "file:aa"
LINE = b"2025-05-04T11:00:00Z ALPHA: P - SUCCESS (ID: a-%d)"


def records(count: int) -> list[Record]:
    return [Record(STREAM, n * 64, n * 64 + 64, LINE % n) for n in range(count)]


@dataclass
class Lines:
    """A source over records, a batch at a time."""

    records: Sequence[Record]
    batch: int = 500
    stored: int = 0
    kept_alive: threading.Event = field(default_factory=threading.Event)
    closed: bool = False

    @property
    def finished(self) -> bool:
        return self.stored >= self.records[-1].next_offset

    def open(self, progress: ProgressLookup) -> None:
        stored = progress(STREAM)
        self.stored = 0 if stored is None else stored.next_offset

    def read(self, max_records: int, max_wait_s: float) -> list[StreamAdvance]:
        taken = [one for one in self.records if one.offset >= self.stored][: self.batch]
        return [StreamAdvance(STREAM, self.stored, taken[-1].next_offset, Records.of(taken))]

    def committed(self, advances: Sequence[StreamAdvance]) -> None:
        self.stored = advances[-1].next_offset

    def refused(self, stream: str) -> None:
        raise AssertionError("nobody else writes")

    def keep_alive(self) -> None:
        self.kept_alive.set()

    def lagging_streams(self) -> frozenset[str]:
        return frozenset()

    def close(self) -> None:
        self.closed = True


def run(
    store: SqliteStore,
    source: Lines,
    stop: threading.Event | None = None,
    notes: list[str] | None = None,
) -> None:
    Runner(
        source,
        store,
        compile_normalizer(SYSTEMS),
        stop or threading.Event(),
        on_note=(notes if notes is not None else []).append,
    ).run()


def count(path: Path) -> int:
    reader = open_reader(str(path))
    ((found,),) = reader.rows("SELECT count(*) FROM events")
    reader.close()
    assert isinstance(found, int)
    return found


# --- no room ------------------------------------------------------------------------------------


def test_a_full_store_keeps_whole_batches_and_goes_on_with_room(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    store = SqliteStore.open(str(path), SYSTEMS)
    store._connection.execute("PRAGMA max_page_count = 60").fetchall()
    source = Lines(records(3000))
    with pytest.raises(EnvironmentFailure, match=r"no room left for the store .*; what was stored"):
        run(store, source)
    assert source.closed
    store.close()
    stored = count(path)
    assert 0 < stored < 3000
    assert stored % source.batch == 0
    store = SqliteStore.open(str(path), SYSTEMS)
    run(store, Lines(records(3000)))
    store.close()
    assert count(path) == 3000


def test_a_full_store_can_be_used_on_by_the_same_connection(tmp_path: Path) -> None:
    """SQLite ends the transaction itself then, and the next one must begin cleanly."""
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    store._connection.execute("PRAGMA max_page_count = 60").fetchall()
    with pytest.raises(EnvironmentFailure):
        run(store, Lines(records(3000)))
    store._connection.execute("PRAGMA max_page_count = 100000").fetchall()
    run(store, Lines(records(3000)))
    assert store._connection.execute("SELECT count(*) FROM events").get == 3000


LIMITED = """
import resource, sys
from made_systems import SYSTEMS
from test_store_in_trouble import Lines, records, run
from engine.diagnostics import EnvironmentFailure
from engine.stores.sqlite import SqliteStore

store = SqliteStore.open(sys.argv[1], SYSTEMS)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
try:
    run(store, Lines(records(3000)))
except EnvironmentFailure as failure:
    print(failure)
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of resources there")
def test_a_limit_on_the_size_of_files_is_no_room_too(tmp_path: Path) -> None:
    """The operating system's own way to say that there is no room: EFBIG, and a signal."""
    path = tmp_path / "events.db"
    here = Path(__file__).parent
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED), str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{here}:{here.parent}:{here.parent.parent}"},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "the store" in ended.stdout
    assert ended.stdout.count("\n") == 1
    stored = count(path)
    assert stored % 500 == 0
    store = SqliteStore.open(str(path), SYSTEMS)
    run(store, Lines(records(3000)))
    store.close()
    assert count(path) == 3000


# --- locked -------------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apsw.Connection]:
    """A store that another connection holds locked; each try to write to it takes 50 ms."""
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS).close()
    other = apsw.Connection(str(tmp_path / "events.db"))
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_a_commit_to_a_locked_store_is_busy_and_stores_nothing(
    locked: apsw.Connection, tmp_path: Path
) -> None:
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    batch = Batch([StreamAdvance(STREAM, 0, 64, Records.of(records(1)))])
    normalize(batch, compile_normalizer(SYSTEMS))
    with pytest.raises(StoreBusy, match=r"another process holds the lock of .*events.db"):
        store.commit(batch)
    locked.execute("ROLLBACK")
    store.commit(batch)
    store.close()
    assert count(tmp_path / "events.db") == 1


def test_a_locked_store_is_waited_for_while_the_source_is_kept_alive(
    locked: apsw.Connection, tmp_path: Path
) -> None:
    source, notes = Lines(records(600)), list[str]()
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    running = threading.Thread(target=run, args=(store, source, None, notes))
    running.start()
    assert source.kept_alive.wait(30)
    locked.execute("ROLLBACK")
    running.join(30)
    assert not running.is_alive()
    assert count(tmp_path / "events.db") == 600
    assert len(notes) == 1
    assert notes[0].endswith(": waiting")


def test_a_run_that_waits_for_a_lock_stops_at_once_when_told(
    locked: apsw.Connection, tmp_path: Path
) -> None:
    source, stop = Lines(records(600)), threading.Event()
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    running = threading.Thread(target=run, args=(store, source, stop))
    running.start()
    assert source.kept_alive.wait(30)
    begin = time.monotonic()
    stop.set()
    running.join(30)
    assert time.monotonic() - begin < 5
    assert source.closed
    locked.execute("ROLLBACK")
    assert count(tmp_path / "events.db") == 0
    run(store, Lines(records(600)))
    assert count(tmp_path / "events.db") == 600


def test_a_lock_that_never_ends_ends_the_run_with_one_line(
    locked: apsw.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "BUSY_SECONDS_MAX", 0.2)
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    with pytest.raises(EnvironmentFailure, match=r"holds the lock of .*: end that process"):
        run(store, Lines(records(600)))


def test_reading_goes_on_while_another_process_writes(
    locked: apsw.Connection, tmp_path: Path
) -> None:
    assert count(tmp_path / "events.db") == 0


# --- damaged ------------------------------------------------------------------------------------


def test_a_store_without_one_of_its_tables_says_so(tmp_path: Path) -> None:
    store = SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    store._connection.execute("DROP TABLE archive")
    with pytest.raises(EnvironmentFailure, match="was changed by somebody: no such table: archive"):
        run(store, Lines(records(10)))
    assert store.progress(STREAM) is None


def test_a_title_that_is_no_text_is_stored_as_one(tmp_path: Path) -> None:
    """A path on Unix is any bytes."""
    store = SqliteStore.open(":memory:", SYSTEMS)
    store.commit(
        Batch(
            [StreamAdvance(STREAM, 0, 64, Records.of([], STREAM), title="logs/\udcff.log")],
            [normalized_of([])],
        )
    )
    assert store._connection.execute("SELECT title FROM stream").get == r"logs/\udcff.log"


@pytest.mark.parametrize("offset", [1 << 44, 1 << 60])
def test_an_offset_beyond_what_a_key_holds_is_said(offset: int, tmp_path: Path) -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    with pytest.raises(EnvironmentFailure, match="file:aa is beyond offset"):
        store.commit(Batch([StreamAdvance(STREAM, 0, offset, Records.of([], STREAM))]))


def test_more_streams_than_a_key_holds_are_said() -> None:
    store = SqliteStore.open(":memory:", SYSTEMS)
    store._connection.execute(
        "INSERT INTO stream (stream_id, name, title, next_offset) VALUES (?, 'last', '', 0)",
        ((1 << 19) - 1,),
    )
    with pytest.raises(EnvironmentFailure, match="a store holds 524287 streams"):
        store.commit(Batch([StreamAdvance(STREAM, 0, 64, Records.of([], STREAM))]))
    assert store.progress(STREAM) is None
