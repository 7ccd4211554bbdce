"""Templates for the proofs to work on, and texts that are near them."""

from __future__ import annotations

from hypothesis import strategies as st

from engine.model import FIELD_TYPES, FieldPart, LiteralPart, Template

LITERALS = st.text("ab: -.\n17{", min_size=1, max_size=4)
FIELDS = st.builds(FieldPart, st.none(), st.sampled_from([None, None, *FIELD_TYPES]))


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """Literals and fields in turn, each field with a name."""
    count = draw(st.integers(1, 5))
    begins_with_field = draw(st.booleans())
    parts: list[LiteralPart | FieldPart] = []
    for index in range(count):
        if (index % 2 == 0) == begins_with_field:
            parts.append(FieldPart(f"f{index}", draw(FIELDS).type))
        else:
            parts.append(LiteralPart(draw(LITERALS)))
    return Template("", tuple(parts))


VALUES = {
    "word": ["x", "a1_", "7"],
    "digits": ["7", "0012"],
    "number": ["-1.5", "7", "1."],
    "hex": ["a", "7f"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "ip": ["::1", "1.2.3.4", "1::2:3.4.5.6", "1.2.3.256"],
    "iso": ["2025-05-04T10:30", "2025-05-04 10:30:00.5Z", "2025-05-04T10:30:00+02"],
}
PIECES = ["a", "b", ":", " ", "-", ".", "1", "7", "x", "\n", "{", "Z", "_"]


@st.composite
def texts_near(draw: st.DrawFn, template: Template) -> str:
    """A rendering of the template, changed in a few places."""
    said = []
    for part in template.parts:
        if isinstance(part, LiteralPart):
            said.append(part.text)
        elif part.type is None:
            said.append(draw(st.lists(st.sampled_from(PIECES), max_size=4).map("".join)))
        else:
            said.append(draw(st.sampled_from(VALUES[part.type])))
    text = list("".join(said))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        text[place : place + draw(st.integers(0, 1))] = draw(
            st.lists(st.sampled_from(PIECES), max_size=1)
        )
    return "".join(text)
