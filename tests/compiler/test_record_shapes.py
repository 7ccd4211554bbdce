"""Records that are taken by their shape become what the reference makes of them, as rows and as
lines, whatever stands where others have their time and their id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from random import Random

import pytest
from comparing import Comparison, Different
from elsewhere import Spec
from examples import IS_NIGHT, examples
from fuzzing import seeds_of
from holes import STREAM, WRITTEN, batches, shapes_of
from hypothesis import given
from hypothesis import strategies as st
from made_systems import SYSTEMS
from made_up_kinds import filled, made_up
from seeding import SHIPPED, checked, many
from test_any_specs import loaded

from engine.compiler import compile_normalizer, learning, running
from engine.compiler.shape_source import write_take
from engine.compiler.shapes import Layout
from engine.event_json import RowLines
from engine.model import Records, System
from engine.samples import SAMPLES_KEY

TIMES = 20 if IS_NIGHT else 1
BATCHES = 20


class BothForms:
    """Rows held against the reference, and lines held against those rows."""

    def __init__(self, systems: Sequence[System]) -> None:
        self._comparison = Comparison(systems)
        self._to_lines = compile_normalizer(systems, SAMPLES_KEY, to_lines=True)
        self._to_rows = compile_normalizer(systems, SAMPLES_KEY)
        self._written = RowLines(self._to_rows.kinds)
        self._offset = 0
        self.count = 0
        self.line_count = 0
        """Records that became lines at once, by their shape."""

    def compare(self, values: Sequence[bytes]) -> None:
        """Raises Different."""
        self._comparison.compare(values)
        begin, end = self._offset, self._offset + len(values)
        self._offset = end
        made = []
        for one in (self._to_lines, self._to_rows):
            records = Records(STREAM, list(values), range(begin, end), range(begin + 1, end + 1))
            made.append(one.normalize_all(records))
        lines, rows = made
        found = b"".join(lines.blocks).decode().splitlines(keepends=True)
        assert len(found) == lines.line_count
        found += self._written.lines(STREAM, lines.rows, is_plain=lines.is_plain)
        wanted = self._written.lines(STREAM, rows.rows, is_plain=rows.is_plain)
        if sorted(found) != sorted(wanted):
            raise Different(str(sorted(set(found) ^ set(wanted))[:4]))
        self.count += len(values)
        self.line_count += lines.line_count


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows as small as the batches here, so that shapes are known after the first."""
    monkeypatch.setattr(learning, "WINDOW", 100)
    monkeypatch.setattr(learning, "LOSS_MAX", 1_000)
    monkeypatch.setattr(learning, "RESTS", 500)
    monkeypatch.setattr(learning, "AGE", 1)


def compared(
    systems: Sequence[System], seeds: Sequence[bytes], rounds: int, seed: int
) -> BothForms:
    print(f"seed {seed}, {', '.join(system.name for system in systems)}")  # shown where it fails
    both, rng = BothForms(systems), Random(seed)
    usual = shapes_of(systems, WRITTEN)
    if shapes := shapes_of(systems, seeds):
        for _ in range(rounds):
            some = rng.sample(usual, min(len(usual), rng.choice([1, 2, 4])))
            some += rng.sample(shapes, min(len(shapes), 0 if some and rng.random() < 0.5 else 3))
            for values in batches(some, rng, BATCHES):
                both.compare(values)
    return both


@pytest.mark.parametrize("seed", range(3))
def test_the_shipped_specs(seed: int) -> None:
    systems = checked(*SHIPPED)
    both = compared(systems, seeds_of(systems, Random(seed), 12), 8 * TIMES, seed)
    assert both.line_count > both.count // 4


def test_systems_that_join_and_merge_and_keep() -> None:
    compared(SYSTEMS, seeds_of(SYSTEMS, Random(1), 6), 6 * TIMES, 1)


def test_many_systems_with_texts_that_hold_each_other() -> None:
    systems = many()
    both = compared(systems, seeds_of(systems, Random(2), 2), 6 * TIMES, 2)
    assert both.line_count > both.count // 8


@examples(40)
@given(specs=made_up(), seed=st.integers(0, 2**32))
def test_all_ways_to_a_value(specs: list[Spec], seed: int) -> None:
    seeds = list(filled(specs, Random(seed), 60))
    compared(loaded(specs), seeds, 1, seed)


def _compare_until_noticed(systems: Sequence[System]) -> None:
    for seed in range(10):
        compared(systems, seeds_of(systems, Random(0), 12), 8, seed)


CHANGES = {
    "an id that is empty": (r"if identifier and", "if"),
    "a quote in an id": (r" and '\"' not in identifier", ""),
    "something after the end of a text": (r" and not tail", ""),
    "no end of a text": (r"found and not tail", "not tail"),
    "something after the id of an object": (r"tail == '}'", "True"),
    "another end": (r"line\[-[12]:\] == .*? and", "True and"),
    "an end in an id": (r" and '\)' not in identifier", ""),
    "another literal before the id": (r"line\[-\d+:-\d+\] == '.*?' and", "True and"),
    "another time": (r"if time != seen_", "if None is seen_"),
    "a time that is none": (r"if i is None:", "if i is None and times_0 is None:"),
    "a detail that is expected": (r"if half is not None:", "if False:"),
    "the times of a system": (r"if marks is not None", "if False"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_source_is_noticed(
    change: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_changed(layouts: Sequence[Layout], *, to_lines: bool) -> str:
        source = write_take(layouts, to_lines=to_lines)
        changed, count = re.subn(*change, source)
        places.append(count)
        return changed

    places: list[int] = []
    monkeypatch.setattr(learning, "write_take", write_changed)
    systems = checked(*SHIPPED)
    with pytest.raises((Different, TypeError)):
        _compare_until_noticed(systems)
    assert any(places)


def test_a_record_with_an_escape_that_is_not_taken_out_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "_hidden", lambda *_, **__: {})
    systems = checked(*SHIPPED)
    with pytest.raises(Different):
        _compare_until_noticed(systems)


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_object_that_holds_time_and_id_of_another(
    is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_asked:
        monkeypatch.setattr(learning, "is_flat", lambda _: True)
    both = BothForms(checked(*SHIPPED))
    record = (
        '{"of": {"timestamp": "2025-05-04T10:30:00", "correlation_id": "id"}, '
        '"timestamp": "2025-05-04T10:30:00", "correlation_id": "id", '
        '"system": "reporting", "checkpoint": "A", "status": "SUCCESS"}'
    )
    both.compare([record.encode()] * 200)
    both.compare([record.encode()])
    with nullcontext() if is_asked else pytest.raises(Different):
        both.compare([record.replace(': "id"', ': "other"', 1).encode()])


@pytest.mark.parametrize("is_asked", [True, False])
def test_another_key_with_the_time_of_the_record(
    is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_asked:
        monkeypatch.setattr(learning, "_is_written_so", lambda *_: True)
    both = BothForms(checked(*SHIPPED))
    record = (
        '{"system": "reporting", "checkpoint": "A", "status": "SUCCESS", '
        '"timestamp": "2025-05-04T10:30:00", "correlation_id": "id"}'
    )
    both.compare([record.encode()] * 200)
    other = record.replace(
        '"correlation_id"', '"received": "2025-05-04T10:30:00", "correlation_id"'
    )
    both.compare([other.encode()])
    with nullcontext() if is_asked else pytest.raises(Different):
        both.compare([other.replace('received": "2025', 'received": "2024').encode()])
