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


def test_the_fields_that_it_shows_are_sound(tmp_path: Path) -> None:
    fields = blocks()[1].replace("\n", "\n    ")
    spec = tmp_path / "payments.yaml"
    spec.write_text(
        "system: payments\nformat: json\nrecords:\n  checkpoint:\n    where: {system: payments}\n"
        f"    {fields}\n"
    )
    assert {one.code for one in check_specs([spec]).diagnostics} == {"E504"}


def test_the_reasons_are_those_there_are() -> None:
    assert table("reason") == [[code, meaning] for code, meaning in REASONS.items()]


def test_the_types_are_those_there_are() -> None:
    assert [row[0] for row in table("type")] == list(FIELD_TYPES)


def test_the_event_fields_are_those_there_are() -> None:
    rows = table("field")
    assert [row[0] for row in rows] == list(EVENT_FIELDS)
    assert [row[0] for row in rows if row[2] == "no"] == list(OPTIONAL_FIELDS)


@pytest.mark.parametrize(
    "heading, described",
    [("key | meaning", None), ("key | meaning |\n|---|---|\n| `event`", "join")],
    ids=["spec", "join"],
)
def test_the_keys_are_those_of_the_schema(heading: str, described: str | None) -> None:
    schema = spec_schema()
    known = schema["properties"] if described is None else schema["$defs"][described]["properties"]
    start = PAGE.index(f"| {heading}")
    rows = re.findall(r"^\| `(\w+)` \|", PAGE[start:].split("\n\n")[0], re.MULTILINE)
    assert rows == list(known)


def test_yaml_blocks_are_yaml() -> None:
    assert all(yaml.safe_load(block) for block in blocks())


def test_the_reference_is_what_the_schema_says() -> None:
    written = MARKED.sub(lambda found: f"{found[1]}{reference()}\n\n{found[2]}", PAGE)
    if UPDATE:
        FILE.write_text(written)
    assert "**`join.within`**" in written
    assert FILE.read_text() == written
