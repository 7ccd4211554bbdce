"""What is wrong with a regular expression, in words; and what to write instead."""

from __future__ import annotations

from typing import Final

from engine.regexes import RegexRefused


class RegexError(ValueError):
    """A regular expression that cannot be: the message, where in it (characters from its
    beginning), and the help."""

    def __init__(self, message: str, offset: int, help_text: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.help = help_text


_NEVER_BACK: Final = "a record is read once, from left to right"
_AROUND: Final = f"{_NEVER_BACK}: write the text itself, outside of the named group"
_TWICE: Final = f"{_NEVER_BACK}: write what the text is made of a second time"

_PIECES: Final = (
    ("(?=", "look-ahead", _AROUND),
    ("(?!", "look-ahead", "write what may be there: [^…], or alternatives"),
    ("(?<=", "look-behind", _AROUND),
    ("(?<!", "look-behind", "write what may be there: [^…], or alternatives"),
    ("(?>", "an atomic group", "write (?:…): reading never goes back anyway"),
    ("(?P=", "a reference back to a group", _TWICE),
    ("(?P>", "a group within itself", "write the group's text out"),
    ("(?#", "a comment", "put it into the YAML, after a #"),
    ("(?(", "a condition", "write alternatives: (?:…|…)"),
    ("(?x", "the flag x", "write it without blanks and comments; the flags are i, m, s, U"),
    (r"\k", "a reference back to a group", _TWICE),
    (r"\g", "a reference back to a group", _TWICE),
    (r"\Z", r"the escape \Z", "leave it out: the whole record is read"),
    (r"\G", r"the escape \G", "leave it out: the whole record is read"),
    (r"\K", r"the escape \K", "put what you want into a named group"),
    (r"\h", r"the escape \h", r"write [ \t]"),
    (r"\R", r"the escape \R", r"write (?:\r\n|\n)"),
    (r"\u", r"the escape \u", r"write \x{00e9}, or the character itself"),
    (r"\N", r"the escape \N", r"write [^\n]"),
    (r"\X", r"the escape \X", "write . for one character"),
)

_WORDS: Final = {
    "invalid escape sequence": "there is no escape {}",
    "invalid perl operator": "there is nothing that begins with {}",
    "bad repetition operator": "a quantifier after a quantifier: {}",
    "no argument for repetition operator": "nothing before the quantifier {}",
    "invalid repetition size": "{} is more than a thousand times, alone or with those around it",
    "invalid character class range": "no range of characters: {}",
    "invalid named capture group": "no name for a group: {}",
    "missing )": "a ( without its )",
    "unexpected )": "a ) without its (",
    "missing ]": "a [ without its ]",
    "trailing \\": "a \\ at the end",
    "invalid UTF-8": "half a character, which no record has",
    "pattern too large": "too large when compiled",
}

_HELP: Final = {
    "bad repetition operator": "reading never goes back anyway: leave the second one out",
    "invalid named capture group": "here it is (?P<name>…), of letters, digits and _",
    "pattern too large": "fewer repetitions: + for {1,500}, say",
    "trailing \\": "a \\ itself is \\\\",
}


def told(refused: RegexRefused, source: str) -> RegexError:
    """RE2's refusal, as a person would tell it."""
    words, piece = str(refused), refused.piece
    if words in {"invalid escape sequence", "invalid perl operator"}:
        known = _known(piece, source)
        if known is not None:
            return known
    if words in {"missing )", "unexpected )"}:
        offset = _unbalanced(source)
    elif words == "trailing \\":
        offset = len(source) - 1
    else:
        offset = max(source.find(piece), 0)
    return RegexError(_WORDS.get(words, words).format(piece), offset, _HELP.get(words, ""))


def _known(piece: str, source: str) -> RegexError | None:
    """What other tools have and RE2 has not. RE2 may tell only the beginning of it."""
    if piece[:1] == "\\" and piece[1:].isdecimal():
        return RegexError(f"a reference back to a group: {piece}", source.find(piece), _TWICE)
    for beginning, what, help_text in _PIECES:
        if beginning.startswith(piece) and beginning in source:
            message = f"{what}, which is not part of the language"
            return RegexError(message, source.find(beginning), help_text)
    return None


def _unbalanced(source: str) -> int:
    """Where a parenthesis stands that has no other; 0 if none is found."""
    open_: list[int] = []
    at, in_class = 0, False
    while at < len(source):
        char = source[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            at += 2 if source.startswith("^]", at + 1) else source.startswith("]", at + 1)
        elif char == "(":
            open_.append(at)
        elif char == ")":
            if not open_:
                return at
            open_.pop()
        at += 1
    return open_[-1] if open_ else 0
