"""Source for the values of an event: what ``engine.mapped_values`` does, for texts.

Whatever could refuse a record is not decided here: the reference normalizer is asked, which refuses
it with its words (``FAIL``). Fields of kinds that redact, read further or keep attributes are left
to it altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine.compiler.plans import NotWritable
from engine.compiler.writing import Code, Scope
from engine.model import Condition, FieldMapping, Key, Path, ValueMap
from engine.value_maps import NoEntry, look_up

MISSING: Final = object()
"""What a map has no entry for."""

_STATUS: Final = (Key("status"),)


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that costs nothing to repeat. ``is_sure``: it is a text and not empty;
    ``is_plain``: an empty text stands for none."""

    source: str
    is_sure: bool = False
    is_plain: bool = False

    @property
    def is_none(self) -> str:
        """The test that there is none."""
        return f"not {self.source}" if self.is_plain else f"{self.source} is None"

    @property
    def or_none(self) -> str:
        """The text, or None where there is none."""
        return f"{self.source} or None" if self.is_plain and not self.is_sure else self.source


Read = Callable[[Path], Value]
"""The value at a path. Raises NotWritable."""


@dataclass(slots=True)
class ValueCode:
    """Writes the values of one kind into ``code``. ``fail`` is what to do with a record that may
    have to be refused."""

    code: Code
    scope: Scope
    read: Read
    fail: tuple[str, ...]
    status: Value | None = None
    _numbers: int = 0

    def ways(self, mappings: list[FieldMapping]) -> Value:
        """The first of several ways that gives a value."""
        if len(mappings) == 1:
            return self.way(mappings[0])
        result = self._new()
        for number, mapping in enumerate(mappings):
            if number:
                self.code.add(f"if {result} is None:")
                self.code.depth += 1
            value = self.way(mapping)
            self.code.add(f"{result} = {value.or_none}")
            self.code.depth -= bool(number)
        return Value(result)

    def way(self, mapping: FieldMapping) -> Value:
        """One way to a value."""
        if mapping.redact is not None or mapping.is_record_time:
            raise NotWritable
        if not mapping.when:
            return self._source(mapping)
        result = self._new()
        self.code.add(f"{result} = None", f"if {self._conditions(mapping)}:")
        self.code.depth += 1
        value = self._source(mapping)
        self.code.add(f"{result} = {value.or_none}")
        self.code.depth -= 1
        return Value(result)

    def refuse_if(self, *tests: str) -> None:
        """Leave the record to the reference normalizer if one of the tests holds."""
        if not tests:
            return
        self.code.add(f"if {' or '.join(tests)}:")
        self.code.depth += 1
        self.code.add(*self.fail)
        self.code.depth -= 1

    def _new(self) -> str:
        self._numbers += 1
        return f"v{self._numbers}"

    def _conditions(self, mapping: FieldMapping) -> str:
        tests = []
        for one in mapping.when:
            if one.path == _STATUS and self.status is not None and mapping.target != "status":
                tests.append(condition_test(self.status.source, one, self.scope))
            else:
                tests.append(condition_test(self.read(one.path).source, one, self.scope))
        return " and ".join(tests)

    def _source(self, mapping: FieldMapping) -> Value:
        if not mapping.sources:
            if mapping.constant is None:
                return Value("None")
            constant = self.scope.literal(mapping.constant)
            return Value(constant, is_sure=bool(mapping.constant))
        pieces = [self._piece(mapping, path) for path in mapping.sources]
        if len(pieces) == 1:
            (value,) = pieces
        else:
            joined = self._new()
            all_there = " and ".join(
                one.source if one.is_plain else f"{one.source} is not None" for one in pieces
            )
            texts = ", ".join(one.source for one in pieces)
            self.code.add(f'{joined} = " ".join(({texts})) if {all_there} else None')
            value = Value(joined)
        return self._finish(mapping, value)

    def _piece(self, mapping: FieldMapping, path: Path) -> Value:
        value = self.read(path)
        if not mapping.absent:
            return value
        result = self._new()
        absent = self.scope.named("ABSENT", frozenset((*mapping.absent, "")), mapping.absent)
        self.code.add(f"{result} = None if {value.source} in {absent} else {value.source}")
        return Value(result)

    def _finish(self, mapping: FieldMapping, value: Value) -> Value:
        source = value.source
        if mapping.case is not None:
            upper = f"{source}.{mapping.case}()"
            source = upper if value.is_sure else f"({upper} if {source} else None)"
        if mapping.values is None:
            if mapping.case is None:
                return value
            result = self._new()
            self.code.add(f"{result} = {source}")
            return Value(result, is_sure=value.is_sure)
        result, looked_up = self._new(), self._looked_up(mapping.values)
        found = looked_up.format(source)
        if not value.is_sure:
            found = f"{found} if {value.source} else None"
        self.code.add(f"{result} = {found}")
        if not mapping.values.has_otherwise:
            self.refuse_if(f"{result} is MISSING")
        return Value(result)

    def _looked_up(self, values: ValueMap) -> str:
        if values.ranges or values.globs:
            return f"{self.scope.named('look_up', compile_look_up(values))}({{}})"
        exact = self.scope.named("MAP", dict(values.exact), tuple(values.exact.items()))
        default = "MISSING"
        if values.has_otherwise:
            otherwise = values.otherwise
            default = "None" if otherwise is None else self.scope.literal(otherwise)
        return f"{exact}.get({{}}, {default.replace('{', '{{').replace('}', '}}')})"


def compile_look_up(values: ValueMap) -> Callable[[str], object]:
    """``look_up`` that gives ``MISSING`` where there is no entry."""

    def found(text: str) -> object:
        try:
            return look_up(values, text)
        except NoEntry:
            return MISSING

    return found


def condition_test(source: str, condition: Condition, scope: Scope) -> str:
    """The test of a condition on a text or None."""
    if condition.test != "one_of" and source.startswith(("'", '"')):
        return str(condition.test == "present")  # Python warns where a constant is asked
    if condition.test == "present":
        return f"{source} is not None"
    if condition.test == "absent":
        return f"{source} is None"
    if len(condition.values) == 1:
        return f"{source} == {scope.literal(condition.values[0])}"
    return f"{source} in {scope.literal(condition.values)}"


def joined_when(
    asked: Mapping[str, tuple[str, ...]], given: Mapping[str, Value], scope: Scope
) -> list[str]:
    """The tests that an event expects a detail."""
    return [
        condition_test(given[name].source, Condition((), "one_of", values), scope)
        for name, values in asked.items()
    ]
