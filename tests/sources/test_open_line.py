"""A last line without a line break is taken, and the person is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_reading import MemoryStore, read_files


@pytest.mark.parametrize("content, told", [("a\nb", True), ("a\nb\n", False), ("", False)])
def test_a_line_without_its_end_is_told_once(tmp_path: Path, content: str, told: bool) -> None:
    (tmp_path / "a.log").write_text(content)
    _, notes = read_files(MemoryStore(), tmp_path / "a.log")
    assert ["ends without a line break" in note for note in notes] == [True] * told
