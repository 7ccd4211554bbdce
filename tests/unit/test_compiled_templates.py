"""Templates as one regular expression: they read what ``match`` reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.compiled_templates import compile_match
from engine.model import Template
from engine.templates import Mismatch, match
from tests.examples import examples
from tests.proofs.made_templates import templates, texts_near


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Template, list[str]]:
    template = draw(templates())
    return template, draw(st.lists(texts_near(template), min_size=1, max_size=8))


@given(_cases())
@examples(300)
def test_reads_what_match_reads(case: tuple[Template, list[str]]) -> None:
    template, texts = case
    read = compile_match(template)
    for text in texts:
        found = match(template, text)
        read_so = None if isinstance(found, Mismatch) else found
        assert read(text) == read_so, (template.parts, text)
