"""Which records are the same one, written twice (``duplicates: {merge: […]}``)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from engine.model import Detail, Event


def event_hash(event: Event) -> bytes | None:
    """The hash of the fields that the spec merges by; None where it merges nothing, and for an
    event without an id where the id is one of them: the lack of it makes no two the same."""
    merge = event.system.merge
    if merge is None or ("correlation_id" in merge and event.correlation_id is None):
        return None
    values = {
        "checkpoint_id": event.checkpoint_id,
        "timestamp": event.time_us,
        "status": event.status,
        "correlation_id": event.correlation_id,
        "failure_reason": event.failure_reason,
    }
    return _hash(event.system.name, "event", [values.get(one) for one in merge])


def detail_hash(detail: Detail, values: Mapping[str, str | None]) -> bytes | None:
    """The same for a detail, of the event fields that its record has (``values``); None where it
    lacks one that the spec merges by: fewer would make details of different failures the same
    one."""
    merge = detail.system.merge
    if merge is None:
        return None
    given = {**values, "timestamp": detail.time_us}
    merged = [given.get(one) for one in merge]
    return None if None in merged else _hash(detail.system.name, "detail", merged)


def _hash(system: str, role: str, values: Sequence[object]) -> bytes:
    return hashlib.sha256(repr((system, role, *values)).encode()).digest()[:16]
