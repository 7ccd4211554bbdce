"""Conditions on captured fields, laid into the template itself, where the matcher and the proofs
read them: a value that a field must have, a segment that must be there or must not.

A record is read as it would be without conditions, and then they are asked. So they bind fields to
values and refuse branches; they take no part away, and none begins or ends elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.model import Condition, FieldPart, GroupPart, Part, RegexPart, Template, first_key
from engine.patterns import regex


class Unmeetable(Exception):
    """Conditions that no record of a template can meet."""


def route(template: Template, conditions: Sequence[Condition]) -> tuple[Template, list[Condition]]:
    """The template with the conditions laid in, and those that could not be (on regular
    expressions, and values of captured segments). Raises Unmeetable."""
    parts = template.parts
    left: list[Condition] = []
    for condition in conditions:
        name = _field_of(condition, template)
        if name is None or not _can_be_laid(template.parts, name, condition):
            left.append(condition)
            continue
        laid = _laid(parts, name, condition)
        if laid is None:
            raise Unmeetable
        parts = laid
    return Template(template.source, parts), left


def impossible_values(template: Template, condition: Condition) -> tuple[str, ...]:
    """The values of a condition that its field never has, whatever a record says."""
    name = _field_of(condition, template)
    if name is None or not _can_be_laid(template.parts, name, condition):
        return ()
    fields = list(_fields_named(template.parts, name))
    return tuple(
        value
        for value in condition.values
        if fields and not any(_can_have(field, value) for field in fields)
    )


def _field_of(condition: Condition, template: Template) -> str | None:
    """The field that a condition is on; None where it is on what stands inside of one."""
    name = first_key(condition.path)
    return name if len(condition.path) == 1 and name in template.field_names else None


def _can_be_laid(parts: Sequence[Part], name: str, condition: Condition) -> bool:
    for part in parts:
        if isinstance(part, RegexPart) and name in part.names:
            return False
        if isinstance(part, GroupPart):
            if part.name == name and condition.test == "one_of":
                return False
            if not all(_can_be_laid(branch, name, condition) for branch in part.branches):
                return False
    return True


def _laid(parts: Sequence[Part], name: str, condition: Condition) -> tuple[Part, ...] | None:
    """The parts with the condition laid in; None if no record that they read can meet it."""
    laid: list[Part] = []
    for part in parts:
        one: Part | None = part
        if isinstance(part, GroupPart) and part.name != name:
            one = _laid_in_group(part, name, condition) if _has(part, name) else part
        elif _has(part, name):
            one = _laid_on_field(part, condition)
        if one is None:
            return None
        laid.append(one)
    return tuple(laid)


def _laid_on_field(part: Part, condition: Condition) -> Part | None:
    """A field, or a captured segment, that is there whenever its parts are read."""
    if condition.test == "absent":
        return None
    if not isinstance(part, FieldPart) or condition.test == "present":
        return part
    allowed = condition.values
    if part.values:
        allowed = tuple(one for one in allowed if one in part.values)
    values = tuple(one for one in allowed if _can_have(part, one))
    return replace(part, values=values) if values else None


def _laid_in_group(part: GroupPart, name: str, condition: Condition) -> GroupPart | None:
    branches, refused = list(part.branches), set(part.refused)
    for number, branch in enumerate(part.branches):
        has_it = any(_has(one, name) for one in branch)
        if not has_it and condition.test == "absent":
            continue
        laid = _laid(branch, name, condition) if has_it else None
        if laid is None:
            refused.add(number)
        else:
            branches[number] = laid
    if len(refused) == len(branches):
        return None
    return replace(part, branches=tuple(branches), refused=tuple(sorted(refused)))


def _has(part: Part, name: str) -> bool:
    if isinstance(part, FieldPart):
        return part.name == name
    if isinstance(part, RegexPart):
        return name in part.names
    if isinstance(part, GroupPart):
        inside = (_has(one, name) for branch in part.branches for one in branch)
        return part.name == name or any(inside)
    return False


def _fields_named(parts: Sequence[Part], name: str) -> Iterator[FieldPart]:
    for part in parts:
        if isinstance(part, FieldPart) and part.name == name:
            yield part
        elif isinstance(part, GroupPart):
            for branch in part.branches:
                yield from _fields_named(branch, name)


def _can_have(part: FieldPart, value: str) -> bool:
    """Whether a field can have a value, as far as its type alone tells."""
    if not value:
        return part.may_be_empty or (part.type is not None and part.type.value == "quoted")
    if part.type is None:
        return "\n" not in value
    return part.type.value == "quoted" or re.fullmatch(regex(part.type.pattern), value) is not None
