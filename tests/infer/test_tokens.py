from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from engine.infer.tokens import TIME_FORMATS, TOKENS_MAX, tokenize
from engine.time_formats import parts_of

PIECES = st.sampled_from(
    ["2025-05-04T10:30:00Z", "May  4 10:30:00", '"a \\" b"', "'x'", '{"a": [1]}', "key=", "-", " "]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join))
@examples(200)
def test_the_tokens_of_a_record_put_together_are_the_record(text: str) -> None:
    assert "".join(token.text for token in tokenize(text)) == text


def test_a_long_record_has_an_end_of_one_token() -> None:
    tokens = tokenize("a " * 10_000)
    assert len(tokens) == TOKENS_MAX + 1
    assert tokens[-1].kind == "rest"


@pytest.mark.parametrize("time_format", TIME_FORMATS)
def test_every_time_that_is_known_is_one_of_the_language(time_format: str) -> None:
    parts_of(time_format)


@pytest.mark.parametrize(
    "text, symbols",
    [
        ("2025-05-04 10:30:00,123 x", ["time iso", "word"]),
        ("[04/Nov/2010:17:37:40 -0400]", ["[", "time clf", "]"]),
        ("May  4 10:00:00 host", ["time syslog", "word"]),
        ("2025/05/04 10:30:00 x", ["time %Y/%m/%d %H:%M:%S", "word"]),
        ("order=A-1 reason= ms=4", ["key order", "=", "word", "key reason", "=", "word",
                                    "key ms", "=", "word"]),
        ('said "a (b) c" twice.', ["word", "quoted", "word", "."]),
        ("it's 10.0.0.1:80", ["word", "'", "word", "word", ":", "word"]),
        ('{"a": 1} {x}', ["json", "{", "word", "}"]),
        ("GET /a?b=c&d=e HTTP/1.1", ["word", "word", "word"]),
        ("a::b - http://x.example/y?z", ["word", "word", "word"]),
    ],
)  # fmt: skip
def test_symbols_mask_values(text: str, symbols: list[str]) -> None:
    assert [token.symbol for token in tokenize(text) if token.kind != "space"] == symbols
