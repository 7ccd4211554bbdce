"""The syntax of text templates: that of the ``parse`` package, with what it lets pass refused.

``parse`` takes ``{bar`` and ``{@timestamp}`` for literal text, and a typed field for one of its
own types. Here a brace is a field or doubled, a name is a name, and a type is one of ours.
"""

from __future__ import annotations

import re
from typing import Final

import parse

from engine.model import FIELD_TYPES, FieldPart, LiteralPart, Template
from engine.spec.findings import did_you_mean

TEMPLATE_CHARS_MAX: Final = 4096

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


_NAME_FIRST: Final = "here it is {name:type}, the name first: {timestamp:iso}"
_OTHER_WORDS: Final = {
    "d": "digits",
    "int": "digits",
    "integer": "digits",
    "f": "number",
    "float": "number",
    "g": "number",
    "n": "number",
    "w": "word",
    "x": "hex",
    "guid": "uuid",
    "ipv4": "ip",
    "ipv6": "ip",
    "date": "iso",
    "datetime": "iso",
    "ti": "iso",
    "time": "iso",
    "timestamp": "iso",
}
"""What others call a type: ``parse``'s letters, and the words of other tools."""


class TemplateError(ValueError):
    """A template that cannot be: a diagnostic's code, where in the template (characters from its
    beginning), the message and the help."""

    def __init__(self, code: str, offset: int, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset
        self.help = help_text


def parse_template(source: str) -> Template:
    """The template that ``source`` writes down. Raises TemplateError."""
    if len(source) > TEMPLATE_CHARS_MAX:
        raise TemplateError("E301", 0, f"longer than {TEMPLATE_CHARS_MAX} characters")
    parts: list[LiteralPart | FieldPart] = []
    names: set[str] = set()
    for token in _TOKEN.finditer(source):
        if source[: token.start()].endswith("%") and ":" in token[0]:
            raise TemplateError("E301", token.start(), "%{TYPE:name} of other tools", _NAME_FIRST)
        part = _part(token[0], token.start())
        last = parts[-1] if parts else None
        if isinstance(part, LiteralPart) and isinstance(last, LiteralPart):
            parts[-1] = LiteralPart(last.text + part.text)
            continue
        if isinstance(part, FieldPart):
            if isinstance(last, FieldPart):
                raise TemplateError("E302", token.start(), "two fields with nothing between them")
            if part.name in names:
                raise TemplateError("E304", token.start(), f"the field {part.name} is there twice")
            if part.name is not None:
                names.add(part.name)
        parts.append(part)
    template = Template(source, tuple(parts))
    _check_possible(template)
    _check_parse_agrees(template)
    return template


def _part(found: str, offset: int) -> LiteralPart | FieldPart:
    if found in {"{{", "}}"}:
        return LiteralPart(found[0])
    if found == "{":
        raise TemplateError("E301", offset, "a { without its }")
    if found == "}":
        raise TemplateError("E301", offset, "a } without its {")
    if not found.startswith("{"):
        return LiteralPart(found)
    name, colon, type_name = found[1:-1].partition(":")
    if name and not _NAME.fullmatch(name):
        raise TemplateError("E301", offset, f'"{name}" is no name for a field')
    if colon and type_name not in FIELD_TYPES:
        raise TemplateError(
            "E303",
            offset,
            f'unknown field type "{type_name}"' if type_name else "a colon without a type",
            f'did you mean "{_OTHER_WORDS[type_name]}"?'
            if type_name in _OTHER_WORDS
            else did_you_mean(type_name, FIELD_TYPES),
        )
    return FieldPart(name or None, type_name or None)


def _check_possible(template: Template) -> None:
    """Records that begin with a brace are JSON, and a record is never empty."""
    first = template.parts[0] if template.parts else None
    if first is None or (isinstance(first, LiteralPart) and not template.source.strip()):
        raise TemplateError("E305", 0, "an empty template", "write what the record looks like")
    if isinstance(first, LiteralPart) and first.text.lstrip().startswith("{"):
        raise TemplateError(
            "E305",
            0,
            "a record that begins with { is read as JSON, never by a template",
            "write a spec with format: json",
        )
    last = template.parts[-1]
    if isinstance(last, LiteralPart) and last.text.endswith(("\n", "\r")):
        raise TemplateError(
            "E305",
            len(template.source) - 1,
            "a line break at the end, which is no part of a record",
            "in YAML `|` keeps a line break at the end: write `|-`, or quotes",
        )
    if any("\0" in part.text for part in template.parts if isinstance(part, LiteralPart)):
        raise TemplateError("E305", 0, "a NUL character, which no record may hold")


def _check_parse_agrees(template: Template) -> None:
    """The syntax is ``parse``'s: with plain fields it must read the same fields."""
    plain = "".join(
        part.text.replace("{", "{{").replace("}", "}}")
        if isinstance(part, LiteralPart)
        else "{" + (part.name or "") + "}"
        for part in template.parts
    )
    read = parse.compile(plain, case_sensitive=True)
    assert tuple(read.named_fields) == template.field_names, template.source
