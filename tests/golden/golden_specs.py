"""A small repository of specs with a case, to be spoilt."""

from __future__ import annotations

import json
from pathlib import Path

PAY = """\
system: pay
format: text
records:
  step:
    template: "{timestamp:iso} PAY {checkpoint_id} {status} ({correlation_id})"
    samples:
      - record: "2025-05-04T10:00:00 PAY CAPTURE FAILURE (a-1)"
        gives: {checkpoint_id: CAPTURE, status: FAILURE}
  why:
    template: "{timestamp:iso} PAYERR ({correlation_id}) {failure_reason}"
    samples:
      - record: "2025-05-04T10:00:01 PAYERR (a-1) EXPIRED"
        gives: {failure_reason: EXPIRED}
join: {event: step, detail: why, when: {status: FAILURE}, take: failure_reason, within: 30s}
ignore: ["ping {peer}"]
"""

LOG = """\
2025-05-04T10:00:00 PAY CAPTURE FAILURE (a-1)
2025-05-04T10:00:01 PAYERR (a-1) EXPIRED
2025-05-04T10:00:02 PAY CAPTURE SUCCESS (a-1)
ping 10.0.0.1
junk
"""

ROWS: list[dict[str, object]] = [
    {
        "line": 1,
        "outcome": "event",
        "system_id": "pay",
        "checkpoint_id": "CAPTURE",
        "timestamp": "2025-05-04T10:00:00Z",
        "status": "FAILURE",
        "correlation_id": "a-1",
        "failure_reason": "EXPIRED",
        "join_state": "complete",
        "detail_line": 2,
    },
    {
        "line": 2,
        "outcome": "detail",
        "system_id": "pay",
        "correlation_id": "a-1",
        "failure_reason": "EXPIRED",
        "state": "joined",
        "event_line": 1,
    },
    {
        "line": 3,
        "outcome": "event",
        "system_id": "pay",
        "checkpoint_id": "CAPTURE",
        "timestamp": "2025-05-04T10:00:02Z",
        "status": "SUCCESS",
        "correlation_id": "a-1",
        "failure_reason": None,
        "join_state": "none",
    },
    {"line": 4, "outcome": "ignored", "system_id": "pay", "kind": "ignore[0]"},
    {"line": 5, "outcome": "quarantined", "reason": "no_match"},
]


def write_specs(folder: Path, spec: str = PAY, log: str = LOG) -> Path:
    """``folder/systems`` with the spec and its case ``retry``."""
    systems = folder / "systems"
    (systems / "pay").mkdir(parents=True)
    (systems / "pay.yaml").write_text(spec)
    (systems / "pay" / "retry.log").write_text(log)
    write_expected(systems, ROWS)
    return systems


def write_expected(systems: Path, rows: list[dict[str, object]]) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (systems / "pay" / "retry.expected.jsonl").write_text(text)
