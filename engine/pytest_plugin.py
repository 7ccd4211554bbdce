"""The pytest plugin: `pytest systems/` in any repository runs the checks of `engine test`.

pytest loads it by its entry point (``-p no:logloom`` keeps it out). A YAML file that has the keys
of a spec is collected, with one test for each check; everything else is imported only then.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engine.diagnostics import Diagnostic
    from engine.golden.checks import Check, Failure
    from engine.golden.suite import Suite

_SUITES = pytest.StashKey[dict[Path, "Suite"]]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A spec, if it is one."""
    if file_path.suffix not in {".yaml", ".yml"}:
        return None
    from engine.golden.recognition import looks_like_spec

    return SpecFile.from_parent(parent, path=file_path) if looks_like_spec(file_path) else None


class SpecFailed(Exception):
    """A check failed; the message is the report."""


class SpecFile(pytest.File):
    """One spec: whether it is one, and its checks if it is."""

    def collect(self) -> Iterator[pytest.Item]:
        """``spec``, and one test a check."""
        suite = self._suite()
        file = self.path.resolve()
        findings = [one for one in suite.diagnostics if Path(one.location.file).resolve() == file]
        yield SpecItem.from_parent(self, name="spec", findings=findings)
        for system in suite.systems:
            if Path(system.location.file).resolve() == file:
                for check in suite.checks_of(system):
                    yield CheckItem.from_parent(self, name=check.title, check=check)

    def _suite(self) -> Suite:
        """All specs of the folder: they are meant to run together. Loaded once a session."""
        from engine.golden.suite import load_suite

        folder = self.path.parent
        suites = self.config.stash.setdefault(_SUITES, {})
        if folder not in suites:
            specs = [self.path, *_specs_beside(self.path)]
            suites[folder] = load_suite([Path(os.path.relpath(one)) for one in specs])
        return suites[folder]


class _Item(pytest.Item):
    """A test that fails without a traceback."""

    line = 1

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """The place in the spec."""
        return self.path, self.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What failed, where, and in which fields."""
        from engine.diagnostics import EnvironmentFailure

        if isinstance(excinfo.value, SpecFailed | EnvironmentFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)


class SpecItem(_Item):
    """Whether anything is wrong with the spec itself (``engine validate``)."""

    def __init__(self, *, findings: list[Diagnostic], **rest: Any) -> None:
        super().__init__(**rest)
        self._findings = findings

    def runtest(self) -> None:
        """Fail with every finding that keeps the spec from running."""
        from engine.cli.findings import print_findings

        errors = [one for one in self._findings if one.severity == "error"]
        if errors:
            report = io.StringIO()
            print_findings(errors, report)
            raise SpecFailed(report.getvalue().rstrip())


class CheckItem(_Item):
    """One check."""

    def __init__(self, *, check: Check, **rest: Any) -> None:
        super().__init__(**rest)
        self._check = check
        self.line = check.location.line

    def runtest(self) -> None:
        """Run it; the report has the spec's line and what differs."""
        failures = self._check.run().failures
        if failures:
            at = self._check.location
            raise SpecFailed("\n".join([f"{at.file}:{at.line}", *_lines(failures)]))


def _lines(failures: Iterable[Failure]) -> Iterator[str]:
    from engine.golden.checks import failure_lines

    for failure in failures:
        yield from failure_lines(failure)


def _specs_beside(path: Path) -> list[Path]:
    from engine.golden.recognition import looks_like_spec

    return [one for one in sorted(path.parent.iterdir()) if looks_like_spec(one)]
