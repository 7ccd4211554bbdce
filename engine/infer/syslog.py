"""The header of syslog before the messages of a system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.infer.vocabulary import level_of
from engine.patterns import TYPES, regex
from engine.time_formats import pattern_of

MOST: Final = 0.9
HEADER_FIELDS: Final = ("timestamp", "host", "program", "pid")

_ISO: Final = regex(TYPES["iso"])
_NEW: Final = re.compile(
    rf"<[0-9]+>[0-9]+ (?:-|(?P<timestamp>{_ISO})) (?P<host>\S+) (?P<program>\S+) (?P<pid>\S+) \S+ "
    r'(?:-|(?:\[(?:[^"\]\\\n]|\\[^\n]|"(?:[^"\\\n]|\\[^\n])*")*\])+) (?P<message>[\s\S]+)'
)
_OLD: Final = re.compile(
    rf"(?:<[0-9]+>)?(?P<timestamp>{regex(pattern_of('syslog'))}|{_ISO}) (?P<host>\S+) "
    r"(?P<program>[^\s\[\]:]+)(?:\[(?P<pid>[0-9]+)\])?:[ \t]*(?P<message>[\s\S]+)"
)


@dataclass(frozen=True, slots=True)
class Headed:
    """The messages of records and the fields of their headers; None for a record without one."""

    messages: tuple[str | None, ...]
    fields: tuple[dict[str, str], ...]


def split_headers(texts: Sequence[str]) -> Headed | None:
    """The records without the header, if nearly all have one."""
    messages: list[str | None] = []
    fields: list[dict[str, str]] = []
    sure = 0
    for text in texts:
        new = _NEW.fullmatch(text)
        old = None if new else _OLD.fullmatch(text)
        sure += bool(new or (old and (old["pid"] or not old["timestamp"][:1].isdigit())))
        match = new or old
        if match is None or level_of(match["host"]) is not None:
            messages.append(None)
            fields.append({})
            continue
        messages.append(match["message"])
        found = match.groupdict()
        fields.append({key: found[key] for key in HEADER_FIELDS if found[key] not in (None, "-")})
    there = sum(message is not None for message in messages)
    if not texts or there < MOST * len(texts) or sure < there / 2:
        return None
    return Headed(tuple(messages), tuple(fields))
