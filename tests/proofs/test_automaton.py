"""The automaton of a template accepts what the matcher accepts, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_templates import PIECES, VALUES, templates, texts_near
from reference_reader import reads

from engine.model import FieldPart, Template
from engine.patterns import TYPES, regex
from engine.proofs.alphabet import alphabet_of
from engine.proofs.automaton import DEAD, TemplateAutomaton
from engine.proofs.languages import Languages
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match


def is_matched(template: Template, text: str) -> bool:
    return not isinstance(match(template, text), Mismatch)


@given(st.data())
def test_texts_near_a_template_are_judged_alike(data: st.DataObject) -> None:
    template = data.draw(templates())
    text = data.draw(texts_near(template))
    accepted = TemplateAutomaton(template).accepts_text(text)
    assert accepted == reads(template, text)
    assert accepted == is_matched(template, text)


@given(st.data())
def test_what_the_automaton_spells_is_matched(data: st.DataObject) -> None:
    """A walk through live states, each step drawn, ends in texts that the matcher takes."""
    template = data.draw(templates())
    automaton = TemplateAutomaton(template)
    alphabet = alphabet_of([automaton.language])
    state, text = 0, ""
    for _ in range(data.draw(st.integers(1, 40))):
        living = [char for char in alphabet if automaton.step(state, char) != DEAD]
        if not living:
            break
        char = data.draw(st.sampled_from(living))
        state, text = automaton.step(state, char), text + char
        assert automaton.accepts(state) == is_matched(template, text)


@given(st.data())
def test_a_character_that_stands_for_others_is_treated_like_them(data: st.DataObject) -> None:
    """The alphabet of a proof leaves no character out that would lead elsewhere."""
    automaton = TemplateAutomaton(data.draw(templates()))
    alphabet = alphabet_of([automaton.language])
    state = 0
    for _ in range(data.draw(st.integers(0, 12))):
        state = max(automaton.step(state, data.draw(st.sampled_from(alphabet))), 0)
    reached = {automaton.step(state, char) for char in alphabet}
    other = data.draw(st.characters(min_codepoint=1))
    assert automaton.step(state, other) in reached


@pytest.mark.parametrize("name", [name for name in VALUES if name in TYPES])
@given(data=st.data())
def test_a_pattern_read_both_ways_takes_the_same_longest_run(
    name: str, data: st.DataObject
) -> None:
    pieces = st.sampled_from([*PIECES, "0", "f", "F", "25", "+", "T", ","])
    text = data.draw(st.sampled_from(VALUES[name])) + "".join(data.draw(st.lists(pieces)))
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + "".join(data.draw(st.lists(pieces, max_size=2))) + text[place:]
    found = re.match(regex(TYPES[name]), text)
    among = Languages()
    rest, longest = among.run(TYPES[name]), 0
    for length, char in enumerate(text, 1):
        rest = among.step(rest, char)
        longest = length if rest.accepting else longest
    assert longest == (found.end() if found else 0)


@pytest.mark.parametrize(
    "source, text, accepted",
    [
        ("{a}: {b}", "x: y", True),
        ("{a}: {b}", ": y", False),
        ("{a}: {b}", "x: ", False),
        ("{a}ab", "xaab", True),
        ("{a}ab", "abab", False),
        ("{a}aab", "xaaab", True),
        ("{a}\nb", "x\nb", True),
        ("{a}\nb", "x\n\nb", False),
        ("{a:number}5", "125", False),
        ("{a:number}.{b}", "1.5.x", True),
        ("{a:number}.{b}", "1.x", True),
        ("{a:number}.{b}", "1.5", False),
        ("{a:ip}:{b}", "1.2.3.4:80", True),
        ("{a:ip}:{b}", "1::2:80", False),
        ("{a}{? x{b:digits}}", "foo x12", True),
        ("{a}{? x{b:digits}}", "foo x", True),
        ("{a}{? x}y", "foo xy", True),
        ("{a}{? x}", "foo x y", True),
        ("{a?}: {b}", ": y", True),
        ("{|up|up {n:digits}|down}", "up 1", True),
        ("{|up|up {n:digits}|down}", "upward", False),
        ("{a:digits?}x", "x", True),
        ("{a:number?}5", "5", False),
        ("{a:quoted}, {b:rest}", '"x, y", z\nw', True),
    ],
)
def test_the_corners_by_example(source: str, text: str, accepted: bool) -> None:
    template = parse_template(source)
    assert TemplateAutomaton(template).accepts_text(text) is accepted
    assert is_matched(template, text) is accepted


def test_a_value_in_quotes_is_known_in_all_the_ways_to_write_it() -> None:
    plain = parse_template("{it:quoted}")
    (part,) = plain.parts
    assert isinstance(part, FieldPart)
    inner = ["".join(chars) for size in range(5) for chars in product("a'\"\\", repeat=size)]
    read: dict[str, set[str]] = {}
    for text in (f"{quote}{chars}{quote}" for chars in inner for quote in "'\""):
        found = match(plain, text)
        if not isinstance(found, Mismatch):
            read.setdefault(found["it"], set()).add(text)
    texts = set.union(*read.values())
    for value, ways in read.items():
        automaton = TemplateAutomaton(replace(plain, parts=(replace(part, values=(value,)),)))
        assert {text for text in texts if automaton.accepts_text(text)} == ways, value
