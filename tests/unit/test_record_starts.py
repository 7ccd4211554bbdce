"""Which lines begin a record."""

from __future__ import annotations

from typing import cast

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from engine.model import System
from engine.record_starts import compile_record_starts
from engine.spec.template_syntax import parse_template
from engine.templates import match_prefix

TEMPLATES = [
    "{:iso} {:word}",
    "[{thread}] ",
    "{level=|INFO|WARN}{? {:digits}}",
    "{?<{:digits}>}{:syslog} {host}",
    "é{:word}",
    "{:quoted} {}",
    "{} began",
]


class _System:
    """The only part of a system that counts here."""

    def __init__(self, first_line: str | None) -> None:
        self.first_line = None if first_line is None else parse_template(first_line)


def systems_of(*first_lines: str | None) -> list[System]:
    return [cast("System", _System(one)) for one in first_lines]


def test_without_a_first_line_there_is_nothing_to_ask() -> None:
    assert compile_record_starts([]) is None
    assert compile_record_starts(systems_of(None, None)) is None


@pytest.mark.parametrize(
    "line, begins",
    [
        (b"2025-05-04T10:32:00Z INFO started", True),
        (b"2025-05-04T10:32:00Z INFO", True),
        (b"2025-05-04T10:32:00Z ", False),
        (b"[main] started", True),
        (b"[main]", False),
        (b"\tat a.b(C.java:1)", False),
        (b"Caused by: 2025-05-04T10:32:00Z INFO", False),
        (b"2025-05-04T10:32:00Z INFO \xff\xfe", True),
        (b"\xff2025-05-04T10:32:00Z INFO", False),
        (b"", False),
    ],
)
def test_a_line_begins_a_record_of_any_system(line: bytes, begins: bool) -> None:
    begins_record = compile_record_starts(systems_of("{:iso} {:word}", None, "[{thread}] "))
    assert begins_record is not None
    assert begins_record(line) is begins


LINES = st.text(max_size=20) | st.lists(
    st.sampled_from(
        [
            "2025-05-04T10:32:00Z",
            "[a] ",
            "INFO",
            " ",
            "<13>",
            "May  4 10:32:00",
            "é",
            '"a"',
            "began",
        ]
    ),
    max_size=5,
).map("".join)


@examples(200)
@given(line=LINES, template=st.sampled_from(TEMPLATES))
@example(line="<13>May  4 10:32:00 a", template="{?<{:digits}>}{:syslog} {host}")
@example(line="May  4 10:32:00 a", template="{?<{:digits}>}{:syslog} {host}")
@example(line="éa", template="é{:word}")
def test_the_first_byte_never_decides_otherwise(line: str, template: str) -> None:
    (system,) = systems_of(template)
    begins_record = compile_record_starts([system])
    assert begins_record is not None
    assert system.first_line is not None
    expected = bool(line) and match_prefix(system.first_line, line)
    assert begins_record(line.encode()) is expected
