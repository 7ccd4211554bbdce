"""Conditions on captured fields, laid into the template."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import found, kind, load, read

from engine.model import Condition, Key


def conditions(template: str, where: str) -> str:
    return kind(template, beside=f"    where: {where}\n")


@pytest.mark.parametrize(
    "template, where, taken, refused",
    [
        ("{l:word}: {m}", "{l: WARN}", ["WARN: x"], ["INFO: x", "WARNS: x", "WAR: x"]),
        ("{l:word}: {m}", "{l: [A, B]}", ["A: x", "B: x"], ["C: x", "AB: x"]),
        ("{l}: {m}", "{l: A b}", ["A b: x"], ["A: x"]),
        ("{q:quoted} {m}", '{q: a"b}', ['"a\\"b" x'], ['"a" x']),
        ("{n:digits}", "{n: 007}", ["007"], ["7"]),
        # what must be there, or must not
        ("{m:word}{? {n:digits}}", "{n: present}", ["x 1"], ["x"]),
        ("{m:word}{? {n:digits}}", "{n: absent}", ["x"], ["x 1"]),
        ("{m:word}{? {n:digits}}", "{n: 7}", ["x 7"], ["x", "x 77"]),
        ("{m:word}{? {n:digits}}", "{n: present, m: a}", ["a 1"], ["b 1", "a"]),
        ("{m:word}", "{m: present}", ["x"], []),
        ("{|{a:digits}|{b:alpha}|-}", "{a: present}", ["1"], ["x", "-"]),
        ("{|{a:digits}|{b:alpha}|-}", "{a: absent}", ["x", "-"], ["1"]),
        ("{|{a:digits}|{b:alpha}|-}", "{a: absent, b: absent}", ["-"], ["1", "x"]),
        ("{|{a:digits}|x{a:alpha}}", "{a: [1, b]}", ["1", "xb"], ["2", "xc"]),
        ("x{?-{a:word}{?-{b:word}}}", "{b: present}", ["x-1-2"], ["x", "x-1"]),
        ("x{?-{a:word}{?-{b:word}}}", "{b: absent}", ["x", "x-1"], ["x-1-2"]),
        ("x{?-{a:word}{?-{b:word}}}", "{a: present, b: absent}", ["x-1"], ["x", "x-1-2"]),
        ("x{s=|a|b}{?{t=;{n:word}}}", "{t: present}", ["xa;1"], ["xa"]),
        ("x{s=|a|b}{?{t=;{n:word}}}", "{t: absent}", ["xa"], ["xa;1"]),
        # a record is read as without the condition, and then it is asked
        ("{m}{? took {ms:digits}ms}", "{ms: absent}", ["x"], ["x took 5ms"]),
        ("{m}{? took {n:digits}}", "{n: 7}", ["x took 7"], ["x took 5 took 7", "x"]),
        ("{m}{c:digits}", "{c: 7}", ["x7"], ["x17"]),
        ("{m}{|;{x}|,{y}}", "{x: present}", ["p;q"], ["p,q;r"]),
        ("{|{a:digits} b|{a:word} {b}}", "{a: [7, 8]}", ["7 b", "7 c"], ["1 b", "1 c"]),
        ("{|{a:digits} b|{b:digits} {a}|{a:word}}", "{a: [b, 7]}", ["7 b", "1 7"], ["1 b"]),
        ("{|A{? {x:digits}}|A {x}}", "{x: present}", ["A 1"], ["A"]),
        ("{|{a:digits} b|{m}}", "{a: absent}", ["x", "1 c"], ["1 b"]),
        ("{|{a:digits} b|{m}}", "{a: 7}", ["7 b"], ["7 c", "1 b"]),
    ],
)
def test_what_a_condition_takes(
    template: str, where: str, taken: list[str], refused: list[str], tmp_path: Path
) -> None:
    one = load(tmp_path, conditions(template, where)).kinds[0]
    assert one.where == ()  # all of it is in the template
    assert [text for text in taken if read(one, text) is None] == []
    assert [text for text in refused if read(one, text) is not None] == []


@pytest.mark.parametrize(
    "template, where",
    [
        ("x{s=|a|b}", "{s: a}"),  # a captured segment has no values of its own
        ("{j:json}", "{j.a: b}"),  # what stands inside of a text
    ],
)
def test_what_a_template_cannot_say_is_left_to_be_asked(
    template: str, where: str, tmp_path: Path
) -> None:
    beside = f"    where: {where}\n    read: {{j: json}}\n" if "json" in template else None
    text = kind(template, beside=beside) if beside else conditions(template, where)
    (left,) = load(tmp_path, text).kinds[0].where
    assert left.path[0] == Key(where[1])


def test_a_condition_on_a_group_of_a_regular_expression_is_asked(tmp_path: Path) -> None:
    text = conditions("x", "{l: [A, B], n: absent}").replace(
        "template: 'x'", "regex: '(?P<l>[A-Z]+)(?P<n>[0-9]+)?'"
    )
    one = load(tmp_path, text).kinds[0]
    assert one.where == (
        Condition((Key("l"),), "one_of", ("A", "B")),
        Condition((Key("n"),), "absent"),
    )
    assert read(one, "C7") == {"l": "C", "n": "7"}


def test_conditions_above_the_kinds_hold_for_all_and_for_what_is_ignored(tmp_path: Path) -> None:
    above = "header: '{program:word}: {message}'\nwhere: {program: [payd, paid]}"
    text = kind("paid {id:word}", above=above, beside="ignore: ['health']\n")
    text = text.replace("    fields:", "    where: {program: payd}\n    fields:")
    one, ignored = load(tmp_path, text).kinds
    assert read(one, "payd: paid x") is not None
    assert read(one, "other: paid x") is None
    assert read(ignored, "payd: health") is not None
    assert read(ignored, "paid: health") is not None
    assert read(ignored, "other: health") is None


def test_two_conditions_on_one_field_must_both_hold(tmp_path: Path) -> None:
    above = "header: '{program:word}: {message}'\nwhere: {program: [payd, paid]}"
    text = kind("paid {id:word}", above=above, beside="    where: {program: [paid, other]}\n")
    one = load(tmp_path, text).kinds[0]
    assert read(one, "paid: paid x") is not None
    assert read(one, "payd: paid x") is None
    assert read(one, "other: paid x") is None


@pytest.mark.parametrize("where", ["{n: present}", "{ids: a}", "{message: x}"])
def test_a_condition_on_a_field_that_is_not_there_is_told(where: str, tmp_path: Path) -> None:
    (one,) = found(tmp_path, conditions("paid {id:word}", where))
    assert (one.code, one.location.line) == ("E307", 8)


@pytest.mark.parametrize("above", [False, True])
def test_what_is_told_of_a_condition_stands_at_its_own_key(above: bool, tmp_path: Path) -> None:
    where = '{"[0]": x, n: y, id: z}'
    text = (
        kind("paid {id:word}", above=f"where: {where}")
        if above
        else kind("paid {id:word}").replace("checkpoint_id: {", f"checkpoint_id: {{when: {where}, ")
    )
    lines = text.splitlines()
    told = [
        (one.code, lines[one.location.line - 1][one.location.column - 1 :].partition(":")[0])
        for one in found(tmp_path, text)
    ]
    assert sorted(told) == [("E307", "n"), ("E319", '"[0]"')]


@pytest.mark.parametrize(
    "template, where, said",
    [
        ("{m:word}", "{m: absent}", '"m" is never absent'),
        ("{m}{? x}", "{m: absent}", '"m" is never absent'),
        ("{|a {n:digits}|b {n:word}}", "{n: absent}", '"n" is never absent'),
        ("{t=a{n:digits}}", "{t: absent}", '"t" is never absent'),
        ("{n:digits} x", "{n: x}", '"n" is never "x"'),
        ("{n:digits} x", "{n: [7, x, y]}", '"n" is never "x" or "y"'),
        ("{m} x", '{m: ""}', '"m" is never ""'),
        ("{|a {n:digits}|b {n:alpha}}", "{n: [7, x, 7x]}", '"n" is never "7x"'),
        ("{|{a:digits}|{b:word}}", "{a: present, b: present}", "all of these conditions"),
        ("x{? {a:digits}}", "{a: 7}", None),
        ("x{? {a:quoted}}", "{a: a b}", None),
        ("{n:digits?} x", '{n: ""}', None),
    ],
)
def test_a_condition_that_no_record_meets_is_told(
    template: str, where: str, said: str | None, tmp_path: Path
) -> None:
    told = found(tmp_path, conditions(template, where))
    assert [one.code for one in told] == ([] if said is None else ["E328"])
    assert said is None or said in told[0].message


def test_above_the_kinds_a_value_may_be_that_of_another_kind(tmp_path: Path) -> None:
    def one(where: str) -> str:
        return kind("{n:digits} {id:word}", above=f"where: {{n: {where}}}")

    assert found(tmp_path, one("[7, x]")) == ()
    (told,) = found(tmp_path, one("x"))
    assert (told.code, told.location.line) == ("E328", 3)


def test_conditions_above_and_in_a_kind_can_leave_nothing(tmp_path: Path) -> None:
    above = "where: {n: [7, 8]}"
    (told,) = found(
        tmp_path, kind("{n:digits} {id:word}", above=above, beside="    where: {n: 9}\n")
    )
    assert told.code == "E328"
    assert "all of these conditions" in told.message
