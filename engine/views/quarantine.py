"""What is in the quarantine: grouped by reason and shape, and one record in full.

The *shape* of a record is its beginning with what differs from record to record (times, ids,
numbers) masked, so that a thousand records with one cause are one line.
"""

from __future__ import annotations

import base64
import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from engine.conversions import ISO_8601
from engine.model import Attempt
from engine.ports import StoreReader
from engine.rejections import REASONS
from engine.views.amounts import cut
from engine.views.terminal import visible

GROUPS_MAX: Final = 20
"""How many groups are told unless more are asked for, the largest first."""

SHAPES_MAX: Final = 10_000
"""How many shapes are told apart; records of further ones are counted under their reason."""

OTHER_SHAPES: Final = "(other shapes)"
EMPTY: Final = "(empty)"

_BEGINNING_BYTES: Final = 200
_SHAPE_CHARS_MAX: Final = 68

_MASK: Final = re.compile(
    rf"(?P<time>{ISO_8601})"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|(?P<ip>\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b)"
    r"|(?P<hex>\b(?=[a-fA-F]*[0-9])(?=[0-9]*[a-fA-F])[0-9a-fA-F]{6,}\b)"
    r"|(?P<bytes>(?:\\x[0-9a-f]{2})+)"
    r"|(?P<n>[0-9]+)"
)

_GROUPED: Final = f"""
SELECT record_id, reason, substr(raw, 1, {_BEGINNING_BYTES}) FROM quarantined
WHERE ?1 IS NULL OR reason = ?1"""

_COLUMNS: Final = """record_id, title, "offset", reason, message, system_id, kind, nearest, raw,
raw_length, raw_sha256"""

_RECORD: Final = f'SELECT {_COLUMNS} FROM quarantined WHERE stream = ? AND "offset" = ?'


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """One record with everything that is known about it; ``raw`` is only its beginning where
    ``raw_sha256`` (of the whole) is there."""

    record_id: str
    title: str
    offset: int
    reason: str
    message: str
    system_id: str | None
    kind: str | None
    nearest: tuple[Attempt, ...]
    raw: bytes
    raw_length: int
    raw_sha256: bytes | None

    @property
    def meaning(self) -> str:
        """What the reason code means."""
        return REASONS.get(self.reason, "a reason of another version")

    @property
    def text(self) -> str | None:
        """The record as text; None if it is not UTF-8."""
        text, bad_at = decoded(self.raw, whole=self.raw_sha256 is None)
        return text if bad_at is None else None

    @property
    def first_bad_byte(self) -> int | None:
        """Where it stops to be UTF-8; None if it is."""
        return decoded(self.raw, whole=self.raw_sha256 is None)[1]


@dataclass(slots=True)
class Group:
    """Records of one reason and shape, with the id of the first one and that record itself."""

    reason: str
    shape: str
    records: int
    example_id: str


@dataclass(frozen=True, slots=True)
class Groups:
    """The largest groups, each with its example; ``total`` counts all groups, ``records`` all
    records that were looked at."""

    groups: tuple[tuple[Group, QuarantinedRecord], ...]
    total: int
    records: int


def shape_of(beginning: bytes) -> str:
    """What is left of a record's beginning when all that differs is masked, on one line; of what
    is not UTF-8, the text before the first bad byte."""
    text, bad_at = decoded(beginning, whole=False)
    shape = _MASK.sub(lambda found: f"<{found.lastgroup}>", visible(text.strip()))
    return cut(shape + ("" if bad_at is None else "<bytes>…"), _SHAPE_CHARS_MAX) or EMPTY


def decoded(raw: bytes, *, whole: bool) -> tuple[str, int | None]:
    """``raw`` as text, as far as it is UTF-8, and where it stops to be (None: nowhere); if it is
    not the whole, it may end within a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        return decoder.decode(raw, final=whole), None
    except UnicodeDecodeError as error:
        return raw[: error.start].decode(), error.start


def read_groups(reader: StoreReader, reason: str | None = None, limit: int = GROUPS_MAX) -> Groups:
    """The groups of the whole quarantine, or of one reason, the largest first."""
    groups: dict[tuple[str, str], Group] = {}
    rows = cast(Iterator[tuple[str, str, bytes | None]], reader.rows(_GROUPED, (reason,)))
    for record_id, code, beginning in rows:
        key = code, shape_of(beginning or b"")  # SQLite has no part of an empty blob
        if key not in groups and len(groups) >= SHAPES_MAX:
            key = code, OTHER_SHAPES
        group = groups.setdefault(key, Group(*key, 0, record_id))
        group.records += 1
    ordered = sorted(groups.values(), key=lambda one: (-one.records, one.reason, one.shape))
    return Groups(
        groups=tuple((one, _example(reader, one)) for one in ordered[:limit]),
        total=len(groups),
        records=sum(one.records for one in ordered),
    )


def _example(reader: StoreReader, group: Group) -> QuarantinedRecord:
    record = read_record(reader, group.example_id)
    assert record is not None  # a reader sees one state of the store
    return record


def read_record(reader: StoreReader, record_id: str) -> QuarantinedRecord | None:
    """The record with this id (``STREAM:OFFSET``); None if the quarantine has no such record."""
    stream, _, offset = record_id.rpartition(":")
    if not stream or re.fullmatch("[0-9]{1,18}", offset) is None:
        return None
    row = next(reader.rows(_RECORD, (stream, int(offset))), None)
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(QuarantinedRecord.__dataclass_fields__, row, strict=True))
    values["nearest"] = tuple(Attempt(**one) for one in json.loads(values["nearest"]))
    return QuarantinedRecord(**values)


# --- for programs -----------------------------------------------------------------------------


def groups_document(groups: Groups) -> dict[str, Any]:
    """The groups as a JSON document."""
    return {
        "quarantined": groups.records,
        "groups_total": groups.total,
        "groups": [
            {
                "reason": group.reason,
                "meaning": example.meaning,
                "shape": group.shape,
                "records": group.records,
                "example": group.example_id,
                "message": example.message,
                "nearest": _attempt_documents(example),
            }
            for group, example in groups.groups
        ],
    }


def record_document(record: QuarantinedRecord) -> dict[str, Any]:
    """One record as a JSON document; ``raw`` is null if it is not UTF-8 text."""
    digest = record.raw_sha256
    return {
        "record_id": record.record_id,
        "title": record.title,
        "offset": record.offset,
        "reason": record.reason,
        "meaning": record.meaning,
        "message": record.message,
        "system_id": record.system_id,
        "kind": record.kind,
        "nearest": _attempt_documents(record),
        "raw": record.text,
        "raw_base64": base64.b64encode(record.raw).decode(),
        "raw_length": record.raw_length,
        "raw_sha256": None if digest is None else digest.hex(),
    }


def _attempt_documents(record: QuarantinedRecord) -> list[dict[str, Any]]:
    return [
        {
            "system_id": one.system,
            "kind": one.kind,
            "matched_chars": one.matched_chars,
            "expected": one.expected,
        }
        for one in record.nearest
    ]
