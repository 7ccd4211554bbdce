"""The segments of a kind's template that records can have or not: each way to read one is to be
seen in a sample or case."""

from __future__ import annotations

from collections.abc import Iterator

from engine.golden.rereading import reading_of
from engine.model import FieldPart, GroupPart, LiteralPart, Part, RecordKind

_MESSAGE = "message"
_TEXT_CHARS_MAX = 40


def segments_of(kind: RecordKind) -> Iterator[str]:
    """What there is to see of the segments, in words. The header is left out: it is that of all
    kinds, and its variants are the business of nobody's samples."""
    for group in _groups(_own_parts(kind)):
        for number in range(len(group.branches)):
            if number not in group.refused:
                yield _in_words(group, number)


def segments_in(kind: RecordKind, text: str) -> Iterator[str]:
    """What a record shows of them."""
    if not any(isinstance(part, GroupPart) for part in _own_parts(kind)):
        return
    reading = reading_of(kind, text)
    for group, number in reading.chosen if reading is not None else ():
        yield _in_words(group, number)


def _own_parts(kind: RecordKind) -> tuple[Part, ...]:
    """The parts of the kind's own template: what stands in the header's message, if it has one."""
    parts = () if kind.template is None else kind.template.parts
    messages = [one for one in _groups(parts) if one.name == _MESSAGE and len(one.branches) == 1]
    return messages[0].branches[0] if messages else parts


def _groups(parts: tuple[Part, ...]) -> Iterator[GroupPart]:
    for part in parts:
        if isinstance(part, GroupPart):
            yield part
            for number, branch in enumerate(part.branches):
                if number not in part.refused:
                    yield from _groups(branch)


def _in_words(group: GroupPart, number: int) -> str:
    """``with " opID={opid}"``, ``without …``, or which one of several it is."""
    branches = group.branches
    is_optional = len(branches) == 2 and branches[1] == ()
    text = "".join(map(_written, branches[0 if is_optional else number]))
    shown = text if len(text) <= _TEXT_CHARS_MAX else text[: _TEXT_CHARS_MAX - 1] + "…"
    if is_optional:
        return f'{"without" if number else "with"} "{shown}"'
    named = "" if group.name is None else f"{group.name} as "
    return f'{named}"{shown}"'


def _written(part: Part) -> str:
    if isinstance(part, LiteralPart):
        return part.text
    if isinstance(part, FieldPart):
        return "{" + (part.name or "") + "}"
    return "{…}"
