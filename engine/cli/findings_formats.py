"""Findings about specs for programs: JSON, annotations of GitHub Actions, SARIF 2.1.0."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from engine import __version__
from engine.diagnostics import CODES, Diagnostic

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
"""The name by which the standard calls its schema."""


def as_json(findings: Sequence[Diagnostic]) -> str:
    """A list of objects, one a finding; ASCII, so that no terminal obeys it."""
    described = [
        {
            "file": one.location.file,
            "line": one.location.line,
            "column": one.location.column,
            "code": one.code,
            "severity": one.severity,
            "message": one.message,
            "help": one.help,
            "notes": list(one.notes),
        }
        for one in findings
    ]
    return json.dumps(described, indent=2)


# --- GitHub Actions ---------------------------------------------------------------------------


def as_github(findings: Sequence[Diagnostic]) -> str:
    """One workflow command a line: GitHub shows each at its line of a pull request."""
    return "\n".join(_command(one) for one in findings)


def _command(finding: Diagnostic) -> str:
    at = finding.location
    properties = {
        "file": PurePath(at.file).as_posix(),
        "line": str(at.line),
        "col": str(at.column),
        "title": f"{finding.code}: {CODES[finding.code].title}",
    }
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{finding.severity} {written}::{_data(_in_full(finding))}"


def _data(text: str) -> str:
    """Without the characters that would end the command; ``%`` first, as it begins an escape.
    What GitHub shows keeps no line of another kind either."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in escaped
    )


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- SARIF ------------------------------------------------------------------------------------


def as_sarif(findings: Sequence[Diagnostic]) -> str:
    """A SARIF log of one run; its rules are all codes, so that a finding can name one by index."""
    rules = list(CODES)
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "logloom",
                        "semanticVersion": __version__,
                        "rules": [_rule(code) for code in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, rules.index(one.code)) for one in findings],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _rule(code: str) -> dict[str, Any]:
    known = CODES[code]
    more = f"`engine explain-code {code}` tells more."
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "help": {"text": f"{known.help}. {more}" if known.help else more},
        "defaultConfiguration": {"level": known.severity},
    }


def _result(finding: Diagnostic, rule_index: int) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": {"text": _in_full(finding)},
        "locations": [{"physicalLocation": _place(finding)}],
    }


def _place(finding: Diagnostic) -> Mapping[str, Any]:
    at = finding.location
    return {
        "artifactLocation": {"uri": _uri(at.file)},
        "region": {"startLine": at.line, "startColumn": at.column},
    }


def _uri(file: str) -> str:
    """A relative reference if the path is one. The bytes of the file's name are escaped as they
    are, so a name that is no UTF-8 has a URI too."""
    path = PurePath(file)
    if path.is_absolute():
        return f"file://{quote(os.fsencode(path.as_posix()))}"
    # A colon in the first segment would read as a scheme: quote escapes every one.
    return quote(os.fsencode(path.as_posix()))


def _in_full(finding: Diagnostic) -> str:
    """The message with its notes and help, a line each."""
    lines = [finding.message, *(f"note: {note}" for note in finding.notes)]
    if finding.help:
        lines.append(f"help: {finding.help}")
    return "\n".join(lines)
