"""What docs/specs.md says is so."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from spec_reference import reference

from engine.model import EVENT_FIELDS, OPTIONAL_FIELDS
from engine.rejections import REASONS
from engine.samples import check_specs
from engine.spec import spec_schema
from engine.spec.field_types import FIELD_TYPES

FILE = Path(__file__).resolve().parents[2] / "docs" / "specs.md"
PAGE = FILE.read_text()
UPDATE = bool(os.environ.get("LOGLOOM_UPDATE")) and not os.environ.get("CI")
MARKED = re.compile(r"(<!-- reference -->\n).*(<!-- end of reference -->)", re.DOTALL)


def table(heading: str) -> list[list[str]]:
    """The cells of the first table with this heading, code marks taken off."""
    lines = PAGE[PAGE.index(f"| {heading} |") :].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split(" | ")])
    return rows


def blocks() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_spec_that_it_shows_is_sound(tmp_path: Path) -> None:
    spec = tmp_path / "payments.yaml"
    spec.write_text(blocks()[0])
    assert check_specs([spec]).diagnostics == ()


def framed(block: str) -> str:
    """A whole spec with what a block shows: the keys of a spec, or of a record kind."""
    keys = set(yaml.safe_load(block))
    if keys & {"template", "fields"} and "records" not in keys:
        in_kind = block.replace("\n", "\n    ")
        told = "where: {app: shop}" if "template" not in keys else ANY_FIELDS
        block = f"records:\n  shown:\n    {told}\n    {in_kind}\n"
        if "template" not in keys:
            block = f"format: json\n{block}"
    if keys == {"types"}:
        names = " ".join(f"{{a{number}:{name}}}" for number, name in enumerate(_types(block)))
        block += f'records: {{shown: {{template: "{names}", {ANY_FIELDS}}}}}\n'
    if keys == {"redact"}:
        block += (
            f'records: {{shown: {{template: "{{client}} {{email}} {{session}}", {ANY_FIELDS}}}}}\n'
        )
    if not re.search("^format:", block, re.MULTILINE) and "extends" not in keys:
        block = f"format: text\n{block}"
    return block if "system" in keys else f"system: shown\n{block}"


ANY_FIELDS = (
    "fields: {timestamp: {clock: record}, checkpoint_id: {value: X}, status: {value: SUCCESS}, "
    "correlation_id: {value: null}}"
)


def _types(block: str) -> list[str]:
    return list(yaml.safe_load(block)["types"])


SPECS = [block for block in blocks() if "repos" not in yaml.safe_load(block)]


@pytest.mark.parametrize("block", SPECS, ids=[block.split("\n")[0][:40] for block in SPECS])
def test_what_it_shows_can_be_said(block: str, tmp_path: Path) -> None:
    spec = tmp_path / "shown.yaml"
    spec.write_text(framed(block))
    for other in SPECS:
        named = re.match(r"system: (\w+)\n", other)
        if named and "extends:" not in other and f"extends: {named[1]}" in block:
            (tmp_path / f"{named[1]}.yaml").write_text(other)
    found = check_specs([spec]).diagnostics
    assert [(one.code, one.message) for one in found if one.severity == "error"] == []


def test_the_reasons_are_those_there_are() -> None:
    assert table("reason") == [[code, meaning] for code, meaning in REASONS.items()]


def test_the_types_are_those_there_are() -> None:
    named = [name for row in table("type") for name in re.findall(r"\w+", row[0].split("%")[0])]
    assert sorted(named) == sorted(FIELD_TYPES)


def test_the_event_fields_are_those_there_are() -> None:
    rows = table("field")
    assert [row[0] for row in rows] == list(EVENT_FIELDS)
    assert [row[0] for row in rows if row[2] == "no"] == list(OPTIONAL_FIELDS)


def keys_of(start: int) -> list[str]:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE[start:].split("\n\n")[0], re.MULTILINE)
    assert rows
    return rows


def test_the_keys_are_those_of_the_schema() -> None:
    known = list(spec_schema()["properties"])
    start = PAGE.index("| key | meaning")
    further = re.search(r"^Needed by few.*?\.\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert further
    rows, links = keys_of(start), re.findall(r"`(\w+)`", further[0])
    assert rows == [key for key in known if key in rows]
    assert sorted([*rows, *links]) == sorted(known)


@pytest.mark.parametrize(
    "first, described",
    [("| `event` ", "join"), ("| `from` ", "mapping")],
    ids=["join", "mapping"],
)
def test_the_keys_of_a_part_are_those_of_the_schema(first: str, described: str) -> None:
    known = set(spec_schema()["$defs"][described]["properties"])
    assert set(keys_of(PAGE.index(first))) == known


def test_the_reference_is_what_the_schema_says() -> None:
    written = MARKED.sub(lambda found: f"{found[1]}{reference()}\n\n{found[2]}", PAGE)
    if UPDATE:
        FILE.write_text(written)
    for key in ("join.within", "records.NAME.regex", "fields.FIELD.map", "read.FIELD.csv"):
        assert f"**`{key}`**" in written
    assert FILE.read_text() == written


def test_the_reference_has_every_key_once() -> None:
    told = re.findall(r"^\*\*`(.+?)`\*\*", reference(), re.MULTILINE)
    assert len(told) == len(set(told))
    named = {path.rpartition(".")[2] for path in told}
    schema = spec_schema()
    described = [schema, *schema["$defs"].values()]
    assert {key for one in described for key in one.get("properties", {})} <= named
