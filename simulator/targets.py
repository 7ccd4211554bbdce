"""Where records go: a topic, a file, standard output; at a chosen rate, with a ledger beside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol

from engine.diagnostics import EnvironmentFailure
from engine.kafka.producer import KafkaProducer
from simulator.ledger import Emission

_AHEAD_SECONDS_MAX: Final = 0.02
"""How far sending may run ahead of the rate before it waits."""
_PROGRESS_RECORDS: Final = 1000


class Target(Protocol):
    """A place for records."""

    def write(self, emission: Emission) -> None:
        """Take a record. Raises EnvironmentFailure."""

    def flush(self) -> None:
        """Return when all records are where others can read them. Raises EnvironmentFailure."""

    def close(self) -> None:
        """Release the place; never raises."""


class LinesTarget:
    """A file or standard output, one record a line."""

    def __init__(self, file: BinaryIO, name: str = "standard output") -> None:
        self._file = file
        self._name = name

    def write(self, emission: Emission) -> None:
        """Write the record and a line break."""
        _write(self._file, emission.value + b"\n", self._name)

    def flush(self) -> None:
        """Let others read it."""
        _flush(self._file, self._name)

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError:
            pass  # what could not be written has been told by write or flush


class KafkaTarget:
    """A topic. The key is the correlation id in three flows of four, so that a flow stays in one
    partition; in the others every record has a key of its own, and halves lie apart. The record
    timestamp is the simulated time. Raises EnvironmentFailure if there is no such topic."""

    def __init__(self, producer: KafkaProducer, topic: str) -> None:
        producer.check_topic(topic)
        self._producer = producer
        self._topic = topic

    def write(self, emission: Emission) -> None:
        """Queue the record."""
        self._producer.send(
            self._topic, emission.value, emission.key, timestamp_ms=emission.sent_us // 1000
        )

    def flush(self) -> None:
        """Return when all are delivered."""
        self._producer.flush()

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()


@dataclass(slots=True)
class Sent:
    """What was sent so far."""

    records: int = 0
    dropped: int = 0
    flows: set[int] = field(default_factory=set)


def send(
    emissions: Iterable[Emission],
    target: Target,
    *,
    rate: float | None = None,
    truth: BinaryIO | None = None,
    stop: threading.Event | None = None,
    on_progress: Callable[[Sent], None] = lambda _: None,
) -> Sent:
    """Send all emissions, ``rate`` records a second at most, and write the ledger to ``truth``;
    ends after the present record where ``stop`` is set. The target is flushed, not closed.

    Raises EnvironmentFailure.
    """
    stop = stop or threading.Event()
    sent = Sent()
    begin = time.monotonic()
    for emission in emissions:
        if stop.is_set():
            break
        if emission.number is None:
            sent.dropped += 1
        else:
            target.write(emission)
            sent.records += 1
        if emission.flow is not None:
            sent.flows.add(emission.flow)
        if truth is not None:
            _write(truth, emission.to_line(), "the ledger")
        if rate is not None:
            ahead_s = sent.records / rate - (time.monotonic() - begin)
            if ahead_s > _AHEAD_SECONDS_MAX:
                target.flush()
                stop.wait(ahead_s)
        if sent.records % _PROGRESS_RECORDS == 0:
            on_progress(sent)
    target.flush()
    if truth is not None:
        _flush(truth, "the ledger")
    on_progress(sent)
    return sent


def _write(file: BinaryIO, content: bytes, name: str) -> None:
    try:
        file.write(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EnvironmentFailure(f"cannot write to {name}: {error.strerror}") from error


def _flush(file: BinaryIO, name: str) -> None:
    try:
        file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EnvironmentFailure(f"cannot write to {name}: {error.strerror}") from error
