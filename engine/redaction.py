"""Values that never leave a record as they are (``redact`` of a spec): in events, in attributes,
and in the record that the archive and the quarantine keep."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from engine.diagnostics import EnvironmentFailure
from engine.hiding import Secrets, hide_in_json, hide_in_text
from engine.json_text import text_of
from engine.model import Json, Key, Path, RecordKind, System, first_key
from engine.paths import Captures, ReadText
from engine.segments import names_inside

MASK: Final = "***"
"""What stands for a masked value, and in a kept record for one that is dropped."""

HASH_CHARS: Final = 32
"""How much of the HMAC-SHA256, in hexadecimal, stands for a value."""

Redaction = Literal["hash", "mask", "drop"]
Replace = Callable[[object], str | None]
"""What stands for a value; None: nothing."""


def check_key(systems: Sequence[System], key: bytes | None) -> None:
    """Raise EnvironmentFailure where a spec hashes values and there is no key."""
    for system in systems:
        ways = [how for _, how in system.redactions]
        ways += [one.redact for kind in system.kinds for one in kind.attributes if one.redact]
        if "hash" in ways and not key:
            raise EnvironmentFailure(
                f'the spec of "{system.name}" hashes values: set LOGLOOM_REDACT_KEY to the key'
            )


def compile_replace(how: Redaction, key: bytes | None) -> Replace:
    """What stands for a value that is redacted so. Texts that are equal have equal hashes, and
    so have a number and its digits; an object or array is hashed as compact JSON."""
    if how == "drop":
        return lambda _: None
    if how == "mask":
        return lambda _: MASK
    secret = key or b""

    def hashed(value: object) -> str:
        text = text_of(value)
        if text is None:
            text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=lambda _: "")
        return hmac.digest(secret, text.encode("utf-8", "surrogatepass"), "sha256").hex()[
            :HASH_CHARS
        ]

    return hashed


@dataclass(frozen=True, slots=True)
class _Rule:
    path: Path
    replace: Replace

    @property
    def name(self) -> str:
        """The field or key at which the path begins."""
        return first_key(self.path)


class Redactor:
    """What a system redacts of the records of one kind."""

    def __init__(self, system: System, kind: RecordKind, key: bytes | None) -> None:
        self._rules = [_Rule(path, compile_replace(how, key)) for path, how in system.redactions]
        self._raw = system.raw
        self._is_json = kind.template is None
        self._json_fields = [one.field for one in kind.readings if isinstance(one.form, Json)]
        whole = {one.name for one in self._rules if len(one.path) == 1}
        inside = _holders(kind, self._rules)
        self._holders = {name: held for name, held in inside.items() if name not in whole}
        self.names = frozenset({*(one.name for one in self._rules), *self._holders})
        """The fields and keys of which a part is redacted."""

    def clean(self, captures: Captures) -> tuple[Captures, Secrets]:
        """The captures with every redacted value replaced, and what was replaced."""
        cleaned: object = dict(captures)
        by_rule: dict[int, Secrets] = {}
        for at, rule in enumerate(self._rules):
            secrets = by_rule[at] = Secrets()
            cleaned = _replaced(cleaned, rule.path, 0, _noting(rule.replace, secrets))
        assert isinstance(cleaned, dict)
        for name, (must, may) in self._holders.items():
            text = captures.get(name)
            if isinstance(text, str):
                hidden = self._held(captures, text, _all(by_rule, must), _all(by_rule, may))
                now = cleaned[name]
                cleaned[name] = (
                    ReadText.of(hidden, now.parts) if isinstance(now, ReadText) else hidden
                )
        return cleaned, _all(by_rule, by_rule)

    def _held(self, captures: Captures, text: str, must: Secrets, may: Secrets) -> str:
        if not len(must) and not len(may):
            return text
        hidden = hide_in_text(text, must, self._json_texts(captures), optional=may)
        return MASK if hidden is None else hidden

    def raw(self, value: bytes, captures: Captures, secrets: Secrets) -> bytes:
        """What is kept of the record: nothing where not all that is redacted is found in it."""
        if self._raw == "keep" or (self._raw == "redact" and not len(secrets)):
            return value
        if self._raw == "drop":
            return b""
        text = value.decode()  # it has been decoded before
        if self._is_json:
            hidden = hide_in_json(text, secrets)
        else:
            hidden = hide_in_text(text, secrets, self._json_texts(captures))
        return b"" if hidden is None else hidden.encode()

    def raw_unread(self, value: bytes) -> bytes:
        """What is kept of a record of which not everything could be read."""
        return value if self._raw == "keep" else b""

    def _json_texts(self, captures: Captures) -> list[str]:
        found = (captures.get(name) for name in self._json_fields)
        return [one for one in found if isinstance(one, str)]


def compile_redactor(system: System, kind: RecordKind, key: bytes | None) -> Redactor | None:
    """The redactor of a kind; None where nothing is redacted."""
    if not system.redactions and system.raw == "keep":
        return None
    return Redactor(system, kind, key)


def _holders(kind: RecordKind, rules: Sequence[_Rule]) -> dict[str, tuple[list[int], list[int]]]:
    """The captured texts that other captured values are part of, each with the rules for what it
    holds, and for what it may hold."""
    holders: dict[str, tuple[list[int], list[int]]] = {}
    segments = {} if kind.template is None else names_inside(kind.template)
    own = () if kind.template is None else kind.template.field_names
    flat = {one.field for one in kind.readings if one.is_flat}
    read = {one.field for one in kind.readings if not one.is_flat}
    for name in {*segments, *flat, *read}:
        inside = segments.get(name, frozenset())
        has_parts = name in flat or not flat.isdisjoint(inside)
        must: list[int] = []
        may: list[int] = []
        for at, rule in enumerate(rules):
            if rule.name in inside or (name in read and rule.name == name and len(rule.path) > 1):
                must.append(at)
            elif has_parts and rule.name != name:
                (may if rule.name in own else must).append(at)
        if must or may:
            holders[name] = (must, may)
    return holders


def _all(by_rule: dict[int, Secrets], which: Sequence[int] | dict[int, Secrets]) -> Secrets:
    secrets = Secrets()
    for at in which:
        secrets.update(by_rule[at])
    return secrets


def _noting(replace: Replace, secrets: Secrets) -> Replace:
    """The replacement, which notes the texts and numbers that it replaces."""

    def replaced(value: object) -> str | None:
        if not isinstance(value, dict | list):
            found = replace(value)
            secrets.add(value, MASK if found is None else found)
            return found
        left: list[object] = [value]
        while left:
            one = left.pop()
            if isinstance(one, dict):
                left += one.values()
            elif isinstance(one, list):
                left += one
            else:
                secrets.add(one, MASK)
        return replace(value)

    return replaced


def _replaced(value: object, path: Path, at: int, replace: Replace) -> object:
    """A copy of ``value`` in which what ``path`` leads to from step ``at`` on is replaced: in
    every element for ``[*]``. What is not there, null or empty stays so."""
    if at == len(path):
        return value if value is None or value == "" else replace(value)
    step = path[at]
    if isinstance(value, ReadText):
        return ReadText.of(str(value), _replaced(value.parts, path, at, replace))
    if isinstance(step, Key):
        if not isinstance(value, dict) or value.get(step.name) is None:
            return value
        found = _replaced(value[step.name], path, at + 1, replace)
        if found is None:
            return {key: one for key, one in value.items() if key != step.name}
        return {**value, step.name: found}
    if not isinstance(value, list):
        return value
    return [
        _replaced(one, path, at + 1, replace) if step.number in {None, number} else one
        for number, one in enumerate(value)
    ]
