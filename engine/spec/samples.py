"""The samples of a record kind: records as they are logged, with what they must give."""

from __future__ import annotations

from engine.model import Sample
from engine.spec.findings import Findings
from engine.spec.join import event_fields
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode, entries_of, to_plain


def build_samples(node: Node | None, findings: Findings) -> tuple[Sample, ...] | None:
    """The samples that are written there; None if one names an event field that is none."""
    samples, names_are_known = [], True
    for item in node.items if isinstance(node, ListNode) else []:
        entries = entries_of(item)
        record, gives = entries["record"], entries["gives"]
        assert isinstance(record, ScalarNode)
        assert isinstance(gives, MapNode)
        known = event_fields(gives, findings, with_system=True, but=("attributes",))
        names_are_known &= known is not None
        values = {
            field: None if value.is_null else value.text
            for field, value in gives.items.items()
            if isinstance(value, ScalarNode)
        }
        kept = {k: to_plain(v) for k, v in entries_of(gives.items.get("attributes")).items()}
        samples.append(Sample(record.text, values, record.location, kept))
    return tuple(samples) if names_are_known else None
