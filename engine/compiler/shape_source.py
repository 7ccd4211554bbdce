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
    """Statements that take a record apart, tests that it is written so, and what its shape and its
    time then are."""

    statements: Sequence[str]
    tests: Sequence[str]
    shape: str
    time: str


def _parts(layout: Layout) -> _Parts:
    return _counted(layout) if layout.id_chars else _searched(layout)


def _counted(layout: Layout) -> _Parts:
    """By places counted from the end, where ids have one length. The cut is in the shape, or right
    behind the time."""
    closing = f"{layout.end}{layout.tail}"
    chars, time_cut, back = layout.time_chars, layout.time_cut, layout.id_chars + len(closing)
    statements = [f"identifier = line[-{back}:{-len(closing) or ''}]"]
    tests = [f"line[-{len(closing)}:] == {closing!r}"] if closing else []
    if layout.where == "first":
        begin, end = len(time_cut), len(time_cut) + chars
        tests += [f"line[:{begin}] == {time_cut!r}"] if begin else []
        shape, time = f"line[{end}:-{back}]", f"line[{begin}:{end}]"
    elif layout.where == "before":
        cut = back + len(layout.cut)
        tests.append(f"line[-{cut}:-{back}] == {layout.cut!r}")
        shape, time = f"line[:-{cut + chars}]", f"line[-{cut + chars}:-{cut}]"
    else:
        statements.append(f"before, _, after = line[:-{back}].partition({time_cut!r})")
        shape, time = f"(before, after[{chars}:])", f"after[:{chars}]"
    banned = dict.fromkeys(('"', layout.end))
    tests += [f"{char!r} not in identifier" for char in banned if char]
    return _Parts(statements, tests, shape, time)


def _searched(layout: Layout) -> _Parts:
    """By what stands around them."""
    chars, begin = layout.time_chars, len(layout.time_cut)
    statements = [f"head, found, rest = line.partition({layout.cut!r})"]
    tests = ["identifier"]
    if layout.end:
        statements.append(f"identifier, found, tail = rest.partition({layout.end!r})")
        tests.append("found")
    else:
        statements.append("identifier = rest")
    if layout.where == "first":
        tests += [f"head[:{begin}] == {layout.time_cut!r}"] if begin else []
        shape, time = [f"head[{begin + chars}:]"], f"head[{begin}:{begin + chars}]"
    elif layout.where == "before":
        shape, time = [f"head[:-{chars}]"], f"head[-{chars}:]"
    elif layout.where == "behind":
        statements.append(f"between, _, after = tail.partition({layout.time_cut!r})")
        shape, time = ["head", "between", f"after[{chars}:]"], f"after[:{chars}]"
    else:
        statements.append(f"before, _, after = head.partition({layout.time_cut!r})")
        shape, time = ["before", f"after[{chars}:]"], f"after[:{chars}]"
    if layout.tail is not None and layout.end:
        tests.append(f"tail == {layout.tail!r}" if layout.tail else "not tail")
    elif layout.tail is None and layout.where != "behind":
        shape.append("tail")
    tests += [] if layout.is_object else ["'\"' not in identifier"]
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
