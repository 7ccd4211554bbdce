"""Specs that hypothesis makes up of the whole language: segments, headers, paths, texts that are
read further, richer mappings."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Spec = dict[str, Any]

TIMES = [
    "{timestamp:iso}",
    "{timestamp:clf}",
    "{timestamp:syslog}",
    "{timestamp:epoch_ms}",
    "{timestamp:%d.%m.%Y %H:%M:%S,%L}",
    "{timestamp:%y%m%d %H%M%S.%f}",
    "{timestamp={:%Y-%m-%d} {:%H:%M:%S}}",
    "[{timestamp:ctime}]",
]
IDS = [
    "{correlation_id}",
    "{correlation_id:token}",
    "{correlation_id:uuid}",
    "{correlation_id:own}",
]
SEGMENTS = [
    "{? user={user}}",
    "{?[{peer:ip}] }",
    "{? {|warn|note {code:integer}}:}",
    "{|a {x:digits}|b={y:name}|}",
    " {'{'}{inside?}{'}'}",
    ' "{said:quoted}"'.replace('"', ""),
    " {mail:email?};",
    " <{any={|in|out} {port:digits}}>",
    "{:spaces}{path:path}",
    " {level=|INFO|WARN|ERROR}",
    " {payload:json}",
]
ENDINGS = ["", " - {failure_reason}", "{? - {failure_reason}}", ": {why:rest}"]
LEVELS = {"INFO": "SUCCESS", "WARN": "SUCCESS", "ERROR": "FAILURE"}
CODES = {
    "0": "SUCCESS",
    "2xx": "SUCCESS",
    "400-499": "FAILURE",
    "E*": "FAILURE",
    "otherwise": "FAILURE",
}


def status_of(draw: st.DrawFn, source: str) -> Spec:
    """A mapping for the status from a place that may hold anything."""
    values = {**CODES, "otherwise": draw(st.sampled_from(["SUCCESS", "FAILURE"]))}
    mapping: Spec = {"from": source, "map": values}
    if draw(st.booleans()):
        mapping["case"] = "upper"
    return mapping


@st.composite
def text_languages(draw: st.DrawFn, name: str) -> Spec:
    segments = draw(st.lists(st.sampled_from(SEGMENTS), max_size=4, unique=True))
    fields: Spec = {"checkpoint_id": {"value": "STEP"}, "attributes": "all"}
    has_level = " {level=|INFO|WARN|ERROR}" in segments
    if has_level:
        fields["status"] = {"from": "level", "map": LEVELS}
    else:
        segments.append(" code={result:word}")
        fields["status"] = status_of(draw, "result")
    parts = [draw(st.sampled_from(TIMES)), " ", draw(st.sampled_from(IDS)), *segments]
    ending = draw(
        st.sampled_from(["", " - {failure_reason}", "{? - {failure_reason}}", ": {why:rest}"])
    )
    if ending == ": {why:rest}":
        fields["failure_reason"] = {"from": "why", "when": {"status": "FAILURE"}}
    body = f"{name}: {''.join(parts)}{ending}"
    spec: Spec = {
        "system": name,
        "format": "text",
        "types": {"own": {"regex": "[A-Z]{2}-[0-9]{1,6}|[a-z]+[0-9]*"}},
        "records": {"step": {"template": body, "fields": fields}},
    }
    if draw(st.integers(0, 3)) == 0:
        spec["header"] = "[{thread:word}] {?{mdc:token} }{message}"
    if draw(st.integers(0, 3)) == 0:
        spec["records"]["step"]["template"] = [
            body,
            f"{name}! {{timestamp:iso}} {{correlation_id}} {{level:word}}",
        ]
        fields["status"] = {
            "from": "level" if has_level else "result",
            "map": {"otherwise": "SUCCESS"},
        }
        if not has_level:
            spec["records"]["step"]["template"] = body
            fields["status"] = status_of(draw, "result")
    return finished(draw, spec)


FORMATS = ["iso", "epoch", "%d/%m/%Y %H:%M:%S"]


@st.composite
def list_languages(draw: st.DrawFn, name: str) -> Spec:
    """key=value lists and columns, behind a header or not."""
    form = draw(st.sampled_from(["key_values", "csv"]))
    spec: Spec = {"system": name, "format": form}
    if form == "csv":
        spec["csv"] = {
            "columns": ["kind", "at", "id", "code", "why", "more"],
            "separator": draw(st.sampled_from([",", ";", "\t", "||"])),
        }
    elif draw(st.booleans()):
        spec["key_values"] = draw(
            st.sampled_from([{"pair": ":", "between": ", "}, {"between": "|", "quotes": '"'}])
        )
    spec["records"] = {
        "step": {
            "where": {"kind": [name, f"{name}-2"], "id": "present"},
            "fields": {
                "checkpoint_id": "kind",
                "timestamp": {
                    "from": "at",
                    "format": draw(st.sampled_from(["iso", "epoch", "%d/%m/%Y %H:%M:%S"])),
                },
                "correlation_id": "id",
                "status": status_of(draw, "code"),
                "failure_reason": {"from": "why", "absent": ["-", "none"]},
                "attributes": draw(st.sampled_from(["all", ["more"], [{"what": ["more", "why"]}]])),
            },
        }
    }
    if draw(st.booleans()):
        spec["header"] = draw(st.sampled_from(["syslog", "<{pri:digits}> {message}"]))
    return finished(draw, spec)


@st.composite
def json_languages(draw: st.DrawFn, name: str) -> Spec:
    fields: Spec = {
        "checkpoint_id": {"value": "STEP"},
        "correlation_id": draw(st.sampled_from(["trace.id", "ids[*].value", 'headers."X-Id"[0]'])),
        "timestamp": draw(
            st.sampled_from(
                [
                    "at",
                    {"from": "t.ms", "format": "epoch_ms"},
                    {"from": ["day", "clock"], "format": "%Y-%m-%d %H:%M:%S"},
                    {"clock": "record"},
                ]
            )
        ),
        "status": [
            {"from": "ok", "map": {"true": "SUCCESS", "false": "FAILURE"}},
            status_of(draw, "http.code"),
            {"value": "SUCCESS"},
        ],
        "failure_reason": {"from": "line.msg", "when": {"status": "FAILURE"}},
        "attributes": draw(st.sampled_from(["all", ["line.peer", {"who": "user"}]])),
    }
    form: object = draw(
        st.sampled_from(["json", "key_values", {"template": "{peer:ip} says {msg}"}])
    )
    spec: Spec = {
        "system": name,
        "format": "json",
        "read": {"line": form},
        "records": {"step": {"where": {"app": name}, "fields": fields}},
    }
    if draw(st.booleans()):
        spec["header"] = "{host:word} - {message}"
    return finished(draw, spec)


def finished(draw: st.DrawFn, spec: Spec) -> Spec:
    spec["timezone"] = draw(st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"]))
    if draw(st.booleans()):
        spec["absent"] = "-"
    how = draw(st.sampled_from([None, None, "hash", "mask", "drop"]))
    if how is not None:
        secret = {"text": "user", "json": "user", "key_values": "more", "csv": "more"}[
            spec["format"]
        ]
        template = str(spec["records"]["step"].get("template", ""))
        if spec["format"] != "text" or "{user}" in template:
            spec["redact"] = {secret: how}
    return spec


def languages() -> st.SearchStrategy[Spec]:
    return st.sampled_from([text_languages, list_languages, json_languages]).flatmap(
        lambda make: make("made")
    )
