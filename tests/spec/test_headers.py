"""What stands before every record of a system."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import ANY_FIELDS, found, kind, load, read

SYSLOG = "header: syslog"
OWN = "header: '{at:iso} {host:name} [{level:alpha}] {message}'"


@pytest.mark.parametrize(
    "before, captures",
    [
        (
            "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su 77 ID47 - ",
            {
                "priority": "34",
                "version": "1",
                "timestamp": "2003-10-11T22:14:15.003Z",
                "host": "mymachine.example.com",
                "program": "su",
                "pid": "77",
                "msgid": "ID47",
            },
        ),
        (
            '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 my 8710 - [a@1 b="]"][c d="\\""] ',
            {
                "priority": "165",
                "version": "1",
                "timestamp": "2003-08-24T05:14:15.000003-07:00",
                "host": "192.0.2.1",
                "program": "my",
                "pid": "8710",
                "structured_data": '[a@1 b="]"][c d="\\""]',
            },
        ),
        ("<0>1 - - - - - - ", {"priority": "0", "version": "1"}),
        (
            "<34>Oct 11 22:14:15 mymachine su: ",
            {
                "priority": "34",
                "timestamp": "Oct 11 22:14:15",
                "host": "mymachine",
                "program": "su",
            },
        ),
        (
            "Oct  1 22:14:15 m cron[7]: ",
            {"timestamp": "Oct  1 22:14:15", "host": "m", "program": "cron", "pid": "7"},
        ),
        (
            "2025-05-04T10:30:00+02:00 m app/db[7]:",
            {
                "timestamp": "2025-05-04T10:30:00+02:00",
                "host": "m",
                "program": "app/db",
                "pid": "7",
            },
        ),
        (
            "Oct  1 2025 22:14:15 m %LINK-3-UPDOWN: ",
            {"timestamp": "Oct  1 2025 22:14:15", "host": "m", "program": "%LINK-3-UPDOWN"},
        ),
        ("Oct 11 22:14:15 m su ", None),
        ("<34>1 2003-10-11T22:14:15Z m su - ID47 ", None),
        ("", None),
    ],
)
def test_syslog_is_read_as_the_two_rfcs_say(
    before: str, captures: dict[str, str] | None, tmp_path: Path
) -> None:
    system = load(tmp_path, kind("paid {id:word}", above=SYSLOG))
    expected = None if captures is None else {**captures, "message": "paid a1", "id": "a1"}
    assert read(system.kinds[0], before + "paid a1") == expected


def test_a_header_of_ones_own(tmp_path: Path) -> None:
    system = load(tmp_path, kind("paid {id:word}", above=OWN))
    assert read(system.kinds[0], "2025-05-04T10:30:00 a [INFO] paid x1") == {
        "at": "2025-05-04T10:30:00",
        "host": "a",
        "level": "INFO",
        "message": "paid x1",
        "id": "x1",
    }
    assert read(system.kinds[0], "paid x1") is None


def test_of_several_headers_the_first_that_fits_counts(tmp_path: Path) -> None:
    above = "header: ['{at:iso} {message}', '{n:digits}: {message}', '{message}']"
    one = load(tmp_path, kind("paid {id:word}", above=above)).kinds[0]
    assert read(one, "2025-05-04T10:30:00 paid x") == {
        "at": "2025-05-04T10:30:00",
        "message": "paid x",
        "id": "x",
    }
    assert read(one, "7: paid x") == {"n": "7", "message": "paid x", "id": "x"}
    assert read(one, "paid x") == {"message": "paid x", "id": "x"}


def test_a_header_that_is_only_the_message(tmp_path: Path) -> None:
    one = load(tmp_path, kind("paid {id:word}", above="header: '{message}'")).kinds[0]
    assert read(one, "paid x") == {"message": "paid x", "id": "x"}


def test_a_field_that_both_have_is_the_templates(tmp_path: Path) -> None:
    one = load(tmp_path, kind("paid at {host:word}", above=OWN)).kinds[0]
    captures = read(one, "2025-05-04T10:30:00 a [INFO] paid at b")
    assert captures is not None
    assert captures["host"] == "b"
    own = load(tmp_path, kind("paid: {message}", above=OWN)).kinds[0]
    captures = read(own, "2025-05-04T10:30:00 a [INFO] paid: well")
    assert captures is not None
    assert captures["message"] == "well"


def test_a_header_under_several_templates(tmp_path: Path) -> None:
    text = kind("x", above=OWN).replace("template: 'x'", "template: ['paid {id}', '{id} paid']")
    one = load(tmp_path, text).kinds[0]
    for message in ("paid x", "x paid"):
        captures = read(one, f"2025-05-04T10:30:00 a [INFO] {message}")
        assert captures is not None
        assert (captures["id"], captures["message"]) == ("x", message)


@pytest.mark.parametrize("format_", ["json", "key_values", "csv"])
def test_behind_a_header_the_message_is_what_the_format_reads(format_: str, tmp_path: Path) -> None:
    columns = "csv: {columns: [a, b]}" if format_ == "csv" else ""
    text = (
        f"system: pay\nformat: {format_}\n{OWN}\n{columns}\nwhere: {{level: INFO}}\n"
        f"records:\n  one:\n    {ANY_FIELDS}\n"
    )
    one = load(tmp_path, text).kinds[0]
    (reading,) = one.readings
    assert (reading.field, reading.is_flat) == ("message", True)
    captures = read(one, '2025-05-04T10:30:00 a [INFO] {"a": 1}')
    assert captures is not None
    assert captures["message"] == '{"a": 1}'
    assert read(one, '2025-05-04T10:30:00 a [WARN] {"a": 1}') is None


def test_a_header_is_before_what_is_ignored_too(tmp_path: Path) -> None:
    text = kind("paid {id:word}", above=OWN, beside="ignore: ['health check']\n")
    ignored = load(tmp_path, text).kinds[1]
    assert read(ignored, "2025-05-04T10:30:00 a [INFO] health check") is not None
    assert read(ignored, "health check") is None


@pytest.mark.parametrize(
    "header, code",
    [
        ("'{at:iso} {text}'", "E323"),
        ("'{message} {at:iso}'", "E323"),
        ("'{at:iso} {message:token}'", "E323"),
        ("'{at}{?x}{message}'", "E302"),
        ("['{at:iso} {message}', '{at:isoo} {message}']", "E303"),
        ("''", "E206"),
    ],
)
def test_what_is_no_header(header: str, code: str, tmp_path: Path) -> None:
    diagnostics = found(tmp_path, kind("paid {id:word}", above=f"header: {header}"))
    assert [one.code for one in diagnostics] == [code]
    assert diagnostics[0].location.line == 3
