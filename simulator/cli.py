"""The command line of the simulator. Exit status: 0 all is well, 1 a spec or the flow has findings,
2 wrong usage, 3 the environment failed."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from engine.diagnostics import EnvironmentFailure, SpecError
from engine.kafka.client import BROKERS_VARIABLE, SettingError, client_settings
from engine.kafka.producer import KafkaProducer
from engine.model import System
from engine.resources import resource
from engine.spec import load_systems
from simulator.faults import FaultError, Faults
from simulator.flow_file import default_flow_file, load_flow
from simulator.meaning import hashes
from simulator.simulation import START_US, Simulation
from simulator.targets import KafkaTarget, LinesTarget, Target, send
from simulator.times import read_time

PROBLEMS, USAGE, ENVIRONMENT = 1, 2, 3

REDACT_KEY_VARIABLE: Final = "LOGLOOM_REDACT_KEY"

_COUNT_MAX: Final = 1_000_000_000
_START_US_MAX: Final = 100_000_000_000_000_000
"""Some time after the year 5000: simulated time goes on from there for long."""
_END_SECONDS_MAX: Final = 2.5
"""How long sending may take to end after a signal."""


class UsageError(Exception):
    """Options that do not go together or name what cannot be: one line, exit status 2."""


class _BrokenOff(BaseException):
    """A signal ends the simulation here; no ``Exception``, so that nothing takes it for one."""


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with exit status 2 and one line."""
        self.exit(USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a simulation; the exit status. Wrong usage that argparse sees exits at once with 2."""
    arguments = parser().parse_args(argv)
    try:
        return _run(arguments)
    except SpecError as error:
        for one in error.diagnostics:
            place = f"{one.location.file}:{one.location.line}:{one.location.column}"
            _say(f"{place}: {one.severity} {one.code}: {one.message}")
            if one.help:
                _say(f"  {one.help}")
        _talk(f"{error}: nothing was sent")
        return PROBLEMS
    except (UsageError, FaultError, SettingError) as error:
        _talk(str(error))
        return USAGE
    except EnvironmentFailure as failure:
        _talk(str(failure))
        return ENVIRONMENT
    except BrokenPipeError:
        # The reader has seen enough; the interpreter must not write at its end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the edge: no traceback reaches a user
        if arguments.debug:
            traceback.print_exc()
        else:
            _talk(f"this should not happen: {error!r} (--debug shows where; please report it)")
        return ENVIRONMENT


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _OneLineParser(
        prog="simulator",
        description="Send the records of simulated flows through all systems, rendered by their "
        "own specs. The same seed gives the same bytes.",
        epilog="Exit status: 0 all is well, 1 a spec or the flow has findings, 2 wrong usage, "
        "3 the environment failed (broker, file).",
    )
    top.add_argument("--to", required=True, metavar="kafka|PATH|-", help="where records go")
    top.add_argument("--flows", type=_count, default=100, metavar="N", help="default: %(default)s")
    top.add_argument("--seed", type=int, default=1, metavar="S", help="default: %(default)s")
    top.add_argument(
        "--rate", type=_rate, metavar="R", help="records a second (default: as fast as it goes)"
    )
    top.add_argument(
        "--faults",
        default="none",
        metavar="SPEC",
        help="what goes wrong: none, all, or like drop=0.01,duplicate=0.02,delay=0.01,"
        "truncate=0.005,junk=0.005 (shares of the records) and reorder=20 (records)",
    )
    top.add_argument(
        "--systems",
        type=Path,
        metavar="DIR",
        help="the specs (default: systems/, else those that Logloom brings)",
    )
    top.add_argument(
        "--flow-file",
        type=Path,
        metavar="PATH",
        help="what a flow goes through (default: flows/orders.yaml beside the specs, if there)",
    )
    top.add_argument(
        "--start",
        default="",
        metavar="TIME",
        help="when simulated time begins: 2025-05-04T10:00:00Z (default), another, or now; "
        "topics whose retention is in days keep no old records",
    )
    top.add_argument(
        "--truth", type=Path, metavar="PATH", help="write what really happened, as JSON lines"
    )
    kafka = top.add_argument_group("to Kafka")
    kafka.add_argument("--topic", default="raw-logs", help="default: %(default)s")
    kafka.add_argument(
        "--brokers", metavar="HOST:PORT", help=f"default: the variable {BROKERS_VARIABLE}"
    )
    kafka.add_argument(
        "-X",
        dest="properties",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a property of the Kafka client, like acks=1; repeatable",
    )
    top.add_argument("--debug", action="store_true", help="show tracebacks and client logs")
    return top


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _COUNT_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {_COUNT_MAX:,}")
    return number


def _rate(text: str) -> float:
    rate = float(text)
    if not 0.001 <= rate <= 1e9:  # also refuses what is no number
        raise argparse.ArgumentTypeError(f"{text} is not between 0.001 and 1,000,000,000")
    return rate


def _run(arguments: argparse.Namespace) -> int:
    directory = arguments.systems or _default_systems()
    faults = Faults.parse(arguments.faults)
    start_us = _start_us(arguments.start)
    systems = load_systems([directory])
    flow_file = arguments.flow_file or default_flow_file([directory])
    flow = None if flow_file is None else load_flow(flow_file, systems)
    simulation = Simulation(
        systems,
        flow,
        flows=arguments.flows,
        seed=arguments.seed,
        faults=faults,
        pretty=arguments.to == "kafka",
        start_us=start_us,
        redact_key=_redact_key(systems, arguments),
    )
    stop = threading.Event()
    with _listening(stop) as listening, ExitStack() as opened:
        target = _open_target(arguments, opened)
        truth = _open_truth(arguments, opened)
        listening.is_sending = True
        sent = send(simulation.emissions(), target, rate=arguments.rate, truth=truth, stop=stop)
        listening.is_sending = False
        dropped = f", {sent.dropped:,} dropped" if sent.dropped else ""
        _talk(f"{sent.records:,} records of {len(sent.flows):,} flows sent{dropped}")
    if listening.broke_off:
        _talk("broken off: not every record was delivered")
        return ENVIRONMENT
    return 0


def _redact_key(systems: Sequence[System], arguments: argparse.Namespace) -> bytes:
    """The key with which the engine hashes values, from the environment: without it the truth
    about them cannot be told. Raises EnvironmentFailure."""
    key = os.fsencode(os.environ.get(REDACT_KEY_VARIABLE, ""))
    if arguments.truth is not None and not key and any(map(hashes, systems)):
        raise EnvironmentFailure(f"a spec hashes values: set {REDACT_KEY_VARIABLE} to the key")
    return key


def _default_systems() -> Path:
    here = Path("systems")
    return here if here.is_dir() else resource("systems")


def _start_us(text: str) -> int:
    if not text:
        return START_US
    if text == "now":
        return time.time_ns() // 1000
    start = read_time(text, UTC)
    if start is None or not 0 <= start.us < _START_US_MAX:
        raise UsageError(f'--start "{text}": a time like 2025-05-04T10:00:00Z, or now')
    return start.us


def _open_target(arguments: argparse.Namespace, opened: ExitStack) -> Target:
    """The place that ``--to`` names. Raises UsageError, SettingError, EnvironmentFailure."""
    if arguments.to == "kafka":
        settings = client_settings(
            arguments.brokers, arguments.properties, os.environ, debug=arguments.debug
        )
        producer = KafkaProducer(settings)
        opened.callback(producer.close)
        return KafkaTarget(producer, arguments.topic)
    if arguments.to == "-":
        return LinesTarget(sys.stdout.buffer)
    target = LinesTarget(_open_file(Path(arguments.to), "--to"), arguments.to)
    opened.callback(target.close)
    return target


def _open_truth(arguments: argparse.Namespace, opened: ExitStack) -> BinaryIO | None:
    if arguments.truth is None:
        return None
    if (
        arguments.to not in {"kafka", "-"}
        and arguments.truth.resolve() == Path(arguments.to).resolve()
    ):
        raise UsageError("--truth and --to name the same file")
    return opened.enter_context(_open_file(arguments.truth, "--truth"))


def _open_file(path: Path, option: str) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        raise EnvironmentFailure(f"{option}: cannot write {path}: {error.strerror}") from error


class _Listening:
    """Whether records are in hand, and whether a signal has broken off sending them."""

    is_sending = False
    broke_off = False


@contextmanager
def _listening(stop: threading.Event) -> Iterator[_Listening]:
    """SIGTERM and Ctrl-C end after the present record, what was queued being delivered; while
    nothing is sent yet, or when that takes too long, at once."""
    state = _Listening()

    def on_request(_number: int, _frame: object) -> None:
        if not state.is_sending:
            raise _BrokenOff
        stop.set()
        signal.setitimer(signal.ITIMER_REAL, _END_SECONDS_MAX)

    def on_deadline(_number: int, _frame: object) -> None:
        state.broke_off = True
        raise _BrokenOff

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, on_request) for number in numbers}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, on_deadline)
    try:
        yield state
    except _BrokenOff:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _talk(line: str) -> None:
    """One line to the person."""
    _say(f"simulator: {line}")


def _say(line: str) -> None:
    """To standard error; what does not print is shown as an escape."""
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
    print(shown, file=sys.stderr, flush=True)  # noqa: T201 - a line for a person
