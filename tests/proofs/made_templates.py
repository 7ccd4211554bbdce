"""Templates for the proofs to work on, and texts that are near them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from engine.follows import END, Follow, follow_of
from engine.model import FieldPart, FieldType, GroupPart, LiteralPart, Part, Template
from engine.patterns import TYPES

VALUES = {
    "word": ["x", "a1_", "7"],
    "digits": ["7", "0012"],
    "number": ["-1.5", "7", "1."],
    "hex": ["a", "7f"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "ip": ["::1", "1.2.3.4", "1::2:3.4.5.6", "1.2.3.256"],
    "iso": ["2025-05-04T10:30", "2025-05-04 10:30:00.5Z", "2025-05-04T10:30:00+02"],
    "token": ["x", "a:b", "1-"],
    "spaces": [" ", "  "],
    "quoted": ['"a"', '"\\""', "'b'", '"a', '""'],
    "json": ["{}", "[1]", "{a}}"],
}
PIECES = ["a", "b", ":", " ", "-", ".", "1", "7", "x", "\n", "{", "Z", "_", '"', "|"]
GIVEN = {
    "word": ("a", "ab", "7"),
    "digits": ("7", "71"),
    "hex": ("a", "7"),
    "token": ("a", "a:"),
}
"""Values that a field may be bound to."""

LITERALS = st.text("ab: -.\n17{", min_size=1, max_size=4)


def type_named(name: str) -> FieldType:
    return FieldType(name, TYPES[name], "quoted" if name == "quoted" else "plain")


TYPE_NAMES = tuple(name for name in VALUES if name in TYPES)


def bare(name: str | None = None) -> FieldPart:
    return FieldPart(name, None)


@st.composite
def fields(draw: st.DrawFn) -> FieldPart:
    name = draw(st.sampled_from([None, None, None, *TYPE_NAMES]))
    kind = None if name is None else type_named(name)
    is_greedy = kind is None and draw(st.integers(0, 3)) == 0
    part = FieldPart("f", kind, draw(st.integers(0, 3)) == 0, is_greedy=is_greedy)
    if draw(st.integers(0, 5)) == 0:
        given = GIVEN.get(name or "word", ())
        return replace(part, values=given[: draw(st.integers(0, len(given)))])
    return part


@st.composite
def sequences(draw: st.DrawFn, depth: int, longest: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    for _ in range(draw(st.integers(0 if depth else 1, longest))):
        what = draw(st.sampled_from("llffg" if depth < 2 else "lf"))
        if what == "l" and not (parts and isinstance(parts[-1], LiteralPart)):
            parts.append(LiteralPart(draw(LITERALS)))
        elif what == "g":
            count = draw(st.integers(1, 3))
            branches = [draw(sequences(depth + 1, 3)) for _ in range(count)]
            branches = [one for one in branches if one] + [()] * draw(st.integers(0, 1))
            refused = [n for n in range(len(branches)) if draw(st.integers(0, 7)) == 0]
            if branches and branches != [()]:
                parts.append(GroupPart(None, tuple(branches), tuple(refused)))
        else:
            parts.append(draw(fields()))
    return tuple(parts)


def sound(parts: Sequence[Part], after: Follow = END) -> tuple[Part, ...]:
    """The parts with a type for each bare field that has no end, each field with a name of its
    own."""
    made: list[Part] = []
    for part in reversed(parts):
        follow = follow_of(made, after)
        fitted = part
        if isinstance(part, GroupPart):
            fitted = replace(part, branches=tuple(sound(one, follow) for one in part.branches))
        elif isinstance(part, FieldPart) and part.type is None and follow.anything:
            fitted = replace(part, type=type_named("digits"), values=(), is_greedy=False)
        made.insert(0, fitted)
    return tuple(made)


def named(parts: Sequence[Part], prefix: str = "f") -> tuple[Part, ...]:
    made: list[Part] = []
    for index, part in enumerate(parts):
        if isinstance(part, FieldPart):
            made.append(replace(part, name=f"{prefix}{index}"))
        elif isinstance(part, GroupPart):
            inner = [named(one, f"{prefix}{index}_{n}_") for n, one in enumerate(part.branches)]
            made.append(replace(part, branches=tuple(inner)))
        else:
            made.append(part)
    return tuple(made)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """Literals, fields and segments, each field with a name."""
    parts = draw(sequences(0, 5))
    return Template("made", named(sound(parts or (LiteralPart("a"),))))


@st.composite
def renderings(draw: st.DrawFn, parts: Sequence[Part]) -> str:
    said = []
    for part in parts:
        if isinstance(part, LiteralPart):
            said.append(part.text)
        elif isinstance(part, GroupPart):
            said.append(draw(renderings(draw(st.sampled_from(part.branches)))))
        elif isinstance(part, FieldPart):
            ways = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
            if part.values:
                ways = st.sampled_from(part.values)
            elif part.type is not None:
                ways = st.sampled_from(VALUES.get(part.type.name, ["a"]))
            said.append("" if part.may_be_empty and draw(st.booleans()) else draw(ways))
    return "".join(said)


@st.composite
def texts_near(draw: st.DrawFn, template: Template) -> str:
    """A rendering of the template, changed in a few places."""
    text = list(draw(renderings(template.parts)))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text[place : place + draw(st.integers(0, 1))] = draw(
            st.lists(st.sampled_from(PIECES), max_size=1)
        )
    return "".join(text)
