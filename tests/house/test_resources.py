from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from engine import resources
from engine.resources import resource

ROOT = Path(__file__).resolve().parents[2]
FROM_A_WHEEL = """
import sys
sys.path.insert(0, sys.argv[1])
from engine.resources import resource
print(resource("schema/store/0001_initial.sql"))
print(resource("systems"))
print(resource("docs/diagnostics"))
"""


def test_in_the_tree_a_resource_is_the_file_itself() -> None:
    assert resource("schema/store") == ROOT / "schema" / "store"


def test_in_an_installation_the_wheel_s_own_data_come_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("engine/_data/schema", "schema"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "engine")
    assert resource("schema") == tmp_path / "engine" / "_data" / "schema"


def test_a_broken_installation_says_what_is_missing() -> None:
    with pytest.raises(FileNotFoundError, match=r"schema/no-such-file is missing"):
        resource("schema/no-such-file")


def test_a_built_wheel_carries_types_schemas_and_specs(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "site"
    with zipfile.ZipFile(next(tmp_path.glob("logloom-*.whl"))) as wheel:
        wheel.extractall(site)
    assert (site / "engine" / "py.typed").is_file()
    (entry_points,) = site.glob("logloom-*.dist-info/entry_points.txt")
    assert "[pytest11]\nlogloom = engine.pytest_plugin\n" in entry_points.read_text()
    assert (site / "simulator" / "py.typed").is_file()
    assert not (site / "tests").exists()
    run = [sys.executable, "-I", "-c", FROM_A_WHEEL, str(site)]
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.splitlines() == [
        str(site / "engine/_data/schema/store/0001_initial.sql"),
        str(site / "engine/_data/systems"),
        str(site / "engine/_data/docs/diagnostics"),
    ]
    shipped = {spec.name for spec in (site / "engine/_data/systems").glob("*.yaml")}
    assert shipped == {spec.name for spec in (ROOT / "systems").glob("*.yaml")}
    assert shipped
    pages = {page.name for page in (site / "engine/_data/docs/diagnostics").iterdir()}
    assert pages == {page.name for page in (ROOT / "docs" / "diagnostics").glob("*.md")}
