"""Field types that a spec makes itself (``types``)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.diagnostics import Location
from engine.model import FieldType
from engine.patterns import TYPES, Alt, Chars, Pattern, Repeat, literal
from engine.spec.field_types import FIELD_TYPES, GREEDY
from engine.spec.findings import Findings
from engine.spec.regex_syntax import RegexError, pattern_of_regex
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode, entries_of

_LINE_BREAK = "\n"
_ANY_TEXT = Alt((TYPES["token"],))
"""What stands for a type that cannot be."""


def build_types(node: Node | None, findings: Findings) -> Mapping[str, FieldType]:
    """The types by name; one that has findings stands for any text, so that they are all."""
    types: dict[str, FieldType] = {}
    for name, one in entries_of(node).items():
        assert isinstance(node, MapNode)
        if name in FIELD_TYPES or name == GREEDY:
            message = f'"{name}" is a type already'
            findings.add("E321", node.keys[name], message, "give it another name")
            continue
        types[name] = FieldType(name, _pattern(one, findings) or _ANY_TEXT)
    return types


def _pattern(node: Node, findings: Findings) -> Pattern | None:
    if isinstance(node, ListNode):
        return _one_of(node, findings)
    ((how, value),) = entries_of(node).items()
    if not isinstance(value, ScalarNode):
        return None  # the schema has told it
    if how == "regex":
        try:
            return pattern_of_regex(value.text)
        except RegexError as error:
            at = value.text_location
            place = Location(at.file, at.line, at.column + error.offset)
            findings.add("E321", place, str(error), error.help)
            return None
    if not _are_characters(value.text):
        message = f'"{value.text}" has a range that goes backwards'
        help_text = "the smaller character comes first: A-Z; a - itself stands last"
        findings.add("E321", value.location, message, help_text)
        return None
    if how == "chars":
        return Repeat(Chars(value.text), 1, None)
    return Repeat(Chars(_LINE_BREAK + value.text, negated=True), 1, None)


def _one_of(node: ListNode, findings: Findings) -> Pattern | None:
    """Any of the texts; the longer ones first, since a field takes the longest that fits."""
    texts = [item.text for item in node.items if isinstance(item, ScalarNode)]
    if "" in texts:
        help_text = "a field that may be empty is written {name:type?}"
        findings.add("E321", node.location, "the empty text is no value of a type", help_text)
        return None
    return Alt(tuple(literal(one) for one in sorted(set(texts), key=lambda one: (-len(one), one))))


def _are_characters(members: str) -> bool:
    at = 0
    while at < len(members):
        is_range = members[at + 1 : at + 2] == "-" and at + 2 < len(members)
        if is_range and members[at] > members[at + 2]:
            return False
        at += 3 if is_range else 1
    return True
