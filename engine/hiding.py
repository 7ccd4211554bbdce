"""Hide texts and numbers in a record: the copy of it that may be kept.

A value stands in a record in more ways than one: quoted, escaped, as JSON writes it. All of them
are sought; where one of the values is not found in any, nothing of the record may be kept, since
nobody knows where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.json_text import HugeInteger, text_of

SECRETS_MAX: Final = 100
"""Values to hide in one record. Each is sought everywhere, so the time grows with both."""

_HUGE: Final = "an integer without end"
_INT_CHARS_MAX: Final = 20

_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*+"|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false', re.DOTALL
)


@dataclass(slots=True)
class Secrets:
    """What must not be seen, each with what stands for it."""

    texts: dict[str, str] = field(default_factory=dict)
    literals: dict[str, str] = field(default_factory=dict)
    """Numbers and booleans of JSON, as ``text_of`` or ``repr`` write them."""

    def add(self, value: object, replacement: str) -> None:
        """A JSON value that is no object and no array. Empty text and null hide nothing, nor does a
        single sign such as ``-``, which stands everywhere."""
        if isinstance(value, str):
            if len(value) > 1 or value.isalnum():
                self.texts.setdefault(str(value), replacement)
        elif value is not None:
            self.literals.setdefault(_literal(value), replacement)

    def update(self, other: Secrets) -> None:
        """Those of ``other`` too."""
        self.texts = {**other.texts, **self.texts}
        self.literals = {**other.literals, **self.literals}

    def __len__(self) -> int:
        return len(self.texts) + len(self.literals)


def hide_in_json(text: str, secrets: Secrets) -> str | None:
    """JSON text with the secrets replaced, in whatever way they are written; None where there are
    too many."""
    return None if len(secrets) > SECRETS_MAX else _hidden_json(text, secrets)[0]


def hide_in_text(
    text: str, secrets: Secrets, json_texts: Iterable[str] = (), *, optional: Secrets | None = None
) -> str | None:
    """The text with the secrets replaced; None where there are too many, or one is not found.
    ``json_texts`` are the parts of it that are JSON. What is ``optional`` need not be found."""
    if len(secrets) + (0 if optional is None else len(optional)) > SECRETS_MAX:
        return None
    sought = Secrets({**secrets.texts}, {**secrets.literals})
    if optional is not None:
        sought.update(optional)
    found: set[str] = set()
    hidden = text
    for part in json_texts:
        if part and part in text:
            replaced, seen = _hidden_json(part, sought)
            hidden = hidden.replace(part, replaced)
            found |= seen
    forms: dict[str, str] = {}
    for secret, replacement in sought.texts.items():
        written = _written(secret)
        if secret in secrets.texts and secret not in found and not any(w in text for w in written):
            return None
        forms.update((one, replacement) for one in written if one not in forms)
    for literal, replacement in sought.literals.items():
        if literal in found:
            continue
        if literal in secrets.literals and literal not in text:
            return None
        forms.setdefault(literal, replacement)
    return _any_of(forms).sub(lambda match: forms[match[0]], hidden) if forms else hidden


def _hidden_json(text: str, secrets: Secrets) -> tuple[str, set[str]]:
    """The JSON text without the secrets, and those that were found in it."""
    texts = {**secrets.literals, **secrets.texts}
    pattern = _any_of(texts)
    found: set[str] = set()

    def hide(match: re.Match[str]) -> str:
        found.add(match[0])
        return texts[match[0]]

    def token(match: re.Match[str]) -> str:
        written = match[0]
        if not written.startswith('"'):
            literal = _literal_of(written)
            if literal not in secrets.literals:
                return written
            found.add(literal)
            return json.dumps(secrets.literals[literal])
        try:
            inside = json.loads(written, strict=False)
        except ValueError:
            return written
        shown = pattern.sub(hide, inside)
        return written if shown == inside else json.dumps(shown)

    return (_TOKEN.sub(token, text) if texts else text), found


def _any_of(texts: Mapping[str, str]) -> re.Pattern[str]:
    """Any of the texts, the longest first: a secret may be the beginning of another."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))


def _written(secret: str) -> set[str]:
    """The ways in which a text may stand in a record."""
    escaped = secret.replace("\\", "\\\\")
    return {
        secret,
        escaped,
        escaped.replace('"', '\\"'),
        escaped.replace("'", "\\'"),
        escaped.replace('"', '\\"').replace("'", "\\'"),
        secret.replace('"', '""'),
        secret.replace("'", "''"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }


def _literal(value: object) -> str:
    if isinstance(value, HugeInteger):
        return _HUGE
    return text_of(value) or repr(value)


def _literal_of(written: str) -> str:
    """The same for a number or boolean as it stands in JSON text."""
    if written in {"true", "false"}:
        return written
    if written.lstrip("-").isdigit():
        return str(int(written)) if len(written) <= _INT_CHARS_MAX else _HUGE
    return repr(float(written))
