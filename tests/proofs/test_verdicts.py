"""Verdicts on pairs: those that a person can check, and random ones against brute force."""

from __future__ import annotations

import itertools
import random

import pytest
from made_templates import type_named

from engine.model import FieldPart, LiteralPart, Template
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.readable import as_logged
from engine.proofs.witness import shortest_text
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match

OVERLAPPING = [
    ("{a}", "{b}"),
    ("{a} {b}", "{a:word} {b}"),
    ("{a}: {b}", "{a}: {b} {c}"),
    ("{t} BCIS: {c} - {s}", "{t} CMF: {c} - {s}"),
    ("{a}[{b}]", "{a}[{b:digits}]"),
    ("x{a}", "{a}y"),
    ("{a}-{b}-{c}", "{a}-{b}"),
    ("{a:digits}", "{a:hex}"),
    ("{a:digits}", "{a:number}"),
    ("{a:word}", "{a:hex}"),
    ("{a:uuid}", "{a:hex}-{b:hex}-{c:hex}-{d:hex}-{e:hex}"),
    ("{a:ip} x", "{a} x"),
    ("{a:iso} x", "{a}T{b} x"),
    ("{a:iso} x", "{a} {b} x"),
    ("{a} (ID: {b})", "{a} (ID: {b:digits})"),
    ("a{x}b", "aa{x}b"),
    ("{a:number}.{b}", "{a:digits}.{b}"),
    ("<{a}>", "{a}>"),
    ("{a}, {b}", "{a}, {b}, {c}"),
    ("{}={}", "{a:word}={b:word}"),
]
DISJOINT = [
    ("{t:iso} BCIS: {c} - {s}", "{t:iso} CMF: {c} - {s}"),
    ("{a}: {b}", "{a:word} {b:word}"),
    ("x{a}", "y{a}"),
    ("{a}x", "{a}y"),
    ("{a:digits}", "x{a}"),
    ("{a:uuid}", "{a:digits}"),
    ("{a:uuid}", "{a:iso}"),
    ("{a:ip}", "{a:word}"),
    ("{a:iso}", "{a:digits} {b}"),
    ("{a} (ID: {b})", "{a} (ID: {b}) - {c}"),
    ("{a:number}5", "{a}"),
    ("{a:word} {b}", "{a:word}: {b}"),
    ("{a:digits}ms", "{a:digits}s"),
    ("[{a}]", "({a})"),
    ("{a:number}", "{a:number}%"),
    ("aa{x}", "a"),
    ("{a}b", "{a}b{c}"),
    ("{a:hex}g", "{a:hex}"),
    ("{a:iso}", "{a:iso} {b}"),
    ("q{a}aab", "q{a:digits}"),
]


def verdict(one: Template, other: Template) -> str | None:
    return shortest_text([TemplateAutomaton(one), TemplateAutomaton(other)])


def takes(template: Template, text: str) -> bool:
    return not isinstance(match(template, text), Mismatch)


@pytest.mark.parametrize("one, other", OVERLAPPING)
def test_pairs_that_overlap(one: str, other: str) -> None:
    first, second = parse_template(one), parse_template(other)
    text = verdict(first, second)
    assert text is not None
    assert takes(first, text)
    assert takes(second, text)


@pytest.mark.parametrize("one, other", DISJOINT)
def test_pairs_that_exclude_each_other(one: str, other: str) -> None:
    assert verdict(parse_template(one), parse_template(other)) is None


def test_there_are_forty_pairs() -> None:
    assert len({*OVERLAPPING, *DISJOINT}) == 40


def test_the_obvious_pair_of_a_line_with_and_without_a_reason() -> None:
    """With untyped times too: the one ends where the other goes on."""
    plain = "{timestamp} BCIS: {checkpoint} - {status} (ID: {id})"
    assert verdict(parse_template(plain), parse_template(f"{plain} - {{reason}}")) is None


KINDS = [None, None, *(type_named(name) for name in ("digits", "word", "hex"))]
LETTERS = "a1:"
TEXTS = ["".join(text) for n in range(1, 7) for text in itertools.product(LETTERS, repeat=n)]


def random_template(chance: random.Random) -> Template:
    parts: list[LiteralPart | FieldPart] = []
    is_field = chance.random() < 0.5
    for index in range(chance.randint(1, 4)):
        if is_field:
            parts.append(FieldPart(f"f{index}", chance.choice(KINDS)))
        else:
            literal = "".join(chance.choices(LETTERS, k=chance.randint(1, 2)))
            parts.append(LiteralPart(literal))
        is_field = not is_field
    return Template("", tuple(parts))


def test_two_thousand_random_pairs_against_every_short_text() -> None:
    chance = random.Random(2026)
    made = [random_template(chance) for _ in range(64)]
    accepted = [{text for text in TEXTS if takes(one, text)} for one in made]
    automata = [TemplateAutomaton(one) for one in made]
    pairs = list(itertools.combinations(range(len(made)), 2))
    overlaps = 0
    for first, second in pairs:
        shared = accepted[first] & accepted[second]
        text = shortest_text([automata[first], automata[second]])
        if text is None:
            assert not shared
            continue
        overlaps += 1
        assert takes(made[first], text)
        assert takes(made[second], text)
        if shared:
            assert len(text) <= min(map(len, shared))
        else:
            # Brute force saw none: it must be longer, or need another letter.
            assert len(text) > 6 or set(text) - set(LETTERS)
    assert len(pairs) > 2000
    assert 300 < overlaps < 1700


def test_a_real_value_is_never_longer_than_the_shortest() -> None:
    one, other = parse_template("{a:ip} up"), parse_template("{a} up")
    text = verdict(one, other)
    assert text == ":: up"
    assert (
        as_logged(text, [one, other], lambda text: takes(one, text) and takes(other, text))
        == ":: up"
    )
