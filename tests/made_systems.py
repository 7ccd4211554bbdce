"""Systems built by hand, without the spec loader: what the engine's core is tried on.

``alpha`` has its failure details in lines of their own that carry a time, ``beta`` in JSON records
that carry none, ``gamma`` and ``delta`` have them inline and merge what is written twice,
``epsilon`` joins in order and merges by fields that an event and its retry share. What ``beta`` and
``gamma`` log are attributes too, and ``gamma`` has events without a correlation id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from engine.diagnostics import Location
from engine.model import (
    EVENT_FIELDS,
    Condition,
    FieldMapping,
    FieldPart,
    Join,
    Key,
    LiteralPart,
    RecordKind,
    System,
    Template,
    ValueMap,
)
from engine.spec.field_types import FIELD_TYPES

HERE = Location("made_systems.py", 1, 1)
SECOND_US = 1_000_000
WITHIN_US = 10 * SECOND_US

_FIELD = re.compile(r"\{(\w*)(?::(\w+))?\}")


def template(source: str) -> Template:
    """The parts of a well-formed template without doubled braces."""
    parts: list[LiteralPart | FieldPart] = []
    at = 0
    for field in _FIELD.finditer(source):
        if field.start() > at:
            parts.append(LiteralPart(source[at : field.start()]))
        parts.append(FieldPart(field[1] or None, FIELD_TYPES[field[2]] if field[2] else None))
        at = field.end()
    if at < len(source):
        parts.append(LiteralPart(source[at:]))
    return Template(source, tuple(parts))


def mapped(target: str, source: str = "") -> FieldMapping:
    """A mapping from the field or key of that name; without one, of the target's."""
    return FieldMapping(target, ((Key(source or target),),))


def condition(
    key: str, test: Literal["present", "absent", "one_of"], values: tuple[str, ...] = ()
) -> Condition:
    """A condition on a field or key."""
    return Condition((Key(key),), test, values)


def text_kind(
    name: str, source: str, role: Literal["event", "detail", "ignore"] = "event"
) -> RecordKind:
    """A kind of text record whose fields named like event fields map themselves."""
    made = template(source)
    mappings = tuple(mapped(one) for one in made.field_names if one in EVENT_FIELDS)
    return RecordKind(name, role, made, (), mappings, (), HERE)


def json_kind(
    name: str,
    where: Sequence[Condition],
    fields: Iterable[str | FieldMapping],
    role: Literal["event", "detail", "ignore"] = "event",
    *,
    keeps_all: bool = False,
) -> RecordKind:
    """A kind of JSON record; a field given by its name alone maps the key of that name."""
    mappings = tuple(mapped(one) if isinstance(one, str) else one for one in fields)
    return RecordKind(name, role, None, tuple(where), mappings, (), HERE, keeps_all=keeps_all)


def system(
    name: str,
    *kinds: RecordKind,
    join: Join | None = None,
    merge: tuple[str, ...] | None = None,
    timezone: str = "UTC",
) -> System:
    """A system of these kinds."""
    return System(
        name=name,
        format="text" if kinds[0].template is not None else "json",
        timezone=timezone,
        kinds=kinds,
        join=join,
        merge=merge,
        digest=f"digest of {name}",
        source=f"system: {name}",
        location=HERE,
    )


def join(
    clock: Literal["body", "record"],
    pairing: Literal["nearest", "in_order"] = "nearest",
    within_us: int = WITHIN_US,
    when: Mapping[str, tuple[str, ...]] | None = None,
) -> Join:
    """The join of the kinds ``checkpoint`` and ``error``."""
    return Join(
        events=("checkpoint",),
        details=("error",),
        when={"status": ("FAILURE",)} if when is None else when,
        take=("failure_reason",),
        within_us=within_us,
        pairing=pairing,
        clock=clock,
    )


ALPHA = system(
    "alpha",
    text_kind(
        "checkpoint",
        "{timestamp:iso} ALPHA: {checkpoint_id} - {status} (ID: {correlation_id})",
    ),
    text_kind(
        "error",
        "{timestamp:iso} ALPHA ERROR: (ID: {correlation_id}) - {failure_reason}",
        "detail",
    ),
    join=join("body"),
)

BETA = system(
    "beta",
    json_kind(
        "checkpoint",
        [condition("system", "one_of", ("beta",)), condition("checkpoint", "present")],
        [mapped("checkpoint_id", "checkpoint"), "timestamp", "status", "correlation_id"],
        keeps_all=True,
    ),
    json_kind(
        "error",
        [condition("system", "one_of", ("beta",)), condition("checkpoint", "absent")],
        ["correlation_id", "failure_reason"],
        "detail",
    ),
    join=join("record"),
)

GAMMA = system(
    "gamma",
    json_kind(
        "log",
        [condition("system", "one_of", ("gamma",)), condition("level", "absent")],
        [
            mapped("checkpoint_id", "checkpoint"),
            "timestamp",
            FieldMapping(
                "status",
                ((Key("code"),),),
                values=ValueMap({"0": "SUCCESS", "1": "FAILURE"}),
            ),
            "correlation_id",
            "failure_reason",
        ],
        keeps_all=True,
    ),
    json_kind(
        "view",
        [condition("system", "one_of", ("gamma",)), condition("level", "one_of", ("view",))],
        [
            mapped("checkpoint_id", "checkpoint"),
            "timestamp",
            FieldMapping("status", constant="SUCCESS"),
            FieldMapping("correlation_id"),
        ],
        keeps_all=True,
    ),
    json_kind(
        "ignore[0]",
        [condition("system", "one_of", ("gamma",)), condition("level", "one_of", ("debug",))],
        [],
        "ignore",
    ),
    merge=("checkpoint_id", "timestamp", "status", "correlation_id", "failure_reason"),
)

DELTA = system(
    "delta",
    text_kind(
        "failed",
        "{timestamp:iso} DELTA: {checkpoint_id} {status:word} [{correlation_id}] {failure_reason}",
    ),
    text_kind("passed", "{timestamp:iso} DELTA: {checkpoint_id} {status:word} [{correlation_id}]"),
    text_kind("ignore[0]", "DELTA health check from {peer}", "ignore"),
    merge=("checkpoint_id", "timestamp", "correlation_id"),
)

EPSILON = system(
    "epsilon",
    text_kind(
        "checkpoint", "EPSILON {timestamp:iso} {checkpoint_id} {status:word} {correlation_id}"
    ),
    text_kind("error", "EPSILON error {correlation_id}: {failure_reason}", "detail"),
    join=join("record", "in_order"),
    merge=("checkpoint_id", "correlation_id"),
)

ZETA = replace(
    EPSILON,
    name="zeta",
    kinds=(
        text_kind(
            "checkpoint", "ZETA {timestamp:iso} {checkpoint_id} {status:word} {correlation_id}"
        ),
        text_kind(
            "error", "ZETA error {timestamp:iso} {correlation_id}: {failure_reason}", "detail"
        ),
    ),
    join=join("body"),
    merge=("correlation_id",),
    digest="digest of zeta",
)

SYSTEMS = (ALPHA, BETA, GAMMA, DELTA, EPSILON, ZETA)
