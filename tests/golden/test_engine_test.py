"""``engine test``: what is wrong is found and told by its field; nothing else is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from examples import IS_NIGHT
from golden_specs import LOG, PAY, ROWS, write_expected, write_specs

from engine.cli import main
from engine.golden import orders
from engine.golden.cases import cases_of
from engine.golden.orders import EVERY_ORDER_UP_TO
from engine.golden.suite import load_sound_suite
from engine.resources import resource


@pytest.fixture(autouse=True)
def _in_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    if not IS_NIGHT:
        # What a command says is the subject here; `test_orders_and_round_trips` has that of orders.
        monkeypatch.setattr(orders, "EVERY_ORDER_UP_TO", 3)
        monkeypatch.setattr(orders, "ORDERS_MAX", 5)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["test", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_specs_that_hold_are_summed_up_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "EVERY_ORDER_UP_TO", EVERY_ORDER_UP_TO)
    write_specs(tmp_path)
    status, out, err = run(capsys)
    assert (status, out) == (0, "")
    assert err == "1 system: 2 samples, 1 case (130 orders), 3 round trips: all well\n"


def test_a_wrong_field_is_told_with_log_line_spec_line_and_both_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    write_expected(systems, [ROWS[0] | {"failure_reason": "REFUSED"}, *ROWS[1:]])
    status, out, err = run(capsys)
    assert status == 1
    assert out == (
        "FAILED pay: case retry\n"
        "  systems/pay/retry.log:1: event (pay.step, systems/pay.yaml:4)\n"
        '    failure_reason: expected "REFUSED", got "EXPIRED"\n'
    )
    assert err.endswith("1 check failed\n")


def test_missing_and_unexpected_records_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    write_expected(systems, [*ROWS[:4], ROWS[4] | {"line": 9}])
    status, out, _ = run(capsys)
    assert status == 1
    assert "retry.log:5: unexpected: quarantined" in out
    assert "retry.log:9: missing: the log has no such line" in out


def test_a_key_left_out_stands_for_nothing_and_true_is_not_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    bare = {key: value for key, value in ROWS[2].items() if value is not None}
    write_expected(systems, [*ROWS[:2], bare, *ROWS[3:]])
    assert run(capsys)[0] == 0
    write_expected(systems, [ROWS[0] | {"ambiguous": True}, *ROWS[1:]])
    status, out, _ = run(capsys)
    assert status == 1
    assert "ambiguous: expected true, got null" in out


@pytest.mark.parametrize(
    "text, said",
    [
        ("{]\n", "not JSON"),
        ("[1]\n", "not a JSON object"),
        ('{"outcome": "event"}\n', 'no "line"'),
        ('{"line": true}\n', 'no "line"'),
        ('{"line": 1}\n{"line": 1}\n', "a second row for line 1"),
        ("\xff", "not JSON"),
    ],
)
def test_an_expected_file_that_cannot_be_read_is_told_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    systems = write_specs(tmp_path)
    (systems / "pay" / "retry.expected.jsonl").write_bytes(text.encode("latin-1"))
    status, out, _ = run(capsys)
    assert status == 1
    assert "systems/pay/retry.expected.jsonl:" in out
    assert said in out


def test_half_a_case_and_cases_of_no_spec_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    (systems / "pay" / "new.log").write_text(LOG)
    (systems / "pay" / "old.expected.jsonl").write_text("")
    (systems / "pya").mkdir()
    (systems / "pya" / "one.log").write_text(LOG)
    status, out, _ = run(capsys)
    assert status == 1
    assert "there is no new.expected.jsonl" in out
    assert "there is no old.log" in out
    assert "there is no pya.yaml" in out


def test_a_sample_that_gives_something_else_is_one_failed_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_specs(
        tmp_path, PAY.replace("gives: {failure_reason: EXPIRED}", "gives: {failure_reason: X}")
    )
    status, out, err = run(capsys)
    assert status == 1
    assert "FAILED pay: sample why[0]\n  systems/pay.yaml:12: E502" in out
    assert 'failure_reason is "EXPIRED", not "X"' in out
    assert "1 check failed" in err


def test_an_empty_log_gives_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_specs(tmp_path)
    folder = tmp_path / "systems" / "pay"
    for name in ("empty.log", "empty.expected.jsonl"):
        (folder / name).write_text("")
    status, out, _ = run(capsys)
    assert (status, out) == (0, "")
    status, out, _ = run(capsys, "--update")
    assert (status, out) == (0, "")


def test_a_record_kind_needs_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`validate` warns and `run` runs; a spec that nothing shows to be right does not pass."""
    before, sample, after = PAY.partition("    samples:\n")
    _, kept, rest = after.partition("  why:")
    write_specs(tmp_path, before + kept + rest)
    assert main(["validate"]) == 0
    capsys.readouterr()
    status, out, _ = run(capsys)
    assert sample
    assert status == 1
    assert "E504: a record kind without a sample" in out


def test_a_spec_with_findings_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_specs(tmp_path, PAY.replace("within: 30s", "within: soon"))
    status, _, err = run(capsys)
    assert status == 1
    assert "E205" in err
    assert "nothing was started" in err


def test_one_file_is_tested_among_its_neighbours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    other = (
        PAY.replace("PAY", "CARD").replace("system: pay", "system: card").replace("ping", "tick")
    )
    (systems / "card.yaml").write_text(other)
    (systems / "broken.yaml").write_text("system: broken\nrecords: {}\n")
    (systems / "pay" / "retry.log").write_text(
        LOG.replace("junk", "2025-05-04T10:00:00 CARD A SUCCESS (b)")
    )
    status, out, err = run(capsys, "systems/pay.yaml")
    assert status == 1
    assert 'outcome: expected "quarantined", got "event"' in out
    assert "card.step, systems/card.yaml:4" in out
    assert err.startswith("1 system: 2 samples")


# --- --update -------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }


def test_update_writes_expected_files_and_nothing_else_and_says_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    systems = write_specs(tmp_path)
    sound = contents(tmp_path)
    write_expected(systems, [ROWS[0] | {"status": "SUCCESS"}, *ROWS[1:]])
    (systems / "pay" / "new.log").write_text("ping me\n")
    (systems / "pay" / "old.expected.jsonl").write_text("stale")
    status, out, _ = run(capsys, "--update")
    assert status == 1  # half a case is left for a person
    assert 'status: expected "SUCCESS", got "FAILURE"' in out
    assert "wrote systems/pay/new.expected.jsonl" in out
    after = contents(tmp_path)
    assert after.pop("systems/pay/old.expected.jsonl") == b"stale"
    row = {"line": 1, "outcome": "ignored", "system_id": "pay", "kind": "ignore[0]"}
    assert json.loads(after.pop("systems/pay/new.expected.jsonl")) == row
    assert after.pop("systems/pay/new.log")
    assert after == sound
    (systems / "pay" / "old.expected.jsonl").unlink()
    assert run(capsys, "--update")[:2] == (0, "")


def test_update_is_refused_in_ci(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = write_specs(tmp_path)
    write_expected(systems, ROWS[:1])
    before = contents(tmp_path)
    monkeypatch.setenv("CI", "true")
    status, _, err = run(capsys, "--update")
    assert status == 2
    assert "--update" in err
    assert contents(tmp_path) == before


# --- --coverage -----------------------------------------------------------------------------------


def test_coverage_counts_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_specs(tmp_path)
    status, out, _ = run(capsys, "--coverage", "--format", "json")
    document = json.loads(out)
    coverage = document["coverage"]
    assert status == 0
    # 2 kinds, 1 ignored, 2 statuses, 7 join outcomes; the case shows joined and retry
    assert (coverage["covered"], coverage["total"], coverage["percent"]) == (7, 12, 58.3)
    assert [one["kind"] for one in coverage["missing"]] == [
        "detail first",
        "late",
        "unmatched",
        "orphan",
        "ambiguous",
    ]
    assert {(one["file"], one["line"]) for one in coverage["missing"]} == {("systems/pay.yaml", 4)}
    assert (document["passed"], document["failed"]) == (7, 0)


def test_each_join_outcome_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = LOG + (
        "2025-05-04T10:01:01 PAYERR (first) R\n2025-05-04T10:01:00 PAY A FAILURE (first)\n"
        "2025-05-04T10:02:00 PAY A FAILURE (late)\n2025-05-04T10:02:31 PAYERR (late) R\n"
        "2025-05-04T10:03:00 PAY A FAILURE (two)\n2025-05-04T10:03:00 PAY A FAILURE (two)\n"
        "2025-05-04T10:03:01 PAYERR (two) R\n2025-05-04T10:09:00 PAY A SUCCESS (end)\n"
    )
    systems = write_specs(tmp_path, log=log)
    assert run(capsys, "--update", "--fail-under", "100")[0] == 0
    (systems / "pay" / "retry.log").write_text(LOG)
    status, _, err = run(capsys, "--update", "--fail-under", "58.4")
    assert status == 1
    assert "less than 58.4 % is covered" in err
    assert run(capsys, "--fail-under", "58.3")[0] == 0


MAPPED = """\
system: shop
format: json
records:
  step:
    where: {app: shop, type: [order, refund]}
    fields:
      checkpoint_id: type
      status: {from: code, map: {"0": SUCCESS, "1": FAILURE, "2": FAILURE}}
    samples:
      - record: |-
          {"app": "shop", "type": "order", "code": 1, "timestamp": "2025-05-04T10:00:00Z",
           "correlation_id": "a", "failure_reason": "R"}
        gives: {status: FAILURE}
"""


def test_maps_alternatives_and_optional_fields_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "shop.yaml").write_text(MAPPED)
    status, out, _ = run(capsys, "--coverage")
    assert status == 0
    assert out.splitlines() == [
        "covered: 50 % (5 of 10)",
        "  systems/shop.yaml:4: not exercised: condition step: type is refund",
        "  systems/shop.yaml:4: not exercised: status step: SUCCESS",
        "  systems/shop.yaml:4: not exercised: map entry step: status from 0",
        "  systems/shop.yaml:4: not exercised: map entry step: status from 2",
        "  systems/shop.yaml:4: not exercised: optional step: without failure_reason",
    ]


def test_the_shipped_specs_are_covered_and_hold() -> None:
    suite = load_sound_suite([resource("systems")], seed=1)
    assert suite.coverage().missing == []
    assert all(cases_of(system) for system in suite.systems)
    for check in suite.checks():
        if check.kind != "orders":  # `make check` delivers them all
            assert check.run().failures == (), check.title
