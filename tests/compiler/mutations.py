"""Records made nearly right, or quite another: bytes, slices, literals and times changed; JSON
written in other ways, with other keys and values. All of it by a seeded generator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random

from pieces import BEGINNINGS, ENDS, FIELDS, PIECES, RAW_VALUES, SPACES, TIMES

_TIME = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?)?|[0-9]{9,13}(?:\.[0-9]+)?"
)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

Mutate = Callable[[bytes], bytes]


class Mutator:
    """Changes records. ``pool`` are others to take parts of, ``literals`` texts of templates."""

    def __init__(self, rng: Random, pool: Sequence[bytes], literals: Sequence[bytes]) -> None:
        self._rng = rng
        self._pool = pool
        self._literals = [*literals, b" "]
        self._of_text: list[Mutate] = [
            *(self._replaced_byte, self._replaced_byte, self._without, self._inserted, self._time),
            *(self._doubled, self._spliced, self._swapped_literals, self._literal, self._literal),
            *(self._at_the_end, self._at_the_beginning, self._cut_off, self._changed_case),
            *(
                self._other_field,
                self._cut_after_literal,
                self._time,
                self._letter,
                self._letter,
                self._letter,
            ),
        ]
        self._of_json: list[Mutate] = [
            *(self._value, self._value, self._key, self._key_again, self._dropped, self._order),
            *(self._escaped, self._escaped, self._spaced, self._more, self._raw_key, self._letter),
        ]

    def mutated(self, value: bytes) -> bytes:
        """The record, changed once or more often."""
        rng = self._rng
        for _ in range(1 if rng.random() < 0.7 else rng.randrange(2, 5)):
            is_json = value[:1] == b"{" and rng.random() < 0.7
            value = rng.choice(self._of_json if is_json else self._of_text)(value)
        return value

    # --- bytes ------------------------------------------------------------------------------------

    def _at(self, value: bytes) -> int:
        return int(self._rng.random() * (len(value) + 1))

    def _slice(self, value: bytes) -> tuple[int, int]:
        at = self._at(value)
        return at, min(len(value), at + 1 + int(self._rng.random() ** 3 * 20))

    def _replaced_byte(self, value: bytes) -> bytes:
        at = self._at(value)
        new = self._rng.choice(PIECES) if self._rng.random() < 0.5 else self._any_byte()
        return value[:at] + new + value[at + 1 :]

    def _any_byte(self) -> bytes:
        return bytes([int(self._rng.random() * 256)])

    def _letter(self, value: bytes) -> bytes:
        """Another letter or digit in the place of one: most records stay what they are."""
        at = self._at(value)
        if value[at : at + 1].isdigit():
            return value[:at] + self._rng.choice([b"0", b"1", b"5", b"9"]) + value[at + 1 :]
        if value[at : at + 1].isalpha():
            return value[:at] + self._rng.choice([b"a", b"Z", b"_", b"7"]) + value[at + 1 :]
        return value

    def _without(self, value: bytes) -> bytes:
        begin, end = self._slice(value)
        return value[:begin] + value[end:]

    def _inserted(self, value: bytes) -> bytes:
        at = self._at(value)
        return value[:at] + self._rng.choice(PIECES) + value[at:]

    def _doubled(self, value: bytes) -> bytes:
        begin, end = self._slice(value)
        return value[:end] + value[begin:]

    def _cut_off(self, value: bytes) -> bytes:
        return value[: self._at(value)]

    def _changed_case(self, value: bytes) -> bytes:
        begin, end = self._slice(value)
        return value[:begin] + value[begin:end].swapcase() + value[end:]

    def _spliced(self, value: bytes) -> bytes:
        other = self._rng.choice(self._pool)
        return value[: self._at(value)] + other[self._at(other) :]

    def _at_the_end(self, value: bytes) -> bytes:
        return value + self._rng.choice(ENDS)

    def _at_the_beginning(self, value: bytes) -> bytes:
        return self._rng.choice(BEGINNINGS) + value

    def _literal(self, value: bytes) -> bytes:
        """A text of some template where a value stands."""
        at = self._at(value)
        return value[:at] + self._rng.choice(self._literals) + value[at:]

    def _cut_after_literal(self, value: bytes) -> bytes:
        """The end right after a text of a template: what comes last is empty."""
        one = self._rng.choice(self._literals)
        at = value.rfind(one)
        return value if at < 0 else value[: at + len(one)]

    def _other_field(self, value: bytes) -> bytes:
        """Nothing, or much, between two texts of a template or after the last."""
        one = self._rng.choice(self._literals)
        begin = value.find(one) + len(one)
        if begin < len(one):
            return value
        ends = [value.find(other, begin) for other in self._literals]
        end = self._rng.choice([len(value), *(at for at in ends if at >= 0)])
        return value[:begin] + self._rng.choice(FIELDS) + value[end:]

    def _swapped_literals(self, value: bytes) -> bytes:
        one, other = self._rng.choice(self._literals), self._rng.choice(self._literals)
        return value.replace(one, other, self._rng.choice([1, 1, -1]))

    def _time(self, value: bytes) -> bytes:
        found = _TIME.search(value)
        if found is None:
            return value
        return value[: found.start()] + self._rng.choice(TIMES).encode() + value[found.end() :]

    # --- JSON -------------------------------------------------------------------------------------

    def _pairs(self, value: bytes) -> list[tuple[str, str]]:
        """Keys and values, each as it is written; none for what is no object."""
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return []
        if not isinstance(found, dict):
            return []
        return [(_written(key), _written(one)) for key, one in found.items()]

    def _object(self, pairs: Sequence[tuple[str, str]]) -> bytes:
        colon = self._rng.choice([":", ": ", ": "])
        comma = self._rng.choice([",", ", ", ", "])
        return f"{{{comma.join(key + colon + value for key, value in pairs)}}}".encode()

    def _with_pair(self, value: bytes, change: Callable[[str, str], tuple[str, str]]) -> bytes:
        pairs = self._pairs(value)
        if not pairs:
            return value
        at = self._rng.randrange(len(pairs))
        pairs[at] = change(*pairs[at])
        return self._object(pairs)

    def _value(self, value: bytes) -> bytes:
        rng = self._rng
        new = rng.choice(RAW_VALUES) if rng.random() < 0.8 else _written(rng.choice(TIMES))
        return self._with_pair(value, lambda key, _: (key, new))

    def _key(self, value: bytes) -> bytes:
        return self._with_pair(value, lambda key, one: (key.swapcase(), one))

    def _raw_key(self, value: bytes) -> bytes:
        new = self._rng.choice(['""', r'"\u0000"', r'"\ud800"', '"é"', "a", "'a'", "1", r'"\""'])
        return self._with_pair(value, lambda _, one: (new, one))

    def _key_again(self, value: bytes) -> bytes:
        pairs = self._pairs(value)
        if not pairs:
            return value
        key, one = self._rng.choice(pairs)
        if self._rng.random() < 0.5:
            key = _with_escape(key, self._rng)
        if self._rng.random() < 0.5:
            one = self._rng.choice(RAW_VALUES)
        pairs.insert(self._rng.randrange(len(pairs) + 1), (key, one))
        return self._object(pairs)

    def _dropped(self, value: bytes) -> bytes:
        pairs = self._pairs(value)
        if pairs:
            del pairs[self._rng.randrange(len(pairs))]
        return self._object(pairs)

    def _order(self, value: bytes) -> bytes:
        pairs = self._pairs(value)
        self._rng.shuffle(pairs)
        return self._object(pairs)

    def _more(self, value: bytes) -> bytes:
        """A key more; of another record, where there is one."""
        pairs = self._pairs(value)
        other = self._pairs(self._rng.choice(self._pool))
        if other and self._rng.random() < 0.5:
            pairs.append(self._rng.choice(other))
        else:
            pairs.append((f'"more{self._rng.randrange(3)}"', self._rng.choice(RAW_VALUES)))
        return self._object(pairs)

    def _escaped(self, value: bytes) -> bytes:
        """The same record with one of its characters as an escape."""
        if self._rng.random() < 0.5:
            return self._with_pair(value, lambda key, one: (_with_escape(key, self._rng), one))
        return self._with_pair(value, lambda key, one: (key, _with_escape(one, self._rng)))

    def _spaced(self, value: bytes) -> bytes:
        rng = self._rng
        pairs = self._pairs(value)
        if rng.random() < 0.3:
            lines = ",\r\n  ".join(f"{key}: {one}" for key, one in pairs)
            return f"{{\n  {lines}\n}}{rng.choice(SPACES)}".encode()
        inside = ",".join(
            f"{rng.choice(SPACES)}{key}{rng.choice(SPACES)}:{rng.choice(SPACES)}{one}"
            for key, one in pairs
        )
        return f"{{{inside}{rng.choice(SPACES)}}}{rng.choice(SPACES)}".encode()


def _written(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if _HALF_CHARACTER.search(text) else text


def _with_escape(text: str, rng: Random) -> str:
    """A JSON text with one character written by its number."""
    if len(text) < 3 or text[0] != '"':
        return text
    at = rng.randrange(1, len(text) - 1)
    if "\\" in text[max(0, at - 6) : at + 1] or ord(text[at]) > 0xFFFF:
        return text
    return f"{text[:at]}\\u{ord(text[at]):04x}{text[at + 1 :]}"
