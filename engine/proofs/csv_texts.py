"""The rows of separated columns that fulfil conditions, as patterns (how they are read:
``engine.csv_text``)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model import Csv
from engine.patterns import Alt, Chars, Pattern, Repeat, Seq, literal, may_be_empty, members_of


def is_told(form: Csv) -> bool:
    """Whether rows of this form can be told exactly."""
    signs = form.separator + form.quote
    return len(form.separator) == 1 and len(form.quote) <= 1 and not set(signs) & {"\n", "-"}


class CsvTexts:
    """Makes the patterns of one form. All of them are of rows that can be read."""

    def __init__(self, form: Csv) -> None:
        self._form = form
        self._separator = Chars(form.separator)
        inside = Chars(form.separator + "\n", negated=True)
        plain: Pattern = Repeat(inside, 0, None)
        if form.quote:
            first = Chars(form.separator + form.quote + "\n", negated=True)
            quote = Chars(form.quote)
            text = Alt((Chars(form.quote, negated=True), Seq((quote, quote))))
            begun = Seq((first, Repeat(inside, 0, None)))
            plain = Alt((Repeat(begun, 0, 1), Seq((quote, Repeat(text, 0, None), quote))))
        self._cell = plain

    def all(self) -> Pattern:
        """Every row: columns with a type are there and of that type."""
        columns, types = self._form.columns, dict(self._form.types)
        needed = max((at + 1 for at, name in enumerate(columns) if name in types), default=1)
        pieces: list[Pattern] = []
        for name in columns[:needed]:
            cell = self._typed(types[name].pattern) if name in types else self._cell
            pieces += [self._separator, cell] if pieces else [cell]
        more = len(columns) - needed
        return Seq((*pieces, Repeat(Seq((self._separator, self._cell)), 0, more)))

    def with_column(self, column: str, values: Sequence[str] | None) -> Pattern | None:
        """Rows in which a column has one of the values (None: any). None if there is none."""
        if column not in self._form.columns:
            return None
        columns = self._form.columns
        at = len(columns) - 1 - columns[::-1].index(column)
        if values is None:
            return self._row(at + 1, len(columns))
        given = Alt(tuple(way for one in values for way in self._written(one)))
        before = Repeat(Seq((self._cell, self._separator)), at, at)
        after = Repeat(Seq((self._separator, self._cell)), 0, len(columns) - 1 - at)
        return Seq((before, given, after))

    def without_column(self, column: str) -> Pattern | None:
        """Rows that end before a column; None if there is none."""
        if column not in self._form.columns:
            return self.all()
        at = self._form.columns.index(column)
        return self._row(1, at) if at else None

    def _row(self, least: int, most: int) -> Pattern:
        others = Repeat(Seq((self._separator, self._cell)), least - 1, most - 1)
        return Seq((self._cell, others))

    def _typed(self, pattern: Pattern) -> Pattern:
        """The ways to write a text of a type: as it is, without what would end or quote it, or in
        quotes, with a quote in it doubled."""
        quote, separator = self._form.quote, self._form.separator
        plain = _replaced(pattern, separator + "\n", Alt(()))
        if not quote:
            return plain
        plain = _begun_otherwise(plain, quote)
        sign = Chars(quote)
        doubled = _replaced(pattern, quote, Seq((sign, sign)))
        return Alt((plain, Seq((sign, doubled, sign))))

    def _written(self, value: str) -> Sequence[Pattern]:
        form = self._form
        doubled = value.replace(form.quote, form.quote * 2) if form.quote else value
        ways = [literal(form.quote + doubled + form.quote)] if form.quote else []
        is_quoted = bool(form.quote) and value.startswith(form.quote)
        if not is_quoted and form.separator not in value and "\n" not in value:
            ways.append(literal(value))
        return ways


def _replaced(pattern: Pattern, signs: str, way: Pattern) -> Pattern:
    """The pattern with another way to write these characters."""
    if isinstance(pattern, Chars):
        met = [sign for sign in signs if sign in pattern]
        if not met:
            return pattern
        if pattern.negated:
            left = Chars(_set_of({*members_of(pattern), *met}), negated=True)
        else:
            left = Chars(_set_of(members_of(pattern) - {*met}))
        is_left = bool(left.members) or left.negated
        return Alt((left, way) if is_left else (way,))
    if isinstance(pattern, Repeat):
        return Repeat(_replaced(pattern.part, signs, way), pattern.least, pattern.most)
    return type(pattern)(tuple(_replaced(one, signs, way) for one in pattern.parts))


def _begun_otherwise(pattern: Pattern, sign: str) -> Pattern:
    """The texts of a pattern, not empty, that do not begin with this sign."""
    if isinstance(pattern, Chars):
        return _replaced(pattern, sign, Alt(()))
    if isinstance(pattern, Alt):
        return Alt(tuple(_begun_otherwise(one, sign) for one in pattern.parts))
    if isinstance(pattern, Repeat):
        if pattern.most == 0:
            return Alt(())
        most = None if pattern.most is None else pattern.most - 1
        more = Repeat(pattern.part, max(pattern.least - 1, 0), most)
        return Seq((_begun_otherwise(pattern.part, sign), more))
    if not pattern.parts:
        return Alt(())
    head, *rest = pattern.parts
    through_head = Seq((_begun_otherwise(head, sign), *rest))
    if not may_be_empty(head):
        return through_head
    return Alt((through_head, _begun_otherwise(Seq(tuple(rest)), sign)))


def _set_of(chars: set[str] | frozenset[str]) -> str:
    """Characters as a set is written, - last."""
    return "".join(sorted(chars, key=lambda char: (char == "-", char)))
