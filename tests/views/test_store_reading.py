"""How views open a store: beside a running engine, on a read-only disk, leaving nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from store_building import StoreBuilder, flow

from engine.diagnostics import EnvironmentFailure
from engine.stores.sqlite import SqliteStore, open_reader

NOBODY = 65_534
COUNT = "SELECT count(*) FROM events"


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    store = StoreBuilder(tmp_path / "events.db")
    flow(store)
    return store


def test_reading_leaves_nothing_behind(store: StoreBuilder) -> None:
    with closing(open_reader(store.url)) as reader:
        assert list(reader.rows(COUNT)) == [(7,)]
    assert [file.name for file in store.path.parent.iterdir()] == ["events.db"]


def test_reading_takes_no_log_away_from_a_running_engine(store: StoreBuilder) -> None:
    running = SqliteStore.open(store.url, ())
    flow(store)  # by another connection: the log is not folded while this one lives; one merges
    with closing(open_reader(store.url)) as reader:
        assert list(reader.rows(COUNT)) == [(13,)]
    assert Path(f"{store.path}-wal").stat().st_size > 0
    running.close()


def test_a_reader_does_not_write(store: StoreBuilder) -> None:
    with closing(open_reader(store.url)) as reader:
        with pytest.raises(EnvironmentFailure, match="cannot be written"):
            list(reader.rows("DELETE FROM event"))
        assert list(reader.rows(COUNT)) == [(7,)]


def test_a_reader_sees_one_state(store: StoreBuilder) -> None:
    with closing(open_reader(store.url)) as reader:
        assert list(reader.rows(COUNT)) == [(7,)]
        flow(store)
        assert list(reader.rows(COUNT)) == [(7,)]
    with closing(open_reader(store.url)) as reader:
        assert list(reader.rows(COUNT)) == [(13,)]


@contextmanager
def _unprivileged() -> Iterator[None]:
    """As somebody for whom a folder's mode counts."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only(store: StoreBuilder) -> Iterator[Path]:
    """The store in a folder that anybody may enter and nobody may write to."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "events.db"
    shutil.copy(store.path, path)
    path.chmod(0o444)
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_store_that_cannot_be_written_can_be_read(read_only: Path) -> None:
    with _unprivileged(), closing(open_reader(str(read_only))) as reader:
        assert list(reader.rows(COUNT)) == [(7,)]


def test_one_with_a_log_that_cannot_be_read_is_not_read_without_it(read_only: Path) -> None:
    folder = read_only.parent
    folder.chmod(0o755)
    Path(f"{read_only}-wal").write_bytes(b"what a crash left")
    folder.chmod(0o555)
    with _unprivileged(), pytest.raises(EnvironmentFailure):
        open_reader(str(read_only))


def test_a_reader_of_the_pipe_that_has_seen_enough_ends_it(tmp_path: Path) -> None:
    store = StoreBuilder(tmp_path / "events.db")
    for number in range(5_000):
        store.event("LONG_ENOUGH_TO_FILL_A_PIPE", correlation_id=f"id-{number}")
    store.commit()
    command = [sys.executable, "-m", "engine", "export", "--format", "csv", "--store", store.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        assert export.stdout.readline().startswith(b"system_id,")
        export.stdout.close()
        assert export.stderr.read() == b""
    assert export.returncode == 0
