"""Specs for explanations, as files: a joined text system with an order of kinds, a JSON system."""

from __future__ import annotations

from pathlib import Path

TEXT = """system: pay
format: text
records:
  checkpoint:
    template: "{timestamp:iso} PAY: {stage} - {outcome} (ID: {correlation_id})"
    fields: {checkpoint_id: stage, status: {from: outcome, map: {OK: SUCCESS, KO: FAILURE}}}
  error:
    template: "{timestamp:iso} PAY {checkpoint_id} ERROR (ID: {correlation_id}) - {failure_reason}"
  other:
    template: "{timestamp:iso} PAY: {checkpoint_id} - {status} ({} {correlation_id})"
    after: checkpoint
join: {event: checkpoint, detail: error, when: {status: FAILURE}, take: failure_reason, within: 30s}
ignore: ["health check from {peer:ip}"]
"""

JSON = """system: shop
format: json
records:
  checkpoint:
    where: {app: shop, level: [info, error], stage: present}
    fields: {checkpoint_id: stage, failure_reason: {value: UNKNOWN}}
  other:
    where: {app: shop, stage: absent}
    fields: {checkpoint_id: {value: NONE}}
"""


def write_specs(folder: Path) -> Path:
    """A directory with both."""
    specs = folder / "specs"
    specs.mkdir()
    (specs / "pay.yaml").write_text(TEXT)
    (specs / "shop.yaml").write_text(JSON)
    return specs
