"""Reads a regular expression that RE2 has accepted, as a pattern.

Syntax: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.patterns import Alt, Pattern, Repeat, Seq, may_be_empty
from engine.spec.regex_characters import (
    ALL,
    ESCAPED,
    NEW_LINE,
    PERL,
    POSIX,
    Ranges,
    chars_of,
    folded,
    others,
    tidy,
)
from engine.spec.regex_errors import RegexError

DEPTH_MAX: Final = 50
"""How deep groups may stand in groups."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_GROUP_NAME: Final = re.compile(r"\(\?P?<([^>]*)>")
_FLAGS: Final = re.compile(r"\(\?([imsU]*)(?:-([imsU]*))?([:)])")
_COUNT: Final = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_CODE: Final = re.compile(r"\\(?:x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|([0-7]{1,3}))")
_POSIX: Final = re.compile(r"\[:(\^?)(\w+):\]")
_UNICODE: Final = re.compile(r"\\[pP](?:\{[^}]*\}|.)")
_EMPTY: Final = Seq(())


def _sequence(parts: Sequence[Pattern]) -> Pattern:
    flat = [one for part in parts for one in (part.parts if isinstance(part, Seq) else (part,))]
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def _choice(branches: Sequence[Pattern]) -> Pattern:
    """Any of them; an empty one among others says that the others may be missing."""
    some = list(dict.fromkeys(one for one in branches if one != _EMPTY))
    if not some:
        return _EMPTY
    chosen = some[0] if len(some) == 1 else Alt(tuple(some))
    return _repeated(chosen, 0, 1) if len(some) < len(set(branches)) else chosen


def _repeated(part: Pattern, least: int, most: int | None) -> Pattern:
    """Derivatives count ``least`` texts down, so there is none to count where they may be empty;
    and a repetition without end of another one is that of its part."""
    if most == 0 or part == _EMPTY:
        return _EMPTY
    if may_be_empty(part):
        least = 0
    if (least, most) == (1, 1) or ((least, most) == (0, 1) and may_be_empty(part)):
        return part
    inner = part
    if most is None and isinstance(inner, Repeat) and inner.least <= 1 and least <= 1:
        return Repeat(inner.part, min(inner.least, least), None)
    return Repeat(part, least, most)


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Flags:
    """Which of ``(?ims)`` hold."""

    on: frozenset[str] = frozenset()

    def changed(self, on: str, off: str) -> _Flags:
        return _Flags((self.on | set(on)) - set(off))


@dataclass(slots=True)
class _Branch:
    """What one branch of a group has so far. ``last`` is whether a quantifier could follow."""

    parts: list[Pattern] = field(default_factory=list)
    last: bool = False


class RegexParser:
    """Reads what RE2 has accepted. ``beyond`` are the places of what a pattern cannot say, with
    words for it; a pattern has the empty text there."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.pattern: Pattern = _EMPTY
        self.names: dict[str, int] = {}
        self.anchors: list[int] = []
        self.beyond: list[tuple[int, str]] = []
        self._depth = 0

    def read(self) -> None:
        """Read all of it. Raises RegexError."""
        self.pattern = self._group(_Flags())

    def _group(self, flags: _Flags) -> Pattern:
        """Up to the end, or to the ``)`` of the group."""
        branches = [_Branch()]
        while self.at < len(self.source) and self.source[self.at] != ")":
            char, branch = self.source[self.at], branches[-1]
            changed = _FLAGS.match(self.source, self.at)
            if char == "|":
                self.at += 1
                branches.append(_Branch())
            elif changed and changed[3] == ")":
                self.at = changed.end()
                flags = flags.changed(changed[1], changed[2] or "")
                branch.last = False
            elif char in "*+?" or (char == "{" and _COUNT.match(self.source, self.at)):
                self._quantify(branch)
            elif char in "^$" or self._is_next(r"\A", r"\z"):
                self._anchor(branch, char)
            elif self._is_next(r"\Q"):
                self._quoted(branch, flags)
            else:
                branch.parts.append(self._atom(char, flags))
                branch.last = True
        return _choice([_sequence(one.parts) for one in branches])

    def _is_next(self, *texts: str) -> bool:
        return self.source.startswith(texts, self.at)

    def _note(self, offset: int, what: str) -> Pattern:
        self.beyond.append((offset, what))
        return _EMPTY

    def _quantify(self, branch: _Branch) -> None:
        begun, char = self.at, self.source[self.at]
        least, most = {"*": (0, None), "+": (1, None)}.get(char, (0, 1))
        self.at += 1
        if char == "{":
            found = _COUNT.match(self.source, begun)
            assert found is not None
            least = int(found[1])
            most = least if found[2] is None else int(found[3]) if found[3] else None
            self.at = found.end()
        if self._is_next("?"):
            self.at += 1  # the first choice, not what is accepted
        if not branch.last:
            self._note(begun, "a quantifier of nothing")
            return
        branch.parts[-1] = _repeated(branch.parts[-1], least, most)
        branch.last = False

    def _anchor(self, branch: _Branch, char: str) -> None:
        """One at the beginning or the end says what holds anyway."""
        begun = self.at
        begins = char == "^" or self._is_next(r"\A")
        self.at += 1 if char in "^$" else 2
        self.anchors.append(begun)
        is_last = self.at == len(self.source) or self._is_next("|")
        if self._depth or (branch.parts if begins else not is_last):
            self._note(begun, "an anchor inside")
        branch.last = False

    def _quoted(self, branch: _Branch, flags: _Flags) -> None:
        r"""Text between ``\Q`` and ``\E``, or the end."""
        begun = self.at + 2
        end = self.source.find(r"\E", begun)
        text = self.source[begun : end if end >= 0 else len(self.source)]
        for index, char in enumerate(text):
            branch.parts.append(self._set(begun + index, _one(char), flags))
        branch.last = bool(text)
        self.at = end + 2 if end >= 0 else len(self.source)

    def _atom(self, char: str, flags: _Flags) -> Pattern:
        begun = self.at
        if char == "(":
            return self._open(flags)
        if char == "[":
            return self._class(flags)
        if char == "\\":
            return self._escape(flags)
        self.at += 1
        if char == ".":
            return self._set(begun, ALL if "s" in flags.on else others(NEW_LINE), _Flags())
        return self._set(begun, _one(char), flags)

    def _open(self, flags: _Flags) -> Pattern:
        begun = self.at
        changed = _FLAGS.match(self.source, begun)
        named = _GROUP_NAME.match(self.source, begun)
        if changed:
            flags = flags.changed(changed[1], changed[2] or "")
            self.at = changed.end()
        elif named:
            self._name(named[1], begun)
            self.at = named.end()
        else:
            self.at += 1
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise RegexError(f"groups in more than {DEPTH_MAX} others", begun)
        found = self._group(flags)
        self._depth -= 1
        self.at += 1
        return found

    def _name(self, name: str, offset: int) -> None:
        if not _NAME.fullmatch(name):
            help_text = "a name begins with a letter, and has letters, digits and _"
            raise RegexError(f'"{name}" is no name for a field', offset, help_text)
        if name in self.names:
            help_text = "one group around both: (?P<name>…|…)"
            raise RegexError(f"the field {name} is there twice", offset, help_text)
        self.names[name] = offset

    # --- characters -----------------------------------------------------------------------------

    def _set(self, offset: int, ranges: Ranges, flags: _Flags) -> Pattern:
        both = folded(ranges) if "i" in flags.on else ranges
        chars = None if both is None else chars_of(both)
        if chars is not None:
            return chars
        what = "(?i) beyond ASCII" if both is None else "a very large set of characters"
        return self._note(offset, what)

    def _escape(self, flags: _Flags) -> Pattern:
        begun, letter = self.at, self.source[self.at + 1]
        if letter == "C":
            help_text = "write . for one character"
            raise RegexError(r"\C, which could cut a character in two", begun, help_text)
        if letter in "bB":
            self.at += 2
            return self._note(begun, "a word boundary")
        unicode = _UNICODE.match(self.source, begun)
        if unicode:
            self.at = unicode.end()
            return self._note(begun, f"the class {unicode[0]}")
        if letter.lower() in PERL:
            self.at += 2
            return self._set(begun, *self._perl(begun, letter, flags))
        return self._set(begun, _one(self._escaped()), flags)

    def _perl(self, offset: int, letter: str, flags: _Flags) -> tuple[Ranges, _Flags]:
        r"""``\d``, ``\W``, …, in both cases where that is asked for."""
        found = self._folded(offset, PERL[letter.lower()], flags)
        return (others(found) if letter.isupper() else found), _Flags()

    def _folded(self, offset: int, ranges: Ranges, flags: _Flags) -> Ranges:
        found = folded(ranges) if "i" in flags.on else ranges
        if found is None:
            self._note(offset, "(?i) beyond ASCII")
            return ranges
        return found

    def _escaped(self) -> str:
        r"""The one character for which an escape stands."""
        code = _CODE.match(self.source, self.at)
        if code:
            self.at = code.end()
            return chr(int(code[1] or code[2], 16) if code[3] is None else int(code[3], 8))
        letter = self.source[self.at + 1]
        self.at += 2
        return chr(ESCAPED[letter]) if letter in ESCAPED else letter

    def _class(self, flags: _Flags) -> Pattern:
        begun = self.at
        self.at += 1
        negated = self._is_next("^")
        self.at += negated
        ranges, is_first = list[tuple[int, int]](), True
        while is_first or not self._is_next("]"):
            ranges += self._class_item(flags)
            is_first = False
        self.at += 1
        found = tidy(ranges)
        return self._set(begun, others(found) if negated else found, _Flags())

    def _class_item(self, flags: _Flags) -> Ranges:
        begun = self.at
        posix, unicode = (one.match(self.source, begun) for one in (_POSIX, _UNICODE))
        if posix:
            self.at = posix.end()
            found = self._folded(begun, POSIX[posix[2]], flags)
            return others(found) if posix[1] else found
        if unicode:
            self.at = unicode.end()
            self._note(begun, f"the class {unicode[0]}")
            return ()
        letter = self.source[begun + 1] if self._is_next("\\") else ""
        if letter and letter.lower() in PERL:
            self.at += 2
            return self._perl(begun, letter, flags)[0]
        low = high = self._class_char()
        if self._is_next("-") and not self._is_next("-]"):
            self.at += 1
            high = self._class_char()
        return self._folded(begun, ((ord(low), ord(high)),), flags)

    def _class_char(self) -> str:
        if self._is_next("\\"):
            return self._escaped()
        self.at += 1
        return self.source[self.at - 1]


def _one(char: str) -> Ranges:
    return ((ord(char), ord(char)),)
