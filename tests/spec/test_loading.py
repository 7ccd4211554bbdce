"""From spec files to systems."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.diagnostics import EnvironmentFailure, SpecError
from engine.model import Condition, FieldMapping, Join, Key, System, ValueMap
from engine.model import Path as ValuePath
from engine.resources import resource
from engine.samples import check_specs, load_checked
from engine.spec import load_systems

SHIPPED = sorted(resource("systems").glob("*.yaml"))

TEXT = """
system: pay
format: text
records:
  checkpoint:
    template: "{timestamp:iso} PAY: {stage} - {status} (ID: {correlation_id})"
    fields: {checkpoint_id: stage, status: {map: {200: SUCCESS, 0500: FAILURE, no: FAILURE}}}
  error:
    template: "PAY ERROR (ID: {correlation_id}) - {failure_reason}"
join: {event: checkpoint, detail: [error], when: {status: [FAILURE]}, take: [failure_reason],
       within: 1500ms, pairing: in_order}
duplicates: {merge: [timestamp, correlation_id]}
ignore: ["health check from {peer:ip}"]
"""
JSON = """
system: pay
format: json
timezone: Europe/Berlin
records:
  checkpoint:
    where: {system: pay, checkpoint: present, level: [30, true, info], error: absent}
    fields: {checkpoint_id: checkpoint, failure_reason: {value: none}}
  error:
    where: {system: pay, checkpoint: absent%s}
join: {event: checkpoint, detail: error, when: {status: FAILURE}, take: failure_reason,
       within: 2h}
ignore: [{type: heartbeat}]
"""


def path(key: str) -> tuple[ValuePath, ...]:
    return ((Key(key),),)


def load(tmp_path: Path, text: str) -> System:
    spec = tmp_path / "spec.yaml"
    spec.write_text(text)
    (system,) = load_systems([spec])
    return system


def test_a_text_spec_becomes_what_it_says(tmp_path: Path) -> None:
    system = load(tmp_path, TEXT)
    assert [(kind.name, kind.role) for kind in system.kinds] == [
        ("checkpoint", "event"),
        ("error", "detail"),
        ("ignore[0]", "ignore"),
    ]
    assert system.kinds[0].mappings == (
        FieldMapping("checkpoint_id", path("stage")),
        FieldMapping("timestamp", path("timestamp"), formats=("iso",)),
        # What comes out of logs is text, as it stands in the file.
        FieldMapping(
            "status",
            path("status"),
            values=ValueMap({"0500": "FAILURE", "200": "SUCCESS", "no": "FAILURE"}),
        ),
        FieldMapping("correlation_id", path("correlation_id")),
    )
    assert system.join == Join(
        events=("checkpoint",),
        details=("error",),
        when={"status": ("FAILURE",)},
        take=("failure_reason",),
        within_us=1_500_000,
        pairing="in_order",
        clock="record",  # the detail has no time
    )
    assert system.merge == ("timestamp", "correlation_id")
    assert system.timezone == "UTC"


def test_a_json_spec_becomes_what_it_says(tmp_path: Path) -> None:
    system = load(tmp_path, JSON % "")
    checkpoint, error, ignored = system.kinds
    assert checkpoint.where == (
        Condition((Key("system"),), "one_of", ("pay",)),
        Condition((Key("checkpoint"),), "present"),
        Condition((Key("level"),), "one_of", ("30", "true", "info")),
        Condition((Key("error"),), "absent"),
    )
    assert checkpoint.mappings == (
        FieldMapping("checkpoint_id", path("checkpoint")),
        FieldMapping("timestamp", path("timestamp"), formats=("iso",)),
        FieldMapping("status", path("status")),
        FieldMapping("correlation_id", path("correlation_id")),
        FieldMapping("failure_reason", constant="none"),
    )
    assert [one.target for one in error.mappings] == ["correlation_id", "failure_reason"]
    assert ignored.where == (Condition((Key("type"),), "one_of", ("heartbeat",)),)
    assert system.join is not None
    assert system.join.clock == "record"
    assert system.join.within_us == 7200 * 1_000_000


def test_a_json_detail_has_a_time_only_if_the_spec_says_that_every_one_has(
    tmp_path: Path,
) -> None:
    system = load(tmp_path, JSON % ", timestamp: present")
    assert [one.target for one in system.kinds[1].mappings] == [
        "timestamp",
        "correlation_id",
        "failure_reason",
    ]
    assert system.join is not None
    assert system.join.clock == "body"


def test_the_digest_is_of_what_a_spec_says(tmp_path: Path) -> None:
    digest = load(tmp_path, TEXT).digest
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    layout = TEXT.replace("\nrecords:", "\n# a remark\n\nrecords:").replace("[error]", "error")
    sample = "{record: '2025-05-04T10:30:00 PAY: a - 200 (ID: b)', gives: {status: SUCCESS}}"
    samples = TEXT.replace("  error:", f"    samples: [{sample}]\n  error:")
    assert load(tmp_path, layout).digest == digest
    assert load(tmp_path, samples).digest == digest


@pytest.mark.parametrize(
    "said, instead",
    [
        ("system: pay", "system: paid"),
        ("1500ms", "2s"),
        ("in_order", "nearest"),
        ("200: SUCCESS", "201: SUCCESS"),
        ("[timestamp, ", "["),
        ("PAY ERROR", "PAY FAULT"),
        ("peer:ip", "peer"),
        ("format: text", "format: text\ntimezone: Asia/Tokyo"),
    ],
)
def test_another_meaning_is_another_digest(tmp_path: Path, said: str, instead: str) -> None:
    assert load(tmp_path, TEXT.replace(said, instead)).digest != load(tmp_path, TEXT).digest


def test_a_directory_gives_its_specs_by_name_and_a_file_twice_is_one(tmp_path: Path) -> None:
    for name, system in (("b.yaml", "two"), ("a.yml", "one"), (".c.yaml", "no"), ("d.txt", "no")):
        (tmp_path / name).write_text(TEXT.replace("system: pay", f"system: {system}"))
    (tmp_path / "flows").mkdir()
    systems = load_systems([tmp_path, tmp_path / "b.yaml"])
    assert [system.name for system in systems] == ["one", "two"]


def test_a_path_that_is_not_there_is_the_environments_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="does not exist"):
        load_systems([tmp_path / "none"])


def test_a_run_never_starts_on_specs_that_contradict_their_samples(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    text = SHIPPED[0].read_text()
    spec.write_text(re.sub(r"(status: )SUCCESS", r"\1FAILURE", text))
    load_systems([spec])
    with pytest.raises(SpecError) as caught:
        load_checked([spec])
    assert {one.code for one in caught.value.diagnostics} == {"E502"}


def test_a_warning_does_not_stop_a_run(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(TEXT)
    assert {one.code for one in check_specs([spec]).diagnostics} == {"E504"}
    assert load_checked([spec])


def test_findings_of_several_files_come_together_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("system: [\n")
    (tmp_path / "b.yaml").write_text(
        TEXT.replace("1500ms", "soon").replace("detail: [", "detail: [x, ")
    )
    (tmp_path / "c.yaml").write_text(TEXT)
    with pytest.raises(SpecError) as caught:
        load_systems([tmp_path])
    found = [(Path(one.location.file).name, one.code) for one in caught.value.diagnostics]
    assert found == [("a.yaml", "E101"), ("b.yaml", "E309"), ("b.yaml", "E205")]


@pytest.mark.parametrize("spec", SHIPPED, ids=[spec.stem for spec in SHIPPED])
def test_a_shipped_spec_is_sound_alone_and_names_its_schema(spec: Path) -> None:
    assert check_specs([spec]).diagnostics == ()
    first = spec.read_text().splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named is not None
    assert (spec.parent / named[1]).resolve() == resource("schema/system.schema.json").resolve()


def test_no_system_is_known_to_the_code() -> None:
    root = Path(__file__).resolve().parents[2]
    names = re.compile("|".join(re.escape(spec.stem) for spec in SHIPPED), re.IGNORECASE)
    code = [*(root / "engine").rglob("*"), *(root / "simulator").rglob("*")]
    files = [file for file in code if file.suffix in {".py", ".sql", ".yaml", ".json", ".html"}]
    assert files
    assert [str(file) for file in files if names.search(file.read_text())] == []
