"""The digest is of what a spec says: the same however it is written, another for each
thing said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from loaded import load

SAID = """
system: gate
format: text
timezone: Europe/Berlin
header: "{at:%d.%m.%Y %T} {host:name} {program:word}: {message}"
where: {program: gated}
types: {level: [INFO, WARN]}
absent: "-"
redact: {client: hash, raw: redact}
first_line: "{:%d.%m.%Y %T} "
records:
  request:
    template: "{level:level} {client:ip} {id:word} {context:json}{? in {ms:digits}ms}"
    where: {level: INFO}
    read: {context: json}
    fields:
      timestamp: {from: at, format: "%d.%m.%Y %T"}
      checkpoint_id: [context.step, {value: REQUEST}]
      status: {from: context.code, map: {2xx: SUCCESS, 7: FAILURE, t*: FAILURE, otherwise: SUCCESS}}
      correlation_id: {from: id, case: lower}
      failure_reason: {from: host, when: {status: FAILURE}, absent: none}
      attributes: [client, {user: {from: context.user, redact: hash}}]
  call:
    regex: 'called (?P<id>[A-Z]+[0-9]+): (?P<status>SUCCESS|FAILURE)'
    after: request
    fields: {timestamp: {clock: record}, checkpoint_id: {value: CALL}, correlation_id: id}
duplicates: {merge: [checkpoint_id, correlation_id]}
ignore: ["health"]
"""


def digest(folder: Path, text: str) -> str:
    return load(folder, text).digest


def test_written_in_another_way_it_says_the_same(tmp_path: Path) -> None:
    here = digest(tmp_path, SAID)
    assert digest(tmp_path, f"# a remark\n{SAID}\n# another\n") == here
    document = yaml.load(SAID, Loader=yaml.BaseLoader)
    assert digest(tmp_path, yaml.safe_dump(document, sort_keys=False)) == here
    assert digest(tmp_path, yaml.safe_dump(document, default_flow_style=True, sort_keys=False))
    for one, other in (
        ("absent: none", "absent: [none]"),
        ("after: request", "after: [request]"),
        ('absent: "-"', 'absent: ["-"]'),
        ('header: "{at', "header: '{at"),
    ):
        written = SAID.replace(one, other)
        if one.startswith("header"):
            written = written.replace('{message}"', "{message}'")
        assert digest(tmp_path, written) == here, one


@pytest.mark.parametrize(
    "said, instead",
    [
        ("system: gate", "system: gates"),
        ("Europe/Berlin", "Europe/Paris"),
        ("{host:name} ", "{host:token} "),
        ("{program: gated}", "{program: gate}"),
        ("{program: gated}", "{program: present}"),
        ("[INFO, WARN]", "[INFO, WARN, ERROR]"),
        ('absent: "-"', 'absent: "--"'),
        ("client: hash", "client: mask"),
        ("client: hash, raw", "id: hash, raw"),
        ("raw: redact", "raw: drop"),
        ('first_line: "{:%d.%m.%Y %T} "', 'first_line: "{:%d.%m.%Y %T}"'),
        ("{id:word}", "{id:token}"),
        ("{? in {ms:digits}ms}", " in {ms:digits}ms"),
        ("{? in {ms:digits}ms}", "{s=? in {ms:digits}ms}".replace("=?", "=")),
        ("{level: INFO}", "{level: WARN}"),
        ("context: json", "context: key_values"),
        ('from: at, format: "%d.%m.%Y %T"', 'from: at, format: "%e.%m.%Y %T"'),
        ("[context.step, {value: REQUEST}]", "[{value: REQUEST}, context.step]"),
        ("{value: REQUEST}", "{value: OTHER}"),
        ("from: context.code", "from: context.result"),
        ("2xx: SUCCESS", "3xx: SUCCESS"),
        ("2xx: SUCCESS", "200-298: SUCCESS"),
        ("7: FAILURE", "8: FAILURE"),
        ("t*: FAILURE", "t*: SUCCESS"),
        ("otherwise: SUCCESS", "otherwise: null"),
        (", otherwise: SUCCESS", ""),
        ("case: lower", "case: upper"),
        ("when: {status: FAILURE}", "when: {status: SUCCESS}"),
        ("absent: none", "absent: nothing"),
        ("[client, {user", "[host, {user"),
        ("redact: hash}}]", "redact: mask}}]"),
        ("attributes: [client,", "attributes: [all, client,"),
        ("[A-Z]+[0-9]+", "[A-Z]+[0-9]*"),
        ("after: request", "after: ignore"),
        ("{clock: record}", "at"),
        ("value: CALL", "value: CALLED"),
        ("[checkpoint_id, correlation_id]", "[checkpoint_id]"),
        ('["health"]', '["healthy"]'),
        ("  call:", "  calls:"),
    ],
)
def test_whatever_else_it_says_it_is_another(said: str, instead: str, tmp_path: Path) -> None:
    assert said in SAID
    assert digest(tmp_path, SAID.replace(said, instead, 1)) != digest(tmp_path, SAID)


@pytest.mark.parametrize(
    "said, instead",
    [
        ("{columns: [a, b]}", "{columns: [b, a]}"),
        ("{columns: [a, b]}", "{columns: [a, {b: digits}]}"),
        ("{columns: [a, b]}", "{columns: [a, b], separator: ';'}"),
        ("{columns: [a, b]}", "{columns: [a, b], quote: ''}"),
    ],
)
def test_columns_are_said(said: str, instead: str, tmp_path: Path) -> None:
    text = (
        "system: pay\nformat: csv\ncsv: {columns: [a, b]}\nrecords:\n  one:\n"
        "    fields: {timestamp: a, checkpoint_id: b, status: {value: SUCCESS}, "
        "correlation_id: {value: null}}\n"
    )
    assert digest(tmp_path, text.replace(said, instead)) != digest(tmp_path, text)
