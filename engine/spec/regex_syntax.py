"""The syntax of regular expressions (``regex``): that of RE2, which decides what is one. Where a
pattern can say the same it is read as one, so that proofs cover it; what else there is (a word
boundary, Unicode's classes) is left to RE2.

Syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

from typing import Final

from engine.model import RegexPart
from engine.patterns import Chars, Pattern, Repeat, may_be_empty
from engine.regexes import RegexRefused, check_regex
from engine.spec.regex_errors import RegexError, told
from engine.spec.regex_parser import RegexParser

__all__ = ["REGEX_CHARS_MAX", "RegexError", "pattern_of_regex", "read_regex"]

REGEX_CHARS_MAX: Final = 4096
SIZE_MAX: Final = 2000
"""How many characters a pattern may have, each as often as it is repeated."""


def read_regex(source: str) -> RegexPart:
    """The whole record by a regular expression with named groups. Raises RegexError."""
    parser = _parsed(source)
    if not parser.names:
        raise RegexError("no named group", 0, "name what a record gives: (?P<timestamp>…)")
    if source.endswith(("\n", "\r")):
        message = "a line break at the end, which is no part of a record"
        help_text = "in YAML `|` keeps a line break at the end: write `|-`, or quotes"
        raise RegexError(message, len(source) - 1, help_text)
    pattern = None if parser.beyond else _bounded(parser.pattern)
    return RegexPart(source, tuple(parser.names), pattern)


def pattern_of_regex(source: str) -> Pattern:
    """What a type's regular expression accepts. Raises RegexError, also for what a pattern cannot
    say, and for one that accepts the empty text."""
    parser = _parsed(source)
    for name, offset in parser.names.items():
        raise RegexError(f"a named group in a type: {name}", offset, "write (…), without ?P<…>")
    for offset in parser.anchors:
        message, help_text = "an anchor in a type", "leave it out: the whole field is read"
        raise RegexError(message, offset, help_text)
    for offset, what in sorted(parser.beyond):
        help_text = "a type is made of characters, classes, groups, | and quantifiers"
        raise RegexError(f"{what} in a type", offset, help_text)
    if may_be_empty(parser.pattern):
        help_text = "a field that may be empty is written {name:type?}"
        raise RegexError("it accepts the empty text", 0, help_text)
    pattern = _bounded(parser.pattern)
    if pattern is None:
        message = f"more than {SIZE_MAX} characters, each as often as it is repeated"
        raise RegexError(message, 0, "fewer repetitions: + for {1,500}, say")
    return pattern


def _parsed(source: str) -> RegexParser:
    if len(source) > REGEX_CHARS_MAX:
        raise RegexError(f"longer than {REGEX_CHARS_MAX} characters", 0)
    try:
        check_regex(source)
    except RegexRefused as refused:
        raise told(refused, source) from refused
    parser = RegexParser(source)
    parser.read()
    return parser


def _bounded(pattern: Pattern) -> Pattern | None:
    return pattern if _size(pattern) <= SIZE_MAX else None


def _size(pattern: Pattern) -> int:
    if isinstance(pattern, Chars):
        return 1
    if isinstance(pattern, Repeat):
        return max(pattern.least, pattern.most or 0, 1) * _size(pattern.part)
    return sum(map(_size, pattern.parts))
