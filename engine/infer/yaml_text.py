"""A spec written down as a person would: short, plain where it can be, quoted where it must be.

The rules are those of ``engine.spec``: YAML 1.2 core, so that only what looks like another type,
or like a mark of YAML's, needs quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

LINE_CHARS: Final = 96
"""The longest line that a mapping in braces may make."""

_PLAIN: Final = re.compile(
    r"[A-Za-z_/][A-Za-z0-9_./+-]*(?:[ ][A-Za-z0-9_./+(-][A-Za-z0-9_./+()-]*)*"
)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_CODE: Final = re.compile(r"[0-9]xx|[0-9]+(?:ms|s|m|h|d)|[a-z_]+[*]?")
_OTHER_TYPE: Final = frozenset(
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", "nan", "inf"]
)


def scalar(value: object) -> str:
    """A value on one line."""
    if value is None:
        return "null"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPE:
        return text
    if _TIME.fullmatch(text) or _CODE.fullmatch(text):
        return text if text.lower() not in _OTHER_TYPE else f'"{text}"'
    return quoted(text)


def quoted(text: str) -> str:
    """A text in quotes, in those that need no escapes if there are such."""
    if text.isprintable() and ('"' in text or "\\" in text):
        return "'" + text.replace("'", "''") + "'"
    if text.isprintable():
        return f'"{text}"'
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else _escape(one) for one in written)


def _escape(char: str) -> str:
    code = ord(char)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def flow(value: object) -> str:
    """A value on one line, mappings in braces and lists in brackets."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)}: {_in_flow(one)}" for key, one in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_in_flow, value)) + "]"
    return scalar(value)


def _in_flow(value: object) -> str:
    return flow(value)


def _key(key: object) -> str:
    return scalar(key)


def entry(key: str, value: Any, indent: int, comment: str = "") -> list[str]:
    """The lines of one entry of a mapping."""
    pad = " " * indent
    tail = f"  # {comment}" if comment else ""
    if isinstance(value, Mapping) and len(pad + key + flow(value)) > LINE_CHARS:
        lines = [f"{pad}{_key(key)}:{tail}"]
        for inner, one in value.items():
            lines += entry(str(inner), one, indent + 2)
        return lines
    return [f"{pad}{_key(key)}: {flow(value)}{tail}"]


def comment_lines(texts: Sequence[str], indent: int) -> list[str]:
    """Comments, each wrapped to the width of a line."""
    lines: list[str] = []
    for text in texts:
        line = ""
        for word in "".join(one if one.isprintable() else " " for one in text).split():
            if line and indent + len(line) + len(word) + 3 > LINE_CHARS:
                lines.append(f"{' ' * indent}# {line}")
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(f"{' ' * indent}# {line}")
    return lines
