"""What is redacted leaves no record as it is."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import replace
from typing import Any, Literal

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import HERE, mapped, system, template

from engine.diagnostics import EnvironmentFailure
from engine.hiding import SECRETS_MAX, Secrets, hide_in_json, hide_in_text
from engine.interpreter import compile_normalizer
from engine.json_text import decode_value
from engine.model import (
    Condition,
    Csv,
    Event,
    FieldMapping,
    GroupPart,
    Ignored,
    Json,
    Key,
    KeyValues,
    Outcome,
    Reading,
    Record,
    RecordKind,
    RegexPart,
    Rejection,
    System,
    Template,
    ValueMap,
)
from engine.redaction import MASK
from engine.segments import names_inside
from engine.spec.paths import parse_path

KEY = b"a key"
TIME = "2025-05-04T11:00:00Z"
CONSTANTS = (
    FieldMapping("checkpoint_id", constant="P"),
    mapped("timestamp", "t"),
    FieldMapping("status", constant="FAILURE"),
    FieldMapping("correlation_id"),
)


def hashed(text: str) -> str:
    return hmac.digest(KEY, text.encode(), "sha256").hex()[:32]


def kind(source: str | Template | None, **changes: Any) -> RecordKind:
    made = template(source) if isinstance(source, str) else source
    return replace(RecordKind("line", "event", made, (), CONSTANTS, (), HERE), **changes)


def redacting(
    made: RecordKind,
    *redactions: tuple[str, Literal["hash", "mask", "drop"]],
    raw: Literal["keep", "redact", "drop"] = "keep",
) -> System:
    rules = tuple((parse_path(path), how) for path, how in redactions)
    return replace(system("eta", made), redactions=rules, raw=raw)


def run(made: System, value: str | dict[str, Any]) -> tuple[Outcome, str]:
    text = value if isinstance(value, str) else json.dumps(value)
    record = Record("s", 0, 1, text.encode())
    (outcome,) = compile_normalizer([made], KEY).normalize([record])
    return outcome, record.value.decode()


def attributes(made: System, value: str | dict[str, Any]) -> dict[str, Any]:
    outcome, _ = run(made, value)
    assert isinstance(outcome, Event), outcome
    assert outcome.attributes is not None
    return dict(outcome.attributes)


def test_each_way_to_redact_wherever_the_value_goes() -> None:
    ways = (*CONSTANTS, mapped("failure_reason", "who"))
    made = kind("{t:iso} {who} {mail} {seen}", mappings=ways, keeps_all=True)
    rules = (("who", "hash"), ("mail", "mask"), ("seen", "drop"))
    outcome, raw = run(redacting(made, *rules), f"{TIME} ann a@x yes")  # type: ignore[arg-type]
    assert isinstance(outcome, Event)
    assert outcome.attributes == {"t": TIME, "who": hashed("ann"), "mail": MASK}
    assert outcome.failure_reason == hashed("ann")
    assert raw == f"{TIME} ann a@x yes"


def test_conditions_and_maps_see_the_value_itself() -> None:
    ways = (
        *CONSTANTS[:2],
        FieldMapping("status", (parse_path("who"),), values=ValueMap({"ann": "SUCCESS"})),
        CONSTANTS[3],
        FieldMapping(
            "failure_reason",
            constant="it was ann",
            when=(Condition((Key("who"),), "one_of", ("ann",)),),
        ),
    )
    made = redacting(kind("{t:iso} {who}", mappings=ways), ("who", "drop"))
    outcome, _ = run(made, f"{TIME} ann")
    assert isinstance(outcome, Event)
    assert (outcome.status, outcome.failure_reason) == ("SUCCESS", "it was ann")
    refused, _ = run(made, f"{TIME} bob")
    assert isinstance(refused, Rejection)
    assert "bob" not in refused.message


def test_an_absent_word_is_no_value_to_hash() -> None:
    ways = (*CONSTANTS, FieldMapping("failure_reason", (parse_path("who"),), absent=("-",)))
    made = redacting(kind("{t:iso} {who}", mappings=ways), ("who", "hash"))
    outcome, _ = run(made, f"{TIME} -")
    assert isinstance(outcome, Event)
    assert outcome.failure_reason is None


def test_nested_values_and_every_element() -> None:
    document = {
        "t": TIME,
        "user": {"mail": "a@x", "id": 7},
        "tags": [{"v": "one"}, {}, {"v": "two"}],
        "all": {"deep": ["secret", 1.5]},
    }
    rules = (("user.mail", "mask"), ("user.id", "hash"), ("tags[*].v", "mask"), ("all", "drop"))
    made = redacting(kind(None, keeps_all=True), *rules, raw="redact")  # type: ignore[arg-type]
    expected = {
        "t": TIME,
        "user": {"mail": MASK, "id": hashed("7")},
        "tags": [{"v": MASK}, {}, {"v": MASK}],
    }
    outcome, raw = run(made, document)
    assert isinstance(outcome, Event)
    assert outcome.attributes == expected
    kept = json.loads(raw)
    assert kept == {**expected, "all": {"deep": [MASK, MASK]}}


def test_texts_that_hold_a_redacted_text_hide_it() -> None:
    inner = template("user {who} from {ip}").parts
    made = kind(
        Template("…", (*template("{t:iso} ").parts, GroupPart("message", (inner,)))), keeps_all=True
    )
    found = attributes(redacting(made, ("who", "mask")), f"{TIME} user ann from ::1")
    assert found["message"] == f"user {MASK} from ::1"
    assert found["who"] == MASK


def test_groups_of_a_regular_expression_in_one_another() -> None:
    source = r"(?P<a>[(](?P<b>x)(\))(?:(?P<c>y)))(?P<d>z)"
    part = RegexPart(source, ("a", "b", "c", "d"), None)
    assert names_inside(Template(source, (part,))) == {"a": {"b", "c"}}


FLAT_FORMS = [
    (KeyValues(), f't={TIME} who="a \\"b\\"" x=1'),
    (Csv(("t", "who", "x")), f'{TIME},"a ""b""",1'),
    (Json(), json.dumps({"t": TIME, "who": 'a "b"', "x": "1"})),
]


@pytest.mark.parametrize("form, text", FLAT_FORMS)
def test_parts_of_a_text_in_every_way_they_are_written(form: Any, text: str) -> None:
    whole = Template("{message}", template("head {message}").parts)
    made = kind(
        whole,
        keeps_all=True,
        readings=(Reading("message", form, is_flat=True),),
        attributes=(mapped("message"),),
    )
    text = f"head {text}"
    outcome, raw = run(redacting(made, ("who", "mask"), raw="redact"), text)
    assert isinstance(outcome, Event), outcome
    assert outcome.attributes is not None
    assert outcome.attributes["who"] == MASK
    message = outcome.attributes["message"]
    assert isinstance(message, str)
    assert MASK in message
    assert "b" not in message
    assert MASK in raw
    assert '\\"b' not in raw
    assert '""b' not in raw


def test_a_text_that_is_read_further() -> None:
    made = kind("{t:iso} {line}", keeps_all=True, readings=(Reading("line", Json()),))
    spoken = redacting(made, ("line.who", "mask"), raw="redact")
    outcome, raw = run(spoken, TIME + ' {"who": "a\\u006en", "n": 1}')
    assert isinstance(outcome, Event)
    assert outcome.attributes == {"t": TIME, "line": f'{{"who": "{MASK}", "n": 1}}'}
    assert raw == f'{TIME} {{"who": "{MASK}", "n": 1}}'
    broken, raw = run(spoken, TIME + ' {"who": "ann"')
    assert isinstance(broken, Rejection)
    assert (broken.reason, broken.value, raw) == ("unreadable_field", b"", "")


def test_what_is_kept_of_rejected_and_ignored_records() -> None:
    made = kind("{t} {who}", keeps_all=True)
    for raw, kept in (("keep", "no time ann"), ("redact", f"no {MASK}"), ("drop", "")):
        spoken = redacting(made, ("who", "mask"), raw=raw)  # type: ignore[arg-type]
        outcome, left = run(spoken, "no time ann")
        assert isinstance(outcome, Rejection)
        assert left == outcome.value.decode() == kept.replace("time ann", "time ann")
        ignoring = replace(spoken, kinds=(replace(made, role="ignore", mappings=()),))
        outcome, left = run(ignoring, "no time ann")
        assert isinstance(outcome, Ignored)
        assert left == kept


def test_a_record_that_several_kinds_take_is_kept_by_none() -> None:
    made = redacting(kind("{t:iso} {who}"), ("who", "mask"), raw="redact")
    record = Record("s", 0, 1, f"{TIME} ann".encode())
    normalizer = compile_normalizer([made, replace(made, name="theta")])
    (outcome,) = normalizer.normalize([record])
    assert isinstance(outcome, Rejection)
    assert (outcome.reason, outcome.value) == ("ambiguous", b"")


def test_hashing_needs_a_key() -> None:
    made = kind("{t:iso} {who}")
    entry = FieldMapping("who", (parse_path("who"),), redact="hash")
    for spec in (
        redacting(made, ("who", "hash")),
        system("eta", replace(made, attributes=(entry,))),
    ):
        for key in (None, b""):
            with pytest.raises(EnvironmentFailure, match="LOGLOOM_REDACT_KEY"):
                compile_normalizer([spec], key)
        compile_normalizer([spec], KEY)
    compile_normalizer([redacting(made, ("who", "mask"))])


# --- hiding -------------------------------------------------------------------------------------

_keys = st.text("kl", min_size=1, max_size=2)
_leaves = st.text('ab"\\/é\n\x01', max_size=5) | st.integers(-20, 10**22) | st.floats(-9, 9)
_documents: st.SearchStrategy[Any] = st.recursive(
    _leaves | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)


def hides(secret: str) -> bool:
    """Whether it is more than a sign that stands everywhere."""
    return len(secret) > 1 or secret.isalnum()


@given(st.dictionaries(_keys, _documents), _leaves, st.booleans())
@examples(300)
def test_no_secret_is_left_in_json(document: dict[str, Any], secret: Any, is_ascii: bool) -> None:
    secrets = Secrets()
    secrets.add(decode_value(json.dumps(secret)), "R")
    hidden = hide_in_json(json.dumps([document, secret], ensure_ascii=is_ascii), secrets)
    assert hidden is not None
    json.loads(hidden)
    left: list[Any] = [json.loads(hidden)]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(secret, str):
            assert not (hides(secret) and isinstance(one, str) and secret in one)
        else:
            assert one != secret or type(one) is not type(secret)


@given(
    st.text("ab\"'\\ ", max_size=10),
    st.text("ab\"'\\", min_size=1, max_size=4),
    st.text(max_size=5),
)
@examples(200)
def test_no_secret_is_left_in_text(before: str, secret: str, after: str) -> None:
    secrets = Secrets()
    secrets.add(secret, "R")
    hidden = hide_in_text(before + secret + after, secrets)
    assert hidden is not None
    assert not hides(secret) or secret not in hidden


def test_a_longer_secret_hides_the_shorter_one_in_it() -> None:
    secrets = Secrets({"ann": "1", "ann@x": "2"})
    assert hide_in_text("ann ann@x", secrets) == "1 2"


def test_what_is_not_found_leaves_nothing() -> None:
    assert hide_in_text("bob", Secrets({"ann": MASK})) is None
    assert hide_in_text("bob", Secrets(), optional=Secrets({"ann": MASK})) == "bob"
    many = Secrets({f"s{number}": MASK for number in range(SECRETS_MAX + 1)})
    assert hide_in_json("{}", many) is None


def test_hiding_takes_linear_time() -> None:
    secrets = Secrets({f"secret {number}": MASK for number in range(20)})
    text = " ".join(secrets.texts) + "secret " * 100_000
    started = time.perf_counter()
    assert hide_in_text(text, secrets) is not None
    assert hide_in_json(json.dumps(text), secrets) is not None
    assert hide_in_json('"' + "\\" * 500_001 + "1" * 500_000, secrets) is not None
    assert time.perf_counter() - started < 4


@given(st.dictionaries(_keys, _documents), st.lists(_keys, min_size=1, max_size=3))
@examples(200)
def test_any_record_can_be_redacted(document: dict[str, Any], path: list[str]) -> None:
    rule = (".".join(path), "hash")
    made = redacting(kind(None, keeps_all=True), rule, raw="redact")  # type: ignore[arg-type]
    outcome, _ = run(made, {"t": TIME, **document})
    assert isinstance(outcome, Event | Rejection)
