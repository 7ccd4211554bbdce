"""The join of a spec: which kinds, under which condition, how far apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from engine.model import OPTIONAL_FIELDS, STATUSES, Join, RecordKind
from engine.spec.findings import Findings, did_you_mean
from engine.spec.mapping_checks import check_event_field
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, entries_of, scalars_in, texts_in

_DURATION: Final = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_UNIT_US: Final = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_NEEDED: Final = frozenset({"event", "detail", "when", "take", "within"})
_WITHIN_US_MAX: Final = 3650 * _UNIT_US["d"]


def event_fields(
    node: Node, findings: Findings, *, with_system: bool = False, but: Sequence[str] = ()
) -> tuple[str, ...] | None:
    """The event fields that a list or the keys of a mapping name, ``but`` for other keys; None if
    one is none."""
    if isinstance(node, MapNode):
        named = list(node.keys.items())
    else:
        named = [(scalar.text, scalar.location) for scalar in scalars_in(node)]
    known = [
        check_event_field(name, location, findings, with_system=with_system)
        for name, location in named
        if name not in but
    ]
    return tuple(name for name, _ in named) if all(known) else None


def build_join(
    entries: Mapping[str, Node], kinds: Mapping[str, RecordKind | None], findings: Findings
) -> Join | None:
    """The join that these entries describe; None if anything is wrong or missing. A kind that is
    None has findings of its own."""
    before = len(findings.diagnostics)
    _check_kinds(entries, kinds, findings)
    _check_take(entries.get("take"), findings)
    _check_when(entries.get("when"), findings)
    within_us = _within_us(entries.get("within"), findings)
    if len(findings.diagnostics) > before or not set(entries) >= _NEEDED:
        return None
    details = texts_in(entries["detail"])
    has_times = all(
        any(one.target == "timestamp" and not one.is_record_time for one in kind.mappings)
        for kind in map(kinds.get, details)
        if kind is not None
    )
    return Join(
        events=texts_in(entries["event"]),
        details=details,
        when={field: texts_in(value) for field, value in entries_of(entries["when"]).items()},
        take=texts_in(entries["take"]),
        within_us=within_us,
        pairing="in_order" if texts_in(entries.get("pairing")) == ("in_order",) else "nearest",
        clock="body" if has_times else "record",
    )


def check_ids(
    join: Join | None, kinds: Mapping[str, RecordKind | None], findings: Findings
) -> None:
    """Find kinds that are joined and have no id to be joined by."""
    for name in (*join.events, *join.details) if join is not None else ():
        kind = kinds.get(name)
        ways = [one for one in kind.mappings if one.target == "correlation_id"] if kind else []
        if kind is not None and any(not one.sources for one in ways):
            message = f'"{name}" is joined, and has no correlation_id to be joined by'
            help_text = "say where it comes from, or take the kind out of the join"
            findings.add("E327", kind.location, message, help_text)


def _check_kinds(
    entries: Mapping[str, Node], kinds: Mapping[str, RecordKind | None], findings: Findings
) -> None:
    seen: set[str] = set()
    for scalar in [*scalars_in(entries.get("event")), *scalars_in(entries.get("detail"))]:
        if scalar.text not in kinds:
            message = f'there is no record kind "{scalar.text}"'
            findings.add("E309", scalar.location, message, did_you_mean(scalar.text, kinds))
        elif scalar.text in seen:
            message = f'"{scalar.text}" cannot both make an event and complete one'
            findings.add("E310", scalar.location, message)
        seen.add(scalar.text)


def _check_take(node: Node | None, findings: Findings) -> None:
    for scalar in scalars_in(node):
        known = check_event_field(scalar.text, scalar.location, findings)
        if known and scalar.text not in OPTIONAL_FIELDS:
            message = f'an event has its own "{scalar.text}" and cannot take it from a detail'
            help_text = f"what can be taken: {', '.join(OPTIONAL_FIELDS)}"
            findings.add("E311", scalar.location, message, help_text)


def _check_when(node: Node | None, findings: Findings) -> None:
    if node is None:
        return
    event_fields(node, findings)
    for scalar in scalars_in(entries_of(node).get("status")):
        if scalar.text not in STATUSES:
            message = f'no event has the status "{scalar.text}"'
            findings.add("E312", scalar.location, message, did_you_mean(scalar.text, STATUSES))


def _within_us(node: Node | None, findings: Findings) -> int:
    found = _DURATION.fullmatch(node.text) if isinstance(node, ScalarNode) else None
    if node is None or found is None:
        return 0  # the schema's pattern has told it
    within_us = int(found[1]) * _UNIT_US[found[2]]
    if within_us > _WITHIN_US_MAX:
        findings.add("E313", node.location, f"{found[0]} is more than ten years")
    return within_us
