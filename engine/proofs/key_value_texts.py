"""The key=value lists that fulfil conditions, as patterns (how they are read:
``engine.key_values``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from engine.key_values import FLAG
from engine.model import KeyValues
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq, literal

_BLANKS: Final = " \t"
_ESCAPED: Final = "\"'\\"


def is_told(form: KeyValues, keys: Iterable[str], values: Iterable[str]) -> bool:
    """Whether lists of this form with conditions on these keys and values can be told exactly."""
    signs = form.pair + form.between
    is_simple = len(form.pair) == len(form.between) == 1 and form.pair != form.between
    clear = not set(signs) & {*form.quotes, "\\"} and form.pair not in _BLANKS
    plain = not any(set(one) & {*_ESCAPED, *form.quotes} for one in (*keys, *values))
    return is_simple and clear and plain and not any(map(_may_be_numbered, keys))


def _may_be_numbered(key: str) -> bool:
    """Whether a repeated key may be called so."""
    head, line, number = key.rpartition("_")
    return bool(head and line and number.isdigit())


class KeyValueTexts:
    """Makes the patterns of one form. All of them are of lists that can be read."""

    def __init__(self, form: KeyValues) -> None:
        self._form = form
        self._has_layout = bool(form.between.strip())
        layout = _BLANKS if self._has_layout else ""
        self._blanks: Pattern = _any_of(layout) if layout else Seq(())
        self._layout = layout
        self._between = Chars(form.between)
        self._lead = _any_of(form.between + layout)
        first = form.between + form.pair + form.quotes + layout
        self._key_first = _but(first)
        self._key_char = _but(form.between + form.pair)
        self._value_char = _but(form.between)
        self._value_first = _but(form.between + form.quotes + layout)

    def all(self) -> Pattern:
        """Every list."""
        return self._list([], None)

    def with_key(self, key: str, values: Sequence[str] | None) -> Pattern:
        """Lists in which the first pair of this key has one of the values (None: any)."""
        return self._list([key], self._pair_of(key, values))

    def without_key(self, key: str) -> Pattern:
        """Lists without a pair of this key."""
        return self._list([key], None)

    def _list(self, but: Sequence[str], item: Pattern | None) -> Pattern:
        """Pairs of other keys; then, if there is one, the item and any pairs."""
        other = Seq((self._pair_but(*but), self._blanks))
        if item is None:
            return self._joined(other)
        goes_on = Seq((self._between, self._lead))
        before = _some(Seq((other, goes_on)))
        anything = Seq((self._pair_but(), self._blanks))
        after = _some(Seq((goes_on, anything)))
        end = _maybe(goes_on)
        return Seq((self._lead, before, item, self._blanks, after, end))

    def _joined(self, pair: Pattern) -> Pattern:
        goes_on = Seq((self._between, self._lead))
        pairs = Seq((pair, _some(Seq((goes_on, pair))), _maybe(goes_on)))
        return Seq((self._lead, _maybe(pairs)))

    # --- pairs ----------------------------------------------------------------------------------

    def _pair_of(self, key: str, values: Sequence[str] | None) -> Pattern:
        keys = Alt(tuple(self._written(key, is_key=True)))
        given = self._value() if values is None else self._one_of(values)
        ways: list[Pattern] = [Seq((keys, self._blanks, Chars(self._form.pair), given))]
        if values is None or FLAG in values:
            ways.append(keys)
        return Alt(tuple(ways))

    def _pair_but(self, key: str | None = None) -> Pattern:
        """A pair of any key but this one."""
        keys = Alt((self._plain_but(key), *(self._quoted_but(q, key) for q in self._form.quotes)))
        return Seq((keys, _maybe(Seq((self._blanks, Chars(self._form.pair), self._value())))))

    def _value(self) -> Pattern:
        plain = _maybe(Seq((self._value_first, _some(self._value_char))))
        quoted = [Seq((Chars(q), _some(_quoted_char(q)), Chars(q))) for q in self._form.quotes]
        return Seq((self._blanks, Alt((plain, *quoted))))

    def _one_of(self, values: Sequence[str]) -> Pattern:
        ways = [way for one in values for way in self._written(one, is_key=False)]
        return Seq((self._blanks, Alt(tuple(ways))))

    def _written(self, text: str, *, is_key: bool) -> Iterable[Pattern]:
        """The ways to write a key or a value."""
        form = self._form
        barred = form.between + (form.pair if is_key else "")
        is_trimmed = not self._has_layout or text == text.strip(_BLANKS)
        is_plain = is_trimmed and not set(text) & set(barred) and text[:1] not in [*form.quotes]
        if is_plain and (text or not is_key):
            yield literal(text)
        if text or not is_key:
            yield from (Seq((Chars(q), *literal(text).parts, Chars(q))) for q in form.quotes)

    def _plain_but(self, key: str | None) -> Pattern:
        """A key without quotes that is not this one."""
        if key is None:
            return Seq((self._key_first, _some(self._key_char)))
        ways: list[Pattern] = []
        for at, char in enumerate(key):
            ways += [literal(key[:at])] if at else []
            first = self._key_char if at else self._key_first
            ways.append(
                Seq((*literal(key[:at]).parts, _besides(first, char), _some(self._key_char)))
            )
            if char in first.members:
                break  # only in quotes does a key go on with it
        else:
            last = _but(self._form.between + self._form.pair + self._layout)
            longer = (self._blanks, last, _some(self._key_char))
            ways.append(Seq((*literal(key).parts, *longer)))
        return Alt(tuple(ways))

    def _quoted_but(self, quote: str, key: str | None) -> Pattern:
        any_char = _quoted_char(quote)
        end = Chars(quote)
        if key is None:
            return Seq((end, any_char, _some(any_char), end))
        ways: list[Pattern] = []
        for at, char in enumerate(key):
            begun = literal(key[:at]).parts
            ways += [Seq(begun)] if at else []
            escape = Seq((Chars("\\"), Chars("", negated=True)))
            other = Alt((_besides(_but(quote + "\\"), char), escape))
            ways.append(Seq((*begun, other, _some(any_char))))
        ways.append(Seq((*literal(key).parts, any_char, _some(any_char))))
        return Seq((end, Alt(tuple(ways)), end))


def _quoted_char(quote: str) -> Pattern:
    return Alt((_but(quote + "\\"), Seq((Chars("\\"), Chars("", negated=True)))))


def _but(chars: str) -> Chars:
    """Any character but these."""
    return Chars(_as_members(chars), negated=True)


def _any_of(chars: str) -> Pattern:
    return Repeat(Chars(_as_members(chars)), 0, None)


def _besides(chars: Chars, char: str) -> Chars:
    """Of a set that leaves some out: without this one too."""
    return _but(chars.members + char)


def _as_members(chars: str) -> str:
    """Characters as the members of a set: ``-`` stands last."""
    return _in_order("".join(sorted(set(chars))))


@cache
def _in_order(chars: str) -> str:
    return chars.replace("-", "") + "-" if "-" in chars else chars


def _some(part: Pattern) -> Pattern:
    return Repeat(part, 0, None)


def _maybe(part: Pattern) -> Pattern:
    return Repeat(part, 0, 1)
