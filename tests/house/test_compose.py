"""docker-compose.yml, read: a machine that runs tests need not run Docker."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
ONE_SHOT = {"topics"}


def test_it_is_written_for_compose_of_today() -> None:
    assert "version" not in COMPOSE
    assert "zookeeper" not in TEXT.lower()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_pinned_or_built_here(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        assert (ROOT / service["build"]["dockerfile"]).is_file()
    else:
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_what_goes_on_running_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_waits_for_what_exists(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_engine_starts_only_when_asked_for() -> None:
    assert {name for name in SERVICES if "profiles" in SERVICES[name]} == {"engine"}


def test_the_page_looks_at_the_address_that_kafka_gives_to_containers() -> None:
    page = yaml.safe_load((ROOT / "docker" / "kafka-ui.yml").read_text())
    listeners = SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")
    inside = dict(listener.split("://") for listener in listeners)["INSIDE"]
    assert [cluster["bootstrapServers"] for cluster in page["kafka"]["clusters"]] == [inside]
    assert SERVICES["engine"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"] == inside
    assert f"--bootstrap-server={inside}" in SERVICES["topics"]["command"]


def test_make_kafka_runs_the_same_kafka() -> None:
    pom = (ROOT / "tests" / "kafka" / "pom.xml").read_text()
    version = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([^<]+)<", pom)
    assert version is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version.group(1)}"
    assert SERVICES["topics"]["image"] == SERVICES["kafka"]["image"]


@pytest.mark.parametrize(
    "path", PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
)
def test_the_image_is_built_from_all_that_the_wheel_is_made_of(path: str) -> None:
    assert f"COPY {path} {path}\n" in (ROOT / "docker" / "Dockerfile").read_text()
    assert f"!{path}\n" in (ROOT / ".dockerignore").read_text()
