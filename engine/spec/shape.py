"""Whether a document has the shape of a spec: JSON Schema, said so that a person can act on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from engine.diagnostics import Location
from engine.resources import resource
from engine.spec.accepting import Shape
from engine.spec.findings import Findings, did_you_mean
from engine.spec.mapping_checks import MAPPED_FIELDS, check_event_field
from engine.spec.yaml_nodes import MapNode, Node, ScalarNode, node_at, to_plain

Path = tuple[str | int, ...]
"""Keys and indexes from the root of a document."""

_TYPE_WORDS: Final[Mapping[str, str]] = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_OTHER_FORMAT: Final[Mapping[str, str]] = {
    "template": "records of this format are told by `where`",
    "regex": "records of this format are told by `where`",
}
"""Keys that the other format has."""
_FORMS: Final[Mapping[str, str]] = {
    "within": "write a number and ms, s, m, h or d: 30s",
    "system": 'letters, digits, - _ and . only, at most 64; a number in quotes: "4711"',
    "records": "a kind's name: letters, digits, - and _, beginning with a letter, at most 64",
}
"""What a key's pattern asks for."""
_BOUNDS: Final[Mapping[str, str]] = {
    "maxLength": "{0} is longer than {1}",
    "maxItems": "{0} has more than {1} items",
    "maxProperties": "{0} has more than {1} key",
    "uniqueItems": "{0} has the same item twice",
}
"""What is said of a value that is too large, or not of one kind."""


_UNKNOWN: Final = "additionalProperties"
_TARGETS: Final = frozenset({*MAPPED_FIELDS, "attributes"})


def spec_schema() -> dict[str, Any]:
    """The JSON Schema of a spec."""
    return _load("schema/system.schema.json")


def event_schema() -> dict[str, Any]:
    """The JSON Schema of an event."""
    return _load("schema/event.schema.json")


def _load(relative: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(resource(relative).read_text(encoding="utf-8"))
    return schema


@cache
def _shape() -> Shape:
    return Shape(spec_schema())


@cache
def _validator() -> Any:
    # Loading it takes longer than anything else at the start of a run, which needs it for nothing.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(spec_schema())


def check_shape(root: Node, findings: Findings) -> list[Path]:
    """The places that have not the shape of a spec; each is a finding."""
    document = to_plain(root)
    if _shape().accepts(document):
        return []
    broken: list[Path] = []
    for error in _independent(list(_validator().iter_errors(document))):
        path = tuple(error.absolute_path)
        target = _unknown_target(path)
        if target:
            fields = node_at(root, iter(target[:-1]))
            assert isinstance(fields, MapNode)
            name = str(target[-1])
            check_event_field(name, fields.keys[name], findings, but=("attributes",))
            broken.append(target)
            continue
        broken += [path + step for step in _add(error, node_at(root, iter(path)), path, findings)]
    return broken


def _independent(errors: Sequence[Any]) -> list[Any]:
    """The errors without those that only repeat or follow from a wrong type at their place."""
    wrong_types: dict[Path, Any] = {}
    for error in errors:
        path = tuple(error.absolute_path)
        if error.validator == "type" and (path not in wrong_types or _described(error)):
            wrong_types[path] = error
    unknown = {tuple(one.absolute_path) for one in errors if one.validator == _UNKNOWN}
    return [
        one
        for one in errors
        if wrong_types.get(tuple(one.absolute_path), one) is one
        and not (one.validator == "maxProperties" and tuple(one.absolute_path) in unknown)
    ]


def _unknown_target(path: Path) -> Path:
    """The way to the mapping that a place is in, if it is of no event field: what stands in it
    might be right under another name. () for any other place."""
    at = 0 if path[:1] == ("fields",) else 2
    is_mapping = path[at : at + 1] == ("fields",) and path[0] in {"fields", "records"}
    target = path[at + 1 : at + 2]
    return path[: at + 2] if is_mapping and target and target[0] not in _TARGETS else ()


def _add(error: Any, node: Node, path: Path, findings: Findings) -> Iterator[tuple[str, ...]]:
    """Add the findings of one ``jsonschema.ValidationError``; gives the steps from its node to
    each broken place."""
    if error.validator == _UNKNOWN:
        assert isinstance(node, MapNode)
        known = error.schema["properties"]
        for key in node.items:
            if key not in known:
                help_text = _help_for_unknown(key, node, known)
                findings.add("E201", node.keys[key], f'unknown key "{key}"', help_text)
                yield (key,)
        return
    if error.validator == "oneOf":
        yield from _add_choice(error, node, path, findings)
        return
    if error.validator == "required":
        missing = next(one for one in error.validator_value if repr(one) in error.message)
        yield (missing,)
        if not _is_misspelt(missing, error):
            findings.add("E202", node.location, _missing(missing, path), _example(error, missing))
        return
    is_key = error.validator == "pattern" and isinstance(node, MapNode)
    yield (str(error.instance),) if is_key else ()
    if error.validator == "type":
        _add_type(error, node, path, findings)
    elif error.validator == "enum":
        assert isinstance(node, ScalarNode)
        help_text = did_you_mean(node.text, map(str, error.validator_value))
        findings.add("E204", node.location, f'{_name(path)} cannot be "{node.text}"', help_text)
    elif error.validator == "pattern":
        _add_form(error, node, path, findings)
    elif error.validator in {"minLength", "minItems", "minProperties"}:
        findings.add("E206", node.location, f"{_name(path)} is empty", _described(error))
    else:
        message = _BOUNDS[error.validator].format(_name(path), error.validator_value)
        findings.add("E205", node.location, message, _described(error))


def _add_choice(
    error: Any, node: Node, path: Path, findings: Findings
) -> Iterator[tuple[str, ...]]:
    """One key of several that exclude each other."""
    choices = [one["required"][0] for one in error.validator_value]
    yield (choices[0],)
    if not isinstance(node, MapNode):
        return
    there = [key for key in choices if key in node.items]
    if there:
        message = f"{_name(path)} has {' and '.join(f'`{one}`' for one in there)}"
        findings.add("E205", node.keys[there[-1]], message, "one of them tells what a record is")
    elif not any(_is_misspelt(one, error) for one in choices):
        text = _missing(choices[0], path)
        findings.add("E202", node.location, text, _example(error, choices[0]))


def _help_for_unknown(key: str, node: MapNode, known: Mapping[str, object]) -> str:
    if key == "$schema":
        return "editors read it from a comment in the first line: # yaml-language-server: $schema=…"
    if key in _OTHER_FORMAT and "where" in known:
        return _OTHER_FORMAT[key]
    return did_you_mean(key, set(known) - set(node.items), _all_known(known))


def _all_known(known: Iterable[str]) -> str:
    return "there can be: " + ", ".join(known)


def _is_misspelt(missing: str, error: Any) -> bool:
    """Whether an unknown key stands there that will be told to be this one."""
    known = error.schema.get("properties", {missing: {}})
    unknown = [key for key in error.instance if key not in known]
    return any(missing in get_close_matches(key, known) for key in unknown)


def _missing(key: str, path: Path) -> str:
    return f'{_name(path)} needs the key "{key}"' if path else f'the key "{key}" is missing'


def _example(error: Any, key: str) -> str:
    told = error.schema.get("properties", {}).get(key, {})
    if "$ref" in told and "examples" not in told:
        told = spec_schema()["$defs"][told["$ref"].rpartition("/")[2]]
    examples = told.get("examples")
    if not examples:
        return ""
    return f"for example: {key}: {json.dumps(examples[0], ensure_ascii=False)}"


def _add_type(error: Any, node: Node, path: Path, findings: Findings) -> None:
    wanted = error.validator_value
    words = [_TYPE_WORDS[one] for one in ([wanted] if isinstance(wanted, str) else wanted)]
    if path and path[-1] in _FORMS and isinstance(node, ScalarNode) and not node.is_null:
        help_text = _FORMS[str(path[-1])]
    elif isinstance(node, ScalarNode) and wanted == "string" and not node.is_null:
        help_text = f'put it in quotes: "{node.text}"'
    else:
        help_text = _shown(error) or _described(error)
    found = _found(node)
    message = f"{_name(path)} is {found}, not {' or '.join(words)}"
    findings.add("E203", node.location, message, help_text)


def _shown(error: Any) -> str:
    """The first example of what may stand there."""
    examples = error.schema.get("examples")
    return f"for example: {json.dumps(examples[0], ensure_ascii=False)}" if examples else ""


def _found(node: Node) -> str:
    if isinstance(node, MapNode):
        return "a mapping"
    if isinstance(node, ScalarNode):
        value = to_plain(node)
        if value is None:
            return "empty"
        return "text" if isinstance(value, str) else _TYPE_WORDS[_json_type(value)]
    return "a list"


def _json_type(value: object) -> str:
    return "boolean" if isinstance(value, bool) else "number"


def _add_form(error: Any, node: Node, path: Path, findings: Findings) -> None:
    """A value, or a key of a mapping, that is not of the form asked for."""
    name = str(error.instance)
    location: Location = node.location
    if isinstance(node, MapNode):
        location = node.keys.get(name, location)
    help_text = _FORMS.get(str(path[-1]), _described(error)) if path else ""
    findings.add("E205", location, f'{_name(path)}: "{name}" has not the right form', help_text)


def _described(error: Any) -> str:
    text: str = error.schema.get("description", "")
    return text[:1].lower() + text[1:]


def _name(path: Path) -> str:
    """What a place is called: the last key, with the index where it is an item."""
    if not path:
        return "the spec"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {_name(path[:-1])}"
    return f'"{path[-1]}"'
