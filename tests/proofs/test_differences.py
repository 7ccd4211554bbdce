"""What a change of specs loses, gains and moves."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_templates import templates, texts_near

from engine.cli import main
from engine.diagnostics import Location
from engine.interpreter import compile_normalizer
from engine.model import Condition, Key, Record, RecordKind, Rejection, System, Template
from engine.proofs.differences import find_differences
from engine.resources import resource
from engine.spec import load_systems
from engine.spec.template_syntax import parse_template

HERE = Location("made.yaml", 1, 1)
SHIPPED = resource("systems")


def text_system(name: str, *made: Template) -> System:
    kinds = [RecordKind(f"k{n}", "ignore", one, (), (), (), HERE) for n, one in enumerate(made)]
    return System(name, "text", "UTC", tuple(kinds), None, None, "0" * 64, "", HERE)


def json_system(name: str, *made: list[Condition]) -> System:
    kinds = [
        RecordKind(f"k{n}", "ignore", None, tuple(one), (), (), HERE) for n, one in enumerate(made)
    ]
    return System(name, "json", "UTC", tuple(kinds), None, None, "0" * 64, "", HERE)


def accepts(system: System, text: str) -> bool:
    (outcome,) = compile_normalizer([system]).normalize([Record("s", 0, 1, text.encode() + b"\r")])
    return not isinstance(outcome, Rejection) or outcome.reason == "ambiguous"


@given(st.data())
def test_texts_are_lost_and_gained_as_the_matcher_says(data: st.DataObject) -> None:
    """With one kind on each side: a witness is one, and no text near is lost without one."""
    one, other = data.draw(templates()), data.draw(templates())
    old, new = text_system("s", one), text_system("s", other)
    found = {each.change: each.witness for each in find_differences([old], [new])}
    assert set(found) <= {"lost", "gained"}
    if "lost" in found:
        assert accepts(old, found["lost"])
        assert not accepts(new, found["lost"])
    text = data.draw(texts_near(data.draw(st.sampled_from([one, other]))))
    if accepts(old, text) and not accepts(new, text):
        assert len(found["lost"]) <= len(text)
    if accepts(new, text) and not accepts(old, text):
        assert len(found["gained"]) <= len(text)


CONDITIONS = st.lists(
    st.builds(
        Condition,
        st.sampled_from([(Key("a"),), (Key("b"),)]),
        st.sampled_from(["present", "absent"]),
    )
    | st.builds(
        Condition,
        st.sampled_from([(Key("a"),), (Key("b"),)]),
        st.just("one_of"),
        st.lists(st.sampled_from(["1", "2"]), min_size=1, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.path,
)


@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.lists(CONDITIONS, min_size=1, max_size=3))
def test_objects_are_lost_and_gained_as_over_all_objects(
    before: list[list[Condition]], after: list[list[Condition]]
) -> None:
    old, new = json_system("s", *before), json_system("s", *after)
    objects = [
        json.dumps({key: value for key, value in zip("ab", chosen, strict=True) if value})
        for chosen in itertools.product([None, "1", "2", "x"], repeat=2)
    ]
    found = find_differences([old], [new])
    for change, one, other in (("lost", old, new), ("gained", new, old)):
        changed = [text for text in objects if accepts(one, text) and not accepts(other, text)]
        told = [each.witness for each in found if each.change == change]
        assert bool(told) == bool(changed)
        assert all(accepts(one, text) and not accepts(other, text) for text in told)


def test_a_kind_beside_a_thousand_systems_is_compared_at_once() -> None:
    """Each of them is kept apart by one key already, so none of them is a choice."""
    many = [
        json_system(
            f"s{n}",
            [Condition((Key("system"),), "one_of", (f"s{n}",)), Condition((Key("x"),), "present")],
        )
        for n in range(1000)
    ]
    nameless = json_system(
        "none", [Condition((Key("system"),), "absent"), Condition((Key("x"),), "present")]
    )
    wider = json_system("none", [Condition((Key("system"),), "absent")])
    (found,) = find_differences([*many, nameless], [*many, wider])
    assert (found.change, found.witness) == ("gained", "{}")


@given(st.lists(templates(), min_size=1, max_size=3))
def test_nothing_differs_from_itself(made: list[Template]) -> None:
    system = text_system("s", *made)
    assert [one for one in find_differences([system], [system]) if one.change != "moved"] == []


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    folder = tmp_path / "systems"
    folder.mkdir()
    for spec in SHIPPED.glob("*.yaml"):
        (folder / spec.name).write_bytes(spec.read_bytes())
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    spec = folder / f"{name}.yaml"
    assert old in spec.read_text()
    spec.write_text(spec.read_text().replace(old, new))


def diff(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    status = main(["diff", *words, "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


def test_no_change_is_no_difference(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert diff(str(SHIPPED), str(changed), capsys=capsys) == (0, [])


def test_a_template_that_asks_for_more_loses_records(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(s.name for s in load_systems([SHIPPED]) if s.format == "text" and s.join)
    edit(changed, name, '{correlation_id})"', '{correlation_id:uuid})"')
    status, found = diff(str(SHIPPED), str(changed), capsys=capsys)
    assert status == 1
    assert [(one["change"], one["before"], one["after"]) for one in found] == [
        ("lost", f"{name}.checkpoint", None)
    ]
    status, found = diff(str(changed), str(SHIPPED), capsys=capsys)
    assert status == 0
    assert [one["change"] for one in found] == ["gained"]


def test_a_kind_renamed_moves_its_records_and_loses_none(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = next(s.name for s in load_systems([SHIPPED]) if not s.join and s.format == "json")
    edit(changed, name, "  checkpoint:\n", "  step:\n")
    status, found = diff(str(SHIPPED), str(changed), capsys=capsys)
    assert status == 0
    assert [(one["change"], one["before"], one["after"]) for one in found] == [
        ("moved", f"{name}.checkpoint", f"{name}.step")
    ]


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.example"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_a_git_revision_is_compared_with_the_specs_as_they_are(
    changed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(changed.parent, "init", "--quiet")
    git(changed.parent, "add", "systems")
    git(changed.parent, "commit", "--quiet", "-m", "first")
    monkeypatch.chdir(changed.parent)
    assert diff("HEAD", capsys=capsys) == (0, [])
    next(changed.glob("*.yaml")).unlink()
    status, found = diff("HEAD", capsys=capsys)
    assert status == 1
    assert {one["change"] for one in found} == {"lost"}
    assert diff("HEAD", "HEAD", capsys=capsys) == (0, [])


@pytest.mark.parametrize("named", ["no-such-thing", "--output=x"])
def test_what_is_neither_a_folder_nor_a_revision_is_wrong_usage(
    named: str, changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--systems", str(changed), "--", named]) == 2
    assert "neither a directory of specs nor a git revision" in capsys.readouterr().err


def test_specs_that_claim_one_record_twice_are_refused(
    changed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such a record goes to the quarantine, however many kinds accept it."""
    copy = min(changed.glob("*.yaml"))
    twin = copy.read_text().replace(f"system: {copy.stem}", "system: twin")
    (changed / "twin.yaml").write_text(twin)
    assert main(["diff", str(SHIPPED), str(changed)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "E403" in printed.err


def test_ignored_records_have_no_order() -> None:
    old, new = (
        text_system("s", *(parse_template(one) for one in made))
        for made in (["up {:digits}", "down {:digits}"], ["down {:digits}", "up {:digits}"])
    )
    assert find_differences([old], [new]) == []


def test_a_choice_of_conditions_to_break_ends_soon() -> None:
    """Every kind but the last could be missed in three ways."""
    keys = [[f"{letter}{n}" for letter in "abc"] for n in range(16)]
    kinds = [[Condition((Key(key),), "present") for key in one] for one in keys]
    old = json_system("s", [Condition((Key("x"),), "present")])
    new = json_system("s", *([Condition((Key("x"),), "present"), *one] for one in kinds))
    (lost, *_) = find_differences([old], [new])
    assert (lost.change, lost.witness) == ("lost", '{"x": "x"}')


def test_text_is_for_a_person(changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = next(s.name for s in load_systems([SHIPPED]) if not s.join and s.format == "json")
    (changed / f"{name}.yaml").unlink()
    assert main(["diff", str(SHIPPED), str(changed)]) == 1
    printed = capsys.readouterr()
    assert printed.out == f'lost    {name}.checkpoint\n        {{"system": "{name}"}}\n'
    assert printed.err == "1 lost, 0 moved, 0 gained\n"
