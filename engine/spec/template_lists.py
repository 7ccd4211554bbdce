"""Templates as they stand in a spec: one, or several of which the first counts that reads the
whole; and what is wrong with them as findings at their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from engine.diagnostics import Location
from engine.model import FieldType, GroupPart, Part, Template
from engine.spec.findings import Findings
from engine.spec.regex_syntax import RegexError
from engine.spec.template_syntax import TemplateError, check_parts, parse_template
from engine.spec.yaml_nodes import Node, ScalarNode, scalars_in

_Built = TypeVar("_Built")


def templates_in(node: Node, types: Mapping[str, FieldType], findings: Findings) -> Template | None:
    """The template, or list of them, that is written there; None with findings."""
    variants = [
        parsed(one, findings, lambda text: parse_template(text, types)) for one in scalars_in(node)
    ]
    found = [one for one in variants if one is not None]
    return first_of(found) if len(found) == len(variants) else None


def parsed(node: ScalarNode, findings: Findings, parse: Callable[[str], _Built]) -> _Built | None:
    """What ``parse`` makes of a text; None with a finding where it cannot."""
    try:
        return parse(node.text)
    except TemplateError as error:
        at = node.text_location
        place = Location(at.file, at.line, at.column + error.offset)
        findings.add(error.code, place, str(error), error.help)
    except RegexError as error:
        at = node.text_location
        place = Location(at.file, at.line, at.column + error.offset)
        findings.add("E324", place, str(error), error.help)
    return None


def first_of(variants: Sequence[Template]) -> Template:
    """One template of several, of which the first counts that reads the whole record."""
    if len(variants) == 1:
        return variants[0]
    parts: tuple[Part, ...] = (GroupPart(None, tuple(one.parts for one in variants)),)
    check_parts(parts)
    return Template("\n".join(one.source for one in variants), parts)
