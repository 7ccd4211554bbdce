"""A spec that extends another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from loaded import read

from engine.diagnostics import Diagnostic
from engine.model import Key, RecordKind, System
from engine.resources import resource
from engine.spec import load_specs, load_systems

BASE = """system: gate
format: text
timezone: Europe/Berlin
types: {level: [INFO, WARN], id: {chars: a-z0-9}}
absent: "-"
redact: {client: hash}
records:
  request:
    template: "{timestamp:iso} {l:level} {client:ip} {id:id} {code:digits} {more:json}"
    read: {more: json}
    fields:
      checkpoint_id: {value: REQUEST}
      status: {from: code, map: {2xx: SUCCESS, otherwise: FAILURE}}
      correlation_id: id
    samples:
      - record: "2025-05-04T10:30:00 INFO 10.0.0.1 a1 200 {}"
        gives: {status: SUCCESS}
  cache:
    template: "{timestamp:iso} cache {checkpoint_id} {status} {correlation_id}"
ignore: ["health"]
"""


def write(folder: Path, **specs: str) -> None:
    for name, text in specs.items():
        (folder / f"{name}.yaml").write_text(text)


def overlay(folder: Path, text: str, base: str = BASE) -> System:
    """The overlay and what it extends, loaded together: one system."""
    write(folder, gate=base, over=f"system: gate\nextends: gate\n{text}")
    (system,) = load_systems([folder])
    return system


def findings(folder: Path, name: str = "over.yaml") -> tuple[Diagnostic, ...]:
    return load_specs([folder / name]).diagnostics


def named(system: System, name: str) -> RecordKind:
    (one,) = [one for one in system.kinds if one.name == name]
    return one


def test_it_has_all_that_it_extends(tmp_path: Path) -> None:
    write(tmp_path, gate=BASE)
    (alone,) = load_systems([tmp_path])
    extended = overlay(tmp_path, "")
    assert (extended.name, extended.format, extended.timezone) == ("gate", "text", "Europe/Berlin")
    assert [one.name for one in extended.kinds] == [one.name for one in alone.kinds]
    assert extended.digest == alone.digest
    assert extended.location.file.endswith("over.yaml")


def test_loaded_with_what_it_extends_it_is_one_system(tmp_path: Path) -> None:
    system = overlay(tmp_path, "timezone: Asia/Tokyo\n")
    assert system.timezone == "Asia/Tokyo"
    (again,) = load_systems([tmp_path / "over.yaml", tmp_path / "gate.yaml"])
    assert again.digest == system.digest


def test_under_another_name_there_are_two_systems(tmp_path: Path) -> None:
    write(tmp_path, gate=BASE, other="system: other\nextends: gate\nignore: ['x']\n")
    assert {one.name for one in load_systems([tmp_path])} == {"gate", "other"}


def test_the_source_has_the_text_of_both(tmp_path: Path) -> None:
    system = overlay(tmp_path, "timezone: Asia/Tokyo\n")
    assert BASE in system.source
    assert "Asia/Tokyo" in system.source


def test_a_kind_that_says_what_its_records_look_like_takes_the_place(tmp_path: Path) -> None:
    system = overlay(
        tmp_path,
        "records: {request: {template: '{timestamp:iso} GET {checkpoint_id} {status} "
        "{correlation_id}'}}\n",
    )
    one = named(system, "request")
    assert read(one, "2025-05-04T10:30:00 GET a b c") is not None
    assert one.samples == ()
    assert [mapping.sources for mapping in one.mappings if mapping.target == "status"] != [()]
    assert named(system, "cache").mappings


def test_a_kind_that_does_not_adds_fields_and_samples(tmp_path: Path) -> None:
    system = overlay(
        tmp_path,
        "records:\n  request:\n    fields: {attributes: [client], checkpoint_id: {value: R}}\n"
        "    samples:\n      - record: '2025-05-04T10:30:00 WARN 10.0.0.1 a1 500 {}'\n"
        "        gives: {status: FAILURE}\n",
    )
    one = named(system, "request")
    assert [kept.target for kept in one.attributes] == ["client"]
    assert {mapping.target: mapping.constant for mapping in one.mappings} == {
        "checkpoint_id": "R",
        "timestamp": None,
        "status": None,
        "correlation_id": None,
    }
    assert [sample.gives["status"] for sample in one.samples] == ["SUCCESS", "FAILURE"]
    assert [Path(sample.location.file).name for sample in one.samples] == ["gate.yaml", "over.yaml"]


def test_kinds_types_conditions_and_what_is_ignored_are_added_by_name(tmp_path: Path) -> None:
    system = overlay(
        tmp_path,
        "types: {level: [INFO, WARN, ERROR], word2: {chars: a-z}}\nredact: {id: mask, raw: drop}\n"
        "ignore: ['warmed in {ms:digits}ms']\nrecords:\n  more:\n"
        "    template: '{timestamp:iso} more {checkpoint_id:word2} {status} {correlation_id}'\n",
    )
    assert [one.name for one in system.kinds] == [
        "request",
        "cache",
        "more",
        "ignore[0]",
        "ignore[1]",
    ]
    request = named(system, "request")
    assert read(request, "2025-05-04T10:30:00 ERROR 10.0.0.1 a1 200 {}") is not None
    assert set(system.redactions) == {((Key("client"),), "hash"), ((Key("id"),), "mask")}
    assert system.raw == "drop"


def test_what_neither_is_a_mapping_is_replaced(tmp_path: Path) -> None:
    system = overlay(tmp_path, "absent: [none]\nformat: text\n")
    status = [one for one in named(system, "cache").mappings if one.target == "status"]
    assert [one.absent for one in status] == [("none",)]


@pytest.mark.parametrize("extends", ["gate", "gate.yaml", "./gate.yaml", "../base/gate.yaml"])
def test_a_name_or_a_path(extends: str, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    folder.mkdir()
    write(folder, gate=BASE, over=f"system: gate\nextends: {extends}\n")
    assert len(load_systems([folder / "over.yaml"])[0].kinds) == 3


def test_a_shipped_spec_is_extended_by_its_name_also_under_that_name(tmp_path: Path) -> None:
    shipped = next(one for one in sorted(resource("systems").glob("*.yaml")))
    (base,) = load_systems([shipped])
    write(tmp_path, **{shipped.stem: f"system: {base.name}\nextends: {shipped.stem}\n"})
    (system,) = load_systems([tmp_path])
    assert system.digest == base.digest


def test_specs_stand_on_each_other(tmp_path: Path) -> None:
    write(
        tmp_path,
        a=BASE,
        b="system: gate\nextends: a\ntimezone: Asia/Tokyo\nignore: ['b']\n",
        c="system: gate\nextends: b\nignore: ['c']\n",
    )
    (system,) = load_systems([tmp_path])
    assert system.timezone == "Asia/Tokyo"
    ignored = [one.template.source for one in system.kinds if one.role == "ignore" and one.template]
    assert ignored == ["c", "b", "health"]


def test_round_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path, over="system: gate\nextends: gate\n", gate=BASE + "extends: over\n")
    (one,) = findings(tmp_path)
    assert (one.code, Path(one.location.file).name) == ("E325", "gate.yaml")
    assert "over.yaml" in one.message


def test_too_many_on_each_other(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path, **{f"s{number}": f"system: gate\nextends: s{number + 1}\n"})
    write(tmp_path, s9=BASE)
    (one,) = findings(tmp_path, "s0.yaml")
    assert one.code == "E325"
    assert findings(tmp_path, "s3.yaml") == ()


def test_itself_by_a_path(tmp_path: Path) -> None:
    write(tmp_path, over="system: gate\nextends: ./over.yaml\n")
    (one,) = findings(tmp_path)
    assert (one.code, one.message) == ("E325", '"over.yaml" would stand on itself')


@pytest.mark.parametrize(
    "said, file, code",
    [
        ("timezone: Mars/Base", "over.yaml", "E314"),
        ("records: {request: {fields: {status: cod}}}", "over.yaml", "E307"),
        ("types: {level: {chars: z-a}}", "over.yaml", "E321"),
        ("types: {level: [INFO]}\nignore: ['{x:lvel}']", "over.yaml", "E303"),
        ("recods: {}", "over.yaml", "E201"),
        ("extends: x", "over.yaml", "E105"),
    ],
)
def test_a_finding_of_the_overlay_is_in_its_file(
    said: str, file: str, code: str, tmp_path: Path
) -> None:
    write(tmp_path, gate=BASE, over=f"system: gate\nextends: gate\n{said}\n")
    (one,) = findings(tmp_path)
    assert (one.code, Path(one.location.file).name) == (code, file)
    assert one.location.line >= 3


def test_a_finding_of_what_it_extends_is_in_that_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        gate=BASE.replace("from: code", "from: cod"),
        over="system: gate\nextends: gate\nignore: ['x']\n",
    )
    (one,) = findings(tmp_path)
    assert (one.code, Path(one.location.file).name, one.location.line) == ("E307", "gate.yaml", 13)
    together = load_specs([tmp_path]).diagnostics
    assert together.count(one) == 1


def test_what_it_extends_is_no_yaml(tmp_path: Path) -> None:
    write(tmp_path, gate="system: [\n", over="system: gate\nextends: gate\n")
    (one,) = findings(tmp_path)
    assert (one.code, Path(one.location.file).name) == ("E101", "gate.yaml")
