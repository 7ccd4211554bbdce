"""Read lists of key=value pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.model import KeyValues
from engine.rejections import Refused

PAIRS_MAX: Final = 1000
"""Pairs in one text."""

FLAG: Final = "true"
"""What a key without a value has."""

_BLANKS: Final = " \t"


def decode(text: str, form: KeyValues) -> dict[str, str]:
    """The values by key, in the order of the text. Raises Refused (``unreadable_field``).

    A key or value that begins with a quote ends at the next one of its kind; inside, a backslash
    before a quote or a backslash is none of the text. Of a key that comes again the first value
    counts, and the later ones are KEY_2, KEY_3. Every character is looked at a fixed number of
    times.
    """
    return _Reading(text, _compiled(form)).pairs()


@dataclass(frozen=True, slots=True)
class _Form:
    """How pairs are written, with what follows from it."""

    pair: str
    between: str
    quoted: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]
    """A whole quoted text, and an escape inside of it, by the quote that opens it."""
    skips_blanks: bool
    """Whether blanks around keys and values are layout: they are not, where they separate."""
    gap: re.Pattern[str]
    """What separates, as often as it stands there."""
    usual: re.Pattern[str] | None
    """A pair as most are, with what separates it from the next: key, quoted or plain value."""


@lru_cache(maxsize=256)
def _compiled(form: KeyValues) -> _Form:
    quoted = {quote: _quoted(re.escape(quote)) for quote in form.quotes}
    skips_blanks = bool(form.between.strip())
    usual = None if skips_blanks else _usual(form)
    gap = re.compile(f"(?>{re.escape(form.between)})*+")
    return _Form(form.pair, form.between, quoted, skips_blanks, gap, usual)


def _usual(form: KeyValues) -> re.Pattern[str]:
    pair, between = re.escape(form.pair), re.escape(form.between)
    any_quote = f"(?![{re.escape(form.quotes)}])" if form.quotes else ""
    key = rf"{any_quote}((?>(?!{pair}|{between}).)++)"
    if len(form.pair) == len(form.between) == 1:
        key = rf"{any_quote}([^{pair}{between}]++)"
    values = [rf"{quote}([^{quote}\\]*+){quote}" for quote in map(re.escape, form.quotes)]
    values.append(rf"{any_quote}((?>(?!{between}).)*+)")
    return re.compile(rf"{key}{pair}(?:{'|'.join(values)})(?:{between}|\Z)", re.DOTALL)


def _quoted(quote: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Possessive, so that a text without an end costs one look at each character.
    whole = rf"{quote}((?>[^{quote}\\]++|\\.)*+){quote}"
    return re.compile(whole, re.DOTALL), re.compile(rf"""\\(["'\\{quote}])""")


class _Reading:
    """One reading of one text, from left to right."""

    def __init__(self, text: str, form: _Form) -> None:
        self._text = text
        self._form = form
        self._at = 0

    def pairs(self) -> dict[str, str]:
        found: dict[str, str] = {}
        again: dict[str, int] = {}
        count = 0
        while self._skip_to_pair():
            count += 1
            if count > PAIRS_MAX:
                raise _unreadable(f"more than {PAIRS_MAX} pairs")
            key, value = self._usual_pair() or (self._key(), self._value())
            if key in found:
                number = again.get(key, 2)
                while f"{key}_{number}" in found:
                    number += 1
                again[key] = number + 1
                key = f"{key}_{number}"
            found[key] = value
        return found

    def _usual_pair(self) -> tuple[str, str] | None:
        if self._form.usual is None:
            return None
        usual = self._form.usual.match(self._text, self._at)
        if usual is None or usual.lastindex is None:
            return None
        self._at = usual.end()
        return usual[1], usual[usual.lastindex]

    def _skip_to_pair(self) -> bool:
        """Go to where the next pair begins; whether there is one."""
        if not self._form.skips_blanks:
            gap = self._form.gap.match(self._text, self._at)
            assert gap is not None
            self._at = gap.end()
            return self._at < len(self._text)
        while True:
            self._skip_blanks()
            if not self._text.startswith(self._form.between, self._at):
                return self._at < len(self._text)
            self._at += len(self._form.between)

    def _key(self) -> str:
        key = self._quoted()
        if key is None:
            start, end = self._at, self._end()
            equals = self._text.find(self._form.pair, start, end)
            self._at = end if equals < 0 else equals
            key = self._stripped(self._text[start : self._at])
        if not key:
            raise _unreadable(f"a value without a key at character {self._at}")
        return key

    def _value(self) -> str:
        """What stands after the pair's sign, or that there is none."""
        if not self._text.startswith(self._form.pair, self._at):
            self._skip_blanks()
        if not self._text.startswith(self._form.pair, self._at):
            self._check_end()
            return FLAG
        self._at += len(self._form.pair)
        self._skip_blanks()
        value = self._quoted()
        if value is not None:
            self._skip_blanks()
            self._check_end()
            return value
        start, self._at = self._at, self._end()
        return self._stripped(self._text[start : self._at])

    def _quoted(self) -> str | None:
        """The inside of a quoted text; None if none begins here."""
        patterns = self._form.quoted.get(self._text[self._at : self._at + 1])
        if patterns is None:
            return None
        whole, escape = patterns
        found = whole.match(self._text, self._at)
        if found is None:
            raise _unreadable(f"a quote without its end at character {self._at}")
        self._at = found.end()
        return escape.sub(r"\1", found[1]) if "\\" in found[1] else found[1]

    def _end(self) -> int:
        end = self._text.find(self._form.between, self._at)
        return len(self._text) if end < 0 else end

    def _check_end(self) -> None:
        if self._at < len(self._text) and not self._text.startswith(self._form.between, self._at):
            raise _unreadable(f"text after a quote at character {self._at}")

    def _skip_blanks(self) -> None:
        if self._form.skips_blanks:
            while self._text[self._at : self._at + 1] in {" ", "\t"}:
                if self._text.startswith(self._form.between, self._at):
                    return
                self._at += 1

    def _stripped(self, text: str) -> str:
        return text.strip(_BLANKS) if self._form.skips_blanks else text


def _unreadable(message: str) -> Refused:
    return Refused("unreadable_field", message)
