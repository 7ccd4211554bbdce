"""The pytest plugin in a repository that has nothing but specs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from golden_specs import PAY, ROWS, write_expected, write_specs

# As the entry point would load it; the entry point itself is kept out, so that it makes no
# difference whether this checkout was installed before or after it came.
PLUGIN = [
    "-p",
    "no:logloom",
    "-p",
    "engine.pytest_plugin",
    "-p",
    "no:randomly",
    "-p",
    "no:cacheprovider",
]


def pytest_in(folder: Path, *arguments: str) -> tuple[int, str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))
    }
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", *PLUGIN, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_each_sample_case_order_check_and_round_trip_is_a_test(tmp_path: Path) -> None:
    write_specs(tmp_path)
    status, out = pytest_in(tmp_path, "systems/", "-vv")
    assert status == 0, out
    assert re.findall(r"systems/pay\.yaml::(.*?) PASSED", out) == [
        "spec",
        "sample step[0]",
        "sample why[0]",
        "case retry",
        "orders retry",
        "round trip step",
        "round trip why",
        "round trip ignore[0]",
    ]


def test_a_failure_is_the_spec_s_line_and_the_fields_without_a_traceback(tmp_path: Path) -> None:
    systems = write_specs(tmp_path)
    write_expected(systems, [ROWS[0] | {"failure_reason": "REFUSED"}, *ROWS[1:]])
    status, out = pytest_in(tmp_path, "systems/", f"--junit-xml={tmp_path / 'junit.xml'}")
    assert status == 1
    assert "systems/pay.yaml:1\n" in out
    assert "  systems/pay/retry.log:1: event (pay.step, systems/pay.yaml:4)\n" in out
    assert '    failure_reason: expected "REFUSED", got "EXPIRED"\n' in out
    assert "Traceback" not in out
    assert "runtest" not in out
    assert "1 failed, 7 passed" in out
    assert "REFUSED" in (tmp_path / "junit.xml").read_text()


def test_a_broken_spec_is_one_failed_test_beside_sound_ones(tmp_path: Path) -> None:
    systems = write_specs(tmp_path)
    broken = PAY.replace("PAY", "CARD").replace("system: pay", "system: card")
    (systems / "card.yaml").write_text(broken.replace("event: step", "event: stop"))
    status, out = pytest_in(tmp_path, "systems/")
    assert status == 1
    assert "error[E309]" in out
    assert "systems/card.yaml:14:" in out
    assert "1 failed, 8 passed" in out


def test_other_yaml_is_left_alone_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  system: x\n  records: y\n")
    (tmp_path / "list.yml").write_text("- system: x\n- records: y\n")
    (tmp_path / "broken.yaml").write_bytes(b"\xff: [")
    (tmp_path / "test_modules.py").write_text(
        "import sys\n\ndef test_modules():\n"
        "    heavy = {'engine.spec', 'engine.golden.suite', 'simulator', 'apsw', 'yaml', 'rich'}\n"
        "    assert not heavy & set(sys.modules)\n"
    )
    status, out = pytest_in(tmp_path)
    assert status == 0, out
    assert "1 passed" in out


def test_the_plugin_can_be_kept_out(tmp_path: Path) -> None:
    write_specs(tmp_path)
    status, out = pytest_in(tmp_path, "-p", "no:engine.pytest_plugin", "systems/")
    assert status == 5, out
    assert "no tests ran" in out
