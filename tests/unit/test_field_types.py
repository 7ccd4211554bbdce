"""What a typed field takes: the longest run that its type allows, found in linear time."""

from __future__ import annotations

import re
import time

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import FieldPart, LiteralPart, Template
from engine.patterns import Pattern, regex
from engine.regexes import longest_run
from engine.spec.field_types import FIELD_TYPES
from engine.spec.template_syntax import parse_template
from engine.templates import Mismatch, match

_CHARACTERS = {
    "word": "aZ_09 -",
    "name": "aZ_.$- /",
    "token": 'a:"\u00e9 \t\n',
    "alpha": "aZé1 ",
    "digits": "059a",
    "integer": "-059a",
    "number": "-.05",
    "hex": "aFg09",
    "uuid": "aF0-",
    "ip": "0125f:.",
    "ipv4": "0125.",
    "ipv6": "0125f:.",
    "mac": "aF09:-",
    "host": "a0_-.:",
    "address": "af0-.:",
    "email": "a0+@._-",
    "path": '/a. "',
    "quoted": "a\"'\\\\ \n",
    "json": "{}[]a\n",
    "spaces": " \ta",
    "rest": "a \n",
    "iso": "0124-T :.,Z+",
}
_BEGINNINGS = {
    "uuid": ["01234567-89ab-cdef-0123-456789abcde"],
    "ip": ["1.2.3.", "1:2:3:4:5:6:7:", "::", "::1.2.3.", "1::2:", "255.255.255.25", "1:2:3:4:5:6:"],
    "mac": ["00:11:22:33:44:5", "00-11-22-33-44-5", "00:11:22-"],
    "address": ["1::2:", "::ffff:1.2.3.", "a-b.", "1.2."],
    "email": ["a.b+c@", "a@b."],
    "iso": [
        "2025-05-04T10:30",
        "2025-05-04 10:30:00",
        "2025-05-04T10:30:00.1",
        "2025-05-04T10:30+",
    ],
    "clf": ["04/May/2025:10:30:00 ", "04/May/2025:10:30:00 +02"],
    "ctime": ["Sun May  4 10:30:00 202", "Sun May 14 10:30:0"],
    "syslog": ["May  4 10:30:0", "May 14 1"],
}
_BEGINNINGS |= dict.fromkeys(("ipv4", "ipv6"), _BEGINNINGS["ip"])
_OF_TIMES = "0149-+:./, MaySun"


def runs(pattern: Pattern, text: str) -> list[int]:
    """Where a text that fits could end, from the beginning, all of them."""
    fits = re.compile(regex(pattern))
    return [end for end in range(1, len(text) + 1) if fits.fullmatch(text, 0, end)]


@pytest.mark.parametrize("name", FIELD_TYPES)
@given(data=st.data())
@examples(100)
def test_a_typed_field_takes_the_longest_run_that_its_pattern_allows(
    name: str, data: st.DataObject
) -> None:
    begin = data.draw(st.sampled_from(["", *_BEGINNINGS.get(name, [])]))
    text = begin + data.draw(st.text(_CHARACTERS.get(name, _OF_TIMES), max_size=14))
    pattern = FIELD_TYPES[name].pattern
    assert longest_run(pattern)(text, 0) == max(runs(pattern, text), default=-1)


@pytest.mark.parametrize("name", FIELD_TYPES)
@pytest.mark.parametrize(
    "unit",
    ["1", "1:", "1.", ":", "f:", "-1", "1-", "a", "a.", "a@", '\\"', "{", "2025-05-04T10:30:"],
)
def test_no_type_backtracks_for_long(name: str, unit: str) -> None:
    text = unit * (200_000 // len(unit))
    begin = time.process_time()
    match(Template("", (FieldPart("a", FIELD_TYPES[name]), LiteralPart("!"))), text)
    assert time.process_time() - begin < 1


def captured(source: str, text: str) -> dict[str, str] | None:
    found = match(parse_template(source), text)
    return None if isinstance(found, Mismatch) else found


@pytest.mark.parametrize(
    "source, text, expected",
    [
        ("{a:name}:", "org.example.Main$1:", {"a": "org.example.Main$1"}),
        ("{a:alpha}{b:digits}", "ab12", {"a": "ab", "b": "12"}),
        ("{a:integer} {b:integer}", "-7 007", {"a": "-7", "b": "007"}),
        ("{a:ipv4}", "::1", None),
        ("{a:ipv6}", "10.0.0.1", None),
        ("{a:mac}", "00:1b:44:11:3A:b7", {"a": "00:1b:44:11:3A:b7"}),
        ("{a:mac}", "00:1b:44-11:3a:b7", None),
        ("{a:host}:{b:digits}", "db-1.example.org:5432", {"a": "db-1.example.org", "b": "5432"}),
        ("{a:address}", "fe80::1", {"a": "fe80::1"}),
        ("{a:address}", "db1", {"a": "db1"}),
        ("<{a:email}>", "<o'hara@example.org>", {"a": "o'hara@example.org"}),
        ("{a:path} x", "/a/b?c=d x", {"a": "/a/b?c=d"}),
        ("{a:path}", "a/b", None),
        ("{a:token} {b}", "é:1 x y", {"a": "é:1", "b": "x y"}),
        ("{a:quoted}", '""', {"a": ""}),
        ("{a:quoted} x", r'"say \"no\" \\ \n" x', {"a": r'say "no" \ \n'}),
        ("{a:quoted}", r"'it\'s'", {"a": "it's"}),
        ("{a:quoted}", '"a', None),
        ("{a:json} x", '{"a": {}} x} x', {"a": '{"a": {}} x}'}),
        ("{a:json}", "[1]", {"a": "[1]"}),
        ("{a:json}", "{1]", None),
        ("x{:spaces}y{:spaces?}z", "x \t y z", {}),
        ("x{:spaces}y{:spaces?}z", "x yz", {}),
        ("{a} {b:rest}", "x y\nz\n", {"a": "x", "b": "y\nz\n"}),
        ("{a} {b:rest}", "x ", None),
        ("{a} {b:rest?}", "x ", {"a": "x", "b": ""}),
        ("{a:clf}", "04/May/2025:10:30:00 +0200", {"a": "04/May/2025:10:30:00 +0200"}),
        ("{a:syslog} {b}", "May  4 10:30:00 x", {"a": "May  4 10:30:00", "b": "x"}),
        (
            "[{a:%d.%m.%Y %H:%M:%S,%L}]",
            "[04.05.2025 10:30:00,123]",
            {"a": "04.05.2025 10:30:00,123"},
        ),
    ],
)
def test_what_each_type_reads(source: str, text: str, expected: dict[str, str] | None) -> None:
    assert captured(source, text) == expected
