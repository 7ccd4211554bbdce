"""Source that takes records by their shape: what ``Layout`` says, as string methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.compiler.shapes import Layout
from engine.compiler.writing import Code

_LINE: Final = "prefix, middle, suffix, half, marks, slot"
"""What is known of a shape where records become lines."""
_ROW: Final = "number, checkpoint_id, status, half, marks, slot"
"""What is known of a shape where records become rows."""
_HALF: Final = "number, checkpoint_id, status"
"""What is known of a shape of events that expect a detail."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """Statements that take a record apart, a test that it is written so, and what it then has: its
    shape, its time, and where that begins."""

    statements: Sequence[str]
    tests: Sequence[str]
    shape: str
    time: str


def _parts(layout: Layout) -> _Parts:
    chars, cut = layout.time_chars, len(layout.time_cut)
    statements = [f"head, found, rest = line.partition({layout.cut!r})"]
    tests: list[str] = []
    if layout.end:
        statements.append(f"identifier, found, tail = rest.partition({layout.end!r})")
        tests.append("found")
    else:
        statements.append("identifier = rest")
    shape = []
    if layout.where == "first":
        if cut:
            tests.append(f"head[:{cut}] == {layout.time_cut!r}")
        shape, time = [f"head[{cut + chars}:]"], f"head[{cut}:{cut + chars}]"
    elif layout.where == "before":
        shape, time = [f"head[:-{chars}]"], f"head[-{chars}:]"
    elif layout.where == "behind":
        statements.append(f"between, _, after = tail.partition({layout.time_cut!r})")
        shape, time = ["head", "between", f"after[{chars}:]"], f"after[:{chars}]"
    else:
        statements.append(f"before, _, after = head.partition({layout.time_cut!r})")
        shape, time = ["before", f"after[{chars}:]"], f"after[:{chars}]"
    if layout.tail:
        tests.append(f"tail == {layout.tail!r}")
    elif layout.tail is not None and layout.end:
        tests.append("not tail")
    elif layout.tail is None and layout.where != "behind":
        shape.append("tail")
    tests.append("identifier")
    if not layout.is_object:
        tests.append("'\"' not in identifier")
    source = shape[0] if len(shape) == 1 else f"({', '.join(shape)})"
    return _Parts(statements, tests, source, time)


def write_take(layouts: Sequence[Layout], *, to_lines: bool) -> str:
    """A module with ``take(lines, offsets, at)`` and, for each layout, ``split_N(line)``: the
    record's shape, time and id, or None."""
    code = Code()
    for number, layout in enumerate(layouts):
        _write_split(code, number, layout)
    code.add("def take(lines, offsets, at):")
    code.depth += 1
    code.add("".join(f"seen_{number} = " for number in range(len(layouts))) + "None")
    code.add("for line, offset in zip(lines, offsets):")
    code.depth += 1
    numbered = list(enumerate(layouts))
    code.add('if line[:1] == "{":')
    _write_all(code, [one for one in numbered if one[1].is_object], to_lines=to_lines)
    code.add("else:")
    _write_all(code, [one for one in numbered if not one[1].is_object], to_lines=to_lines)
    code.add("missed(line, offset)")
    return code.text()


def _write_split(code: Code, number: int, layout: Layout) -> None:
    parts = _parts(layout)
    code.add(f"def split_{number}(line):")
    code.depth += 1
    code.add(*parts.statements, f"if {' and '.join(parts.tests)}:")
    code.add(f"    return {parts.shape}, {parts.time}, identifier", "return None", "")
    code.depth -= 1


def _write_all(code: Code, layouts: Sequence[tuple[int, Layout]], *, to_lines: bool) -> None:
    code.depth += 1
    if not layouts:
        code.add("pass")
    for number, layout in layouts:
        _write_layout(code, number, layout, to_lines=to_lines)
    code.depth -= 1


def _write_layout(code: Code, number: int, layout: Layout, *, to_lines: bool) -> None:
    parts, before = _parts(layout), code.depth
    begin = len(layout.time_cut) if layout.where == "first" else 0
    code.add(*parts.statements, f"if {' and '.join(parts.tests)}:")
    code.depth += 1
    code.add(f"shape = shapes_{number}.get({parts.shape})", "if shape is not None:")
    code.depth += 1
    code.add(f"time = {parts.time}", f"if time != seen_{number}:")
    code.add(f"    i = times_{number}.get(time) or read_{number}(time, line, {begin})")
    code.add("    if i is None:", "        missed(line, offset)", "        continue")
    code.add(f"    seen_{number} = time", f"    text_{number}, us_{number} = i")
    code.add(f"{_LINE if to_lines else _ROW} = shape")
    code.add(f"if marks is not None and us_{number} != last[slot]:")
    code.add(f"    last[slot] = us_{number}", f"    marks[us_{number}] = None")
    code.add("if half is not None:", f"    {_HALF} = half")
    known = f"offset, number, checkpoint_id, text_{number}, us_{number}, status, identifier, None"
    code.add(f"    event({known}, True)", "    continue")
    if to_lines:
        line = f"{{prefix}}{{text_{number}}}{{middle}}{{identifier}}{{at}}{{offset}}{{suffix}}"
        code.add(f'add(f"{line}")', "continue")
    else:
        code.add(f"add(({known}))", "continue")
    code.depth = before
