"""Paths as a spec writes them."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Index, Key, Path
from engine.spec.paths import STEPS_MAX, PathError, parse_path, written


@pytest.mark.parametrize(
    "source, path",
    [
        ("user", (Key("user"),)),
        ("user.name", (Key("user"), Key("name"))),
        ("user name", (Key("user name"),)),
        ("@timestamp", (Key("@timestamp"),)),
        ('"service.name"', (Key("service.name"),)),
        ('a."b.c".d', (Key("a"), Key("b.c"), Key("d"))),
        ('headers."User-Agent"[0]', (Key("headers"), Key("User-Agent"), Index(0))),
        ("tags[*].id", (Key("tags"), Index(None), Key("id"))),
        ("a[0][12]", (Key("a"), Index(0), Index(12))),
        (r'"a\"b"', (Key('a"b'),)),
        (r'"a\\b"', (Key("a\\b"),)),
        (r"a\b", (Key(r"a\b"),)),
        ('""', (Key(""),)),
        ("é.漢", (Key("é"), Key("漢"))),
        ("0.1", (Key("0"), Key("1"))),
    ],
)
def test_what_is_read(source: str, path: Path) -> None:
    assert parse_path(source) == path


@pytest.mark.parametrize(
    "source",
    [
        *("", ".", "a.", ".a", "a..b", "a[", "a[]", "a[-1]", "a[x]", "a]b", "a[0]b", "a.[0]"),
        *('"a', 'a"b', 'a."b', '"a"b', "a[1234567]", "[0]", "[*].a", "a[0].", "a b]"),
        ".".join("a" * (STEPS_MAX + 1)),
    ],
)
def test_what_is_no_path(source: str) -> None:
    with pytest.raises(PathError) as refused:
        parse_path(source)
    assert 0 <= refused.value.offset <= len(source)
    assert refused.value.help


_NAMES = st.text(max_size=4) | st.sampled_from(['a"b', "a.b", "a\\", "[0]", "a\nb", "*", " "])
_STEPS = st.lists(
    st.builds(Key, _NAMES) | st.builds(Index, st.none() | st.integers(0, 999_999)), max_size=6
)


@given(st.builds(Key, _NAMES), _STEPS)
@examples(500)
def test_a_path_that_is_written_is_read_again(first: Key, steps: list[Key | Index]) -> None:
    path = (first, *steps)
    assert parse_path(written(path)) == path


@given(st.text('ab."[]*01\\ ', max_size=12))
@examples(500)
def test_whatever_is_read_is_written_as_what_reads_the_same(source: str) -> None:
    try:
        path = parse_path(source)
    except PathError:
        return
    assert parse_path(written(path)) == path
