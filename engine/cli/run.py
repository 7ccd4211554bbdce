"""`engine run`: records of Kafka, files or standard input become events in a store or as lines."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.cli.options import (
    DEFAULT_GROUP,
    DEFAULT_TOPIC,
    REDACT_KEY_VARIABLE,
    Commands,
    Options,
    UsageError,
    add_store,
    add_systems,
    positive,
    redact_key,
    year,
)
from engine.cli.run_progress import RunProgress, in_words
from engine.cli.stopping import StopRequest
from engine.diagnostics import EnvironmentFailure
from engine.runner import Runner, Totals
from engine.samples import load_checked
from engine.sources import FRAMINGS, RECORD_BYTES_MAX
from engine.views.amounts import counted
from engine.views.terminal import talk


def add_to(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "run",
        help="normalize records from Kafka, files or standard input",
        description="Normalize records from a Kafka topic, or with --from from files or standard "
        "input, into a store, or with --to into JSON lines. SIGTERM and Ctrl-C finish the batch, "
        "commit and exit with 0; the next run goes on from there. Where specs hash values, the "
        f"variable {REDACT_KEY_VARIABLE} holds the key.",
    )
    add_systems(parser)
    _add_kafka_options(parser.add_argument_group("from Kafka"))
    _add_file_options(parser.add_argument_group("from files or standard input"))
    target = parser.add_mutually_exclusive_group()
    add_store(target)
    target.add_argument(
        "--to",
        metavar="TARGET",
        help="instead of a store, JSON lines to a file, to - (standard output) or to kafka:TOPIC: "
        "each event once, when it is final",
    )
    parser.add_argument(
        "--accept-gap",
        action="store_true",
        help="go on where records that were not read yet are gone",
    )
    parser.set_defaults(run=run)


def _add_kafka_options(group: Options) -> None:
    group.add_argument(
        "--brokers",
        metavar="HOST:PORT",
        help="bootstrap servers (default: the variable KAFKA_BOOTSTRAP_SERVERS)",
    )
    group.add_argument("--topic", help=f"the topic to read (default: {DEFAULT_TOPIC})")
    group.add_argument("--group", help=f"the consumer group (default: {DEFAULT_GROUP})")
    group.add_argument(
        "-X",
        dest="properties",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a property of the Kafka client, like security.protocol=SASL_SSL; repeatable",
    )
    group.add_argument(
        "--until-end",
        action="store_true",
        help="stop at the end of the topic as it is at the start",
    )


def _add_file_options(group: Options) -> None:
    group.add_argument(
        "--from",
        dest="paths",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="files, directories of files, or - for standard input; one record a line; repeatable",
    )
    group.add_argument(
        "--framing",
        choices=FRAMINGS,
        help="lines, or json for pretty-printed or concatenated JSON (default: lines)",
    )
    group.add_argument(
        "--record-bytes-max",
        metavar="N",
        type=positive,
        help="longer records are quarantined by their beginning, length and hash "
        f"(default: {RECORD_BYTES_MAX})",
    )
    group.add_argument(
        "--year",
        metavar="YYYY",
        type=year,
        help="the year of times that tell none (default: the one that brings them nearest to the "
        "file's last modification, and no more than a day after it)",
    )
    group.add_argument(
        "--follow", action="store_true", help="go on at the end of a file and wait for more"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until the end of the source or until told to stop."""
    _check_together(arguments)
    progress = RunProgress(shares_terminal="-" in (arguments.to, *arguments.paths))

    def before_sudden_end() -> None:
        progress.restore_terminal()
        _tell_left_unwritten(arguments)

    stop = StopRequest(before_sudden_end)
    totals = Totals()
    with stop.listening():
        _run(arguments, progress, stop, totals)
    _tell_end(arguments, stop, totals)
    return 0


def _check_together(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options of the other kind of source."""
    kafka_only = [
        ("--topic", arguments.topic),
        ("--group", arguments.group),
        ("--until-end", arguments.until_end),
    ]
    if not (arguments.to or "").startswith("kafka:"):
        kafka_only += [("--brokers", arguments.brokers), ("-X", arguments.properties)]
    files_only = [
        ("--framing", arguments.framing),
        ("--record-bytes-max", arguments.record_bytes_max),
        ("--follow", arguments.follow),
        ("--year", arguments.year),
    ]
    for option, value in kafka_only if arguments.paths else files_only:
        if value and arguments.paths:
            raise UsageError(f"{option} is for Kafka and does not go with --from")
        if value:
            raise UsageError(f"{option} is for files and needs --from")


def _run(
    arguments: argparse.Namespace, progress: RunProgress, stop: StopRequest, totals: Totals
) -> None:
    # The Kafka client, SQLite and the compiler are loaded here, so that --help stays quick.
    from engine.cli.run_ends import open_ends
    from engine.compiler import compile_normalizer

    if not Path(arguments.systems).exists():
        raise EnvironmentFailure(
            f"there are no specs at {arguments.systems}: name their directory with --systems"
        )
    systems = load_checked([Path(arguments.systems)])
    to_lines = bool(arguments.to)
    normalizer = compile_normalizer(systems, redact_key=redact_key(), to_lines=to_lines)
    with open_ends(arguments, systems, talk) as ends:
        known = counted(len(systems), "system")
        talk(f"reading {ends.source_title} into {ends.target_title} ({known})")
        runner = Runner(
            ends.source,
            ends.store,
            normalizer,
            stop,
            on_progress=progress.show,
            on_note=talk,
            totals=totals,
        )
        with progress:
            runner.run()
        if not ends.source.finished and not ends.held_is_read_again:
            stop.writing = True
            ends.store.finish()
            stop.writing = False


def _tell_left_unwritten(arguments: argparse.Namespace) -> None:
    again = "standard input cannot be read again" if "-" in arguments.paths else "it is read again"
    talk(f"what was in hand could not be written in time: {again}")


def _tell_end(arguments: argparse.Namespace, stop: StopRequest, totals: Totals) -> None:
    if stop.broke_off_writing:
        _tell_left_unwritten(arguments)
    line = in_words(totals)
    if arguments.paths and not totals.read and not stop.requested:
        line = f"{line}, nothing new"
    if totals.outcomes["quarantined"]:
        kept = "with --store they are kept, with the reason"
        line = f"{line}; {'`engine quarantine list` shows why' if arguments.to is None else kept}"
    talk(f"{'stopped, ' if stop.requested else ''}{line}")
