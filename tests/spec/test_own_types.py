"""Field types that a spec makes itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import found, kind, load, read


@pytest.mark.parametrize(
    "type_, taken, refused",
    [
        ("[INFO, WARN]", ["INFO", "WARN"], ["INF", "INFOS", "info"]),
        ("[a, ab, abc]", ["a", "ab", "abc"], ["abcd", "b"]),  # the longest one counts
        ("['a.c', '[x]']", ["a.c", "[x]"], ["abc", "x"]),
        ("[1, true, 0x1F]", ["1", "true", "0x1F"], ["0", "31"]),
        ("{chars: 'A-Za-z0-9_.'}", ["a.B_9"], ["a-b", "a b", ""]),
        ("{chars: '+-'}", ["+-+"], ["a", ","]),
        ("{chars: ']^\\'}", ["]^\\"], ["a"]),
        ("{except: ' ]'}", ["a[b", "é"], ["a b", "a]", "a\nb"]),
        ("{except: '^'}", ["a b"], ["a^b"]),
        ("{except: '0-9'}", ["a-b"], ["a1"]),
        ("{regex: '[A-Z]{2}[0-9]+'}", ["AB1", "XY123"], ["A1", "ABC1", "ab1"]),
        ("{regex: 'a|ab|abc'}", ["a", "ab", "abc"], ["abcd"]),
        ("{regex: '(a|b)*c'}", ["c", "abac"], ["ab"]),
        ("{regex: '\\d+(\\.\\d+)?'}", ["1", "1.5"], ["1.", ".5"]),
    ],
)
def test_what_a_type_reads(
    type_: str, taken: list[str], refused: list[str], tmp_path: Path
) -> None:
    one = load(tmp_path, kind("{x:own}", above=f"types: {{own: {type_}}}")).kinds[0]
    assert [text for text in taken if read(one, text) != {"x": text}] == []
    assert [text for text in refused if read(one, text) is not None] == []


def test_a_type_may_be_empty_where_its_field_says_so(tmp_path: Path) -> None:
    one = load(tmp_path, kind("<{x:own?}>", above="types: {own: [a]}")).kinds[0]
    assert read(one, "<>") == {"x": ""}


def test_types_are_for_headers_first_lines_columns_and_readings_too(tmp_path: Path) -> None:
    system = load(
        tmp_path,
        kind(
            "paid {m}",
            above="types: {own: [a, b]}\nheader: '{h:own}: {message}'\nfirst_line: '{:own}'",
            beside="    read: {m: {template: '{x:own}={y}'}}\n",
        ),
    )
    assert read(system.kinds[0], "a: paid x") is not None
    assert read(system.kinds[0], "c: paid x") is None
    assert system.first_line is not None
    text = (
        "system: pay\nformat: csv\ntypes: {own: [a, b]}\ncsv: {columns: [{timestamp: iso}, "
        "{checkpoint_id: own}, status, correlation_id]}\nrecords: {one: {}}\n"
    )
    assert load(tmp_path, text).kinds[0].readings


@pytest.mark.parametrize(
    "types, code, column",
    [
        ("{word: [a]}", "E321", 9),
        ("{own: [a, '']}", "E321", 14),
        ("{own: {chars: z-a}}", "E321", 22),
        ("{own: {except: 9-0}}", "E321", 23),
        ("{own: {regex: 'a('}}", "E321", 24),
        ("{own: {regex: 'a(?=b)'}}", "E321", 24),
        ("{own: {regex: 'a*'}}", "E321", 23),
        ("{own: {regex: 'a{1,700}b{1,700}c{1,700}'}}", "E321", 23),
        ("{own: {chars: a, except: b}}", "E205", 14),
        ("{own: {}}", "E206", 14),
        ("{own: []}", "E206", 14),
        ("{own: a}", "E203", 14),
        ("{own-1: [a]}", "E205", 9),
        ("{own: {chars: ''}}", "E206", 22),
        ("{own: {charts: a}}", "E201", 15),
    ],
)
def test_a_type_that_cannot_be_is_told_once_at_its_place(
    types: str, code: str, column: int, tmp_path: Path
) -> None:
    diagnostics = found(tmp_path, kind("<{x:own}>", above=f"types: {types}"))
    own = [one for one in diagnostics if one.code != "E303"]  # {own} is not there either
    assert [(one.code, one.location.line, one.location.column) for one in own] == [
        (code, 3, column)
    ]
