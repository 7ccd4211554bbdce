"""The matcher reads what the slow and obvious reader reads, and how far."""

from __future__ import annotations

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_templates import sound, templates, texts_near
from reference_reader import read, reads

from engine.follows import ANYTHING
from engine.model import FieldPart, GroupPart, LiteralPart, Part, Template
from engine.templates import Mismatch, match, match_prefix


@given(st.data())
@examples(300)
def test_a_template_reads_what_the_obvious_reader_reads(data: st.DataObject) -> None:
    made = data.draw(templates())
    text = data.draw(texts_near(made))
    assert reads(made, text) == (not isinstance(match(made, text), Mismatch))


@given(st.data())
@examples(150)
def test_a_beginning_is_read_like_a_whole_with_anything_after_it(data: st.DataObject) -> None:
    made = data.draw(templates())
    made = Template("made", sound(made.parts, ANYTHING))  # a bare field at the end takes it all
    text = data.draw(texts_near(made))
    found = read(made.parts, text, 0, lambda _at: True)
    assert match_prefix(made, text) == (found is not None and found[1])


def _put_back(parts: tuple[Part, ...], values: dict[str, str]) -> set[str]:
    """The texts that the parts could have read, with these captures."""
    made = {""}
    for part in parts:
        if isinstance(part, LiteralPart):
            here = {part.text}
        elif isinstance(part, GroupPart):
            here = set().union(*(_put_back(branch, values) for branch in part.branches))
        else:
            assert isinstance(part, FieldPart)
            here = {values[name] for name in (part.name,) if name is not None and name in values}
        made = {before + text for before in made for text in here}
    return made


@given(st.data())
@examples(150)
def test_what_is_captured_and_put_back_is_the_record(data: st.DataObject) -> None:
    made = data.draw(templates().filter(lambda one: "quoted" not in repr(one.parts)))
    text = data.draw(texts_near(made))
    found = match(made, text)
    if not isinstance(found, Mismatch):
        assert text in _put_back(made.parts, found)


@given(st.data())
@examples(150)
def test_a_name_for_a_segment_changes_nothing_but_what_is_captured(data: st.DataObject) -> None:
    made = data.draw(templates())
    text = data.draw(texts_near(made))
    around = Template("", (GroupPart("whole", (made.parts,)),))
    inside, outside = match(made, text), match(around, text)
    if isinstance(inside, Mismatch):
        assert isinstance(outside, Mismatch)
    else:
        assert outside == {"whole": text, **inside}
