"""Lines are the same whether events come as rows or one by one, and however many go out at once."""

from __future__ import annotations

from collections import Counter

import pytest
from examples import examples
from histories import History, ListSource, histories, runner, seeds
from hypothesis import given
from hypothesis import strategies as st
from made_systems import SYSTEMS

from engine import interpreter
from engine.stores import lines


class Blocks:
    """A sink that keeps what it gets as it got it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, block: bytes) -> None:
        self.written.append(block)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def lines(self) -> Counter[bytes]:
        return Counter(b"".join(self.written).splitlines())


@given(histories(), seeds, st.integers(1, 4))
@examples(80)
def test_neither_rows_nor_blocks_change_a_line(
    history: History, seed: int, block_lines: int
) -> None:
    by_row, one_by_one = Blocks(), Blocks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_LINES", block_lines)
        runner(ListSource(history, seed, most=9), lines.LineStore(by_row)).run()
    plain = runner(ListSource(history, seed, most=9), lines.LineStore(one_by_one))
    plain.normalizer = interpreter.compile_normalizer(SYSTEMS)
    plain.run()
    assert by_row.lines() == one_by_one.lines()
    assert all(block.endswith(b"\n") for block in by_row.written)
    assert all(block.count(b"\n") < 2 * block_lines for block in by_row.written)
