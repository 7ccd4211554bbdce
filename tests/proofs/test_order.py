"""A declared order between kinds of one spec: obeyed, and proved to be needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.interpreter import compile_normalizer
from engine.model import Event, Ignored, Record, Rejection
from engine.samples import check_specs
from engine.spec import load_systems

SPEC = """
system: pay
format: text
records:
  any:
    template: "{{timestamp:iso}} PAY {{status}} {{correlation_id}} {{checkpoint_id}}"
    {any}
  retry:
    template: "{{timestamp:iso}} PAY {{status}} {{correlation_id}} RETRY {{checkpoint_id}}"
    {retry}
ignore: ["{{:iso}} PAY SUCCESS {{:word}} PING"]
"""
BOTH = b"2025-05-04T10:30:00 PAY SUCCESS a RETRY b"
PING = b"2025-05-04T10:30:00 PAY SUCCESS a PING"


def spec(tmp_path: Path, **orders: str) -> Path:
    file = tmp_path / "pay.yaml"
    said = {kind: f"after: {orders[kind]}" if kind in orders else "" for kind in ("any", "retry")}
    file.write_text(SPEC.format(**said))
    return file


def errors(file: Path) -> list[str]:
    return [one.code for one in check_specs([file]).diagnostics if one.severity == "error"]


def test_without_an_order_both_overlaps_are_told(tmp_path: Path) -> None:
    assert errors(spec(tmp_path)) == ["E403", "E403"]


def test_an_order_that_is_needed_is_accepted_and_obeyed(tmp_path: Path) -> None:
    file = spec(tmp_path, any="[retry, ignore]")
    assert errors(file) == []
    both, ping, plain = compile_normalizer(load_systems([file])).normalize(
        [
            Record("s", n, n + 1, value)
            for n, value in enumerate([BOTH, PING, BOTH.replace(b"RETRY", b"FIRST")])
        ]
    )
    assert isinstance(both, Event)
    assert (both.kind, both.checkpoint_id) == ("retry", "b")
    assert isinstance(ping, Ignored)
    assert isinstance(plain, Event)
    assert (plain.kind, plain.checkpoint_id) == ("any", "FIRST b")


def test_an_order_is_what_keeps_the_record_from_being_ambiguous(tmp_path: Path) -> None:
    """The control: the same kinds without it."""
    (outcome,) = compile_normalizer(load_systems([spec(tmp_path)])).normalize(
        [Record("s", 0, 1, BOTH)]
    )
    assert isinstance(outcome, Rejection)
    assert outcome.reason == "ambiguous"


@pytest.mark.parametrize("needless", ["ignore", "[any, ignore]"])
def test_an_order_that_no_record_needs_is_refused(tmp_path: Path, needless: str) -> None:
    codes = errors(spec(tmp_path, any="ignore", retry=needless))
    assert codes == (["E404"] if "any" in needless else ["E403", "E404"])


def test_another_order_is_another_digest(tmp_path: Path) -> None:
    first, second = (
        load_systems([spec(tmp_path, **orders)])[0]
        for orders in ({"any": "retry"}, {"retry": "any"})
    )
    assert first.digest != second.digest
