"""What was found to differ once, each as the smallest example."""

from __future__ import annotations

from comparing import Comparison
from elsewhere import Spec, load
from seeding import proved


def compared(spec: Spec, *values: str) -> Comparison:
    systems = proved(load(spec))
    assert systems is not None
    comparison = Comparison(systems)
    comparison.compare([value.encode() for value in values])
    return comparison


def text(template: str, **fields: object) -> Spec:
    mapped = {"checkpoint_id": {"value": "S"}, "status": {"value": "SUCCESS"}, **fields}
    return {
        "system": "one",
        "format": "text",
        "records": {"step": {"template": template, "fields": mapped}},
    }


def test_a_kind_with_a_segment_is_read_by_its_own_expression() -> None:
    """It had the name of what reads the times of its system."""
    spec = text("{timestamp:iso} {correlation_id:word}{? - {failure_reason}}")
    assert compared(spec, "2025-05-04T10:30:00Z a - why", "2025-05-04T10:30:00Z a").row_count == 2
