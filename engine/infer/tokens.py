"""A record of text cut into tokens: times, quoted texts, words, blanks, and what stands between.

Words are everything a value may be made of (ids, numbers, addresses, paths). What kind of value a
word is, is told later by all words of one place together (``engine.infer.columns``). Every
character belongs to one token, so the tokens of a record put together are the record.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Final, Literal, NamedTuple, cast

from engine.patterns import TYPES, regex
from engine.time_formats import pattern_of

TOKENS_MAX: Final = 300
"""Tokens of one record that are told apart; what follows is one token of its own (``rest``)."""

JSON_TRIES_MAX: Final = 3
"""Places of one record at which JSON is looked for: a hostile record costs no more than these."""

Kind = Literal["time", "quoted", "json", "key", "word", "space", "punct", "rest"]


class Token(NamedTuple):
    """A piece of a record. ``detail`` is the format of a time."""

    kind: Kind
    text: str
    detail: str = ""

    @property
    def symbol(self) -> str:
        """What records of one shape have in common here: texts that hold values are masked."""
        if self.kind == "time":
            return f"time {self.detail}"
        if self.kind == "key":
            return f"key {self.text}"
        return self.text if self.kind == "punct" else self.kind


TIME_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S.%f %z",
    "%Y-%m-%d %H:%M:%S,%f %z",
    "%Y-%m-%d %H:%M:%S %z",
    "iso",
    "clf",
    "%a %b %e %H:%M:%S.%f %Y",
    "ctime",
    "%a %b %e %H:%M:%S %Z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%b %e %Y %H:%M:%S.%f",
    "%b %e %Y %H:%M:%S",
    "%b %e %H:%M:%S %Y",
    "%b %e, %Y %l:%M:%S %p",
    "%b %e, %Y %H:%M:%S",
    "%b %e %H:%M:%S.%f",
    "syslog",
    "%d/%b/%Y:%H:%M:%S",
    "%d/%b/%Y %H:%M:%S.%f",
    "%d/%b/%Y %H:%M:%S",
    "%d %b %Y %H:%M:%S.%f",
    "%d %b %Y %H:%M:%S,%f",
    "%d %b %Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S.%f",
    "%d-%b-%Y %H:%M:%S",
    "%Y/%m/%d - %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S,%f",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d-%H:%M:%S.%f",
    "%Y-%m-%d-%H:%M:%S",
    "%Y.%m.%d %H:%M:%S.%f",
    "%Y.%m.%d %H:%M:%S",
    "%Y-%m-%d\t%H:%M:%S",
    "%Y-%m-%d, %H:%M:%S",
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%m/%d/%Y %l:%M:%S %p",
    "%m/%d/%Y, %l:%M:%S %p",
    "%m/%d/%Y, %H:%M:%S",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%Y%m%dT%H%M%S.%f",
    "%Y%m%dT%H%M%S%z",
    "%Y%m%dT%H%M%S",
    "%Y%m%d %H:%M:%S.%f",
    "%Y%m%d %H:%M:%S",
    "%y%m%d %H:%M:%S",
    "%m-%d %H:%M:%S.%f",
    "%m%d %H:%M:%S.%f",
)
"""The times that are known by their looks, the longer ones before those that they begin with."""


@cache
def _scanner() -> re.Pattern[str]:
    times = "|".join(f"(?P<t{n}>{regex(pattern_of(one))})" for n, one in enumerate(TIME_FORMATS))
    mac, ip = regex(TYPES["mac"]), regex(TYPES["ip"])
    return re.compile(
        rf"(?<![0-9A-Za-z])(?:{times})(?![0-9A-Za-z])"
        r'|(?P<quoted>"(?:[^"\\\n]|\\[^\n])*"|(?<![\w)\]])' + r"'(?:[^'\\\n]|\\[^\n])*'(?!\w))"
        r"|(?P<json>\{(?=[\s]*[\"}])|\[\{(?=\s*\"))"
        r"|(?P<value>[a-z][a-z0-9+.-]*://[^\s\"'<>,;|)\]}]+"
        r"|(?<![\w.])/[^\s\"',;()\[\]{}<>|]+"
        rf"|(?<!\w){mac}(?![\w:])|(?<![\w.]){ip}(?![\w.]))"
        r"|(?P<key>[A-Za-z_@][\w.@/-]*)(?==[^=])"
        r"|(?P<word>[^\s\"'()\[\]{}<>|,;:=!?`]+(?:::[^\s\"'()\[\]{}<>|,;:=!?`]+)*)"
        r"|(?P<space>[ \t]+)"
        r"|(?P<punct>[\s\S])"
    )


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of a record, in order."""
    found: list[Token] = []
    scan = _scanner().match
    at, tries = 0, JSON_TRIES_MAX
    while at < len(text):
        if len(found) >= TOKENS_MAX:
            found.append(Token("rest", text[at:]))
            break
        match = scan(text, at)
        assert match is not None
        at = match.end()
        name = match.lastgroup or "punct"
        if name == "json":
            end = _json_end(text, match.start()) if tries else None
            tries -= 1
            at = end or match.start() + 1
            found.append(Token("json" if end else "punct", text[match.start() : at]))
        elif name == "word":
            found += _word(match[0])
        elif name == "key":
            found.append(Token("key", match[0]))
            found.append(Token("punct", "="))
            at += 1
            if at < len(text) and text[at] in " \t,;":
                found.append(Token("word", ""))
        else:
            found.append(_typed(name, match[0]))
    return tuple(found)


def _typed(name: str, text: str) -> Token:
    if name in {"quoted", "space", "punct"}:
        return Token(cast(Kind, name), text)
    if name == "value":
        return Token("word", text)
    return Token("time", text, TIME_FORMATS[int(name[1:])])


def _word(text: str) -> list[Token]:
    """A word without the full stops after it."""
    word = text.rstrip(".")
    if not word:
        word = text[:1]
    return [Token("word", word), *(Token("punct", dot) for dot in text[len(word) :])]


def _json_end(text: str, at: int) -> int | None:
    """Where the JSON value that begins at ``at`` ends; None if there is none."""
    try:
        return int(json.JSONDecoder().raw_decode(text, at)[1])
    except (ValueError, RecursionError):
        return None
