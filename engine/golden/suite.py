"""All checks of some specs: loaded once, run in any order, each on its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from engine.diagnostics import CODES, Diagnostic, Location, SpecError
from engine.golden.cases import (
    EXPECTED_SUFFIX,
    LOG_SUFFIX,
    Case,
    cases_of,
    check_case,
    read_records,
    update_case,
)
from engine.golden.checks import Check, Failure, Result
from engine.golden.coverage import Coverage, goals_of, reached_by_records, reached_by_table
from engine.golden.orders import check_orders
from engine.golden.recognition import SPEC_SUFFIXES, looks_like_spec
from engine.golden.round_trip import RoundTrip
from engine.golden.table import tabulate
from engine.interpreter import Interpreter, compile_normalizer
from engine.model import Record, RecordKind, Sample, System
from engine.proofs.exclusive import check_exclusive
from engine.samples import SAMPLES_KEY, check_sample
from engine.spec import load_specs

DEFAULT_SEED: Final = 7


@dataclass(frozen=True, slots=True)
class Suite:
    """The specs that are tested, and all that are loaded together with them."""

    systems: tuple[System, ...]
    """Those that are tested."""
    diagnostics: tuple[Diagnostic, ...]
    """What is wrong with them, but for their samples."""
    normalizer: Interpreter
    stray: tuple[Path, ...] = ()
    """Folders of cases that belong to no spec."""
    seed: int = DEFAULT_SEED

    def checks(self) -> Iterator[Check]:
        """Every check, spec by spec: samples, cases, arrival orders, round trips."""
        for folder in self.stray:
            yield Check(
                "case", "", folder.name, Location(str(folder), 1, 1), partial(_stray, folder)
            )
        for system in self.systems:
            yield from self.checks_of(system)

    def checks_of(self, system: System) -> Iterator[Check]:
        """The checks of one system."""
        for kind in system.kinds:
            if kind.role != "ignore" and not kind.samples:
                run = partial(_unsampled, kind)
                yield Check("sample", system.name, kind.name, kind.location, run)
            for index, sample in enumerate(kind.samples):
                run = partial(self._sample, system, kind, sample)
                name = f"{kind.name}[{index}]"
                yield Check("sample", system.name, name, sample.location, run)
        for case in cases_of(system):
            run = partial(check_case, case, self.normalizer)
            yield Check("case", system.name, case.name, system.location, run)
            if case.log.exists():
                rng = self._random(system.name, "orders", case.name)
                run = partial(check_orders, case, self.normalizer, rng)
                yield Check("orders", system.name, case.name, system.location, run)
        trip = RoundTrip(self.normalizer)
        for kind in system.kinds:
            rng = self._random(system.name, "round trip", kind.name)
            run = partial(trip.check, system, kind, rng)
            yield Check("round trip", system.name, kind.name, kind.location, run)

    def cases(self) -> Iterator[Case]:
        """The cases of all systems that are tested, those without a log left out."""
        for system in self.systems:
            yield from (case for case in cases_of(system) if case.log.exists())

    def update(self) -> Iterator[tuple[Case, Result]]:
        """Write the expected side of every case; what changed in each."""
        for case in self.cases():
            table = tabulate([read_records(case)], self.normalizer)
            yield case, update_case(case, table, self.normalizer.systems)

    def coverage(self) -> Coverage:
        """What samples and cases exercise."""
        coverage = Coverage(tuple(goals_of(self.systems)))
        samples = [
            sample.record.encode("utf-8", "surrogatepass")
            for system in self.systems
            for kind in system.kinds
            for sample in kind.samples
        ]
        records = [Record("sample", at, at + 1, value) for at, value in enumerate(samples)]
        coverage.reached.update(reached_by_records(records, self.normalizer))
        for case in self.cases():
            records = read_records(case)
            coverage.reached.update(reached_by_records(records, self.normalizer))
            table = tabulate([records], self.normalizer)
            coverage.reached.update(reached_by_table(table, self.systems))
        return coverage

    def _random(self, *names: str) -> Random:
        """The same check draws the same values, whatever else is run."""
        return Random(f"{self.seed}/{'/'.join(names)}")  # noqa: S311 - repeatable, nothing secret

    def _sample(self, system: System, kind: RecordKind, sample: Sample) -> Result:
        found = check_sample(self.normalizer, system, kind, sample)
        if found is None:
            return Result(())
        details = (found.message,) if found.message != CODES[found.code].title else ()
        return Result(
            (Failure(found.location, f"{found.code}: {CODES[found.code].title}", details),)
        )


def _unsampled(kind: RecordKind) -> Result:
    """A record kind needs a sample: without one nobody knows whether it takes what is logged."""
    return Result((Failure(kind.location, f"E504: {CODES['E504'].title}", (CODES["E504"].help,)),))


def load_suite(paths: Sequence[Path], *, seed: int = DEFAULT_SEED) -> Suite:
    """The specs that ``paths`` name, as they run together with those that lie beside them.

    A single file is tested among its neighbours, so that the answer is the same however it is
    asked for; a neighbour that is broken is left out. Raises EnvironmentFailure.
    """
    neighbours = [
        one
        for path in paths
        if path.is_file()
        for one in sorted(path.absolute().parent.iterdir())
        if looks_like_spec(one)
    ]
    specs = load_specs([*paths, *map(_shortest, neighbours)])
    unique = {system.name: system for system in reversed(specs.systems)}
    systems = tuple(reversed(unique.values()))
    tested = tuple(one for one in systems if _is_named(one.location.file, paths))
    found = [*specs.diagnostics, *check_exclusive(systems)]
    found = [one for one in found if _is_named(one.location.file, paths)]
    return Suite(
        tested,
        tuple(found),
        compile_normalizer(systems, redact_key=SAMPLES_KEY),
        tuple(_stray_folders(paths)),
        seed,
    )


def load_sound_suite(paths: Sequence[Path], *, seed: int = DEFAULT_SEED) -> Suite:
    """The same, of specs that may run. Raises SpecError with every finding, EnvironmentFailure."""
    suite = load_suite(paths, seed=seed)
    if any(one.severity == "error" for one in suite.diagnostics):
        raise SpecError(suite.diagnostics)
    return suite


def _shortest(path: Path) -> Path:
    relative = os.path.relpath(path)
    return Path(relative) if not relative.startswith("..") else path


def _is_named(file: str, paths: Sequence[Path]) -> bool:
    return any(
        Path(file).resolve() == path.resolve() or Path(file).resolve().parent == path.resolve()
        for path in paths
    )


def _stray_folders(paths: Sequence[Path]) -> Iterator[Path]:
    """Folders with cases in directories of specs, and no spec of their name."""
    for path in paths:
        for folder in sorted(path.iterdir()) if path.is_dir() else []:
            has_spec = any(folder.with_name(folder.name + one).exists() for one in SPEC_SUFFIXES)
            if folder.is_dir() and not has_spec and any(map(_is_of_a_case, folder.iterdir())):
                yield folder


def _is_of_a_case(file: Path) -> bool:
    return file.name.endswith((LOG_SUFFIX, EXPECTED_SUFFIX))


def _stray(folder: Path) -> Result:
    message = f"cases that are never run: there is no {folder.name}.yaml beside the folder"
    return Result((Failure(Location(str(folder), 1, 1), message),))
