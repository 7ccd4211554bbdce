"""Cases beside a spec: a log, and line by line what must become of it (docs/testing-specs.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.diagnostics import EnvironmentFailure, Location
from engine.golden.checks import Failure, Result
from engine.golden.table import Row, Table, Taker, numbered, tabulate
from engine.interpreter import Interpreter
from engine.model import Record, System
from engine.sources.framing import RECORD_BYTES_MAX, new_framer

LOG_SUFFIX: Final = ".log"
EXPECTED_SUFFIX: Final = ".expected.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """A sequence of records of a system (and of others that are loaded with it)."""

    system: System
    name: str
    log: Path
    expected: Path


def case_folder(spec: Path) -> Path:
    """Where the cases of a spec lie: in the folder beside it that is named like it."""
    return spec.with_suffix("")


def cases_of(system: System) -> list[Case]:
    """The cases of a system by name; those of which one half is missing too."""
    folder = case_folder(Path(system.location.file))
    names: set[str] = set()
    if folder.is_dir():
        for file in folder.iterdir():
            for suffix in (LOG_SUFFIX, EXPECTED_SUFFIX):
                if file.name.endswith(suffix) and not file.name.startswith("."):
                    names.add(file.name.removesuffix(suffix))
    return [
        Case(system, name, folder / f"{name}{LOG_SUFFIX}", folder / f"{name}{EXPECTED_SUFFIX}")
        for name in sorted(names)
    ]


def read_records(case: Case) -> list[Record]:
    """What a file source would read in the log. Raises EnvironmentFailure."""
    framer = new_framer("lines", case.log.name, RECORD_BYTES_MAX)
    with _failures_as_one_line(case.log):
        data = case.log.read_bytes()
    return numbered([*framer.feed(data), *framer.end()])


def check_case(case: Case, normalizer: Interpreter) -> Result:
    """Run the case as a file and compare. Raises EnvironmentFailure."""
    if not case.log.exists():
        message = f"there is no {case.log.name}: what was to be read?"
        return Result((Failure(Location(str(case.expected), 1, 1), message),))
    if not case.expected.exists():
        message = f"there is no {case.expected.name}: `engine test --update` writes it; read it"
        return Result((Failure(Location(str(case.log), 1, 1), message),))
    expected, failures = read_expected(case)
    if failures:
        return Result(tuple(failures))
    table = tabulate([read_records(case)], normalizer)
    return Result(tuple(compare(case, expected, table, normalizer.systems)))


def update_case(case: Case, table: Table, systems: Sequence[System]) -> Result:
    """Make the expected file what the table says; what changes, as failures of the old one.
    Raises EnvironmentFailure."""
    text = "".join(written(row) + "\n" for row in table.rows.values())
    expected: dict[int, Row] = {}
    failures: list[Failure] = []
    if case.expected.exists():
        with _failures_as_one_line(case.expected):
            if case.expected.read_bytes() == text.encode():
                return Result(())
        expected, failures = read_expected(case)
    changes = (*failures, *compare(case, expected, table, systems))
    with _failures_as_one_line(case.expected):
        case.expected.write_bytes(text.encode())
    return Result(changes or (Failure(Location(str(case.expected), 1, 1), "only its layout"),))


def written(row: Row) -> str:
    """A row as the expected file has it."""
    return json.dumps(row, ensure_ascii=False)


# --- reading the expected side ------------------------------------------------------------------


def read_expected(case: Case) -> tuple[dict[int, Row], list[Failure]]:
    """The rows by line, and what cannot be read. Raises EnvironmentFailure."""
    with _failures_as_one_line(case.expected):
        data = case.expected.read_bytes()
    rows: dict[int, Row] = {}
    failures = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        row = _row(line)
        if isinstance(row, str):
            failures.append(Failure(Location(str(case.expected), number, 1), row))
            continue
        at = row["line"]
        assert isinstance(at, int)
        if at in rows:
            message = f"a second row for line {at} of the log"
            failures.append(Failure(Location(str(case.expected), number, 1), message))
        rows[at] = row
    return rows, failures


def _row(line: bytes) -> Row | str:
    """The row, or what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(row, dict):
        return "not a JSON object"
    if type(row.get("line")) is not int:
        return 'no "line": the number of the record in the log'
    return row


# --- comparing ----------------------------------------------------------------------------------


def compare(
    case: Case, expected: Mapping[int, Row], table: Table, systems: Sequence[System]
) -> Iterator[Failure]:
    """What differs, record by record."""
    for line in sorted(expected.keys() | table.rows.keys()):
        at = Location(str(case.log), line, 1)
        want, got = expected.get(line), table.rows.get(line)
        if want is None:
            assert got is not None
            about = _about(got, table.takers.get(line), systems)
            yield Failure(at, f"unexpected: {about}", (f"got {written(got)}",))
        elif got is None:
            yield Failure(at, "missing: the log has no such line", (f"expected {written(want)}",))
        else:
            details = tuple(differing_fields(want, got))
            if details:
                yield Failure(at, _about(got, table.takers.get(line), systems), details)


def differing_fields(want: Row, got: Row) -> Iterator[str]:
    """One line for each field that is not the same."""
    for key in dict.fromkeys([*want, *got]):
        if not _same(want.get(key), got.get(key)):
            yield f"{key}: expected {_shown(want.get(key))}, got {_shown(got.get(key))}"


def _same(one: object, other: object) -> bool:
    return _in_one_order(one) == _in_one_order(other)  # true is not 1


def _in_one_order(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _about(row: Row, taker: Taker | None, systems: Sequence[System]) -> str:
    """What it is, and the place in the spec that made it so."""
    if taker is None:
        return str(row["outcome"])
    place = f"{taker.system}.{taker.kind}"
    for system in systems:
        for kind in system.kinds:
            if (system.name, kind.name) == taker:
                place += f", {kind.location.file}:{kind.location.line}"
    return f"{row['outcome']} ({place})"


@contextmanager
def _failures_as_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentFailure(f"{path}: {error.strerror or error}") from error
