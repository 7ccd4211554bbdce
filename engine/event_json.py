"""An event as JSON, the same text from every store: its attributes, and the line it leaves as.

``event_line`` is the meaning of a line. ``RowLines`` and ``line_of`` write the same text quicker,
for events that leave without a store: what never changes in a line is made once for a kind. A
timestamp and a status, which the engine writes itself, never need an escape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from sys import intern
from typing import Final, Literal

from engine.model import EXPORT_FIELDS, Detail, Event, Row, System

_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')
"""What JSON writes as an escape."""
_KEPT: Final = 10_000
"""For how many kinds and streams what never changes is kept; of others it is made again."""

UNSAID: Final[Mapping[str, object]] = {
    "ambiguous": False,
    "seen": 1,
    "detail_id": None,
    "attributes": None,
}
"""What a member that is not in a line is; all others always are."""


def attributes_text(attributes: Mapping[str, object] | None) -> str | None:
    """Attributes as compact JSON, their keys in the order given; None if there are none.

    The text is UTF-8 whatever was read: half a character, which JSON can name and UTF-8 cannot
    hold, stays an escape.
    """
    if not attributes:
        return None
    text = _COMPACT.encode(dict(attributes))
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def event_line(values: Sequence[object]) -> str:
    """One JSON object without line breaks. ``values`` are those of ``EXPORT_FIELDS`` in their
    order, of which the last, the attributes, is JSON text (or None) and goes in as it is."""
    row = dict(zip(EXPORT_FIELDS, values, strict=True))
    row["spec_digest"] = short_digest(str(row["spec_digest"]))
    said = {name: one for name, one in row.items() if name not in UNSAID or one != UNSAID[name]}
    attributes = said.pop("attributes", None)
    document = _COMPACT.encode(said)
    return document if attributes is None else f'{document[:-1]},"attributes":{attributes}}}'


def short_digest(digest: str) -> str:
    """As much of a spec's digest as leaves with an event: enough to tell specs apart, and to find
    the store's whole one by its beginning."""
    return digest[:16]


class RowLines:
    """Writes rows whose kinds have the numbers that they have in ``kinds``."""

    def __init__(self, kinds: Sequence[tuple[System, str]]) -> None:
        self._heads: list[str] = []
        self._tails: list[str] = []
        for system, kind in kinds:
            head, named = _frame(system.name, kind, system.digest)
            self._heads.append(head)
            self._tails.append(f'","join_state":"none",{named}}}\n')

    def lines(self, stream: str, rows: Sequence[Row], *, is_plain: bool) -> list[str]:
        """The line of each row, with its line break. Where ``is_plain``, no text of those without a
        failure_reason has a character that JSON writes as an escape."""
        heads, tails = self._heads, self._tails
        at = f'"event_id":{_position(stream)}'
        if not is_plain:
            return [_escaped(heads, tails, at, row) for row in rows]
        no_reason = self.before_offset(stream)
        # Most lines of a run are written here.
        return [
            f'{heads[number]}{checkpoint_id}","timestamp":"{timestamp}","status":"{status}",'
            f'"correlation_id":"{correlation_id}{no_reason}{offset}{tails[number]}'
            if reason is None and correlation_id is not None
            else _escaped(
                heads,
                tails,
                at,
                (offset, number, checkpoint_id, timestamp, 0, status, correlation_id, reason),
            )
            for offset, number, checkpoint_id, timestamp, _, status, correlation_id, reason in rows
        ]

    def around(self, number: int, checkpoint_id: str, status: str) -> tuple[str, str, str]:
        """The lines of rows without a failure_reason that have this kind (by its number), this
        checkpoint and this status, in three pieces: what stands before the time, what between
        that and the correlation id, and what after the offset. Between id and offset stands
        ``before_offset``. A correlation id goes in as it is."""
        return (
            f'{self._heads[number]}{encode_basestring(checkpoint_id)[1:]},"timestamp":"',
            intern(f'","status":"{status}","correlation_id":"'),
            self._tails[number],
        )

    def before_offset(self, stream: str) -> str:
        """What stands between correlation id and offset where there is no failure_reason."""
        return f'","failure_reason":null,"event_id":{_position(stream)}'


def _escaped(heads: Sequence[str], tails: Sequence[str], at: str, row: Row) -> str:
    offset, number, checkpoint_id, timestamp, _, status, correlation_id, reason = row
    return (
        f'{heads[number]}{encode_basestring(checkpoint_id)[1:]},"timestamp":"{timestamp}",'
        f'"status":"{status}","correlation_id":{_text(correlation_id)},'
        f'"failure_reason":{_text(reason)},{at}{offset}{tails[number]}'
    )


def line_of(
    event: Event,
    state: Literal["none", "complete", "unmatched"],
    detail: Detail | None = None,
    *,
    is_ambiguous: bool = False,
) -> str:
    """The line of an event with the detail that completes it, with its line break."""
    head, named = _frame(event.system.name, event.kind, event.system.digest)
    reason = event.failure_reason
    more = ',"ambiguous":true' if is_ambiguous else ""
    if detail is not None:
        more += f',"detail_id":{_position(detail.stream)}{detail.offset}"'
        if detail.failure_reason is not None:
            reason = detail.failure_reason
    if event.attributes:
        more += f',"attributes":{attributes_text(event.attributes)}'
    return (
        f'{head}{encode_basestring(event.checkpoint_id)[1:]},"timestamp":"{event.timestamp}",'
        f'"status":"{event.status}","correlation_id":{_text(event.correlation_id)},'
        f'"failure_reason":{_text(reason)},"event_id":{_position(event.stream)}{event.offset}",'
        f'"join_state":"{state}",{named}{more}}}\n'
    )


def _text(text: str | None) -> str:
    return "null" if text is None else encode_basestring(text)


@lru_cache(_KEPT)
def _position(stream: str) -> str:
    """The beginning of a position: without the offset, and so without the closing quote."""
    return encode_basestring(f"{stream}:")[:-1]


@lru_cache(_KEPT)
def _frame(name: str, kind: str, digest: str) -> tuple[str, str]:
    """What never changes in the lines of a kind: their beginning, the quote that opens the
    checkpoint included, and two of their members."""
    return (
        _COMPACT.encode({"system_id": name, "checkpoint_id": ""})[: -len('"}')],
        _COMPACT.encode({"kind": kind, "spec_digest": short_digest(digest)})[1:-1],
    )
