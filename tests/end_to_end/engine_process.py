"""What the end-to-end tests share: the engine as a process of its own, and what a store holds."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import count as count_up
from itertools import islice
from pathlib import Path

from engine.kafka.client import ClientSettings
from engine.kafka.producer import KafkaProducer
from engine.resources import resource

ENGINE = (sys.executable, "-m", "engine")
SYSTEMS = str(resource("systems"))

_TABLES = {
    "events": (
        "SELECT system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason, "
        "event_id, join_state, ambiguous, seen, kind, detail_id FROM events ORDER BY event_id"
    ),
    "details": "SELECT detail_id, correlation_id, failure_reason, state, event_id FROM details "
    "ORDER BY detail_id",
    "quarantined": "SELECT record_id, reason, raw, raw_length FROM quarantined ORDER BY record_id",
    "ignored": "SELECT system_id, kind, records FROM ignored ORDER BY system_id, kind",
    "progress": "SELECT name, next_offset, records_read FROM stream ORDER BY name",
    "archived": "SELECT name, sum(records) FROM archive JOIN stream USING (stream_id) "
    "GROUP BY name ORDER BY name",
}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The test's environment without what would change the engine's."""
    dropped = {"KAFKA_BOOTSTRAP_SERVERS", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONPATH": str(Path(SYSTEMS).parent), **(extra or {})}


def run_engine(
    *arguments: str, cwd: Path, stdin: bytes = b"", limit_s: float = 60.0
) -> subprocess.CompletedProcess[bytes]:
    """One command, to its end."""
    return subprocess.run(
        [*ENGINE, *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment(),
        timeout=limit_s,
        check=False,
    )


def succeed(*arguments: str, cwd: Path, stdin: bytes = b"", limit_s: float = 60.0) -> bytes:
    """One command that must exit with 0; its standard output."""
    done = run_engine(*arguments, cwd=cwd, stdin=stdin, limit_s=limit_s)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of standard error, where there must be no traceback."""
    talk = done.stderr.decode()
    assert "Traceback" not in talk
    return talk.rstrip("\n").rpartition("\n")[2]


class RunningEngine:
    """`engine …` that goes on; its talk can be waited for."""

    def __init__(self, arguments: Sequence[str], cwd: Path) -> None:
        self._talk = cwd / f"talk-{random.randrange(10**9)}.txt"
        with self._talk.open("wb") as talk:
            self.process = subprocess.Popen(
                [*ENGINE, *arguments],
                cwd=cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=talk,
                env=environment(),
            )

    @property
    def talk(self) -> str:
        """What it has said so far."""
        return self._talk.read_text(encoding="utf-8")

    def wait_until(self, enough: Callable[[], bool], limit_s: float = 20.0) -> None:
        """Wait until something is the case, while it runs."""
        deadline = time.monotonic() + limit_s
        while not enough():
            assert self.process.poll() is None, f"it ended: {self.talk}"
            assert time.monotonic() < deadline, f"not in time: {self.talk}"
            time.sleep(0.02)

    def wait_for_talk(self, text: str, limit_s: float = 20.0) -> None:
        """Wait until it has said ``text``."""
        self.wait_until(lambda: text in self.talk, limit_s)

    def end(self, number: signal.Signals = signal.SIGTERM, limit_s: float = 30.0) -> float:
        """Send a signal, wait for the end; the seconds it took. The exit status must be 0."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(limit_s)
        assert self.process.returncode == 0, self.talk
        assert "Traceback" not in self.talk
        return time.monotonic() - began


@contextmanager
def engine_running(*arguments: str, cwd: Path) -> Iterator[RunningEngine]:
    """A running engine, gone at the end of the block whatever happens."""
    engine = RunningEngine(arguments, cwd)
    try:
        yield engine
    finally:
        if engine.process.poll() is None:
            engine.process.send_signal(signal.SIGCONT)
            engine.process.kill()
        engine.process.communicate()


def contents(store: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a store holds and that must be the same whatever happened on the way."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(sql).fetchall() for name, sql in _TABLES.items()}


def event_rows(store: Path) -> list[tuple[str, str, str, str, str, str | None, str]]:
    """The six documented fields of each event, and its join state."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        return connection.execute(
            "SELECT system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason, "
            "join_state FROM events"
        ).fetchall()


def count(store: Path, table: str) -> int:
    """How many rows a table or view has; 0 while there is none."""
    return _number(store, f"count(*) FROM {table}")


def _number(store: Path, what: str) -> int:
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            (found,) = connection.execute(f"SELECT {what}").fetchone()
        except sqlite3.OperationalError:
            return 0  # it is being made
    assert isinstance(found, int)
    return found


def send(settings: ClientSettings, topic: str, records: Iterable[bytes]) -> None:
    """Records to a topic, each with a key of its own, so that halves lie apart."""
    producer = KafkaProducer(settings)
    for record in records:
        producer.send(topic, record, key=record[-24:])
    producer.flush()
    producer.close()


def stored(store: Path) -> int:
    """How many records a store has taken; 0 while there is none."""
    return _number(store, "coalesce(sum(records_read), 0) FROM stream")


def made_records(number: int, seed: int = 1) -> Iterator[bytes]:
    """Records of the four systems, some in halves and some of no system at all."""
    return islice(_endless_records(random.Random(seed)), number)


def write_records(file: Path, number: int, seed: int = 1) -> None:
    """The same as a file of lines."""
    with file.open("wb") as lines:
        lines.writelines(record + b"\n" for record in made_records(number, seed))


def _endless_records(rng: random.Random) -> Iterator[bytes]:
    for number in count_up():
        yield from _STEPS[number % len(_STEPS)](number, rng)


def _moment(number: int) -> str:
    seconds = number // 10
    day, hour = 1 + seconds // 86400 % 28, seconds // 3600 % 24
    return f"2025-05-{day:02}T{hour:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _separate_json(number: int, rng: random.Random) -> Iterator[bytes]:
    failed = rng.random() < 0.3
    status = "FAILURE" if failed else "SUCCESS"
    key = f"flow-{number // 8}"
    yield (
        f'{{"system": "fedebom", "checkpoint": "CHECKPOINT_{number % 3}", "status": "{status}", '
        f'"timestamp": "{_moment(number)}", "correlation_id": "{key}"}}'
    ).encode()
    if failed:
        yield (
            f'{{"system": "fedebom", "correlation_id": "{key}", '
            f'"failure_reason": "REASON_{rng.randrange(9)}"}}'
        ).encode()


def _separate_text(number: int, rng: random.Random) -> Iterator[bytes]:
    failed = rng.random() < 0.3
    status = "FAILURE" if failed else "SUCCESS"
    key = f"flow-{number // 8}"
    yield f"{_moment(number)} CMF: CMF_CHECKPOINT_{number % 3} - {status} (ID: {key})".encode()
    if failed:
        yield f"{_moment(number)} CMF CMF_ERROR: (ID: {key}) - REASON_{rng.randrange(9)}".encode()


def _inline_text(number: int, rng: random.Random) -> Iterator[bytes]:
    tail = " - timeout (db)" if rng.random() < 0.2 else ""
    status = "FAILURE" if tail else "SUCCESS"
    key = f"flow-{number // 8}"
    yield f"{_moment(number)} BCIS: STEP_{number % 5} - {status} (ID: {key}){tail}".encode()


def _of_nobody(number: int, rng: random.Random) -> Iterator[bytes]:
    if rng.random() < 0.02:
        yield f"nobody's line {number}".encode()


_STEPS = (_separate_json, _separate_text, _inline_text, _of_nobody)
