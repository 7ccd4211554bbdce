"""Texts that are read further, columns, lists, kinds in a format of their own, regular expressions,
personal data and records of several lines, as the model has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import ANY_FIELDS, found, kind, load, read

from engine.model import Csv, Index, Json, Key, KeyValues, Reading, Template
from engine.spec.field_types import FIELD_TYPES
from engine.templates import match_prefix

TEMPLATE = "{a:token} {b:token} {m}"


def readings(said: str, folder: Path) -> tuple[Reading, ...]:
    return load(folder, kind(TEMPLATE, beside=f"    read: {said}\n")).kinds[0].readings


@pytest.mark.parametrize(
    "said, form",
    [
        ("json", Json()),
        ("key_values", KeyValues()),
        ("{key_values: {pair: ':', between: ', ', quotes: ''}}", KeyValues(":", ", ", "")),
        ("{key_values: {pair: '=>'}}", KeyValues("=>")),
        ("{csv: {columns: [x, y]}}", Csv(("x", "y"))),
        (
            "{csv: {columns: [x, {y: digits}], separator: '\t', quote: ''}}",
            Csv(("x", "y"), "\t", "", (("y", FIELD_TYPES["digits"]),)),
        ),
    ],
)
def test_how_a_text_is_read_further(said: str, form: object, tmp_path: Path) -> None:
    assert readings(f"{{m: {said}}}", tmp_path) == (Reading("m", form),)  # type: ignore[arg-type]


def test_a_text_is_read_further_by_templates(tmp_path: Path) -> None:
    (one,) = readings("{m: {template: ['{host:address}:{port:digits}', '{host}']}}", tmp_path)
    assert isinstance(one.form, Template)
    assert one.form.field_names == ("host", "port")


def test_what_is_inside_of_others_is_read_after_them(tmp_path: Path) -> None:
    said = "{m.x.y: json, 'm.l[0]': {csv: {columns: [p]}}, m: json, a: key_values}"
    assert [(one.field, one.steps) for one in readings(said, tmp_path)] == [
        ("m", ()),
        ("a", ()),
        ("m", (Key("x"), Key("y"))),
        ("m", (Key("l"), Index(0))),
    ]


def test_readings_above_the_kinds_are_for_all(tmp_path: Path) -> None:
    text = kind(TEMPLATE, above="read: {m: json}", beside="    read: {a: key_values}\n")
    assert [one.field for one in load(tmp_path, text).kinds[0].readings] == ["m", "a"]


@pytest.mark.parametrize(
    "said, code",
    [
        ("{n: json}", "E307"),
        ("{m: yaml}", "E204"),
        ("{m: {csv: {separator: ';'}}}", "E202"),
        ("{m: {csv: {columns: [{x: wrd}]}}}", "E303"),
        ("{m: {template: '{x}{y}'}}", "E302"),
        ("{m: {template: ['{x}', '{x:nope}']}}", "E303"),
        ("{m: {json: {}}}", "E201"),
        ("{m: {}}", "E206"),
        ("{'m[*]': json}", "E319"),
        ("{'m..x': json}", "E319"),
        ("{m: {key_values: {pair: ''}}}", "E206"),
    ],
)
def test_what_is_no_reading(said: str, code: str, tmp_path: Path) -> None:
    diagnostics = found(tmp_path, kind(TEMPLATE, beside=f"    read: {said}\n"))
    assert [(one.code, one.location.line) for one in diagnostics] == [(code, 8)]


# --- columns and lists --------------------------------------------------------------------------

COLUMNS = "csv: {columns: [{timestamp: iso}, checkpoint_id, status, correlation_id]}"


def test_columns_are_fields(tmp_path: Path) -> None:
    text = (
        f"system: pay\nformat: csv\n{COLUMNS}\nrecords: {{one: {{where: {{status: FAILURE}}}}}}\n"
    )
    one = load(tmp_path, text).kinds[0]
    (reading,) = one.readings
    assert reading.is_flat
    assert reading.form == Csv(
        ("timestamp", "checkpoint_id", "status", "correlation_id"),
        types=(("timestamp", FIELD_TYPES["iso"]),),
    )
    assert {mapping.target for mapping in one.mappings} >= {"timestamp", "status"}
    assert [condition.values for condition in one.where] == [("FAILURE",)]


@pytest.mark.parametrize("where", ["{state: x}", "{status: x, 'step.part': y}"])
def test_a_condition_on_no_column_is_told(where: str, tmp_path: Path) -> None:
    text = f"system: pay\nformat: csv\n{COLUMNS}\nrecords: {{one: {{where: {where}}}}}\n"
    (one,) = found(tmp_path, text)
    assert (one.code, one.message[:18]) == ("E307", "there is no column")


def test_a_list_of_pairs_has_any_field(tmp_path: Path) -> None:
    text = (
        "system: pay\nformat: key_values\nkey_values: {pair: ':'}\nrecords:\n  one:\n"
        "    fields: {checkpoint_id: step, attributes: [user.name]}\n"
    )
    one = load(tmp_path, text).kinds[0]
    assert [reading.form for reading in one.readings] == [KeyValues(":")]
    assert [mapping.target for mapping in one.mappings] == [
        "checkpoint_id",
        "timestamp",
        "status",
        "correlation_id",
        "failure_reason",
    ]


@pytest.mark.parametrize("format_", ["text", "json", "key_values", "csv"])
@pytest.mark.parametrize("own", ["text", "json", "key_values", "csv"])
def test_a_kind_in_a_format_of_its_own(format_: str, own: str, tmp_path: Path) -> None:
    """It is built like the kind of a spec in that format."""
    told = "template: 'x {m}'" if own == "text" else "where: {status: a}"
    columns = f"{COLUMNS}\n" if "csv" in {format_, own} else ""
    body = f"    {told}\n    {ANY_FIELDS}\n"
    text = f"system: pay\nformat: FORMAT\n{columns}records:\n  one:\n{body}"
    own_kind = text.replace("FORMAT", format_).replace("  one:\n", f"  one:\n    format: {own}\n")
    one = load(tmp_path, own_kind).kinds[0]
    other = load(tmp_path, text.replace("FORMAT", own), "other.yaml").kinds[0]
    assert one.readings == other.readings
    assert one.where == other.where
    assert (one.template is None) == (other.template is None) == (own == "json")
    if one.template is not None and other.template is not None:
        assert one.template.parts == other.template.parts


# --- regular expressions ------------------------------------------------------------------------

REGEX = r"(?P<timestamp>\S+) (?P<checkpoint_id>\w+) (?P<status>ok|ko)( (?P<correlation_id>\d+))?"


def test_a_regular_expression_is_a_template(tmp_path: Path) -> None:
    text = f"system: pay\nformat: text\nrecords:\n  one:\n    regex: '{REGEX}'\n"
    one = load(tmp_path, text).kinds[0]
    assert one.template is not None
    assert one.template.field_names == ("timestamp", "checkpoint_id", "status", "correlation_id")
    assert read(one, "now A ok 7") == {
        "timestamp": "now",
        "checkpoint_id": "A",
        "status": "ok",
        "correlation_id": "7",
    }
    assert read(one, "now A ok") == {"timestamp": "now", "checkpoint_id": "A", "status": "ok"}
    assert read(one, "now A ok 7 ") is None


def test_a_regular_expression_reads_what_stands_after_the_header(tmp_path: Path) -> None:
    text = (
        "system: pay\nformat: text\nheader: '{host:name} [{level}] {message}'\nrecords:\n  one:\n"
        f"    regex: '{REGEX}'\n    where: {{level: INFO, status: ok}}\n"
    )
    one = load(tmp_path, text).kinds[0]
    captures = read(one, "a [INFO] now A ok 7")
    assert captures is not None
    assert captures["message"] == "now A ok 7"
    assert captures["host"] == "a"
    assert read(one, "a [WARN] now A ok 7") is None
    assert [condition.path for condition in one.where] == [(Key("status"),)]


def test_a_kind_is_told_by_one_of_both(tmp_path: Path) -> None:
    text = kind("{m}").replace("    fields:", "    regex: '(?P<m>.*)'\n    fields:")
    assert [one.code for one in found(tmp_path, text)] == ["E205"]
    neither = kind("{m}").replace("    template: '{m}'\n", "")
    assert [one.code for one in found(tmp_path, neither)] == ["E202"]


# --- personal data, records of several lines ----------------------------------------------------


def test_what_is_redacted(tmp_path: Path) -> None:
    above = "redact: {a: hash, m.user: mask, 'm.ids[*]': drop, raw: redact}\nread: {m: json}"
    system = load(tmp_path, kind(TEMPLATE, above=above))
    assert system.redactions == (
        ((Key("a"),), "hash"),
        ((Key("m"), Key("user")), "mask"),
        ((Key("m"), Key("ids"), Index(None)), "drop"),
    )
    assert system.raw == "redact"
    plain = load(tmp_path, kind(TEMPLATE))
    assert (plain.redactions, plain.raw) == ((), "keep")


def test_how_a_first_line_begins(tmp_path: Path) -> None:
    system = load(tmp_path, kind(TEMPLATE, above="first_line: '{:iso} {:word}'"))
    assert system.first_line is not None
    assert match_prefix(system.first_line, "2025-05-04T10:30:00 INFO and more")
    assert not match_prefix(system.first_line, "  at here")
    assert load(tmp_path, kind(TEMPLATE)).first_line is None


@pytest.mark.parametrize(
    "above, code",
    [
        ("first_line: '{x'", "E301"),
        ("first_line: ''", "E206"),
        ("first_line: [x]", "E203"),
        ("redact: {a: hide}", "E204"),
        ("redact: {raw: hash}", "E204"),
        ("redact: {'a..b': hash}", "E319"),
        ("redact: {}", "E206"),
        ("redact: {c: hash}", "E307"),
        ("redact: {c.user: hash, a: mask}", "E307"),
        ("read: {c: json}", "E307"),
        ("first_line: '{?x}'", "E305"),
        ("first_line: '{:digits?}'", "E305"),
        ("absent: [a, a]", "E205"),
        ("absent: []", "E206"),
    ],
)
def test_what_cannot_be_said_above_the_kinds(above: str, code: str, tmp_path: Path) -> None:
    diagnostics = found(tmp_path, kind(TEMPLATE, above=above))
    assert [(one.code, one.location.line) for one in diagnostics] == [(code, 3)]
