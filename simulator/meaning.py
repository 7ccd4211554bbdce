"""What was captured means: event fields, time and attributes, by the rules of mappings as they are
written down. The renderer tells by it what a record that it made must give."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from engine.model import (
    Condition,
    FieldMapping,
    Index,
    Key,
    Path,
    RecordKind,
    System,
    first_key,
)
from simulator.maps import Meaningless, finished
from simulator.said import Said, holds, text_of
from simulator.taking_apart import names_in
from simulator.times import Instant, instant_of, read_time
from simulator.values import IDENTIFIER_CHARS_MAX

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")
_HASH_CHARS: Final = 32


@dataclass(slots=True)
class Meaning:
    """Event fields without the time, the time, and the attributes (None: the kind keeps none).
    ``unsure`` are attributes whose text holds redacted values: how it looks is not told here."""

    values: dict[str, str | None]
    time: Instant | None
    attributes: dict[str, object] | None = None
    unsure: frozenset[str] = frozenset()


def zone_of(system: System) -> tzinfo:
    """The zone of a system's times."""
    return UTC if system.timezone == "UTC" else ZoneInfo(system.timezone)


class Interpretation:
    """Tells what records of one kind mean. ``redact_key`` is the key of hashes."""

    def __init__(self, system: System, kind: RecordKind, redact_key: bytes = b"") -> None:
        self._system = system
        self._kind = kind
        self._key = redact_key
        self._zone = zone_of(system)
        self._rules = system.redactions
        targets = dict.fromkeys(one.target for one in kind.mappings)
        self._nothing = dict.fromkeys(one for one in targets if one != "timestamp")
        self._targets = [
            (target, [one for one in kind.mappings if one.target == target])
            for target in sorted(targets, key=lambda one: one != "status")
        ]
        """The ways to each target; the status first, on which others may depend."""
        self._redacted = frozenset(first_key(path) for path, _ in self._rules) | self._holders()

    def _holders(self) -> frozenset[str]:
        """The captured texts of which a redacted value may be a part."""
        if not self._rules:
            return frozenset()
        found = {one.field for one in self._kind.readings}
        if self._kind.template is not None:
            parts, left = [], list(self._kind.template.parts)
            while left:
                parts.append(one := left.pop())
                left += [inner for branch in getattr(one, "branches", ()) for inner in branch]
            for one in parts:
                inside = names_in((one,)) - {getattr(one, "name", None)}
                name = getattr(one, "name", None)
                if hasattr(one, "branches") and name is not None and inside:
                    found.add(name)
        return frozenset(found)

    def meaning(self, said: Said, record_us: int | None = None) -> Meaning:
        """What the record means. Raises Meaningless."""
        clean = self._clean(said) if self._rules else said
        status: str | None = None
        values = dict(self._nothing)
        time: Instant | None = None
        for target, mappings in self._targets:
            found = self._found(mappings, said, clean, status, record_us)
            if target == "timestamp":
                time = found if isinstance(found, Instant) else None
                continue
            values[target] = found if isinstance(found, str) else None
            if target == "status" and self._kind.role == "event":
                status = values["status"]
        if self._kind.role != "event":
            return Meaning(values, time)
        return Meaning(values, time, *self._attributes(said, clean, status))

    def _found(
        self,
        mappings: Sequence[FieldMapping],
        said: Said,
        clean: Said,
        status: str | None,
        record_us: int | None,
    ) -> str | Instant | None:
        """What the first of the mappings gives that gives something."""
        for one in mappings:
            if one.when and not all(holds(test, said, status) for test in one.when):
                continue
            found = self._value(one, said, clean, record_us)
            if found is not None:
                return found
        return None

    def _value(
        self, mapping: FieldMapping, said: Said, clean: Said, record_us: int | None
    ) -> str | Instant | None:
        if mapping.is_record_time:
            return None if record_us is None else instant_of(record_us)
        if not mapping.sources:
            return mapping.constant
        if len(mapping.sources) == 1:
            text = self._piece(mapping, mapping.sources[0], said, clean)
        else:
            pieces = [self._piece(mapping, path, said, clean) for path in mapping.sources]
            given = [one for one in pieces if one is not None]
            text = " ".join(given) if len(given) == len(pieces) else None
        if text is None:
            return None
        value = finished(mapping, text)
        if value is not None and mapping.target in _IDENTIFIERS:
            _check_length(value)
        if mapping.target != "timestamp" or value is None:
            return value
        time = read_time(value, self._zone, mapping.formats or ("iso",), record_us)
        if time is None:
            raise Meaningless(value)
        return time

    def _piece(self, mapping: FieldMapping, path: Path, said: Said, clean: Said) -> str | None:
        found = said.at(path)
        text = _plain(mapping, found)
        if not text or text in mapping.absent:
            return None
        if self._redacted and first_key(path) in self._redacted and mapping.values is None:
            return _plain(mapping, clean.at(path))
        return text

    # --- attributes -----------------------------------------------------------------------------

    def _attributes(
        self, said: Said, clean: Said, status: str | None
    ) -> tuple[dict[str, object] | None, frozenset[str]]:
        kind = self._kind
        if not (kind.attributes or kind.keeps_all or kind.keeps_parts):
            return None, frozenset()
        unsure: set[str] = set()
        holders = self._holders()
        entries = dict.fromkeys(one.target for one in kind.attributes)
        flat = {one.field for one in kind.readings if one.is_flat}
        found: dict[str, object] = {}
        for name, value in clean.fields.items() if kind.keeps_all else ():
            if value is not None and name not in flat and name not in entries:
                found[name] = value
                unsure |= {name} & holders
        for path in kind.keeps_parts:
            inside = clean.inside(path)
            for name, value in inside.items() if isinstance(inside, Mapping) else ():
                if value is not None and name not in entries:
                    found[name] = value
                    unsure |= {name} if first_key(path) in holders else set()
        for target in entries:
            ways = [one for one in kind.attributes if one.target == target]
            for mapping in ways:
                if not all(holds(one, said, status) for one in mapping.when):
                    continue
                value = self._attribute(mapping, said, clean)
                if value == "" and mapping is not ways[-1]:
                    continue
                if value is not None and target not in found:
                    found[target] = value
                    unsure |= {target for path in mapping.sources if first_key(path) in holders}
        return found, frozenset(unsure)

    def _attribute(self, mapping: FieldMapping, said: Said, clean: Said) -> object:
        if mapping.values is not None or mapping.case is not None or len(mapping.sources) != 1:
            value: object = self._value(mapping, said, clean, None)
        else:
            (path,) = mapping.sources
            value = said.at(path)
            if value is None or (mapping.absent and text_of(value) in mapping.absent):
                return None
            value = clean.at(path)
        if mapping.redact is None or value is None or value == "":
            return value
        return self._replaced(mapping.redact, value)

    # --- redaction ------------------------------------------------------------------------------

    def _replaced(self, how: str, value: object) -> str | None:
        if how == "drop":
            return None
        if how == "mask":
            return "***"
        text = text_of(value)
        if text is None:
            text = json.dumps(value, separators=(",", ":"), sort_keys=True)
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:_HASH_CHARS]

    def _clean(self, said: Said) -> Said:
        for path, how in self._rules:
            text = said.text_above(path)
            if text:
                cleaned = self._cleaned(said.parts[text], path[len(text) :], how)
                said = Said(said.fields, {**said.parts, text: cleaned})
            else:
                fields = self._cleaned(said.fields, path, how)
                assert isinstance(fields, Mapping)
                said = Said(fields, said.parts)
        return said

    def _cleaned(self, value: object, path: Path, how: str) -> object:
        if value is None or value == "":
            return value
        if not path:
            return self._replaced(how, value)
        step, rest = path[0], path[1:]
        if isinstance(step, Key) and isinstance(value, Mapping) and step.name in value:
            inner = self._cleaned(value[step.name], rest, how)
            others = {key: one for key, one in value.items() if key != step.name}
            return others if inner is None else {**value, step.name: inner}
        if isinstance(step, Index) and isinstance(value, list):
            return [
                self._cleaned(one, rest, how) if step.number in {None, at} else one
                for at, one in enumerate(value)
            ]
        return value


def _check_length(value: str) -> None:
    if len(value) > IDENTIFIER_CHARS_MAX:
        raise Meaningless(value)


def _plain(mapping: FieldMapping, found: object) -> str | None:
    """The text of a value that a mapping reads. Raises Meaningless."""
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, float) and any(one == "epoch" or "%s" in one for one in mapping.formats):
        return repr(found)
    text = text_of(found)
    if text is None or (isinstance(found, bool) and mapping.values is None):
        raise Meaningless(str(found))
    return text


def is_none(mapping: FieldMapping) -> bool:
    """Whether the spec says that there is no value."""
    return not mapping.sources and mapping.constant is None and not mapping.is_record_time


def hashes(system: System) -> bool:
    """Whether the spec has values hashed, so that a key is needed."""
    ways = [how for _, how in system.redactions]
    ways += [one.redact for kind in system.kinds for one in kind.attributes if one.redact]
    return "hash" in ways


def conditions_of(kind: RecordKind) -> Iterator[Condition]:
    """All conditions of a kind, those of its mappings too."""
    yield from kind.where
    for mapping in (*kind.mappings, *kind.attributes):
        yield from mapping.when


def required(system: System, kind: RecordKind) -> Sequence[str]:
    """What a record of this kind must give to be one."""
    if kind.role == "event":
        may_lack_id = any(is_none(one) for one in kind.mappings if one.target == "correlation_id")
        names = ("checkpoint_id", "timestamp", "status")
        return names if may_lack_id else (*names, "correlation_id")
    if kind.role == "ignore" or system.join is None:
        return ()
    clock = ("timestamp",) if system.join.clock == "body" else ()
    return ("correlation_id", *system.join.take, *clock)
