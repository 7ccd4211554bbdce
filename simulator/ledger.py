"""What was sent and what it means: one emission a record, one line of JSON an emission."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from engine.model import Join


@dataclass(slots=True)
class Meaning:
    """What a record means by its spec: an event, a detail, or nothing (``ignore``)."""

    system_id: str
    kind: str
    role: str
    checkpoint_id: str | None = None
    timestamp: str | None = None
    status: str | None = None
    correlation_id: str | None = None
    failure_reason: str | None = None
    time_us: int | None = None
    """The time in its body, in µs since the epoch."""
    expects_detail: bool = False
    join: Join | None = None
    """Set for both halves of a join."""
    merge: tuple[str, ...] | None = None
    attributes: Mapping[str, object] | None = None
    """What else the spec keeps; without texts of which a part is redacted."""


@dataclass(slots=True)
class Emission:
    """One record on its way. ``meaning`` is None for what no spec can make anything of."""

    record: str
    """Its name in the simulation; a duplicate has the same."""
    flow: int | None
    sent_us: int
    """When it was logged, in simulated time: the record timestamp on a topic."""
    key: bytes
    value: bytes
    """The bytes that are sent."""
    meaning: Meaning | None
    completes: str | None = None
    """For a detail: the record that it was logged for. A lost or late half may change which one
    it is joined to in the end; that is for the rules of the join to say."""
    completed_by: str | None = None
    fault: str | None = None
    number: int | None = None
    """Its place among the records that were sent, from 1; None for one that was dropped."""

    def to_line(self) -> bytes:
        """Its line of the ledger."""
        told = self.meaning or Meaning("", "", "junk")
        join = told.join
        entry: dict[str, object] = {
            "number": self.number,
            "record": self.record,
            "flow": self.flow,
            "fault": self.fault,
            "usable": self.meaning is not None,
            "sent_us": self.sent_us,
            "bytes": len(self.value),
            "role": told.role,
            "kind": told.kind or None,
            "system_id": told.system_id or None,
            "checkpoint_id": told.checkpoint_id,
            "timestamp": told.timestamp,
            "status": told.status,
            "correlation_id": told.correlation_id,
            "failure_reason": told.failure_reason,
            "time_us": told.time_us,
            "expects_detail": told.expects_detail,
            "completes": self.completes,
            "completed_by": self.completed_by,
            "join": join
            and {"within_us": join.within_us, "pairing": join.pairing, "clock": join.clock},
            "merge": told.merge,
        }
        if told.attributes is not None:
            entry["attributes"] = told.attributes
        return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
