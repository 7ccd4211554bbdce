"""Whether a document has the shape that a JSON Schema asks for: the schema as functions.

They say yes or no and nothing else, in a tenth of the time that ``jsonschema`` takes for it, which
need not even be loaded. What they accept is what it would; what they do not accept, it judges and
explains. They know the keywords that the schema of a spec has, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, Final

Schema = Mapping[str, Any] | bool
Accepts = Callable[[Any], bool]
"""Whether a value, of dictionaries, lists and scalars, has a shape."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (NoneType,),
}
_PASSED_OVER: Final = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "examples", "default", "type"}
)
_WITH_ANOTHER: Final[Mapping[str, str]] = {
    "then": "if",
    "else": "if",
    "properties": "additionalProperties",
}
"""Keywords that are read with another one, where that is there."""


class _Doubt(Exception):
    """What only ``jsonschema`` can tell."""


class Shape:
    """A JSON Schema to which documents are held."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})
        self._named: dict[str, Accepts] = {}
        self._root = self._compiled(schema)

    def accepts(self, value: Any) -> bool:
        """Whether a document has this shape. False is no judgement: it may still have it."""
        try:
            return self._root(value)
        except _Doubt:
            return False

    def _compiled(self, schema: Schema) -> Accepts:
        if isinstance(schema, bool):
            return _anything if schema else _nothing
        told = schema.get("type", list(_TYPES))
        types = [
            one for name in ([told] if isinstance(told, str) else told) for one in _TYPES[name]
        ]
        by_type: dict[type, list[Accepts]] = {one: [] for one in types}
        for keyword in schema:
            if keyword in _PASSED_OVER or _WITH_ANOTHER.get(keyword) in schema:
                continue
            asked_of, check = self._check(keyword, schema)
            for one in types:
                if asked_of in {None, one}:
                    by_type[one].append(check)
        return _all_of_type(by_type)

    def _check(self, keyword: str, schema: Mapping[str, Any]) -> tuple[type | None, Accepts]:
        """What one keyword asks, and of values of which type; None: of all."""
        asked = schema[keyword]
        if keyword in _OF_VALUES:
            asked_of, made = _OF_VALUES[keyword]
            return asked_of, made(asked)
        if keyword in _OF_SCHEMAS:
            return None, _OF_SCHEMAS[keyword]([self._compiled(one) for one in asked])
        match keyword:
            case "$ref":
                return None, self._reference(asked)
            case "not":
                return None, _none_of([self._compiled(asked)])
            case "if":
                ways = [self._compiled(schema.get(one, True)) for one in ("if", "then", "else")]
                return None, _choice(*ways)
            case "items":
                return list, _each(self._compiled(asked))
            case "propertyNames":
                return dict, _each(self._compiled(asked))
            case "properties" | "additionalProperties":
                known = {
                    key: self._compiled(one) for key, one in schema.get("properties", {}).items()
                }
                return dict, _entries(
                    known, self._compiled(schema.get("additionalProperties", True))
                )
        # The schema is our own, and the tests compile all of it: no spec leads here.
        raise NotImplementedError(keyword)

    def _reference(self, reference: str) -> Accepts:
        """Compiled when it is first needed: a spec is of one format, and of few of the shapes."""
        name = reference.removeprefix("#/$defs/")

        def accepts(value: Any) -> bool:
            known = self._named.get(name)
            if known is None:
                known = self._named[name] = self._compiled(self._defs[name])
            return known(value)

        return accepts


def _anything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False


def _all_of_type(by_type: Mapping[type, Sequence[Accepts]]) -> Accepts:
    def accepts(value: Any) -> bool:
        checks = by_type.get(type(value))
        if checks is None:
            return False
        for check in checks:  # noqa: SIM110 - a generator for each value costs more than the checks
            if not check(value):
                return False
        return True

    return accepts


def _choice(condition: Accepts, then: Accepts, otherwise: Accepts) -> Accepts:
    return lambda value: then(value) if condition(value) else otherwise(value)


def _each(accepts: Accepts) -> Accepts:
    return lambda values: all(map(accepts, values))


def _entries(known: Mapping[str, Accepts], further: Accepts) -> Accepts:
    def accept_known(value: Any) -> bool:
        return all(accepts(value[key]) for key, accepts in known.items() if key in value)

    def accept_all(value: Any) -> bool:
        for key, one in value.items():  # noqa: SIM110 - as above
            if not known.get(key, further)(one):
                return False
        return True

    return accept_known if further is _anything else accept_all


def _none_of(shapes: Sequence[Accepts]) -> Accepts:
    return lambda value: not any(one(value) for one in shapes)


def _of_texts(texts: Sequence[str]) -> Accepts:
    """Of texts only: in Python, though not in JSON, true is 1 and 1 is 1.0."""
    assert all(isinstance(one, str) for one in texts)
    return lambda value: value in texts


def _matching(pattern: str) -> Accepts:
    search = re.compile(pattern).search
    return lambda text: search(text) is not None


def _unique(_: bool) -> Accepts:
    def accepts(items: Any) -> bool:
        try:
            if len(set(map(_hashable, items))) == len(items):
                return True
        except TypeError:
            pass
        raise _Doubt  # as above: what is equal in Python need not be in JSON

    return accepts


def _hashable(item: object) -> object:
    return frozenset(item.items()) if isinstance(item, dict) else item


def _at_least(least: int) -> Accepts:
    return lambda value: len(value) >= least


def _at_most(most: int) -> Accepts:
    return lambda value: len(value) <= most


_OF_VALUES: Final[Mapping[str, tuple[type | None, Callable[[Any], Accepts]]]] = {
    "const": (None, lambda text: _of_texts([text])),
    "enum": (None, _of_texts),
    "pattern": (str, _matching),
    "minLength": (str, _at_least),
    "maxLength": (str, _at_most),
    "minItems": (list, _at_least),
    "maxItems": (list, _at_most),
    "uniqueItems": (list, _unique),
    "minProperties": (dict, _at_least),
    "maxProperties": (dict, _at_most),
    "required": (dict, lambda names: lambda value: all(name in value for name in names)),
}
_OF_SCHEMAS: Final[Mapping[str, Callable[[Sequence[Accepts]], Accepts]]] = {
    "allOf": lambda shapes: lambda value: all(one(value) for one in shapes),
    "anyOf": lambda shapes: lambda value: any(one(value) for one in shapes),
    "oneOf": lambda shapes: lambda value: sum(one(value) for one in shapes) == 1,
}
