"""What stands before every record of a system (``header``), and the record kinds' own templates put
in its place ``{message}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from engine.model import FieldPart, FieldType, GroupPart, Part, Template
from engine.patterns import Chars, Repeat
from engine.spec.regex_syntax import pattern_of_regex
from engine.spec.template_syntax import TemplateError, check_parts, parse_template

MESSAGE: Final = "message"
"""The field of a header that the templates of the record kinds read."""

# RFC 5424, section 6; "-" is its word for no value.
_RFC_5424: Final = (
    "<{priority:digits}>{version:digits} {|-|{timestamp:iso}} {|-|{host:token}} "
    "{|-|{program:token}} {|-|{pid:token}} {|-|{msgid:token}} "
    "{|-|{structured_data:structured}} {message}"
)
# RFC 3164, section 4.1, with the times that are found beside its own.
_RFC_3164: Final = (
    "{?<{priority:digits}>}{|{timestamp:syslog}|{timestamp:%b %e %Y %H:%M:%S}|{timestamp:iso}} "
    "{host:token} {program:program}{?[{pid:digits}]}:{:spaces?}{message}"
)


@cache
def _syslog_types() -> Mapping[str, FieldType]:
    structured = pattern_of_regex(r'(\[([^"\]\\\n]|\\[^\n]|"([^"\\\n]|\\[^\n])*")*\])+')
    return {
        "structured": FieldType("structured", structured),
        "program": FieldType("program", Repeat(Chars(" []:\n", negated=True), 1, None)),
    }


def build_header(
    sources: Sequence[str], own_types: Mapping[str, FieldType]
) -> tuple[Template, ...]:
    """The variants of a header. Raises TemplateError; its offset is into the source at fault."""
    if tuple(sources) == ("syslog",):
        return tuple(parse_template(one, _syslog_types()) for one in (_RFC_5424, _RFC_3164))
    return tuple(_with_message(parse_template(one, own_types)) for one in sources)


def _with_message(header: Template) -> Template:
    last = header.parts[-1]
    if isinstance(last, FieldPart) and last.name == MESSAGE and last.type is not None:
        message = f"the field {{{MESSAGE}}} of a header has a type"
        raise TemplateError("E323", 0, message, "leave it out: {message} takes all there is")
    if not isinstance(last, FieldPart) or last.name != MESSAGE:
        help_text = "end it with {message}: what the templates of the record kinds read"
        raise TemplateError(
            "E323", 0, "a header that does not end in the field {message}", help_text
        )
    return header


def under_header(header: Sequence[Template], body: Template) -> Template:
    """A record kind's template with the header before it. A field of the header that the kind has
    too is the kind's. Raises TemplateError where the two do not go together."""
    if not header:
        return body
    taken = set(body.field_names)
    message = None if MESSAGE in taken else MESSAGE
    variants: list[tuple[Part, ...]] = [
        (*_without(one.parts[:-1], taken), *_inside(message, body.parts)) for one in header
    ]
    parts = variants[0] if len(variants) == 1 else (GroupPart(None, tuple(variants)),)
    check_parts(parts)
    return Template(body.source, parts)


def _inside(message: str | None, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return parts if message is None else (GroupPart(message, (parts,)),)


def _without(parts: Sequence[Part], names: set[str]) -> tuple[Part, ...]:
    """The parts with the fields of these names read and dropped."""
    left: list[Part] = []
    for part in parts:
        if isinstance(part, GroupPart):
            branches = tuple(_without(branch, names) for branch in part.branches)
            name = None if part.name in names else part.name
            left.append(replace(part, name=name, branches=branches))
        elif isinstance(part, FieldPart) and part.name in names:
            left.append(replace(part, name=None))
        else:
            left.append(part)
    return tuple(left)


def whole_message(type_: FieldType) -> Template:
    """The template of a record, or message, that its format tells apart and no template does."""
    return Template(f"{{{MESSAGE}}}", (FieldPart(MESSAGE, type_),))
