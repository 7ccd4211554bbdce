"""Disjoint, or a shortest record that both accept: for templates, for conditions, for specs."""

from __future__ import annotations

import itertools
import json
import random
from collections import deque
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_templates import templates, texts_near

from engine.diagnostics import Location
from engine.interpreter import compile_normalizer
from engine.model import Condition, Key, Record, RecordKind, Rejection, System, Template
from engine.proofs import joint
from engine.proofs.alphabet import alphabet_of
from engine.proofs.automaton import DEAD, TemplateAutomaton
from engine.proofs.conditions import pairs_of_conditions, shortest_object
from engine.proofs.elements import Element, variants_of
from engine.proofs.exclusive import OVERLAPS_MAX, check_exclusive, find_overlaps
from engine.proofs.joint import overlapping_pairs
from engine.proofs.languages import Languages
from engine.proofs.pairs import pairs_to_compare
from engine.proofs.witness import shortest_text
from engine.resources import resource
from engine.samples import check_specs
from engine.spec import load_systems
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match


def both_match(one: Template, other: Template, text: str) -> bool:
    return not any(isinstance(match(each, text), Mismatch) for each in (one, other))


def witness(one: Template, other: Template) -> str | None:
    return shortest_text([TemplateAutomaton(one), TemplateAutomaton(other)])


# --- templates ----------------------------------------------------------------------------------


@given(templates(), templates())
def test_a_witness_is_accepted_by_both_and_a_proof_is_never_contradicted(
    one: Template, other: Template
) -> None:
    text = witness(one, other)
    if text is not None:
        assert both_match(one, other, text)


@given(st.data())
def test_a_text_that_both_accept_is_never_proved_away(data: st.DataObject) -> None:
    one, other = data.draw(templates()), data.draw(templates())
    text = data.draw(texts_near(data.draw(st.sampled_from([one, other]))))
    is_asked = text.strip() and not text.lstrip(" \t\r\n").startswith("{")
    if is_asked and both_match(one, other, text):
        found = witness(one, other)
        assert found is not None
        assert len(found) <= len(text)


@given(templates())
def test_a_template_has_all_its_records_in_common_with_itself(one: Template) -> None:
    automaton = TemplateAutomaton(one)
    text = shortest_text([automaton, automaton])
    assert (text is None) == (shortest_alone(automaton) is None)


def shortest_alone(automaton: TemplateAutomaton) -> str | None:
    waiting, seen = deque([(0, "")]), {(0, "", False)}
    alphabet = alphabet_of([automaton.language])
    while waiting:
        state, text = waiting.popleft()
        json_like = text.lstrip(" \t\r\n").startswith("{")
        if automaton.accepts(state) and text.strip() and not json_like:
            return text
        for char in alphabet:
            after = automaton.step(state, char)
            mark = (after, (text + char).strip()[:1], bool(text.strip()))
            if after != DEAD and not json_like and mark not in seen:
                seen.add(mark)
                waiting.append((after, text + char))
    return None


@given(st.lists(templates(), min_size=2, max_size=6))
def test_pairs_that_need_no_search_have_nothing_in_common(made: list[Template]) -> None:
    compared = pairs_to_compare(numbered(made, Languages()))
    for pair in itertools.combinations(range(len(made)), 2):
        if pair not in compared:
            assert witness(made[pair[0]], made[pair[1]]) is None


@given(st.lists(templates(), min_size=2, max_size=6))
def test_one_walk_finds_the_pairs_that_a_search_of_each_finds(made: list[Template]) -> None:
    searched = {
        (first, second)
        for first, second in itertools.combinations(range(len(made)), 2)
        if witness(made[first], made[second]) is not None
    }
    among = Languages()
    assert overlapping_pairs(numbered(made, among), among) in (searched, None)


def numbered(made: list[Template], among: Languages) -> list[tuple[int, list[Element]]]:
    return [(index, each) for index, one in enumerate(made) for each in variants_of(one, among)]


def test_templates_that_overlap_a_lot_are_left_to_pairs() -> None:
    """Every subset of their literals is a state of its own."""
    made = [parse_template(f"{{a}} N{n} {{b}}") for n in range(40)]
    among = Languages()
    assert overlapping_pairs(numbered(made, among), among) is None
    assert (
        len(
            find_overlaps(
                [
                    system_of(
                        *(kind_of(f"k{n}", template=one.source) for n, one in enumerate(made[:5]))
                    )
                ]
            )
        )
        == 10
    )


def test_a_thousand_templates_of_several_shapes_are_one_short_walk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Searched in pairs they were a third of a million."""
    shapes = (
        "{{t:iso}} {0}: {{c}} - {{s}}",
        "{{level:word}} {{t:iso}} {0} {{c}} {{s}}",
        "[{{t:iso}}] {0}.{{c}}: {{s}}",
        "{{host:word}} {0}[{{pid:digits}}]: {{c}} {{s}}",
        "{0}|{{t:iso}}|{{c}}|{{s}}",
    )
    made = [parse_template(shapes[n % 5].format(f"SYS{n:04d}")) for n in range(1000)]
    among = Languages()
    assert len(pairs_to_compare(numbered(made, among))) > 300_000
    monkeypatch.setattr(joint, "STEPS_MAX", 100_000)
    assert overlapping_pairs(numbered(made, among), among) == set()


@pytest.mark.parametrize(
    "one, other, text",
    [
        ("{t} CMF: {c} - {s} (ID: {i})", "{t} BCIS: {c} - {s} (ID: {i})", 26),
        ("{t:iso} CMF: {c} - {s} (ID: {i})", "{t:iso} BCIS: {c} - {s} (ID: {i})", None),
        ("{a}: {b}", "{a:word}: {b}", 4),
        ("{a:digits} x", "{a:hex} x", 3),
        ("{a:uuid}", "{a:ip}", None),
        ("{a}", "{a} {b}", 3),
        ("{a:number}.{b}", "{a:digits}.{b}.{c}", 5),
    ],
)
def test_known_pairs(one: str, other: str, text: int | None) -> None:
    found = witness(parse_template(one), parse_template(other))
    assert (None if found is None else len(found)) == text


# --- conditions -----------------------------------------------------------------------------------

KEYS, VALUES = ("a", "b"), ("1", "2", "true")
PATHS = [(Key(key),) for key in KEYS]
CONDITIONS = st.lists(
    st.builds(Condition, st.sampled_from(PATHS), st.sampled_from(["present", "absent"]))
    | st.builds(
        Condition,
        st.sampled_from(PATHS),
        st.just("one_of"),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.path,
)


def kind_of(
    name: str, where: list[Condition] | None = None, template: str | None = None
) -> RecordKind:
    parsed = parse_template(template) if template is not None else None
    return RecordKind(
        name, "ignore", parsed, tuple(where or ()), (), (), Location("made.yaml", 1, 1)
    )


def system_of(*kinds: RecordKind, name: str = "made") -> System:
    form: Literal["json", "text"] = "text" if kinds[0].template is not None else "json"
    return System(name, form, "UTC", kinds, None, None, "0" * 64, "", Location("made.yaml", 1, 1))


def takers(systems: list[System], record: str) -> int:
    """How many kinds accept the record, asked one by one."""
    count = 0
    for system in systems:
        for kind in system.kinds:
            alone = compile_normalizer([system_of(kind, name=system.name)])
            (outcome,) = alone.normalize([Record("s", 0, 1, record.encode())])
            count += not isinstance(outcome, Rejection)
    return count


@given(CONDITIONS, CONDITIONS)
def test_conditions_are_judged_as_over_all_objects(
    one: list[Condition], other: list[Condition]
) -> None:
    systems = [system_of(kind_of("one", one), kind_of("other", other))]
    values = [None, *VALUES, "x"]
    shared = [
        record
        for chosen in itertools.product(values, repeat=len(KEYS))
        if (record := {key: v for key, v in zip(KEYS, chosen, strict=True) if v is not None})
        and takers(systems, json.dumps(record)) == 2
    ]
    found = shortest_object([one, other])
    absent_only = all(condition.test == "absent" for condition in (*one, *other))
    if absent_only:
        assert found == "{}"
    else:
        assert (found is not None) == bool(shared)
    if found is not None:
        assert takers(systems, found) == 2
        assert len(json.loads(found)) == min(map(len, shared), default=0) or absent_only


@given(st.lists(CONDITIONS, min_size=2, max_size=6))
def test_conditions_that_need_no_search_have_nothing_in_common(
    made: list[list[Condition]],
) -> None:
    compared = set(pairs_of_conditions(made))
    for first, second in itertools.combinations(range(len(made)), 2):
        if (first, second) not in compared:
            assert shortest_object([made[first], made[second]]) is None


# --- specs ----------------------------------------------------------------------------------------


def test_the_shipped_specs_exclude_each_other() -> None:
    assert find_overlaps(load_systems([resource("systems")])) == []


def test_a_record_that_two_systems_would_take_is_told_once_with_both_readings(
    tmp_path: Path,
) -> None:
    shipped = sorted(resource("systems").glob("*.yaml"))
    spec = tmp_path / "greedy.yaml"
    spec.write_text(
        "system: greedy\nformat: text\nrecords:\n  line:\n"
        '    template: "{timestamp:iso} {checkpoint_id} - {status} (ID: {correlation_id})"\n'
    )
    found = [one for one in check_specs([*shipped, spec]).diagnostics if one.severity == "error"]
    assert {one.code for one in found} == {"E403"}
    assert len(found) == 3
    for one in found:
        assert all("reads timestamp=" in note for note in one.notes)


def test_a_value_named_twice_is_one_value() -> None:
    twice = kind_of("k", [Condition((Key("system"),), "one_of", ("a", "a"))])
    assert check_exclusive([system_of(twice)]) == []


def test_of_hundreds_of_overlaps_some_are_told_and_that_there_are_more() -> None:
    made = [kind_of(f"k{n}", template=f"{{a}} N{n} {{b}}") for n in range(40)]
    found = check_exclusive([system_of(*made)])
    assert len(found) == OVERLAPS_MAX
    assert [one.notes[-1] for one in found if "there may be more" in one.notes[-1]] == [
        f"there may be more: the search ends after {OVERLAPS_MAX}"
    ]
    assert "there may be more" in found[-1].notes[-1]


def test_ignored_records_and_kinds_of_one_spec_are_compared_too() -> None:
    first = system_of(kind_of("a", template="{x} up"), kind_of("ignore[0]", template="{y:word} up"))
    (found,) = check_exclusive([first])
    assert found.code == "E403"
    assert '"x up"' in found.message


def test_of_a_thousand_specs_none_has_to_be_searched() -> None:
    """They part ways at a letter: without the tree of letters these were two million searches."""
    systems = [
        system_of(
            kind_of("event", template=f"{{t:iso}} {name}: {{c}} - {{s}} (ID: {{i}})"),
            kind_of("error", template=f"{{t:iso}} {name} ERROR: (ID: {{i}}) - {{r}}"),
            name=name,
        )
        for name in (f"S{number:04d}" for number in range(1000))
    ]
    random.Random(7).shuffle(systems)
    made = [kind.template for system in systems for kind in system.kinds if kind.template]
    assert pairs_to_compare(numbered(made, Languages())) == set()
    assert find_overlaps(systems) == []
