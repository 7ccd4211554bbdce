"""Hide texts and numbers in a record: the copy of it that may be kept.

A value stands in a record in more ways than one: quoted, escaped, as JSON writes it. All of them
are sought; where one of the values is not found in any, nothing of the record may be kept, since
nobody knows where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.json_text import HugeInteger, text_of

SECRETS_MAX: Final = 100
"""Values to hide in one record. Each is sought everywhere, so the time grows with both."""

_HUGE: Final = "an integer without end"
_INT_CHARS_MAX: Final = 20

# A string without an end runs to the end of the text, so that no place is looked at twice.
_TOKEN: Final = re.compile(
    r'"(?>[^"\\]++|\\.)*+"?|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false', re.DOTALL
)
_PRIVATE: Final = range(0xF0000, 0x110000)
"""Characters that texts have no use for; each can stand for what is hidden, for a while."""


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
    return _replaced(hidden, _longest_first(forms), set())


def _hidden_json(text: str, secrets: Secrets) -> tuple[str, set[str]]:
    """The JSON text without the secrets, and those that were found in it."""
    texts = _longest_first({**secrets.literals, **secrets.texts})
    found: set[str] = set()

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
            return _replaced(written, texts, found)
        shown = _replaced(inside, texts, found)
        return written if shown == inside else json.dumps(shown)

    return (_TOKEN.sub(token, text) if texts else text), found


def _longest_first(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """A secret may be a part of another."""
    return sorted(texts.items(), key=lambda one: len(one[0]), reverse=True)


def _replaced(text: str, texts: Sequence[tuple[str, str]], found: set[str]) -> str:
    """The text with each of ``texts`` replaced; those that stand in it are added to ``found``.

    Each is sought by itself: alternatives of a regular expression would be tried one after the
    other at every place, and how long they are is up to the record. A character that the text does
    not have stands for each until all are found, so that none is found in what replaces another.
    """
    present = [one for one in texts if one[0] in text]
    if not present:
        return text
    taken = set(text)
    free = (code for code in _PRIVATE if chr(code) not in taken)
    stands_for: dict[int, str] = {}
    for (secret, replacement), code in zip(present, free, strict=False):
        found.add(secret)
        stands_for[code] = replacement
        text = text.replace(secret, chr(code))
    return text.translate(stands_for)


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
