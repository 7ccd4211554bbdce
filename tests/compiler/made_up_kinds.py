"""Specs of which generated source makes what it can: every way to a value that the language has,
orders, joins, merges, and formats of time, for text and for JSON; and records of them, filled from
few words so that most are taken and the rest is refused for all reasons there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from random import Random

from elsewhere import Spec
from hypothesis import strategies as st
from pieces import RAW_VALUES, TIMES

WORDS = {
    "kind": ["a", "b", "c"],
    "code": ["0", "7", "200", "OK", "E17"],
    "id": ["x", "id-1", "ID-2"],
    "alt": ["y", "alt-2"],
    "why": ["timeout", "timeout (db)", "why - why"],
    "status": ["SUCCESS", "FAILURE"],
}
"""What is taken, as a rule."""

OTHER_WORDS = {
    "kind": ["ping", "A", "-", "none", 'say "hi"', "tab\there", "é"],
    "code": ["50", "-3", "404", "ok", "Ex", "-", "SUCCESS", "00"],
    "id": ["-", "ß", "İ", "a b", "7", "x" * 1_024, "x" * 1_025, "back\\slash"],
    "alt": ["-", "", " ", "none"],
    "why": ["-", "", 'quota "5"', "é", "x" * 1_100],
    "status": ["success", "", "FAILURE "],
}

GOOD_TIMES = {
    "iso": ["2025-05-04T10:30:00Z", "2025-05-04T10:30:01.25Z", "2025-05-04T10:31:00"],
    "clf": ["04/May/2025:10:30:00 +0200", "04/May/2025:10:30:01 +0200"],
    "epoch_ms": ["1746354600123", "1746354600124"],
    "syslog": ["May  4 10:30:00", "Feb 29 10:30:00"],
    "%d.%m.%Y %H:%M:%S,%L": ["04.05.2025 10:30:00,123", "31.12.1969 23:59:59,5"],
}

MADE_TIMES = [
    *("04.05.2025 10:30:00,123", "31.12.1969 23:59:59,5", "30.02.2025 10:30:00,1", "1746354600"),
    *("1746354600.25", "1746354600123", "04/May/2025:10:30:00 +0200", "04/May/2025:10:30:00"),
    *("May  4 10:30:00", "Feb 29 10:30:00", "2025-05-04 10:30:00", "2025-05-04T10:30:00.123Z"),
]

TEXT_TIMES: list[tuple[str, object]] = [
    ("{timestamp:iso}", None),
    ("{timestamp:iso}", None),
    ("{timestamp}", None),
    ("[{at}]", "at"),
    ("{at}", {"from": "at", "format": ["iso", "epoch"]}),
    ("{timestamp:clf}", None),
    ("{timestamp:epoch_ms}", None),
    ("{timestamp:syslog}", None),
    ("{timestamp:%d.%m.%Y %H:%M:%S,%L}", None),
    ("{day} {clock}", {"from": ["day", "clock"], "format": "%Y-%m-%d %H:%M:%S"}),
    ("{at:iso}", {"from": "at", "when": {"kind": ["a", "b", "c"]}}),
    ("{at}", [{"from": "at", "absent": "-"}, {"clock": "record"}]),
    ("", {"clock": "record"}),
]
JSON_TIMES: list[object] = [
    *("at", "at", "at", {"from": "at", "format": ["iso", "epoch"]}),
    *({"from": ["day", "clock"]}, {"from": "at", "case": "upper"}, {"from": "at", "absent": "-"}),
    *({"from": "at", "format": "%d.%m.%Y %H:%M:%S,%L"}, {"clock": "record"}),
    [{"from": "at", "when": {"kind": "a"}}, {"clock": "record"}],
]

MAPS: list[Spec] = [
    {"OK": "SUCCESS", "7": "SUCCESS", "E17": "FAILURE", "0": "SUCCESS"},
    {"2xx": "SUCCESS", "400-499": "FAILURE", "-5--1": "FAILURE", "otherwise": "SUCCESS"},
    {"E*": "FAILURE", "*": "SUCCESS"},
    {"ok": "SUCCESS", "OK": "SUCCESS", "E*7": "FAILURE", "otherwise": "FAILURE"},
    {"0": "SUCCESS", "7": None, "otherwise": None},
    {"true": "SUCCESS", "false": "FAILURE", "otherwise": "FAILURE"},
]
STATUSES: list[object] = [
    *("status", "status", {"value": "SUCCESS"}, {"value": "FAILURE"}),
    {"from": "status", "case": "upper"},
    [{"from": "code", "map": MAPS[0], "when": {"kind": ["a", "b"]}}, "status"],
    [{"value": "FAILURE", "when": {"why": "present"}}, {"value": "SUCCESS"}],
    [{"from": "code", "absent": ["-", "00"], "map": MAPS[4]}, {"value": "FAILURE"}],
]
CHECKPOINTS: list[object] = [
    *("kind", "kind", {"value": "STEP"}, {"value": 'say "hi"'}, {"value": "back\\slash"}),
    *({"from": ["kind", "code"]}, {"from": "kind", "case": "upper"}, {"value": "tab\there"}),
    {"from": "kind", "map": {"a": "ONE", "b": 'TWO "x"', "otherwise": "RE\\ST"}},
    {"from": "kind", "map": {"a": "ONE {x}", "b": "TWO", "ping": None, "*": "{} %s"}},
    {"from": "kind", "absent": ["-", "none"]},
    [{"from": "kind", "when": {"code": "present"}}, {"value": "NONE"}],
    [{"from": "kind", "when": {"status": "FAILURE"}}, "code", {"value": "x" * 1_030}],
    {"from": "code", "map": {"1-99": "LOW", "E*x": "EX", "otherwise": "OTHER"}},
    {"from": ["kind", "code"], "map": {"a 7": "A7", "a *": "A", "otherwise": "REST"}},
]
IDS: list[object] = [
    *("id", "id", "id", ["alt", "id"], {"from": ["id", "alt"]}, {"from": "id", "case": "lower"}),
    *({"value": None}, {"from": "id", "case": "upper"}, {"from": ["id", "alt"], "absent": "-"}),
    [{"from": "alt", "absent": ["-", "none"]}, {"value": None}],
    [{"from": "id", "when": {"status": "FAILURE"}}, {"from": "alt"}, {"value": None}],
    {"from": "id", "map": {"x": "X", "otherwise": "ONE"}},
]
REASONS: list[object] = [
    *(None, "why", "why", {"from": "why", "when": {"status": "FAILURE"}}, {"value": "CONST"}),
    *({"from": "why", "absent": ["-", "timeout"]}, {"from": "why", "case": "upper"}),
    {"from": "why", "map": {"timeout*": "TIMEOUT", "otherwise": None}},
    [{"from": "why", "when": {"kind": ["a"]}}, "alt"],
    {"value": "X", "when": {"code": ["7", "0"]}},
    {"from": "why", "when": {"status": "present", "kind": "present"}},
    {"from": "why", "when": {"status": "absent"}},
    {"from": ["why", "alt"], "when": {"status": ["FAILURE", "SUCCESS"], "id": "present"}},
]
FREE = ["{kind} c={code} s={status} id={id}/{alt} - {why}", "{kind:word} {code} {status} {id}"]
FREE += ["{kind}|{code}|{status}|{id}|{alt}|{why?}", "<{id}>{alt?};{kind} {code} {status}: {why}"]
FREE += ["{status:word} {code:integer} ({id}) {kind}{? [{alt}]}: {why:rest}"]
JOINS: list[Spec] = [
    *({"status": "FAILURE"}, {"status": ["FAILURE", "SUCCESS"]}, {"checkpoint_id": ["STEP", "a"]}),
    {"status": "FAILURE", "checkpoint_id": ["ONE", "a"]},
]
MERGES = [["checkpoint_id", "timestamp", "status", "correlation_id"], ["correlation_id"]]
WHERES: list[Spec] = [
    {},
    {},
    {"kind": ["a", "b"]},
    {"kind": "a", "code": "present"},
    {"code": ["0", "7", "OK"]},
]


def _chosen(draw: st.DrawFn, among: Sequence[object]) -> object:
    return draw(st.sampled_from(among))


def _fields(draw: st.DrawFn, names: str, time: object) -> Spec:
    """Ways to the values of an event, of the fields that there are."""
    status = draw(st.sampled_from([*STATUSES, *({"from": "code", "map": one} for one in MAPS)]))
    said = {
        "checkpoint_id": _chosen(draw, CHECKPOINTS),
        "correlation_id": _chosen(draw, IDS),
        "status": status,
        "failure_reason": _chosen(draw, REASONS),
        "timestamp": time,
    }
    return {name: one for name, one in said.items() if one is not None}


@st.composite
def text_kinds(draw: st.DrawFn, name: str) -> Spec:
    """A spec of text records."""
    time, way = draw(st.sampled_from(TEXT_TIMES))
    body = draw(st.sampled_from(FREE))
    kind: Spec = {"template": f"{name} {time}> {body}", "fields": _fields(draw, body, way)}
    records: Spec = {"step": kind}
    spec: Spec = {"system": name, "format": "text", "records": records}
    where = draw(st.sampled_from(WHERES))
    if where:
        kind["where"] = where
        if draw(st.booleans()):
            other = {**kind, "fields": _fields(draw, body, way), "after": "step"}
            other.pop("where")
            records["other"] = other
    if draw(st.integers(0, 2)) == 1:
        detail, detail_way = draw(st.sampled_from([("", None), *TEXT_TIMES[:5]]))
        fields: Spec = {"correlation_id": "id", "failure_reason": _chosen(draw, ["why", "why"])}
        if detail_way is not None:
            fields["timestamp"] = detail_way
        records["why"] = {"template": f"{name} why {detail} {{id}}: {{why}}", "fields": fields}
        spec["join"] = _join(draw)
    if draw(st.integers(0, 2)) == 1:
        spec["ignore"] = [f"{name} noise {{peer:ip}}", f"{name}  {{anything}}"]
    return _finished(draw, spec)


@st.composite
def json_kinds(draw: st.DrawFn, name: str) -> Spec:
    """A spec of JSON records."""
    where = {"app": draw(st.sampled_from([name, [name, f"{name}-2"]]))}
    kind: Spec = {
        "where": {**where, **draw(st.sampled_from(WHERES)), "noise": "absent"},
        "fields": _fields(draw, "", _chosen(draw, JSON_TIMES)),
    }
    records: Spec = {"step": kind}
    spec: Spec = {"system": name, "format": "json", "records": records}
    if draw(st.integers(0, 7)) == 5:
        records["other"] = {
            "where": {**where, "noise": "absent"},
            "fields": _fields(draw, "", _chosen(draw, JSON_TIMES)),
            "after": "step",
        }
    if draw(st.integers(0, 2)) == 1:
        fields: Spec = {"correlation_id": "id", "failure_reason": "why"}
        if draw(st.booleans()):
            fields["timestamp"] = _chosen(draw, JSON_TIMES)
        records["why"] = {"where": {**where, "noise": "why"}, "fields": fields}
        spec["join"] = _join(draw)
    if draw(st.integers(0, 2)) == 1:
        spec["ignore"] = [{**where, "noise": ["ping", 'q"uote']}]
    return _finished(draw, spec)


def _join(draw: st.DrawFn) -> Spec:
    return {
        "event": "step",
        "detail": "why",
        "when": draw(st.sampled_from(JOINS)),
        "take": "failure_reason",
        "within": "30s",
        "pairing": draw(st.sampled_from(["nearest", "in_order"])),
    }


def _finished(draw: st.DrawFn, spec: Spec) -> Spec:
    spec["timezone"] = draw(st.sampled_from(["UTC", "UTC", "Europe/Berlin"]))
    if draw(st.integers(0, 6)) == 3:
        spec["duplicates"] = {"merge": draw(st.sampled_from(MERGES))}
    if draw(st.integers(0, 9)) == 6:
        spec["redact"] = draw(
            st.sampled_from([{"why": "mask"}, {"id": "hash", "raw": "redact"}, {"raw": "drop"}])
        )
    if draw(st.integers(0, 9)) == 6:
        spec["absent"] = "-"
    return spec


@st.composite
def made_up(draw: st.DrawFn) -> list[Spec]:
    """One spec, some, or so many that they are not tried one after the other."""
    count = draw(st.sampled_from([1, 1, 1, 2, 2, 3, 3, 12]))
    forms = [text_kinds, json_kinds]
    if count == 1 and draw(st.booleans()):
        return _copies(draw, draw(draw(st.sampled_from(forms))("made")))
    return [draw(draw(st.sampled_from(forms))("m" * (n + 1))) for n in range(count)]


def _copies(draw: st.DrawFn, spec: Spec) -> list[Spec]:
    """Specs that differ in names, and in where their clocks are."""
    said = json.dumps(spec, ensure_ascii=False)
    copies: list[Spec] = []
    for number in range(draw(st.sampled_from([2, 10]))):
        copy: Spec = json.loads(said.replace("made", "m" * number + "made"))
        copy["timezone"] = draw(st.sampled_from(["UTC", "UTC", "Asia/Tokyo"]))
        copies.append(copy)
    return copies


# --- records ------------------------------------------------------------------------------------


def filled(specs: Sequence[Spec], rng: Random, count: int) -> Iterator[bytes]:
    """Records of these specs, made of words."""
    for _ in range(count):
        spec = rng.choice(specs)
        if spec["format"] == "json":
            yield _object(spec, rng).encode()
            continue
        kind = rng.choice(list(spec["records"].values()))
        template = kind["template"].replace("{?", "").replace("}}", "}")
        yield re.sub(r"\{([^}]*)\}", lambda found: _word(found[1], rng), template).encode()


def _word(field: str, rng: Random) -> str:
    name = field.partition(":")[0].rstrip("?")
    if name in {"timestamp", "at"}:
        how = field.partition(":")[2]
        return rng.choice(
            GOOD_TIMES.get(how, GOOD_TIMES["iso"]) if rng.random() < 0.8 else TIMES + MADE_TIMES
        )
    if name in {"day", "clock"}:
        return {"day": "2025-05-04", "clock": "10:30:00"}[name]
    return rng.choice((WORDS if rng.random() < 0.9 else OTHER_WORDS)[name])


def _object(spec: Spec, rng: Random) -> str:
    pairs = [("app", json.dumps(spec["system"]))]
    for name in ("kind", "code", "id", "alt", "why", "status", "at", "day", "clock"):
        how = rng.random()
        if how < 0.95:
            pairs.append((name, json.dumps(_word(name, rng), ensure_ascii=rng.random() < 0.3)))
        elif how < 0.97:
            pairs.append((name, rng.choice(RAW_VALUES)))
    if rng.random() < 0.25:
        pairs.append(("noise", rng.choice(['"why"', '"why"', '"ping"', '"q\\"uote"', "null", "1"])))
    return "{" + ", ".join(f'"{name}": {value}' for name, value in pairs) + "}"
