"""The reference normalizer: decode → match → extract → map, one record after the other.

Plain on purpose: it is the meaning of a spec, and whatever runs faster is held against it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from engine.conversions import zone_named
from engine.json_text import decode_object, text_of
from engine.mapping import Candidate, Captures, map_record
from engine.model import Attempt, Condition, Outcome, Record, RecordKind, Rejection, System
from engine.rejections import Refused, rejection_of
from engine.templates import Mismatch, match

NEAREST_MAX: Final = 3
"""How many attempts a rejection remembers."""

Body = str | dict[str, object]
"""A record, decoded: text, or a JSON object."""


class Normalizer(Protocol):
    """Specs, compiled: records in, one outcome for each out, in the same order."""

    systems: tuple[System, ...]

    def normalize(self, records: Sequence[Record]) -> list[Outcome]:
        """Never raises for a record: a bad one is a Rejection."""


def compile_normalizer(systems: Sequence[System]) -> Normalizer:
    """The reference normalizer of these specs."""
    return Interpreter(tuple(systems))


class Interpreter:
    """Holds the record kinds of all specs and asks every one of them about every record."""

    def __init__(self, systems: tuple[System, ...]) -> None:
        self.systems = systems
        candidates = [
            Candidate(system, kind, zone_named(system.timezone))
            for system in systems
            for kind in system.kinds
        ]
        self._text = [one for one in candidates if one.kind.template is not None]
        self._json = [one for one in candidates if one.kind.template is None]

    def normalize(self, records: Sequence[Record]) -> list[Outcome]:
        """One outcome for each record, in order."""
        return [self._normalize_one(record) for record in records]

    def _normalize_one(self, record: Record) -> Outcome:
        try:
            body = decode(record)
        except Refused as refused:
            return rejection_of(record, refused)
        takers: list[tuple[Candidate, Captures]] = []
        mismatches: list[tuple[Candidate, Mismatch]] = []
        for candidate in self._text if isinstance(body, str) else self._json:
            captures = ask(candidate.kind, body)
            if isinstance(captures, Mismatch):
                mismatches.append((candidate, captures))
            else:
                takers.append((candidate, captures))
        if len(takers) > 1:
            takers = _first_in_order(takers)
        if len(takers) == 1:
            return map_record(record, *takers[0])
        return _untaken(record, takers, mismatches)


# --- decode -----------------------------------------------------------------------------------


def decode(record: Record) -> Body:
    """The record's text, or the object it is if it begins like one. Raises Refused."""
    text = _text_of(record)
    return decode_object(text) if text.lstrip(" \t\r\n").startswith("{") else text


def _text_of(record: Record) -> str:
    if record.oversize is not None:
        raise Refused("too_long", f"{record.oversize.length} bytes long")
    # Programs put a byte order mark at the beginning of a file, where it is no text of the record.
    value = record.value.removeprefix(BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r")
    if not value.strip():
        raise Refused("empty_record", "no content")
    if b"\0" in value:
        raise Refused("nul_character", f"a NUL character at byte {value.index(0)}")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Refused("invalid_utf8", f"{error.reason} at byte {error.start}") from error


# --- match ------------------------------------------------------------------------------------


def ask(kind: RecordKind, body: Body) -> Captures | Mismatch:
    """What a kind reads in a record of its format, or how far it got."""
    if isinstance(body, str):
        assert kind.template is not None
        return match(kind.template, body)
    failed = [condition for condition in kind.where if not holds(condition, body)]
    if failed:
        # How far conditions got: those that hold, so that the nearest kind can be told.
        return Mismatch(len(kind.where) - len(failed), in_words(failed[0]))
    return body


def holds(condition: Condition, body: Mapping[str, object]) -> bool:
    """Whether a JSON object is what the condition asks for."""
    value = body.get(condition.key)
    if condition.test == "present":
        return value is not None
    if condition.test == "absent":
        return value is None
    return text_of(value) in condition.values


def in_words(condition: Condition) -> str:
    """What a condition expects."""
    if condition.test == "one_of":
        return f'key "{condition.key}" to be ' + " or ".join(f'"{v}"' for v in condition.values)
    return f'key "{condition.key}" to be {condition.test}'


def _attempt(candidate: Candidate, mismatch: Mismatch) -> Attempt:
    return Attempt(
        candidate.system.name, candidate.kind.name, mismatch.matched_chars, mismatch.expected
    )


def _first_in_order(
    takers: Sequence[tuple[Candidate, Captures]],
) -> list[tuple[Candidate, Captures]]:
    """Those that yield to no other: a spec may declare an order between its own kinds."""
    return [
        (one, captures)
        for one, captures in takers
        if not any(
            one.system is other.system and one.kind.yields_to(other.kind) for other, _ in takers
        )
    ]


def _untaken(
    record: Record,
    takers: Sequence[tuple[Candidate, Captures]],
    mismatches: Sequence[tuple[Candidate, Mismatch]],
) -> Rejection:
    if takers:
        names = ", ".join(f"{one.system.name}.{one.kind.name}" for one, _ in takers)
        return rejection_of(record, Refused("ambiguous", f"accepted by {names}"))
    attempts = [_attempt(*one) for one in mismatches]
    attempts.sort(key=lambda one: (-one.matched_chars, one.system, one.kind))
    rejection = rejection_of(record, Refused("no_match", "no record kind accepts it"))
    rejection.nearest = tuple(attempts[:NEAREST_MAX])
    return rejection
