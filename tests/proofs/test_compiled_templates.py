"""Templates as one regular expression: they read what ``match`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_templates import templates, texts_near

from engine.compiled_templates import compile_match
from engine.model import GroupPart, Part, Template
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match


def _capturing(parts: Sequence[Part], prefix: str = "g") -> tuple[Part, ...]:
    """The parts with a name for each group."""
    made: list[Part] = []
    for at, part in enumerate(parts):
        if isinstance(part, GroupPart):
            name = f"{prefix}{at}"
            branches = [_capturing(one, f"{name}_{n}_") for n, one in enumerate(part.branches)]
            made.append(replace(part, name=name, branches=tuple(branches)))
        else:
            made.append(part)
    return tuple(made)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Template, list[str]]:
    template = draw(templates())
    texts = draw(st.lists(texts_near(template), min_size=1, max_size=8))
    if draw(st.booleans()):
        template = Template("made", _capturing(template.parts))
    return template, texts


@given(_cases())
@examples(250)
def test_reads_what_match_reads(case: tuple[Template, list[str]]) -> None:
    template, texts = case
    read = compile_match(template)
    for text in texts:
        found = match(template, text)
        assert read(text) == (None if isinstance(found, Mismatch) else found), text


def test_a_name_of_two_types_has_the_value_of_the_one_that_was_read() -> None:
    template = parse_template("{|{a:quoted}|{a:word}};")
    read = compile_match(template)
    assert [read(text) for text in ('"x y";', "xyz;")] == [{"a": "x y"}, {"a": "xyz"}]
