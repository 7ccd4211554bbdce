"""What a run takes from its options and its environment: the year of times that tell none, and the
key of hashes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from engine_process import ENGINE, environment

KEY: Final = "a key that nobody may see"

SPEC: Final = """\
system: web
timezone: Europe/Berlin
format: text
records:
  view:
    template: "{timestamp:%b %d %H:%M:%S} {client} {status} {page}"
    fields:
      checkpoint_id: page
      status: {from: status, map: {ok: SUCCESS, otherwise: FAILURE}}
      correlation_id: {value: null}
      attributes: [client]
"""
HASHED: Final = SPEC + "redact: {client: hash}\n"


def _run(folder: Path, *options: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    variables = environment({} if key is None else {"LOGLOOM_REDACT_KEY": key})
    if key is None:
        variables.pop("LOGLOOM_REDACT_KEY", None)
    return subprocess.run(
        [*ENGINE, "run", "--systems", "web.yaml", *options],
        cwd=folder,
        capture_output=True,
        env=variables,
        text=True,
        timeout=60,
        check=False,
    )


def _write(folder: Path, spec: str, log: str, year: int = 2020) -> None:
    (folder / "web.yaml").write_text(spec)
    (folder / "a.log").write_text(log)
    written_s = (year - 1970) * 31_556_952 + 15_778_476  # the middle of the year
    os.utime(folder / "a.log", (written_s, written_s))


def _events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "options, years",
    [
        ((), ["2020", "2019"]),
        (("--year", "2011"), ["2011", "2011"]),
    ],
)
def test_the_year_is_the_file_s_or_the_one_given(
    options: tuple[str, ...], years: list[str], tmp_path: Path
) -> None:
    _write(tmp_path, SPEC, "Mar 01 10:00:00 me ok index\nDec 30 10:00:00 me no index\n")
    events = _events(_run(tmp_path, "--from", "a.log", "--to", "-", *options))
    assert [one["timestamp"][:4] for one in events] == years
    assert [one["correlation_id"] for one in events] == [None, None]
    assert [one["attributes"] for one in events] == [{"client": "me"}] * 2


@pytest.mark.parametrize("value", ["20", "1969", "abcd", "20200"])
def test_a_year_has_four_digits(value: str, tmp_path: Path) -> None:
    done = _run(tmp_path, "--from", "a.log", "--year", value)
    assert done.returncode == 2
    assert f"{value} is not a year from 1970 to 9999" in done.stderr


def test_a_year_is_for_files(tmp_path: Path) -> None:
    done = _run(tmp_path, "--year", "2020")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--year is for files and needs --from" in done.stderr


def test_hashes_need_a_key_which_is_never_shown(tmp_path: Path) -> None:
    _write(tmp_path, HASHED, "Mar 01 10:00:00 me ok index\n")
    read = ("--from", "a.log", "--to", "-")
    for missing in (None, ""):
        done = _run(tmp_path, *read, key=missing)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
        assert "LOGLOOM_REDACT_KEY" in done.stderr
    done = _run(tmp_path, *read, "--debug", key=KEY)
    (event,) = _events(done)
    assert len(event["attributes"]["client"]) == 32
    assert KEY not in done.stdout + done.stderr
    (other,) = _events(_run(tmp_path, *read, key="another"))
    assert other["attributes"] != event["attributes"]
