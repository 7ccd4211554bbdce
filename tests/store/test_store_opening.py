"""A store that cannot be opened ends in one clear line, and no file of another's is touched."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from made_systems import SYSTEMS

from engine.diagnostics import EnvironmentFailure
from engine.resources import resource
from engine.stores import sqlite
from engine.stores.sqlite import APPLICATION_ID, SqliteStore, open_reader, store_path


def make(path: Path) -> Path:
    SqliteStore.open(str(path), SYSTEMS).close()
    return path


def in_no_directory(folder: Path) -> Path:
    return folder / "missing" / "events.db"


def a_directory(folder: Path) -> Path:
    (folder / "events.db").mkdir()
    return folder / "events.db"


def under_a_file(folder: Path) -> Path:
    (folder / "file").write_text("a file")
    return folder / "file" / "events.db"


def a_name_too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


def a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def where_nobody_may_write(folder: Path) -> Path:
    """Not even root makes files there."""
    return Path("/proc/events.db") if Path("/proc").is_dir() else in_no_directory(folder)


def a_short_text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("hi")
    return folder / "notes.txt"


def a_long_text(folder: Path) -> Path:
    (folder / "notes.txt").write_text("2025-05-04T10:30:00 a log line\n" * 1000)
    return folder / "notes.txt"


def of_another_application(folder: Path) -> Path:
    connection = apsw.Connection(str(folder / "other.db"))
    connection.execute("CREATE TABLE events (name TEXT)")
    connection.close()
    return folder / "other.db"


def of_another_application_by_its_id(folder: Path) -> Path:
    connection = apsw.Connection(str(folder / "other.db"))
    connection.execute("PRAGMA application_id = 7; PRAGMA user_version = 1")
    connection.execute("CREATE TABLE a (b)")
    connection.close()
    return folder / "other.db"


def of_a_newer_version(folder: Path) -> Path:
    connection = apsw.Connection(str(make(folder / "events.db")))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    return folder / "events.db"


def cut(folder: Path) -> Path:
    path = make(folder / "events.db")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    return path


def overwritten(folder: Path) -> Path:
    path = make(folder / "events.db")
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    return path


OPENINGS = {
    in_no_directory: "cannot open the store {}: no such directory, or no permission",
    a_directory: "cannot open the store {}: it is a directory",
    under_a_file: "cannot open the store {}: no such directory, or no permission",
    a_name_too_long: "cannot open the store {}: no such directory, or no permission",
    a_loop: "cannot open the store {}: no such directory, or no permission",
    where_nobody_may_write: "cannot open the store {}: no such directory, or no permission",
    a_short_text: "{} is not a sound SQLite database",
    a_long_text: "{} is not a sound SQLite database",
    of_another_application: "{} is a database of something else, not a store of Logloom",
    of_another_application_by_its_id: "{} is a database of something else, not a store of Logloom",
    of_a_newer_version: "the store {} was made by a newer Logloom (its version is 99, ",
    cut: "{} is not a sound SQLite database",
    overwritten: "{} is not a sound SQLite database",
}


@pytest.mark.parametrize(
    "place, message", OPENINGS.items(), ids=lambda one: getattr(one, "__name__", "")
)
def test_one_clear_line_and_the_file_as_it_was(
    place: Callable[[Path], Path], message: str, tmp_path: Path
) -> None:
    path = place(tmp_path)
    before = digests(tmp_path)
    with pytest.raises(EnvironmentFailure) as failure:
        SqliteStore.open(str(path), SYSTEMS)
    assert str(failure.value).startswith(message.format(path))
    assert "\n" not in str(failure.value)
    assert digests(tmp_path) == before
    with pytest.raises(EnvironmentFailure):
        open_reader(str(path))
    assert digests(tmp_path) == before


def digests(folder: Path) -> dict[str, str]:
    return {
        one.name: hashlib.sha256(one.read_bytes()).hexdigest()
        for one in folder.iterdir()
        if one.is_file()
    }


def test_a_reader_says_that_there_is_no_store_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"no store at .*: `engine run` makes one"):
        open_reader(str(tmp_path / "events.db"))
    (tmp_path / "empty.db").touch()
    with pytest.raises(EnvironmentFailure, match="an empty database, not a store"):
        open_reader(str(tmp_path / "empty.db"))
    assert [one.name for one in tmp_path.iterdir()] == ["empty.db"]


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "events.db").touch()
    make(tmp_path / "events.db")
    assert open_reader(str(tmp_path / "events.db")).rows is not None


def test_a_new_store_has_every_migration_and_our_mark(tmp_path: Path) -> None:
    connection = apsw.Connection(str(make(tmp_path / "events.db")))
    assert connection.execute("PRAGMA application_id").get == APPLICATION_ID
    assert connection.execute("PRAGMA user_version").get >= 1
    assert connection.execute("PRAGMA journal_mode").get == "wal"
    assert connection.execute("PRAGMA integrity_check").get == "ok"


def test_opening_a_store_again_changes_nothing(tmp_path: Path) -> None:
    path = make(tmp_path / "events.db")
    before = digests(tmp_path)
    make(path)
    assert digests(tmp_path) == before


@pytest.mark.parametrize("broken_at", ["TABLE clock", "INDEX event_by_time", "VIEW quarantined"])
def test_a_migration_that_breaks_off_leaves_nothing(
    broken_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half of a schema would be a store that no version knows."""
    (first,) = resource("schema/store").glob("0001_*.sql")
    text = first.read_text(encoding="utf-8")
    assert f"CREATE {broken_at}" in text
    folder = tmp_path / "migrations"
    folder.mkdir()
    broken = text.replace(f"CREATE {broken_at}", "CREATE nothing")
    (folder / first.name).write_text(broken, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "resource", lambda _: folder)
        with pytest.raises(EnvironmentFailure):
            SqliteStore.open(str(tmp_path / "events.db"), SYSTEMS)
    connection = apsw.Connection(str(tmp_path / "events.db"))
    assert connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
    connection.close()
    make(tmp_path / "events.db")


def make_together(path: Path, processes: int) -> list[Exception]:
    """What goes wrong where several make a store. Each connection stands for a process: SQLite's
    locks are between connections."""
    failures: list[Exception] = []
    together = threading.Barrier(processes)

    def opening() -> None:
        together.wait()
        try:
            make(path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it fails the test
            failures.append(error)

    threads = [threading.Thread(target=opening) for _ in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_several_processes_make_one_store_at_once(tmp_path: Path) -> None:
    for attempt in range(10):
        assert make_together(tmp_path / f"{attempt}.db", 4) == []


def test_a_store_moves_with_its_file(tmp_path: Path) -> None:
    path = make(tmp_path / "events.db")
    shutil.move(path, tmp_path / "moved.db")
    assert next(open_reader(str(tmp_path / "moved.db")).rows("SELECT count(*) FROM events")) == (0,)


@pytest.mark.parametrize(
    "url, path",
    [
        ("events.db", "events.db"),
        ("/var/lib/events.db", "/var/lib/events.db"),
        ("sqlite:///events.db", "events.db"),
        ("sqlite:////var/lib/events.db", "/var/lib/events.db"),
        ("sqlite:///my%20events.db", "my events.db"),
    ],
)
def test_what_a_store_may_be_called(url: str, path: str) -> None:
    assert os.fspath(store_path(url)) == path


def test_a_kind_of_store_that_is_not_there() -> None:
    with pytest.raises(EnvironmentFailure, match="no store of the kind mysql://"):
        store_path("mysql://localhost/events")
