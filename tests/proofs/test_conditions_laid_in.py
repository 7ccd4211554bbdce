"""A condition laid into a template decides which records are taken, and never how one is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_templates import GIVEN, VALUES, templates, texts_near
from reference_reader import reads

from engine.compiled_templates import compile_match
from engine.conditions import holds
from engine.model import (
    Condition,
    FieldPart,
    GroupPart,
    Key,
    Part,
    Template,
    without_conditions,
)
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.languages import Languages
from engine.spec.routing import Unmeetable, route
from engine.templates import Mismatch, match
from simulator.taking_apart import take_apart

TEXTS = ["", "a", "b", "7", "71", "x", "1", "a:", *(one for ones in GIVEN.values() for one in ones)]


def with_shared_names(parts: Sequence[Part], prefix: str = "n") -> tuple[Part, ...]:
    """The parts with names that alternatives share, for segments too."""
    made: list[Part] = []
    for at, part in enumerate(parts):
        name = f"{prefix}{at}"
        if isinstance(part, FieldPart):
            made.append(replace(part, name=name))
        elif isinstance(part, GroupPart):
            branches = tuple(with_shared_names(one, f"{name}_") for one in part.branches)
            made.append(replace(part, name=name if at % 2 else None, branches=branches))
        else:
            made.append(part)
    return tuple(made)


@st.composite
def conditions(draw: st.DrawFn, template: Template) -> Condition:
    name = draw(st.sampled_from(template.field_names))
    test = draw(st.sampled_from(["present", "absent", "one_of", "one_of"]))
    if test != "one_of":
        return Condition((Key(name),), "present" if test == "present" else "absent")
    types = [one.name for one in template.fields[name] if one is not None]
    texts = [*TEXTS, *(text for one in types for text in VALUES.get(one, ()))]
    values = draw(st.lists(st.sampled_from(texts), min_size=1, max_size=4, unique=True))
    return Condition((Key(name),), "one_of", tuple(values))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Template, list[Condition], list[str]]:
    made = draw(templates().filter(lambda one: one.field_names))
    plain = Template("made", with_shared_names(without_conditions(made.parts)))
    texts = draw(st.lists(texts_near(plain), min_size=1, max_size=6))
    wanted = draw(st.lists(conditions(plain), min_size=1, max_size=3))
    every = [match(plain, text) for text in texts]
    read = [one for one in every if not isinstance(one, Mismatch)]
    meets: bool = draw(st.booleans())
    if read and meets:  # a condition that something meets
        found = draw(st.sampled_from(read))
        names = [one for one in plain.field_names if one in found]
        if names:
            name = draw(st.sampled_from(names))
            wanted[0] = Condition((Key(name),), "one_of", (found[name], "other"))
    return plain, wanted, texts


@given(cases())
@examples(400)
def test_what_is_taken_is_what_is_read_and_meets_the_conditions(
    case: tuple[Template, list[Condition], list[str]],
) -> None:
    plain, wanted, texts = case
    try:
        routed, left = route(plain, wanted)
    except Unmeetable:
        routed, left = None, wanted
    automaton = None if routed is None else TemplateAutomaton(routed)
    for text in texts:
        matched = match(plain, text)
        read = None if isinstance(matched, Mismatch) else matched
        if routed is None or automaton is None:
            assert read is None or not all(holds(one, read) for one in wanted), text
            continue
        asked = [one for one in wanted if one not in left]
        is_met = read is not None and all(holds(one, read) for one in asked)
        expected = read if is_met else None
        found = match(routed, text)
        assert (None if isinstance(found, Mismatch) else found) == expected, text
        assert compile_match(routed)(text) == expected, text
        assert reads(routed, text) == (expected is not None), text
        assert automaton.accepts_text(text) == (expected is not None), text
        apart = take_apart(routed, text)
        assert (None if apart is None else apart.captures) == expected, text


@given(cases(), st.data())
@examples(150)
def test_limits_are_asked_of_what_was_read(
    case: tuple[Template, list[Condition], list[str]], data: st.DataObject
) -> None:
    """What a further reading leaves to a field is a condition like any other."""
    plain, _, texts = case
    is_bound = {
        name
        for name in plain.field_names
        if None not in plain.fields[name]
        and "quoted" not in {one.name for one in plain.fields[name] if one}
    }
    if not is_bound:
        return
    name = data.draw(st.sampled_from(sorted(is_bound)))
    values = data.draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
    among = Languages()
    automaton = TemplateAutomaton(plain, among, {name: among.texts(tuple(values), among.empty)})
    for text in texts:
        read = match(plain, text)
        is_taken = not isinstance(read, Mismatch) and read.get(name, values[0]) in values
        assert automaton.accepts_text(text) == is_taken, text
