"""What a spec says about event fields and attributes, as the model has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import found, load

from engine.model import Condition, FieldMapping, Index, Key, RecordKind, ValueMap
from engine.spec.paths import parse_path

TEMPLATE = (
    "{timestamp:iso} {date:%d.%m.%Y} {time:%H:%M:%S} {at:clf} {step} {code:digits} {id} {m:json}"
)


def spec(fields: str, *, above: str = "") -> str:
    return (
        f"system: pay\nformat: text\n{above}\nrecords:\n  one:\n    template: '{TEMPLATE}'\n"
        f"    read: {{m: json}}\n    fields: {{{fields}}}\n"
    )


NEEDED = {
    "checkpoint_id": "checkpoint_id: step",
    "status": "status: {value: SUCCESS}",
    "correlation_id": "correlation_id: id",
}


def only(target: str, said: str, folder: Path, above: str = "") -> tuple[FieldMapping, ...]:
    """The mappings of one target of a kind that says this about it."""
    others = [text for name, text in NEEDED.items() if name != target]
    fields = ", ".join([f"{target}: {said}", *others])
    (kind,) = load(folder, spec(fields, above=above)).kinds
    return tuple(one for one in kind.mappings if one.target == target)


def path(source: str) -> tuple[tuple[Key | Index, ...], ...]:
    return (parse_path(source),)


@pytest.mark.parametrize(
    "target, said, expected",
    [
        ("failure_reason", "step", FieldMapping("failure_reason", path("step"))),
        ("failure_reason", "'m.a[0].b'", FieldMapping("failure_reason", path("m.a[0].b"))),
        ("failure_reason", "{from: step}", FieldMapping("failure_reason", path("step"))),
        (
            "failure_reason",
            "{from: [step, m.why]}",
            FieldMapping("failure_reason", (*path("step"), *path("m.why"))),
        ),
        ("failure_reason", "{value: 7}", FieldMapping("failure_reason", constant="7")),
        ("failure_reason", "{value: null}", FieldMapping("failure_reason")),
        ("correlation_id", "{value: null}", FieldMapping("correlation_id")),
        ("status", "{value: FAILURE}", FieldMapping("status", constant="FAILURE")),
        (
            "failure_reason",
            "{from: step, when: {status: FAILURE, m.a: present, code: [1, 2]}}",
            FieldMapping(
                "failure_reason",
                path("step"),
                when=(
                    Condition((Key("status"),), "one_of", ("FAILURE",)),
                    Condition((Key("m"), Key("a")), "present"),
                    Condition((Key("code"),), "one_of", ("1", "2")),
                ),
            ),
        ),
        (
            "failure_reason",
            "{value: X, when: {code: absent}}",
            FieldMapping(
                "failure_reason", constant="X", when=(Condition((Key("code"),), "absent"),)
            ),
        ),
        (
            "failure_reason",
            "{from: step, absent: '-', case: lower}",
            FieldMapping("failure_reason", path("step"), absent=("-",), case="lower"),
        ),
        (
            "failure_reason",
            "{from: step, absent: ['-', '']}",
            FieldMapping("failure_reason", path("step"), absent=("-", "")),
        ),
        (
            "checkpoint_id",
            "{from: step, case: upper}",
            FieldMapping("checkpoint_id", path("step"), case="upper"),
        ),
        ("timestamp", "{clock: record}", FieldMapping("timestamp", is_record_time=True)),
        ("timestamp", "at", FieldMapping("timestamp", path("at"), formats=("clf",))),
        ("timestamp", "step", FieldMapping("timestamp", path("step"), formats=("iso",))),
        ("timestamp", "m.at", FieldMapping("timestamp", path("m.at"), formats=("iso",))),
        (
            "timestamp",
            "{from: step, format: [epoch_ms, '%d/%m/%Y']}",
            FieldMapping("timestamp", path("step"), formats=("epoch_ms", "%d/%m/%Y")),
        ),
        (
            "timestamp",
            "{from: [date, time], format: '%d.%m.%Y %H:%M:%S'}",
            FieldMapping(
                "timestamp", (*path("date"), *path("time")), formats=("%d.%m.%Y %H:%M:%S",)
            ),
        ),
    ],
)
def test_one_way_to_a_value(target: str, said: str, expected: FieldMapping, tmp_path: Path) -> None:
    assert only(target, said, tmp_path) == (expected,)


def test_several_ways_stay_in_their_order(tmp_path: Path) -> None:
    said = "[m.why, step, {value: NONE, when: {code: 7}}]"
    ways = only("failure_reason", said, tmp_path)
    assert [(one.sources, one.constant, bool(one.when)) for one in ways] == [
        (path("m.why"), None, False),
        (path("step"), None, False),
        ((), "NONE", True),
    ]


def test_a_time_may_be_written_in_one_way_or_another(tmp_path: Path) -> None:
    text = spec(", ".join(NEEDED.values())).replace(
        "{timestamp:iso}", "{|{timestamp:iso}|{timestamp:syslog}|{timestamp:%d.%m.%y}}"
    )
    mappings = load(tmp_path, text).kinds[0].mappings
    (time,) = [one for one in mappings if one.target == "timestamp"]
    assert time.formats == ("iso", "syslog", "%d.%m.%y")


@pytest.mark.parametrize(
    "said, expected",
    [
        ("{OK: SUCCESS, 007: FAILURE}", ValueMap({"007": "FAILURE", "OK": "SUCCESS"})),
        (
            "{2xx: SUCCESS, 5x: FAILURE}",
            ValueMap({}, ((200, 299, "SUCCESS"), (50, 59, "FAILURE"))),
        ),
        ("{0-399: SUCCESS, 07-9: null}", ValueMap({}, ((0, 399, "SUCCESS"), (7, 9, None)))),
        (
            "{'t*': FAILURE, '*x': SUCCESS}",
            ValueMap({}, (), (("t*", "FAILURE"), ("*x", "SUCCESS"))),
        ),
        (
            "{otherwise: FAILURE}",
            ValueMap({}, has_otherwise=True, otherwise="FAILURE"),
        ),
        ("{otherwise: null}", ValueMap({}, has_otherwise=True)),
        ("{xx: SUCCESS, x2: FAILURE}", ValueMap({"x2": "FAILURE", "xx": "SUCCESS"})),
        ("{2-x: SUCCESS, -5: FAILURE}", ValueMap({"-5": "FAILURE", "2-x": "SUCCESS"})),
        ("{yes: SUCCESS, '': FAILURE}", ValueMap({"": "FAILURE", "yes": "SUCCESS"})),
    ],
)
def test_what_values_become(said: str, expected: ValueMap, tmp_path: Path) -> None:
    (way,) = only("status", f"{{from: code, map: {said}}}", tmp_path)
    assert way.values == expected


def test_texts_that_mean_no_value_are_for_event_fields_that_say_nothing_else(
    tmp_path: Path,
) -> None:
    above = "absent: ['-', none]"
    assert only("failure_reason", "step", tmp_path, above)[0].absent == ("-", "none")
    assert only("failure_reason", "{from: step}", tmp_path, above)[0].absent == ("-", "none")
    own = only("failure_reason", "{from: step, absent: x}", tmp_path, above)
    assert own[0].absent == ("x",)
    fields = ", ".join([*NEEDED.values(), "attributes: [step, {s: {from: step}}]"])
    (kind,) = load(tmp_path, spec(fields, above=above)).kinds
    assert [one.absent for one in kind.attributes] == [(), ()]


@pytest.mark.parametrize("said", ["time", "{from: time}", "[time, at]"])
def test_a_time_of_day_is_no_timestamp(said: str, tmp_path: Path) -> None:
    fields = ", ".join([*NEEDED.values(), f"timestamp: {said}"])
    (one,) = found(tmp_path, spec(fields))
    assert (one.code, one.location.line) == ("E322", 5)
    joined = "{from: [date, time], format: '%d.%m.%Y %T'}"
    assert found(tmp_path, spec(", ".join([*NEEDED.values(), f"timestamp: {joined}"]))) == ()


# --- attributes ---------------------------------------------------------------------------------


def attributes(said: str, folder: Path) -> RecordKind:
    fields = ", ".join([*NEEDED.values(), f"attributes: {said}"])
    return load(folder, spec(fields)).kinds[0]


def test_all_that_was_read(tmp_path: Path) -> None:
    kind = attributes("all", tmp_path)
    assert (kind.attributes, kind.keeps_all) == ((), True)
    more = attributes("[all, {s: step}]", tmp_path)
    assert more.keeps_all
    assert more.attributes == (FieldMapping("s", path("step")),)


def test_attributes_of_every_form(tmp_path: Path) -> None:
    said = (
        "[step, m.user.name, {why: m.why}, {code: {redact: hash}}, "
        "{level: {from: code, map: {0: low, otherwise: null}}}, {first: [m.a, step]}, "
        "{kind: {value: PAID}}]"
    )
    kind = attributes(said, tmp_path)
    assert not kind.keeps_all
    assert kind.attributes == (
        FieldMapping("step", path("step")),
        FieldMapping("m.user.name", path("m.user.name")),
        FieldMapping("why", path("m.why")),
        FieldMapping("code", path("code"), redact="hash"),
        FieldMapping(
            "level",
            path("code"),
            values=ValueMap({"0": "low"}, has_otherwise=True),
        ),
        FieldMapping("first", path("m.a")),
        FieldMapping("first", path("step")),
        FieldMapping("kind", constant="PAID"),
    )


@pytest.mark.parametrize(
    "said, code",
    [
        ("[stp]", "E307"),
        ("{s: step}", "E203"),
        ("[{s: stp}]", "E307"),
        ("[{stp: {redact: hash}}]", "E307"),
        ("[{s: {from: step, format: iso}}]", "E320"),
        ("[{s: {clock: record}}]", "E320"),
        ("[{s: {from: step, redact: hide}}]", "E204"),
        ("[{s: step, t: step}]", "E205"),
        ("[step.part]", "E307"),
        ("[]", "E206"),
        ("some", "E307"),
    ],
)
def test_what_is_no_attribute(said: str, code: str, tmp_path: Path) -> None:
    fields = ", ".join([*NEEDED.values(), f"attributes: {said}"])
    assert [one.code for one in found(tmp_path, spec(fields))] == [code]


# --- above the kinds ----------------------------------------------------------------------------


def test_mappings_above_the_kinds_are_for_those_that_have_what_they_name(tmp_path: Path) -> None:
    text = """
system: pay
format: text
fields: {correlation_id: id, checkpoint_id: step, status: {value: SUCCESS}, attributes: [user]}
records:
  one:
    template: "{timestamp:iso} {step} {id} {user}"
  own:
    template: "{timestamp:iso} own {step} {id} {user} {other}"
    fields: {correlation_id: other, attributes: all}
  less:
    template: "{timestamp:iso} less {id}"
    fields: {checkpoint_id: {value: LESS}}
"""
    one, own, less = load(tmp_path, text).kinds
    assert [(m.target, m.sources) for m in one.mappings][:1] == [("checkpoint_id", path("step"))]
    assert [kept.target for kept in one.attributes] == ["user"]
    ids = [m.sources for m in own.mappings if m.target == "correlation_id"]
    assert ids == [path("other")]
    assert (own.attributes, own.keeps_all) == ((), True)
    assert less.attributes == ()
    assert [m.constant for m in less.mappings] == ["LESS", None, "SUCCESS", None]
