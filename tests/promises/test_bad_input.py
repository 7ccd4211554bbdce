"""Bad input, each with its reason: kept byte for byte, and no neighbour disturbed."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import pytest
from histories import accounts, play
from made_systems import SYSTEMS

from engine.interpreter import compile_normalizer
from engine.mapping import IDENTIFIER_CHARS_MAX
from engine.model import Event, Oversize, Record
from engine.stores.sqlite import SqliteStore

STREAM = "kafka:c/raw-logs/0"

GOOD = b"2025-05-04T11:00:00Z ALPHA: P - SUCCESS (ID: neighbour)"


def alpha(
    timestamp: str = "2025-05-04T11:00:00Z",
    checkpoint_id: str = "P",
    status: str = "FAILURE",
    correlation_id: str = "a",
) -> bytes:
    return f"{timestamp} ALPHA: {checkpoint_id} - {status} (ID: {correlation_id})".encode()


def beta(**changes: Any) -> bytes:
    """A good JSON event with some keys changed; ``...`` takes a key away."""
    fields = {
        "system": "beta",
        "checkpoint": "P",
        "status": "FAILURE",
        "timestamp": "2025-05-04T11:00:00Z",
        "correlation_id": "a",
    } | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


def gamma(code: Any) -> bytes:
    return json.dumps(
        {
            "system": "gamma",
            "checkpoint": "P",
            "code": code,
            "timestamp": "2025-05-04T11:00:00Z",
            "correlation_id": "a",
        }
    ).encode()


def raw_beta(value: str) -> bytes:
    """A JSON event whose correlation id is written as it stands here."""
    return beta(correlation_id="PLACE").replace(b'"PLACE"', value.encode())


BAD = {
    # bytes that are no text
    "invalid UTF-8": (b"\xff\xfe" + alpha(), "invalid_utf8"),
    "cut in the middle of a character": ("é".encode()[:1], "invalid_utf8"),
    "an encoded half character": (b"\xed\xa0\x80", "invalid_utf8"),
    "an overlong encoding": (b"\xc0\xaf", "invalid_utf8"),
    "Latin-1 in a JSON value": (
        beta(checkpoint="PLACE").replace(b"PLACE", b"\xe9"),
        "invalid_utf8",
    ),
    "NUL in text": (b"a\0b", "nul_character"),
    "NUL as a JSON escape": (beta(correlation_id="a\0"), "nul_character"),
    "UTF-16": (alpha().decode().encode("utf-16-le"), "nul_character"),
    # nothing
    "empty": (b"", "empty_record"),
    "only a line end": (b"\r\n", "empty_record"),
    "only blanks": (b" \t ", "empty_record"),
    "only a no-break space": ("\u00a0".encode(), "no_match"),
    # text that is not quite it
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + alpha(), "no_match"),
    "only a byte order mark": (b"\xef\xbb\xbf", "empty_record"),
    "U+2028 at the end": (alpha() + "\u2028".encode(), "no_match"),
    "two records in one": (alpha() + b"\n" + alpha(), "no_match"),
    "another case": (alpha().lower(), "no_match"),
    "no correlation id in text": (alpha(correlation_id=""), "no_match"),
    "a JSON array": (b"[1]", "no_match"),
    "JSON of nobody": (b'{"system":"nobody"}', "no_match"),
    "JSON with nothing": (b"{}", "no_match"),
    # JSON that is none
    "unbalanced JSON": (b'{"system":"beta"', "invalid_json"),
    "something after JSON": (beta() + b"}", "invalid_json"),
    "a line break in a JSON string": (raw_beta('"a\nb"'), "invalid_json"),
    "a single quote": (b"{'system':'beta'}", "invalid_json"),
    "a bad escape": (raw_beta(r'"\x"'), "invalid_json"),
    "100,000 levels of arrays": (raw_beta("[" * 100_000 + "]" * 100_000), "json_too_deep"),
    "100,000 levels of objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json_too_deep"),
    "100,000 open brackets": (b"{" + b"[" * 100_000, "json_too_deep"),
    "a key twice": (b'{"status":"SUCCESS",' + beta()[1:], "json_duplicate_key"),
    "a key twice, one escaped": (b'{"st\\u0061tus":"SUCCESS",' + beta()[1:], "json_duplicate_key"),
    "a nested key twice": (raw_beta('[{"x":{"y":1,"y":2}}]'), "json_duplicate_key"),
    "NaN": (raw_beta("NaN"), "json_not_finite"),
    "Infinity": (raw_beta("Infinity"), "json_not_finite"),
    "-Infinity in a key nobody reads": (beta(other=-float("inf")), "json_not_finite"),
    "1e999": (raw_beta("1e999"), "json_not_finite"),
    # values of the wrong kind
    "2^63": (raw_beta(str(2**63)), "integer_out_of_range"),
    "2^70": (raw_beta(str(2**70)), "integer_out_of_range"),
    "-2^70": (raw_beta(str(-(2**70))), "integer_out_of_range"),
    "an integer of 10,000 digits": (raw_beta("9" * 10_000), "integer_out_of_range"),
    "2^63 in a mapped key": (gamma(2**63), "integer_out_of_range"),
    "10,000 digits in a mapped key": (
        gamma("PLACE").replace(b'"PLACE"', b"9" * 10_000),
        "integer_out_of_range",
    ),
    "an array": (beta(correlation_id=["a"]), "wrong_type"),
    "an empty array": (beta(correlation_id=[]), "wrong_type"),
    "an object": (beta(correlation_id={"id": "a"}), "wrong_type"),
    "true": (beta(correlation_id=True), "wrong_type"),
    "false": (beta(correlation_id=False), "wrong_type"),
    "a fraction": (beta(correlation_id=1.5), "wrong_type"),
    "a fraction in a mapped key": (gamma(0.0), "wrong_type"),
    "an array in a mapped key": (gamma([0]), "wrong_type"),
    "an array as the system": (beta(system=["beta"]), "no_match"),
    "a value that the map does not have": (gamma(2), "unknown_value"),
    "half a character": (raw_beta(r'"\ud800"'), "lone_surrogate"),
    "half a character in a mapped key": (gamma("\udc00"), "lone_surrogate"),
    "NUL in a mapped key": (gamma("0\0"), "nul_character"),
    "half a character as the reason": (
        b'{"system":"beta","correlation_id":"a","failure_reason":"\\udfff"}',
        "lone_surrogate",
    ),
    # values that are missing
    "no correlation id": (beta(correlation_id=...), "missing_field"),
    "null as correlation id": (beta(correlation_id=None), "missing_field"),
    "an empty correlation id": (beta(correlation_id=""), "missing_field"),
    "no time": (beta(timestamp=...), "missing_field"),
    "no status": (beta(status=None), "missing_field"),
    "a detail without a key": (b'{"system":"beta","failure_reason":"R1"}', "missing_field"),
    "a detail without a reason": (b'{"system":"beta","correlation_id":"a"}', "missing_field"),
    # values that mean nothing
    "an unknown status": (alpha(status="FAILED"), "unknown_status"),
    "a status in another case": (beta(status="failure"), "unknown_status"),
    "a status with a blank": (beta(status="FAILURE "), "unknown_status"),
    "a long checkpoint": (alpha(checkpoint_id="x" * (IDENTIFIER_CHARS_MAX + 1)), "value_too_long"),
    "a long correlation id": (beta(correlation_id="x" * 2000), "value_too_long"),
    "no time at all": (beta(timestamp="yesterday"), "bad_time"),
    "an epoch time": (beta(timestamp=1746356400), "bad_time"),
    "month 13": (alpha("2025-13-04T11:00:00Z"), "impossible_time"),
    "day 31 of April": (beta(timestamp="2025-04-31T11:00:00Z"), "impossible_time"),
    "second 60": (alpha("2025-05-04T11:00:60Z"), "impossible_time"),
    "hour 24": (alpha("2025-05-04T24:00:00Z"), "impossible_time"),
    "year 0000": (alpha("0000-01-01T00:00:00Z"), "impossible_time"),
    "an offset of a day": (alpha("2025-05-04T11:00:00+24:00"), "impossible_time"),
    "before the first year": (alpha("0001-01-01T00:00:00+01:00"), "impossible_time"),
    "after the last year": (alpha("9999-12-31T23:59:59-01:00"), "impossible_time"),
}


@pytest.mark.parametrize("value, reason", BAD.values(), ids=BAD)
def test_it_goes_to_the_quarantine_whole_and_alone(value: bytes, reason: str) -> None:
    history = {
        STREAM: [Record(STREAM, n, n + 1, one, 0) for n, one in enumerate([GOOD, value, GOOD])]
    }
    store = SqliteStore.open(":memory:", SYSTEMS)
    found = play(history, store=store)
    ((record_id, found_reason, raw, length, *_),) = found["quarantined"]
    assert (record_id, found_reason, raw) == (f"{STREAM}:1", reason, value)
    assert length == len(value)
    assert found["archive"] == history
    assert accounts(store)["events"] == 2


def test_no_message_is_longer_than_a_line_or_two() -> None:
    values = [value for value, _ in BAD.values()] + [
        b'{"%s":1,"%s":2}' % (b"k" * 9000, b"k" * 9000)
    ]
    store = SqliteStore.open(":memory:", SYSTEMS)
    play({STREAM: [Record(STREAM, n, n + 1, one) for n, one in enumerate(values)]}, store=store)
    longest = store._connection.execute("SELECT max(length(message)) FROM quarantine").get
    assert longest < 200


def test_a_10_mb_line_is_kept_by_its_beginning_its_length_and_its_hash() -> None:
    whole = b"x" * 10_000_000
    cut = Record(STREAM, 0, len(whole), whole[:65536])
    cut.oversize = Oversize(len(whole), hashlib.sha256(whole).digest())
    found = play({STREAM: [cut]})
    ((_, reason, raw, length, sha256, *_),) = found["quarantined"]
    assert (reason, raw, length) == ("too_long", whole[:65536], 10_000_000)
    assert sha256 == hashlib.sha256(whole).digest()
    assert found["archive"] == {STREAM: [cut]}


LONG = 10_000_000
HOSTILE = {
    "a good JSON record of 10 MB": beta(note="x" * LONG),
    "a bad JSON record of 10 MB": beta(note="x" * LONG)[:-1],
    "10 MB of brackets": b"{" + b"[" * LONG,
    "10 MB of escaped quotes, a string without an end": b"{" + b"[" * 101 + b'\\"' * (LONG // 2),
    "10 MB of quotes": b"{" + b"[" * 101 + b'"' * LONG,
    "half a million keys, the last of them twice": (
        b"{" + b",".join(b'"%d":1' % n for n in range(500_000)) + b',"499999":2}'
    ),
    "10 MB of digits": raw_beta("9" * LONG),
    "10 MB of a fraction": raw_beta("0." + "9" * LONG),
    "10 MB of blanks": b" " * LONG + beta(),
    "10 MB of text that begins right": b"2025-05-04T11:00:00Z ALPHA: " + b"x - " * (LONG // 4),
    "10 MB of a delimiter": b"2025-05-04T11:00:00Z DELTA: P FAILURE [" + b"] " * (LONG // 2),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_record_of_10_mb_costs_no_more_than_its_length(value: bytes) -> None:
    """Anything quadratic would take hours; the bound is for a slow and busy machine."""
    begin = time.process_time()
    play({STREAM: [Record(STREAM, 0, 1, value)]})
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("value", [alpha(), beta()], ids=["text", "JSON"])
def test_a_byte_order_mark_is_no_part_of_a_record(value: bytes) -> None:
    plain, marked = compile_normalizer(SYSTEMS).normalize(
        [Record("s", 0, 1, value), Record("s", 0, 1, b"\xef\xbb\xbf" + value)]
    )
    assert isinstance(plain, Event)
    assert marked == plain
