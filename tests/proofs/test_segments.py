"""Templates with segments, alternatives and fields that may be empty: verdicts and findings."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path

import pytest
from made_templates import named, sound, type_named
from reference_reader import reads

from engine.diagnostics import Diagnostic
from engine.model import FieldPart, GroupPart, LiteralPart, Part, Template
from engine.proofs import witness
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.exclusive import check_exclusive, find_overlaps
from engine.proofs.witness import shortest_text
from engine.spec import load_systems
from engine.spec.template_syntax import parse_template


@pytest.mark.parametrize(
    "one, other, shared",
    [
        ("{a:word}{? x}", "{a:word} x", "x x"),
        ("{a:digits?}x", "x", "x"),
        ("{a:number?}5", "5", None),
        ("{|INFO|WARN} {m}", "{|ERROR|WARN} {m}", "WARN x"),
        ("{|INFO|WARN} {m}", "ERROR {m}", None),
        ("{m}{? took {ms:digits} ms}", "{m} took {ms:digits} ms", "x took 2 ms"),
        ("a{?: {m}}", "a{|;|,}", None),
        ("[{l=|A|B}] {m}", "[{l:word}] x", "[A] x"),
        ("a{m?}", "ab", "ab"),
        ("{x:rest}", "a\nb", "a\nb"),
    ],
)
def test_pairs_by_example(one: str, other: str, shared: str | None) -> None:
    first, second = parse_template(one), parse_template(other)
    assert shortest_text([TemplateAutomaton(first), TemplateAutomaton(second)]) == shared


LETTERS = "a1:"
TEXTS = ["".join(text) for n in range(7) for text in itertools.product(LETTERS, repeat=n)]


def made_parts(chance: random.Random, depth: int = 0) -> tuple[Part, ...]:
    parts: list[Part] = []
    for _ in range(chance.randint(1, 4 - depth)):
        what = chance.choice("llfffgg" if depth < 2 else "lf")
        if what == "l" and not (parts and isinstance(parts[-1], LiteralPart)):
            parts.append(LiteralPart("".join(chance.choices(LETTERS, k=chance.randint(1, 2)))))
        elif what == "g":
            branches = [made_parts(chance, depth + 1) for _ in range(chance.randint(1, 2))]
            branches += [()] if chance.random() < 0.4 else []
            refused = tuple(n for n in range(len(branches)) if chance.random() < 0.1)
            parts.append(GroupPart(None, tuple(branches), refused))
        else:
            kind = chance.choice([None, type_named("digits"), type_named("word")])
            values = ("a", "1") if chance.random() < 0.15 else ()
            parts.append(FieldPart("f", kind, chance.random() < 0.3, values))
    return tuple(parts)


def test_random_pairs_against_every_short_text() -> None:
    chance = random.Random(2027)
    made = [Template("made", named(sound(made_parts(chance)))) for _ in range(40)]
    accepted = [{text for text in TEXTS if reads(one, text)} for one in made]
    automata = [TemplateAutomaton(one) for one in made]
    overlaps = 0
    for automaton, texts in zip(automata, accepted, strict=True):
        assert {text for text in TEXTS if automaton.accepts_text(text)} == texts
    for first, second in itertools.combinations(range(len(made)), 2):
        shared = {text for text in accepted[first] & accepted[second] if text}
        text = shortest_text([automata[first], automata[second]])
        if text is None:
            assert not shared
            continue
        overlaps += 1
        assert reads(made[first], text)
        assert reads(made[second], text)
        longest = min(map(len, shared), default=len(text))
        assert len(text) <= longest
        assert shared or len(text) > 6 or set(text) - set(LETTERS)
    assert 100 < overlaps < 700


# --- specs ----------------------------------------------------------------------------------------


def found(tmp_path: Path, **specs: str) -> list[Diagnostic]:
    for name, text in specs.items():
        (tmp_path / f"{name}.yaml").write_text(f"system: {name}\n{text}")
    return check_exclusive(load_systems([tmp_path]))


PAIRS = """format: key_values
where: {{app: {app}}}
records:
  one:
    where: {{{where}}}
    fields: {{checkpoint_id: step, timestamp: ts, status: st, correlation_id: id}}
"""


@pytest.mark.parametrize(
    "one, other, record",
    [
        (("a", "event: x"), ("b", "event: x"), None),
        (("a", "event: x"), ("a", "event: [y, z]"), None),
        (("a", "event: present"), ("a", "event: absent"), None),
        (("a", "event: x"), ("a", "type: y"), "app=a event=x type=y"),
    ],
)
def test_conditions_on_pairs(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str], record: str | None
) -> None:
    specs = [PAIRS.format(app=app, where=where) for app, where in (one, other)]
    told = found(tmp_path, first=specs[0], second=specs[1])
    assert [each.code for each in told] == ([] if record is None else ["E403"])
    if record is not None:
        for pair in record.split():
            assert pair in told[0].message


JSON = """format: json
header: "<{{level:word}}> {{message}}"
records:
  one:
    where: {{{where}}}
    fields: {{checkpoint_id: step, timestamp: ts, status: st, correlation_id: id}}
"""


def test_objects_behind_a_header(tmp_path: Path) -> None:
    apart = [JSON.format(where=f"app.name: {name}") for name in "ab"]
    assert found(tmp_path, first=apart[0], second=apart[1]) == []
    told = found(tmp_path, first=apart[0], second=JSON.format(where="event: x"))
    assert [each.code for each in told] == ["E403"]
    assert '\\"name\\": \\"a\\"' in told[0].message


REGEX = """format: text
records:
  one:
    regex: '{regex}'
    fields: {{timestamp: t, status: {{value: SUCCESS}}, correlation_id: i, checkpoint_id: i}}
"""


def test_regular_expressions_are_proved_like_templates(tmp_path: Path) -> None:
    one = REGEX.format(regex="(?P<t>[0-9]+) (?P<i>a+)")
    other = REGEX.format(regex="(?P<t>[0-9]{4}) (?P<i>[ab])")
    third = REGEX.format(regex="(?P<t>[0-9]{4}) (?P<i>b)")
    assert [each.code for each in found(tmp_path, first=one, second=other)] == ["E403"]
    assert found(tmp_path, first=one, second=third) == []


def test_what_no_proof_covers_is_said(tmp_path: Path) -> None:
    told = found(tmp_path, first=REGEX.format(regex=r"(?P<t>[0-9]+)\b (?P<i>a+)"))
    assert [(each.code, each.severity) for each in told] == [("E405", "warning")]


SYSLOG = """format: text
header: syslog
where: {{program: prog{n:04d}}}
records:
  step:
    template: "{{checkpoint_id}} - {{status}} (ID: {{correlation_id}}){{? in {{ms:digits}} ms}}"
"""


def test_a_hundred_systems_behind_one_header_are_proved_soon(tmp_path: Path) -> None:
    for n in range(100):
        (tmp_path / f"s{n}.yaml").write_text(f"system: s{n}\n{SYSLOG.format(n=n)}")
    systems = load_systems([tmp_path])
    began = time.process_time()
    assert find_overlaps(systems) == []
    assert time.process_time() - began < 5


def test_segments_in_segments_are_proved_soon() -> None:
    source = " a"
    for depth in range(15):
        source = f"{{? {depth} {{x{depth}:word}}{source}}}{{|p{depth}|q{depth}|}}"
    template, other = parse_template(f"b{source}"), parse_template("b{m}")
    began = time.process_time()
    assert shortest_text([TemplateAutomaton(template), TemplateAutomaton(other)]) is not None
    assert time.process_time() - began < 5


def test_a_search_without_an_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such an expression has as many states as there are texts of its length."""
    monkeypatch.setattr(witness, "STEPS_MAX", 20_000)
    said = [REGEX.format(regex=f"(?P<t>x)(?P<i>[ab]*a[ab]{{17}}{last})") for last in "cd"]
    told = found(tmp_path, first=said[0], second=said[1])
    assert {each.code for each in told} <= {"E405"}
