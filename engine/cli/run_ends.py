"""The two ends of a run, opened as its options say: where records come from, where events go.

The Kafka client and SQLite are loaded only by a run that uses them, so that the others start
sooner.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.cli.options import DEFAULT_GROUP, DEFAULT_TOPIC, UsageError
from engine.conversions import year_reference_us
from engine.model import System
from engine.ports import Source, Store
from engine.record_starts import compile_record_starts
from engine.sources import RECORD_BYTES_MAX, open_source
from engine.stores.line_files import FileLines, StandardOutput
from engine.stores.lines import LineStore, Sink

if TYPE_CHECKING:
    from engine.kafka.client import ClientSettings

STANDARD: Final = "-"
"""Standard input as a source, standard output as a target."""
KAFKA: Final = "kafka:"
"""What a target begins with that is a topic."""


@dataclass(slots=True)
class Ends:
    """A source and a store, with what people call them. ``held_is_read_again``: what the store
    holds back when a run is stopped comes again with the next run."""

    source: Source
    source_title: str
    store: Store
    target_title: str
    held_is_read_again: bool


@contextmanager
def open_ends(
    arguments: argparse.Namespace, systems: Sequence[System], on_note: Callable[[str], None]
) -> Iterator[Ends]:
    """Both ends; the store is closed at the end of the block, the source by the runner.

    Raises UsageError and EnvironmentFailure.
    """
    ends = _ends(arguments, systems, on_note)
    try:
        yield ends
    finally:
        ends.store.close()


def _ends(
    arguments: argparse.Namespace, systems: Sequence[System], on_note: Callable[[str], None]
) -> Ends:
    if arguments.paths and not (arguments.to or "").startswith(KAFKA):
        return _from_files(arguments, systems, on_note)
    from engine.kafka.client import SettingError

    opened = _from_files if arguments.paths else _from_kafka
    try:
        return opened(arguments, systems, on_note)
    except SettingError as error:
        raise UsageError(str(error)) from None


def _from_files(
    arguments: argparse.Namespace, systems: Sequence[System], on_note: Callable[[str], None]
) -> Ends:
    paths: list[str] = arguments.paths
    if STANDARD in paths and len(paths) > 1:
        raise UsageError("--from - is standard input alone: leave the other paths out")
    _refuse_own(paths, arguments)
    source = open_source(
        paths,
        framing=arguments.framing or "lines",
        begins_record=compile_record_starts(systems),
        follow=arguments.follow,
        record_bytes_max=arguments.record_bytes_max or RECORD_BYTES_MAX,
        accept_gap=arguments.accept_gap,
        as_written_us=_as_written_us(arguments),
        on_note=on_note,
    )
    title = "standard input" if paths == [STANDARD] else ", ".join(paths)
    if arguments.to is None:
        return Ends(
            source, title, _store(arguments, systems), arguments.store, held_is_read_again=True
        )
    if paths != [STANDARD]:
        _refuse_twice(arguments.to)
    lines = LineStore(_sink(arguments, None))
    return Ends(source, title, lines, _target_title(arguments.to), held_is_read_again=False)


def _as_written_us(arguments: argparse.Namespace) -> int | None:
    """In place of the times the files were written: the one by which times fall into the year
    that was asked for."""
    return None if arguments.year is None else year_reference_us(arguments.year, UTC)


def _refuse_own(paths: Sequence[str], arguments: argparse.Namespace) -> None:
    """Raises UsageError for a target that lies in a directory that is read: the run would read
    what it writes."""
    written = _written_file(arguments)
    for path in paths:
        if written and Path(path).is_dir() and written.is_relative_to(Path(path).resolve()):
            raise UsageError(
                f"{arguments.store if arguments.to is None else arguments.to} lies in {path}, "
                "which is read: name a place for it outside of there"
            )


def _written_file(arguments: argparse.Namespace) -> Path | None:
    """The file that the run writes, resolved; None if it writes to standard output or a topic."""
    if arguments.to is None:
        from engine.stores.sqlite import store_path

        return store_path(arguments.store).resolve()
    is_file = arguments.to != STANDARD and not arguments.to.startswith(KAFKA)
    return Path(arguments.to).resolve() if is_file else None


def _refuse_twice(target: str) -> None:
    """Files are read from their beginning when there is no store that remembers how far. Raises
    UsageError if what they give is in the target already."""
    path = Path(target)
    if path.is_file() and path.stat().st_size > 0:
        raise UsageError(
            f"{target} is not empty, and without a store files are read from their beginning: "
            "what was written before would be in it twice; name a new file"
        )


def _from_kafka(
    arguments: argparse.Namespace, systems: Sequence[System], on_note: Callable[[str], None]
) -> Ends:
    from engine.kafka.source import KafkaSource

    settings = _settings(arguments)
    topic: str = arguments.topic or DEFAULT_TOPIC
    group: str = arguments.group or DEFAULT_GROUP
    if arguments.to == f"{KAFKA}{topic}":
        raise UsageError(f"--to {arguments.to} is the topic that is read: name another one")
    source = KafkaSource(
        settings,
        topic,
        group,
        until_end=arguments.until_end,
        accept_gap=arguments.accept_gap,
        commit_as_stored=arguments.to is None,
        on_note=on_note,
    )
    title = f"topic {topic} at {settings.brokers} as group {group}"
    if arguments.to is None:
        return Ends(
            source, title, _store(arguments, systems), arguments.store, held_is_read_again=True
        )
    lines = LineStore(
        _sink(arguments, settings),
        progress=source.committed_progress,
        on_low_water=source.commit_offsets,
    )
    return Ends(source, title, lines, _target_title(arguments.to), held_is_read_again=True)


def _store(arguments: argparse.Namespace, systems: Sequence[System]) -> Store:
    from engine.stores.sqlite import SqliteStore

    return SqliteStore.open(arguments.store, systems)


def _settings(arguments: argparse.Namespace) -> ClientSettings:
    from engine.kafka.client import client_settings

    return client_settings(
        arguments.brokers, arguments.properties, os.environ, debug=arguments.debug
    )


def _sink(arguments: argparse.Namespace, settings: ClientSettings | None) -> Sink:
    target: str = arguments.to
    if target == STANDARD:
        return StandardOutput()
    if not target.startswith(KAFKA):
        return FileLines(Path(target))
    topic = target.removeprefix(KAFKA)
    if not topic:
        raise UsageError("--to kafka: needs the name of a topic, like --to kafka:events")
    from engine.kafka.producer import KafkaLines, KafkaProducer

    return KafkaLines(KafkaProducer(settings or _settings(arguments)), topic)


def _target_title(target: str) -> str:
    if target.startswith(KAFKA):
        return f"topic {target.removeprefix(KAFKA)}"
    return "standard output" if target == STANDARD else target
