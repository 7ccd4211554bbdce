"""``engine explain`` as a person and as a program sees it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from explained_specs import write_specs
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from engine.cli import main
from engine.cli.explain_text import print_explanation
from engine.explaining import explain
from engine.interpreter import Interpreter, compile_normalizer
from engine.model import Record
from engine.spec import load_systems
from engine.views.terminal import console, visible

RECORD = "2025-05-04T10:32:00 PAY: CAPTURE - KO (ID: a-1)"
JSON_RECORD = '{"app": "shop", "level": "debug"}'

TEXT_OR_NULL = {"type": ["string", "null"]}
NUMBER_OR_NULL = {"type": ["integer", "null"]}


def closed(**properties: object) -> dict[str, object]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


KIND = {
    "system_id": {"type": "string"},
    "kind": {"type": "string"},
    "file": {"type": "string"},
    "line": {"type": "integer"},
    "template": TEXT_OR_NULL,
    "conditions": {"type": "array", "items": {"type": "string"}},
}
READING = closed(
    **KIND,
    captures={"type": "object", "additionalProperties": {"type": "string"}},
    origins={
        "type": "array",
        "items": closed(
            field={"type": "string"},
            value=TEXT_OR_NULL,
            via={"enum": ["system", "field", "map", "constant", "record"]},
            source=TEXT_OR_NULL,
            found=TEXT_OR_NULL,
            used={"type": "boolean"},
        ),
    },
)
CHECK = closed(
    key={"type": "string"},
    expected={"type": "string"},
    found=TEXT_OR_NULL,
    holds={"type": "boolean"},
)
DOCUMENT = closed(
    record=TEXT_OR_NULL,
    record_base64={"type": "string"},
    decoded_as={"enum": ["text", "json", None]},
    outcome={"enum": ["event", "detail", "ignored", "quarantined"]},
    reason=TEXT_OR_NULL,
    meaning=TEXT_OR_NULL,
    message=TEXT_OR_NULL,
    taken_by={"anyOf": [{"type": "null"}, READING]},
    accepted_too={"type": "array", "items": READING},
    fields={"type": ["object", "null"], "additionalProperties": TEXT_OR_NULL},
    attributes={"type": ["object", "null"]},
    expects_detail={"type": ["boolean", "null"]},
    attempts={
        "type": "array",
        "items": closed(
            **KIND,
            matched_chars=NUMBER_OR_NULL,
            expected={"type": "string"},
            checks={"type": "array", "items": CHECK},
        ),
    },
)


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(write_specs(tmp_path).parent)
    return "specs"


@pytest.fixture(scope="session")
def normalizer(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return compile_normalizer(load_systems([write_specs(tmp_path_factory.mktemp("explain"))]))


def in_words(normalizer: Interpreter, value: bytes, width: int | None = None) -> str:
    out = io.StringIO()
    screen = console(out)
    if width is not None:
        screen.width = width
    print_explanation(explain(normalizer, Record("test", 0, len(value), value)), screen, 5)
    return out.getvalue()


def test_an_event_in_words(specs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", RECORD, "--systems", specs]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert (
        captured.out
        == """\
│ 2025-05-04T10:32:00 PAY: CAPTURE - KO (ID: a-1)
text, 47 characters

an event: pay.checkpoint takes it (specs/pay.yaml:4)
  {timestamp:iso} PAY: {stage} - {outcome} (ID: {correlation_id})

  captures
    timestamp       2025-05-04T10:32:00
    stage           CAPTURE
    outcome         KO
    correlation_id  a-1

  fields
    system_id       pay ← the system's name
    checkpoint_id   CAPTURE ← stage
    timestamp       2025-05-04T10:32:00Z ← timestamp "2025-05-04T10:32:00"
    status          FAILURE ← outcome "KO" via map
    correlation_id  a-1 ← correlation_id

It expects failure_reason from a detail: a record of pay.error with the same correlation_id, at most
30 s away.

pay.other accepts it too: it comes after  (specs/pay.yaml:9)
  {timestamp:iso} PAY: {checkpoint_id} - {status} ({} {correlation_id})

  captures
    timestamp       2025-05-04T10:32:00
    checkpoint_id   CAPTURE
    status          KO
    correlation_id  a-1

  fields
    system_id       ← the system's name
    checkpoint_id   ← checkpoint_id "CAPTURE"
    timestamp       ← timestamp "2025-05-04T10:32:00"
    status          ← status "KO"
    correlation_id  ← correlation_id "a-1"
"""
    )


@pytest.mark.parametrize(
    "record, said",
    [
        (
            RECORD.replace("KO", "OK"),
            "It expects no detail: one is expected where status is FAILURE.",
        ),
        (RECORD.replace("ID:", "X").replace("KO", "SUCCESS"), "It takes no part in the join."),
        (
            "2025-05-04T10:32:01 PAY A ERROR (ID: a-1) - EXPIRED",
            (
                "It completes an event of pay.checkpoint with the same correlation_id, "
                "at most 30 s away."
            ),
        ),
        ("health check from ::1", "ignored: pay.ignore[0] takes it (specs/pay.yaml:13)"),
    ],
)
def test_what_the_join_makes_of_a_record(
    specs: str, record: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", record, "--systems", specs]) == 0
    assert said in capsys.readouterr().out.splitlines()


def test_a_record_that_nothing_takes_has_a_caret_a_place(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record = "2025-05-04T10:32:00 PAY: 漢\t - KO [ID: a-1]"
    assert main(["explain", record, "--systems", specs]) == 1
    captured = capsys.readouterr()
    assert captured.err == "engine: `engine explain-code no_match` tells more\n"
    assert (
        captured.out
        == r"""│ 2025-05-04T10:32:00 PAY: 漢\t - KO [ID: a-1]
text, 42 characters

quarantined, no_match: no record kind of any loaded spec accepts the record

  2025-05-04T10:32:00 PAY: 漢\t - KO [ID: a-1]
                                  ^
  pay.checkpoint expected " (ID: " further on after 30 characters  (specs/pay.yaml:4)
  pay.other expected " (" further on after 30 characters  (specs/pay.yaml:9)

  2025-05-04T10:32:00 PAY: 漢\t - KO [ID: a-1]
                         ^
  pay.error expected " PAY " after 23 characters  (specs/pay.yaml:7)

  2025-05-04T10:32:00 PAY: 漢\t - KO [ID: a-1]
  ^
  pay.ignore[0] expected "health check from " after 0 characters  (specs/pay.yaml:13)
"""
    )


def test_json_that_nothing_takes_has_its_conditions(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", JSON_RECORD, "--systems", specs]) == 1
    assert (
        capsys.readouterr().out
        == """\
│ {"app": "shop", "level": "debug"}
a JSON object with 2 keys

quarantined, missing_field: a field that the event must have is absent, null or empty
timestamp is absent, null or empty
shop.other accepts it (specs/shop.yaml:7):
  key "app" to be "shop"
  key "stage" to be absent

  keys
    app  shop

  fields
    system_id       ← the system's name
    checkpoint_id   ← a constant of the spec
    timestamp       ← timestamp, which the record does not have
    status          ← status, which the record does not have
    correlation_id  ← correlation_id, which the record does not have
    failure_reason  ← failure_reason, which the record does not have
"""
    )
    assert main(["explain", JSON_RECORD.replace("}", ', "stage": 1}'), "--systems", specs]) == 1
    assert (
        capsys.readouterr().out.partition("\n\n")[2].partition("\n\n")[2]
        == """\
  shop.checkpoint 2 of 3 conditions met  (specs/shop.yaml:4)
    ✓ key "app" to be "shop"
    ✗ key "level" to be "info" or "error": it is "debug"
    ✓ key "stage" to be present

  shop.other 1 of 2 conditions met  (specs/shop.yaml:7)
    ✓ key "app" to be "shop"
    ✗ key "stage" to be absent: it is "1"
"""
    )


def test_only_the_nearest_kinds_are_told_unless_all_are_asked_for(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(specs, "many.yaml").write_text(
        "system: many\nformat: text\nrecords:\n  a:\n    template: "
        '"A {timestamp:iso} {checkpoint_id} {status} {correlation_id}"\n'
        f"ignore: {json.dumps([f'K{n} {{}}' for n in range(4)])}\n"
    )
    assert main(["explain", "unknown", "--systems", specs]) == 1
    short = capsys.readouterr().out
    assert short.count(" expected ") == 5
    assert short.endswith("\n\n… and 4 further record kinds (--all)\n")
    assert main(["explain", "unknown", "--systems", specs, "--all"]) == 1
    assert capsys.readouterr().out.count(" expected ") == 9


def test_where_no_spec_is_of_the_record_s_format_that_is_said(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "text", "--systems", f"{specs}/shop.yaml"]) == 1
    assert "No loaded spec has a record kind for text." in capsys.readouterr().out
    assert main(["explain", "{}", "--systems", f"{specs}/pay.yaml"]) == 1
    assert "No loaded spec has a record kind for JSON." in capsys.readouterr().out


def test_a_spec_whose_samples_fail_can_be_explained(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pay = Path(specs, "pay.yaml")
    sample = "    samples: [{record: nothing like it, gives: {status: SUCCESS}}]\n  error:"
    pay.write_text(pay.read_text().replace("  error:", sample, 1))
    assert main(["validate", specs]) == 1
    capsys.readouterr()
    assert main(["explain", "nothing like it", "--systems", specs]) == 1
    assert "pay.checkpoint expected a field of type iso" in capsys.readouterr().out


def test_a_broken_spec_is_told_and_a_missing_one_too(
    specs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(specs, "broken.yaml").write_text("system: x\n")
    assert main(["explain", RECORD, "--systems", specs]) == 1
    assert "error[E202]" in capsys.readouterr().err
    assert main(["explain", RECORD, "--systems", "nowhere"]) == 3


# --- standard input ---------------------------------------------------------------------------


def piped(specs: Path, data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "engine", "explain", "-", "--systems", str(specs), *options]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)


def test_records_of_standard_input_are_explained_each(tmp_path: Path) -> None:
    specs = write_specs(tmp_path)
    data = f"{RECORD}\r\n\n".encode() + b"\xff\n" + f"{RECORD}".encode()
    done = piped(specs, data)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "engine: 4 records, 2 would be quarantined",
        "engine: `engine explain-code empty_record` tells more",
        "engine: `engine explain-code invalid_utf8` tells more",
    ]
    shown = [line for line in done.stdout.decode().splitlines() if line.startswith("│")]
    assert shown == [f"│ {RECORD}", "│", r"│ \\xff".replace("\\\\", "\\"), f"│ {RECORD}"]
    documents = [
        json.loads(line) for line in piped(specs, data, "--format", "json").stdout.splitlines()
    ]
    assert [one["outcome"] for one in documents] == ["event", "quarantined", "quarantined", "event"]
    assert [one["record"] for one in documents] == [RECORD, "", None, RECORD]
    assert documents[2]["record_base64"] == "/w=="


def test_no_records_are_no_problem(tmp_path: Path) -> None:
    done = piped(write_specs(tmp_path), b"")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr == b"engine: 0 records, 0 would be quarantined\n"


def test_a_closed_standard_input_is_one_line(tmp_path: Path) -> None:
    specs = write_specs(tmp_path)
    script = f"exec 0<&-; exec '{sys.executable}' -m engine explain - --systems '{specs}'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (3, b"engine: standard input is closed\n")


# --- for programs, and hostile text -----------------------------------------------------------

pieces = st.sampled_from(
    [
        RECORD,
        "2025-05-04T10:32:00",
        *(" PAY: ", " PAY A ERROR (ID: ", " - ", "OK", "(ID: ", ")", "x"),
        *('{"app": "shop"', ', "stage": "A"', ', "level": "info"', "}"),
        *("\x1b[2J", "漢", "e\u0301", "\u202e"),
        '{"app": "shop", "stage": "\\ud800\\u001b"',
        "health check from ::1",
    ]
)
records = st.one_of(
    st.binary(max_size=40), st.lists(pieces, max_size=9).map(lambda some: "".join(some).encode())
)


@given(records)
def test_a_document_has_one_shape_whatever_comes(normalizer: Interpreter, value: bytes) -> None:
    from engine.cli.explain_document import explanation_document

    written = json.dumps(explanation_document(explain(normalizer, Record("t", 0, 1, value))))
    jsonschema.validate(json.loads(written), DOCUMENT)


@given(records, st.sampled_from([20, 80, 10_000]))
def test_no_record_steers_a_terminal(normalizer: Interpreter, value: bytes, width: int) -> None:
    text = in_words(normalizer, value, width)
    assert all(line.isprintable() for line in text.splitlines())
    assert text.count("\n") == len(text.splitlines())
    if width == 80:
        assert all(cell_len(line) <= width for line in text.splitlines())


@given(st.text(st.sampled_from("a漢é\u0301\t\x1b\u200b😀"), max_size=30))
def test_a_caret_stands_under_the_place(normalizer: Interpreter, stage: str) -> None:
    record = f"2025-05-04T10:32:00 PAY: {stage}x - KO [ID: a-1]"
    lines = in_words(normalizer, record.encode(), 10_000).splitlines()
    caret = next(line for line in lines if line.strip() == "^")
    at = lines[lines.index(caret) - 1]
    stopped = record.index("KO")
    before = visible(record[:stopped])
    if cell_len(before) < 60:
        assert at.startswith(f"  {before}")
    ahead = at[: at.index("KO")]
    assert cell_len(ahead) == cell_len(caret[:-1])


def test_it_is_in_colour_in_a_terminal_only(
    normalizer: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    explanation = explain(normalizer, Record("test", 0, 1, RECORD.encode()))
    coloured, plain = Terminal(), io.StringIO()
    print_explanation(explanation, console(coloured), 5)
    print_explanation(explanation, console(plain), 5)
    assert "\x1b[1;32man event" in coloured.getvalue()
    assert "\x1b" not in plain.getvalue()
