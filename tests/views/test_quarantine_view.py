from __future__ import annotations

import base64
import io
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_building import StoreBuilder

from engine.model import Attempt, Oversize
from engine.stores.sqlite import open_reader
from engine.views import quarantine
from engine.views.quarantine import (
    Groups,
    QuarantinedRecord,
    groups_document,
    read_groups,
    read_record,
    record_document,
    shape_of,
)
from engine.views.quarantine_text import print_groups, print_record
from engine.views.terminal import console

STOPPED = (
    Attempt("shop", "checkpoint", 17, '" - "'),
    Attempt("bank", "error", 0, '"BANK"'),
    Attempt("bank", "checkpoint", 0, "a field of type iso"),
)


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    return StoreBuilder(tmp_path / "events.db")


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def _groups(store: StoreBuilder, reason: str | None = None, limit: int = 20) -> Groups:
    with closing(open_reader(store.url)) as reader:
        return read_groups(reader, reason, limit)


def _record(store: StoreBuilder, record_id: str) -> QuarantinedRecord:
    with closing(open_reader(store.url)) as reader:
        record = read_record(reader, record_id)
    assert record is not None
    return record


def _list_text(groups: Groups) -> str:
    out = io.StringIO()
    print_groups(groups, console(out))
    return out.getvalue()


def _text(record: QuarantinedRecord, *, full: bool = False) -> str:
    out = io.StringIO()
    print_record(record, console(out), full=full)
    return out.getvalue()


@pytest.mark.parametrize(
    "record, shape",
    [
        (b"2025-05-04T10:30:00.5Z X: a 12 b", "<time> X: a <n> b"),
        (b"2025-05-04 10:30 id 9f1b2c3d-0000-4000-8000-123456789abc", "<time> id <uuid>"),
        (b"peer 10.0.0.1:443 sent 0a1b2c3d4e", "peer <ip>:<n> sent <hex>"),
        (b"deadbeef facade", "deadbeef facade"),
        (b"abc-123 x9", "abc-<n> x<n>"),
        (b"Gr\xfc\xdfe 12 \xff", "Gr<bytes>…"),
        (b"a\x1b\x00!", "a<bytes>!"),
        ("ä".encode()[:1], "(empty)"),
        (b"  a\nb  ", "a\\nb"),
        (b" \n", "(empty)"),
        (b"w" * 100, "w" * 67 + "…"),
    ],
)
def test_a_shape_is_what_records_of_one_cause_share(record: bytes, shape: str) -> None:
    assert shape_of(record) == shape


@given(st.binary(max_size=200))
def test_any_bytes_have_a_printable_shape(beginning: bytes) -> None:
    assert shape_of(beginning).isprintable()


def test_a_list_is_grouped_by_reason_and_shape(store: StoreBuilder) -> None:
    for number in range(3):
        store.rejection(b"2025-05-04T10:30:0%dZ X: a%d" % (number, number), nearest=STOPPED)
    store.rejection(b"another")
    for number in range(2):
        store.rejection(b'{"n": %d}' % number, "missing_field", message="no timestamp")
    store.commit()
    groups = _groups(store)
    assert _list_text(groups) == (
        "6 quarantined records, 3 shapes\n"
        "\n"
        "no_match  no record kind of any loaded spec accepts the record\n"
        "       3  <time> X: a<n>\n"
        '          shop.checkpoint expected " - " after 17 characters\n'
        "          engine quarantine show file:aa11:0\n"
        "       1  another\n"
        "          no record kind accepts it\n"
        "          engine quarantine show file:aa11:30\n"
        "\n"
        "missing_field  a field that the event must have is absent, null or empty\n"
        '       2  {"n": <n>}\n'
        "          no timestamp\n"
        "          engine quarantine show file:aa11:40\n"
    )
    document = groups_document(groups)
    assert (document["quarantined"], document["groups_total"]) == (6, 3)
    assert document["groups"][0] == {
        "reason": "no_match",
        "meaning": "no record kind of any loaded spec accepts the record",
        "shape": "<time> X: a<n>",
        "records": 3,
        "example": "file:aa11:0",
        "message": "no record kind accepts it",
        "nearest": [
            {
                "system_id": "shop",
                "kind": "checkpoint",
                "matched_chars": 17,
                "expected": '" - "',
            },
            {"system_id": "bank", "kind": "error", "matched_chars": 0, "expected": '"BANK"'},
            {
                "system_id": "bank",
                "kind": "checkpoint",
                "matched_chars": 0,
                "expected": "a field of type iso",
            },
        ],
    }


def test_a_list_can_be_of_one_reason_and_has_an_end(store: StoreBuilder) -> None:
    for letter in "abcde":
        store.rejection(letter.encode())
    store.rejection(b"", "empty_record")
    store.commit()
    ((group, example),) = _groups(store, "empty_record").groups
    assert (group.reason, group.shape, example.raw) == ("empty_record", "(empty)", b"")
    short = _groups(store, limit=2)
    assert (len(short.groups), short.total, short.records) == (2, 6, 6)
    assert _list_text(short).endswith("\n… and 4 smaller groups (--limit)\n")


def test_shapes_without_end_are_counted_together(
    store: StoreBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "SHAPES_MAX", 2)
    for letter in "abcde":
        store.rejection(letter.encode())
    store.commit()
    groups = [(group.shape, group.records) for group, _ in _groups(store).groups]
    assert groups == [("(other shapes)", 3), ("a", 1), ("b", 1)]


def test_an_empty_quarantine_says_so(store: StoreBuilder) -> None:
    store.commit()
    groups = _groups(store)
    assert _list_text(groups) == "The quarantine is empty.\n"
    assert groups_document(groups) == {"quarantined": 0, "groups_total": 0, "groups": []}


def test_a_record_is_shown_with_a_caret_for_each_template(store: StoreBuilder) -> None:
    record_id = store.rejection(b"\tSHOP: CHECKED\x1b 1: FAILURE", nearest=STOPPED)
    store.commit()
    assert _text(_record(store, record_id)) == (
        "file:aa11:0\n"
        "  reason   no_match: no record kind of any loaded spec accepts the record\n"
        "  message  no record kind accepts it\n"
        "  where    app.log, offset 0\n"
        "  length   26 bytes\n"
        "\n"
        "│ \\tSHOP: CHECKED\\x1b 1: FAILURE\n"
        "\n"
        "  \\tSHOP: CHECKED\\x1b 1: FAILURE\n"
        "                       ^\n"
        '  shop.checkpoint expected " - " after 17 characters\n'
        "\n"
        "  \\tSHOP: CHECKED\\x1b 1: FAILURE\n"
        "  ^\n"
        '  bank.error expected "BANK" after 0 characters\n'
        "  bank.checkpoint expected a field of type iso after 0 characters\n"
    )


def test_a_caret_far_along_brings_its_surroundings(store: StoreBuilder) -> None:
    record = "漢" * 300 + "HERE" + "z" * 300
    stopped = Attempt("shop", "checkpoint", 300, "a field of type " + "long " * 20)
    record_id = store.rejection(record.encode(), nearest=[stopped])
    store.commit()
    lines = _text(_record(store, record_id)).splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("  …"))
    snippet, caret = lines[at], lines[at + 1]
    before = snippet.partition("HERE")[0]
    wide = before.count("漢")
    assert before == "  …" + "漢" * wide
    assert caret == " " * (3 + 2 * wide) + "^"
    assert lines[at + 2].startswith("  shop.checkpoint expected a field of type long long")
    assert all(len(line) + line.count("漢") <= 80 for line in lines)


def test_conditions_of_json_have_no_caret(store: StoreBuilder) -> None:
    stopped = Attempt("bank", "checkpoint", 1, 'key "status" to be present')
    record_id = store.rejection(b'{"a": 1,\n "b": 2}\n', nearest=[stopped])
    store.commit()
    text = _text(_record(store, record_id))
    assert '\n│ {"a": 1,\n│  "b": 2}\n\nbank.checkpoint expected key "status" to be' in text
    assert "^" not in text


def test_a_record_cannot_pass_for_what_is_said_of_it(store: StoreBuilder) -> None:
    record_id = store.rejection(b"x" * 78 + b"bank.error expected:\n  reason   none\r\n")
    store.commit()
    body = _text(_record(store, record_id)).split("\n\n", 1)[1]
    assert body == (f"│ {'x' * 78}\n│ bank.error expected:\n│   reason   none\n")


def test_a_long_record_is_cut_to_a_screen_unless_asked_for(store: StoreBuilder) -> None:
    long_id = store.rejection(b"y" * 5_000)
    lines_id = store.rejection(b"line\n" * 100)
    store.commit()
    text = _text(_record(store, long_id))
    assert (text.count("y"), "… 3,400 characters more (--full)" in text) == (1_602, True)
    assert _text(_record(store, lines_id)).count("│ line\n") == 20
    full = _text(_record(store, long_id), full=True)
    assert (full.count("y"), "--full" in full) == (5_002, False)


def test_what_is_not_utf_8_is_dumped_around_the_bad_byte(store: StoreBuilder) -> None:
    raw = b"A" * 1_000 + b"\xff\x00" + b"B" * 1_000
    record_id = store.rejection(raw, "invalid_utf8", nearest=STOPPED)
    store.commit()
    record = _record(store, record_id)
    text = _text(record)
    assert "│ 000003e0  41 41 41 41 41 41 41 41 ff 00 42 42 42 42 42 42  AAAAAAAA..BBBBBB\n" in text
    assert text.count("│ ") == 20
    assert "… 1,682 bytes more (--full)" in text
    assert "^" not in text
    full = _text(record, full=True)
    assert full.count("│ ") == 126
    assert "│ 000007d0  42 42                                            BB\n" in full
    document = record_document(record)
    assert document["raw"] is None
    assert base64.b64decode(document["raw_base64"]) == raw


def test_a_record_kept_by_its_beginning_says_so(store: StoreBuilder) -> None:
    cut = "ä".encode() * 4 + b"\xc3"  # within a character
    record_id = store.rejection(
        cut, "too_long", message="too long", oversize=Oversize(2_000_000, b"\xab" * 32)
    )
    store.commit()
    record = _record(store, record_id)
    text = _text(record)
    assert "  length   2,000,000 bytes; the first 9 are kept\n" in text
    assert f"  SHA-256  {'ab' * 32}\n" in text
    assert "\n│ ääää\n" in text
    document = record_document(record)
    assert (document["raw"], document["raw_length"]) == ("ääää", 2_000_000)
    assert document["raw_sha256"] == "ab" * 32


def test_the_document_of_a_record(store: StoreBuilder) -> None:
    stream = "kafka:Cluster-1/raw-logs/0"
    store.rejection(b"first", stream=stream)
    record_id = store.rejection(
        b"{x", "unknown_status", message="neither", of="shop", kind="checkpoint", stream=stream
    )
    store.commit()
    record = _record(store, record_id)
    assert record_document(record) == {
        "record_id": "kafka:Cluster-1/raw-logs/0:10",
        "title": "app.log",
        "offset": 10,
        "reason": "unknown_status",
        "meaning": "the status is neither SUCCESS nor FAILURE",
        "message": "neither",
        "system_id": "shop",
        "kind": "checkpoint",
        "nearest": [],
        "raw": "{x",
        "raw_base64": "e3g=",
        "raw_length": 2,
        "raw_sha256": None,
    }
    text = _text(record)
    assert "  taken by shop.checkpoint\n" in text
    assert text.endswith("\n\n│ {x\n")


@pytest.mark.parametrize(
    "record_id", ["", "x", "file:aa11:", "file:aa11:7", "file:aa11:-1", "file:aa11:\u0660", ":0"]
)
def test_an_unknown_id_is_none(store: StoreBuilder, record_id: str) -> None:
    store.rejection(b"x")
    store.commit()
    with closing(open_reader(store.url)) as reader:
        assert read_record(reader, record_id) is None
