"""The SQLite store: opening, migrations, reading. What one commit does is in ``sqlite_commit``.

apsw rather than the standard library's driver: its wheel brings a current SQLite (3.7.0 to 3.51.2
can corrupt a WAL database that two connections write and checkpoint) and costs a fifth less.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urlsplit

import apsw

from engine.diagnostics import EnvironmentFailure
from engine.model import System
from engine.ports import Batch, Progress, StoreBusy
from engine.resources import resource
from engine.stores.sqlite_numbers import Numbers

APPLICATION_ID: Final = 0x4C4F474C  # "LOGL", in the file's header
BUSY_MS: Final = 1000
"""How long a lock is waited for before StoreBusy gives the runner the word."""

_SETTINGS: Final = (
    # Of a new store only. Each page is written to the log and copied from there: half as many cost
    # less; still larger ones would make a commit of a few records dear.
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    # FULL costs nothing measurable at one transaction a second, and standard input cannot be
    # read again after a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 10000",
    "PRAGMA cache_size = -32768",
)


def store_path(url: str) -> Path:
    """The file that a ``--store`` value names: a path, or ``sqlite:///path``.

    Raises EnvironmentFailure for a kind of store that is not there.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        return Path(url)
    if scheme != "sqlite":
        raise EnvironmentFailure(f"no store of the kind {scheme}:// (a path or sqlite:///path)")
    return Path(unquote(urlsplit(url).path.removeprefix("/")))


class SqliteStore:
    """One writing connection. Every commit is one transaction, fenced by the stored progress."""

    def __init__(self, connection: apsw.Connection, path: Path, systems: Sequence[System]) -> None:
        self._connection = connection
        self._path = path
        self._systems = systems
        self._numbers = Numbers(connection)
        self.on_step: Callable[[str], None] = lambda _: None
        """Called with the name of each step of a commit as it begins; tests crash here."""

    @classmethod
    def open(cls, url: str, systems: Sequence[System]) -> Self:
        """Open the store, make it or bring it up to date, and note the specs that write it.

        Raises EnvironmentFailure where it cannot be written or is not a store of ours.
        """
        path = store_path(url)
        with failures_as_one_line(path):
            connection = apsw.Connection(os.fspath(path))
            with _closed_on_failure(connection):
                connection.set_busy_timeout(BUSY_MS)
                _check_ours(connection, path)
                _set_up(connection)
                _migrate(connection, path)
        return cls(connection, path, systems)

    def progress(self, stream: str) -> Progress | None:
        """The stored progress of a stream; None if it was never read."""
        with failures_as_one_line(self._path):
            row = self._connection.execute(
                "SELECT next_offset, incarnation FROM stream WHERE name = ?", (stream,)
            ).fetchone()
        return None if row is None else Progress(*row)

    def commit(self, batch: Batch) -> None:
        """Store all of the batch or nothing. Raises Fenced, StoreBusy, EnvironmentFailure."""
        # Loaded here, because whoever only reads a store needs nothing of how rows are made.
        from engine.stores.sqlite_commit import Commit

        with failures_as_one_line(self._path):
            self._step("begin")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except apsw.BusyError as error:
                raise StoreBusy(f"another process holds the lock of {self._path}") from error
            try:
                Commit(self._connection, self._systems, self._numbers, self._step).run(batch)
                self._step("commit")
                self._connection.execute("COMMIT")
            except BaseException:
                self._numbers = Numbers(self._connection)  # what was given is taken back
                # Some failures (disk full) have already ended the transaction.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._step("committed")

    def finish(self) -> None:
        """Nothing is held back: waiting events are rows already."""

    def reader(self) -> SqliteReader:
        """A look at what is committed, through this store's own connection: the only way to see
        a store in memory. It must not outlive the store."""
        return SqliteReader(self._connection, self._path)

    def close(self) -> None:
        """Fold the write-ahead log into the file and release it."""
        self._connection.close()

    def _step(self, name: str) -> None:
        self.on_step(name)


class SqliteReader:
    """A read-only look at a store, for views: all its queries see the store as it was at the
    first of them, so that numbers of several queries belong together while a run goes on."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query, one at a time. Raises EnvironmentFailure."""
        with failures_as_one_line(self._path):
            yield from self._connection.execute(sql, tuple(parameters))

    def close(self) -> None:
        """Release the store."""
        self._connection.close()


def open_reader(url: str) -> SqliteReader:
    """A reader of an existing store. Raises EnvironmentFailure where there is none."""
    path = store_path(url)
    with failures_as_one_line(path):
        if not path.exists():
            raise EnvironmentFailure(f"no store at {path}: `engine run` makes one (--store PATH)")
        connection = _connect_to_read(path)
        with _closed_on_failure(connection):
            connection.set_busy_timeout(5 * BUSY_MS)
            _check_ours(connection, path)
            _check_up_to_date(connection, path)
            connection.execute("BEGIN")  # the snapshot is taken by the first query
    return SqliteReader(connection, path)


def _connect_to_read(path: Path) -> apsw.Connection:
    # Opened for writing where that is allowed, though it never writes: the last connection that
    # may write takes the write-ahead log away with it, a read-only one leaves it behind.
    connection = apsw.Connection(os.fspath(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        with _closed_on_failure(connection):
            connection.execute("PRAGMA query_only = 1").fetchall()
            _version(connection)
    except (apsw.ReadOnlyError, apsw.CantOpenError):
        # Where nothing may be written, the log's index cannot be made; without a log none is
        # needed (a read-only disk, a store of somebody else).
        if Path(f"{path}-wal").exists():
            raise
        unchanging = f"{path.resolve().as_uri()}?immutable=1"
        return apsw.Connection(unchanging, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    return connection


@contextmanager
def _closed_on_failure(connection: apsw.Connection) -> Iterator[None]:
    """Leave no lock and no file beside a database that is not to be used."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextmanager
def failures_as_one_line(path: Path) -> Iterator[None]:
    """Say what SQLite says in one line for a person. Raises EnvironmentFailure."""
    try:
        yield
    except apsw.BusyError as error:
        raise EnvironmentFailure(f"the store {path} is locked by another process") from error
    except apsw.FullError as error:
        raise EnvironmentFailure(
            f"no room left for the store {path}; what was stored is safe, run again with room"
        ) from error
    except apsw.ReadOnlyError as error:
        raise EnvironmentFailure(f"the store {path} cannot be written (permissions?)") from error
    except apsw.CantOpenError as error:
        is_directory = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a long name
        why = "it is a directory" if is_directory else "no such directory, or no permission"
        raise EnvironmentFailure(f"cannot open the store {path}: {why}") from error
    except (apsw.NotADBError, apsw.CorruptError) as error:
        raise EnvironmentFailure(f"{path} is not a sound SQLite database") from error
    except apsw.SQLError as error:  # the statements are ours, so it is the tables that are not
        raise EnvironmentFailure(f"the store {path} was changed by somebody: {error}") from error
    except apsw.IOError as error:
        raise EnvironmentFailure(f"reading or writing the store {path} failed: {error}") from error
    except OSError as error:
        raise EnvironmentFailure(f"cannot open the store {path}: {error.strerror}") from error


def _set_up(connection: apsw.Connection) -> None:
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            for setting in _SETTINGS:
                connection.execute(setting).fetchall()
            return
        except apsw.BusyError:
            # SQLite does not wait where a new file becomes a WAL database, and another process
            # may be making it one.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


# --- migrations -------------------------------------------------------------------------------


def _migrations() -> list[tuple[int, Path]]:
    files = sorted(resource("schema/store").glob("*.sql"))
    return [(int(file.name.partition("_")[0]), file) for file in files]


def _version(connection: apsw.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").get
    return version


def _check_ours(connection: apsw.Connection, path: Path) -> None:
    newest = _migrations()[-1][0]
    # One statement sees one state: another process may be making the store right now.
    ((application, version, tables),) = connection.execute(
        """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
           FROM pragma_application_id, pragma_user_version"""
    ).fetchall()
    assert isinstance(version, int)
    if application != APPLICATION_ID and (version != 0 or tables != 0):
        raise EnvironmentFailure(f"{path} is a database of something else, not a store of Logloom")
    if version > newest:
        raise EnvironmentFailure(
            f"the store {path} was made by a newer Logloom "
            f"(its version is {version}, this one knows {newest}): upgrade, or name another store"
        )


def _check_up_to_date(connection: apsw.Connection, path: Path) -> None:
    """A look changes nothing, so it does not migrate either."""
    version, newest = _version(connection), _migrations()[-1][0]
    if version == 0:
        raise EnvironmentFailure(f"{path} is an empty database, not a store of Logloom")
    if version < newest:
        raise EnvironmentFailure(
            f"the store {path} was made by an earlier Logloom (its version is {version}, this one "
            f"reads {newest}): any `engine run` into it brings it up to date"
        )


def _migrate(connection: apsw.Connection, path: Path) -> None:
    """Run the numbered files that the store has not seen, in one transaction."""
    if _version(connection) == _migrations()[-1][0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        _check_ours(connection, path)  # another process may have been faster
        version = _version(connection)
        for number, file in _migrations():
            if number > version:
                connection.execute(file.read_text(encoding="utf-8"))
                connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
