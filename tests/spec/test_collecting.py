"""The garbage collector comes seldom while specs are loaded, and as often as before afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.collecting import collector_spared
from engine.diagnostics import SpecError
from engine.spec import load_systems


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    "before, within",
    [((700, 10, 10), 50_000), ((90_000, 5, 5), 90_000), ((0, 10, 10), 0)],
)
def test_it_is_spared_no_more_than_it_was_and_never_set_going(
    before: tuple[int, int, int], within: int
) -> None:
    gc.set_threshold(*before)
    with collector_spared():
        assert gc.get_threshold() == (within, *before[1:])
    assert gc.get_threshold() == before


def test_findings_leave_it_as_it_was(tmp_path: Path) -> None:
    gc.set_threshold(711, 9, 8)
    (tmp_path / "broken.yaml").write_text("system: [")
    with pytest.raises(SpecError):
        load_systems([tmp_path])
    assert gc.get_threshold() == (711, 9, 8)
