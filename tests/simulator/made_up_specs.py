"""Specs that hypothesis makes up, written as files and loaded like anybody's."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.model import System
from engine.spec import load_systems

SEPARATORS = [" ", " - ", " | ", " [", "] ", "; ", " => ", ", ", " (ID: ", ") ", '" ']
ID_TYPES = ["", ":word", ":digits", ":hex", ":uuid", ":number", ":ip"]
OTHER_TYPES = ["", *ID_TYPES, ":iso"]
STATUS_MAP = {
    "OK": "SUCCESS",
    "0": "SUCCESS",
    "ok then": "SUCCESS",
    "E17": "FAILURE",
    "1": "FAILURE",
}
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]

Spec = dict[str, Any]


def load(*specs: Spec) -> tuple[System, ...]:
    with tempfile.TemporaryDirectory() as folder:
        for spec in specs:
            text = json.dumps(spec, ensure_ascii=False)
            (Path(folder) / f"{spec['system']}.yaml").write_text(text, encoding="utf-8")
        return load_systems([Path(folder)])


def text(template: str, **fields: object) -> Spec:
    """A spec of one kind of text, with these ways to its fields."""
    mapped = {"checkpoint_id": {"value": "S"}, "status": {"value": "SUCCESS"}, **fields}
    return {
        "system": "one",
        "format": "text",
        "records": {"step": {"template": template, "fields": mapped}},
    }


def joined(draw: st.DrawFn, prefix: str, fields: list[str]) -> str:
    """A template of the fields in any order, with a prefix that tells it from all others."""
    fields = [
        *fields,
        *draw(st.lists(st.sampled_from(OTHER_TYPES).map(lambda t: f"{{{t}}}"), max_size=2)),
    ]
    template = prefix
    for index, field in enumerate(draw(st.permutations(fields))):
        template += (draw(st.sampled_from(SEPARATORS)) if index else "") + field
    return template + draw(st.sampled_from(["", ".", " end", " }}"]))


@st.composite
def text_specs(draw: st.DrawFn, name: str) -> Spec:
    has_detail = draw(st.booleans())
    fields: Spec = {}
    parts = [draw(st.sampled_from(["{timestamp:iso}", "{timestamp}", "{at}"]))]
    if parts == ["{at}"]:
        fields["timestamp"] = "at"
    checkpoint = draw(st.sampled_from(["free", "constant", "map"]))
    if checkpoint == "constant":
        fields["checkpoint_id"] = {"value": "THE STEP"}
    elif checkpoint == "map":
        parts.append("{stage:digits}")
        fields["checkpoint_id"] = {"from": "stage", "map": {"1": "ONE", "2": "TWO"}}
    else:
        parts.append("{checkpoint_id" + draw(st.sampled_from(ID_TYPES)) + "}")
    id_type = draw(st.sampled_from(ID_TYPES))
    parts.append("{correlation_id" + id_type + "}")
    status = draw(st.sampled_from(["bare", "word", "map"]))
    if status == "map":
        parts.append("{code}")
        fields["status"] = {"from": "code", "map": STATUS_MAP}
        if not has_detail and draw(st.booleans()):
            fields["failure_reason"] = "code"
    else:
        parts.append("{status:word}" if status == "word" else "{status}")
    records = {"step": {"template": joined(draw, f"{name} step ", parts), "fields": fields}}
    spec: Spec = {"system": name, "format": "text", "records": records}
    if has_detail:
        detail = ["{correlation_id" + id_type + "}", "{failure_reason}"]
        detail += draw(st.sampled_from([[], ["{timestamp:iso}"]]))
        records["why"] = {"template": joined(draw, f"{name} why ", detail)}
        spec["join"] = a_join(draw)
    else:
        own = {one: text for one, text in fields.items() if one != "failure_reason"}
        inline = [*parts, "{failure_reason}"]
        records["broken"] = {"template": joined(draw, f"{name} broken ", inline), "fields": own}
    if draw(st.booleans()):
        spec["ignore"] = [joined(draw, f"{name} noise ", ["{peer:ip}"])]
    return finish(draw, spec)


@st.composite
def json_specs(draw: st.DrawFn, name: str) -> Spec:
    has_detail = draw(st.booleans())
    who = draw(st.sampled_from([name, [name, f"{name}-2"]]))
    own: Spec = {"app": who, "type": ["step", "7"], "stage": "present"}
    fields: Spec = {
        "checkpoint_id": "stage",
        "correlation_id": draw(st.sampled_from(["id", "trace"])),
    }
    if draw(st.booleans()):
        fields["status"] = {"from": "ok", "map": {"true": "SUCCESS", "false": "FAILURE"}}
    elif draw(st.booleans()):
        fields["status"] = {"from": "code", "map": STATUS_MAP}
        own["code"] = "present"
    if draw(st.booleans()):
        fields["timestamp"] = "at"
    records: Spec = {"step": {"where": own, "fields": fields}}
    spec: Spec = {"system": name, "format": "json", "records": records}
    if has_detail:
        where: Spec = {"app": who, "stage": "absent", "failure_reason": "present"}
        if draw(st.booleans()):
            where["timestamp"] = "present"
        records["why"] = {"where": where, "fields": {"correlation_id": fields["correlation_id"]}}
        spec["join"] = a_join(draw)
    if draw(st.booleans()):
        spec["ignore"] = [{"app": name, "type": ["ping"], "failure_reason": "absent"}]
    return finish(draw, spec)


def a_join(draw: st.DrawFn) -> Spec:
    return {
        "event": "step",
        "detail": "why",
        "when": {"status": draw(st.sampled_from(["FAILURE", ["FAILURE", "SUCCESS"]]))},
        "take": "failure_reason",
        "within": draw(st.sampled_from(["30s", "1s", "2h"])),
        "pairing": draw(st.sampled_from(["nearest", "in_order"])),
    }


def finish(draw: st.DrawFn, spec: Spec) -> Spec:
    for kind in spec["records"].values():
        if not kind.get("fields", True):
            del kind["fields"]
    spec["timezone"] = draw(st.sampled_from(ZONES))
    if draw(st.integers(0, 3)) == 0:
        same = ["checkpoint_id", "timestamp", "status", "correlation_id"]
        spec["duplicates"] = {"merge": same}
    return spec


@st.composite
def spec_sets(draw: st.DrawFn) -> list[Spec]:
    names = [f"made{index}" for index in range(draw(st.integers(1, 3)))]
    return [draw(draw(st.sampled_from([text_specs, json_specs]))(name)) for name in names]
