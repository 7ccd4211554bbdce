"""Conditions on captured fields, laid into the template itself, where the matcher and the proofs
read them: a value that a field must have, a segment that must be there or must not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.model import Condition, FieldPart, GroupPart, Part, RegexPart, Template


def route(template: Template, conditions: Sequence[Condition]) -> tuple[Template, list[Condition]]:
    """The template with the conditions laid in, and those that could not be (on regular
    expressions, and values of captured segments)."""
    parts: tuple[Part, ...] | None = template.parts
    left: list[Condition] = []
    for condition in conditions:
        name = condition.path[0].name  # type: ignore[union-attr] # a path begins with a key
        is_field = len(condition.path) == 1 and name in template.field_names
        if not is_field or not _can_be_laid(template.parts, name, condition):
            left.append(condition)
            continue
        parts = None if parts is None else _laid(parts, name, condition)
    if parts is None:
        return template, [*conditions]  # nothing can fit; the conditions themselves say so
    return Template(template.source, parts), left


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
    """The parts with the condition laid in; None if no record can fulfil it."""
    laid: list[Part] = []
    for part in parts:
        if not _has(part, name):
            laid.append(part)
        elif isinstance(part, GroupPart):
            group = _laid_in_group(part, name, condition)
            if group is None:
                return None
            if any(group.branches):  # a segment that must not be there is nothing
                laid.append(group)
        elif condition.test == "absent":
            return None
        elif isinstance(part, FieldPart) and condition.test == "one_of":
            values = tuple(one for one in condition.values if one in (part.values or (one,)))
            if not values:
                return None
            laid.append(replace(part, values=values))
        else:
            laid.append(part)
    return tuple(laid)


def _laid_in_group(part: GroupPart, name: str, condition: Condition) -> GroupPart | None:
    if part.name == name:
        return None if condition.test == "absent" else part
    branches: list[tuple[Part, ...]] = []
    for branch in part.branches:
        has_it = any(_has(one, name) for one in branch)
        if not has_it and condition.test == "absent":
            branches.append(branch)
        if has_it:
            laid = _laid(branch, name, condition)
            if laid is not None:
                branches.append(laid)
    return replace(part, branches=tuple(branches)) if branches else None


def _has(part: Part, name: str) -> bool:
    if isinstance(part, FieldPart):
        return part.name == name
    if isinstance(part, RegexPart):
        return name in part.names
    if isinstance(part, GroupPart):
        inside = (_has(one, name) for branch in part.branches for one in branch)
        return part.name == name or any(inside)
    return False
