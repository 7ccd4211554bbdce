"""Findings about specs: one value, rendered elsewhere in as many ways as there are readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a spec file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is stable (see ``CODES``); ``help`` says what to do about it."""

    location: Location
    code: str
    message: str
    help: str = ""
    severity: Severity = "error"
    notes: tuple[str, ...] = ()
    """Facts beside it: the same record under another template, the place of the first one."""


class SpecError(Exception):
    """A set of specs that must not run; carries every finding."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        count = len(self.diagnostics)
        super().__init__(f"{count} finding{'s' if count != 1 else ''} in the specs")


class EnvironmentFailure(Exception):
    """The environment failed (no broker, no topic, no room, no permission): one clear line for
    a person, exit status 3. Never raised for a bad record or a bad spec."""


class Code(NamedTuple):
    """What a code stands for, and the help where a finding has no better one."""

    title: str
    help: str = ""
    severity: Severity = "error"


CODES: Final[Mapping[str, Code]] = {
    # E1: the file is no YAML that could be a spec
    "E101": Code("not YAML"),
    "E102": Code("the file is too large", "a spec has some dozens of lines; this is another file"),
    "E103": Code("not UTF-8", "save the file as UTF-8"),
    "E104": Code("nests too deep", "a spec nests four or five levels"),
    "E105": Code("a key twice"),
    "E106": Code("an anchor or alias", "write the value out at each place"),
    "E107": Code("a tag", "leave it out: what comes out of logs is always text"),
    "E108": Code("not one document", "one file, one spec"),
    "E109": Code("a key that is not text", "write the key as a plain word or in quotes"),
    # E2: the document has not the shape of a spec (JSON Schema)
    "E201": Code("unknown key"),
    "E202": Code("missing key"),
    "E203": Code("wrong type"),
    "E204": Code("value not among those allowed"),
    "E205": Code("value of the wrong form"),
    "E206": Code("empty"),
    # E3: the spec does not mean anything that could run
    "E301": Code(
        "bad template",
        "a field is {name} or {name:type}, a segment {?…}, {|…|…} or {name=…}; "
        "a brace of the text is doubled: {{ or }}",
    ),
    "E302": Code(
        "fields side by side",
        "put text between them: where the first ends nobody could tell",
    ),
    "E303": Code("unknown field type"),
    "E304": Code("a field twice in one template", "give the second one another name, or none: {}"),
    "E305": Code("a template that matches no record"),
    "E306": Code("unknown event field"),
    "E307": Code("a field that the template does not have"),
    "E308": Code("a required event field that the record kind cannot give"),
    "E309": Code("a join that names an unknown record kind"),
    "E310": Code("a record kind on both sides of the join"),
    "E311": Code("a field that the join's kinds cannot give"),
    "E312": Code("a status that does not exist", "an event's status is SUCCESS or FAILURE"),
    "E313": Code("bad duration", "write a number and ms, s, m, h or d: 30s"),
    "E314": Code("unknown timezone"),
    "E315": Code("a mapping that says where from twice, or not at all"),
    "E316": Code("a constant that would throw all records together"),
    "E317": Code("an order that names an unknown record kind"),
    "E318": Code("an order that goes round", "say of one kind only that it comes after the other"),
    "E319": Code(
        "a path to a value that is none",
        'write a.b, a."key with . in it", a[0], or a[*].b for the first that has a b',
    ),
    "E320": Code("a key that this field cannot have"),
    "E321": Code("a field type that cannot be"),
    "E322": Code("a time format that cannot be"),
    "E323": Code("a header that cannot be"),
    "E324": Code("a regular expression that cannot be"),
    "E325": Code("a spec that extends what is not there"),
    "E326": Code("an entry of a map that cannot be"),
    "E327": Code("a record without a correlation id in a join"),
    "E328": Code(
        "a condition that no record can meet",
        "change the condition or the template, or leave the record kind out",
    ),
    # E4: the specs do not go together
    "E401": Code("one system in two files", "one file a system: rename one, or merge them"),
    "E402": Code("no specs"),
    "E403": Code(
        "two record kinds that accept the same record",
        "a record must have one meaning: make the templates or conditions exclude each other",
    ),
    "E404": Code(
        "a declared order that is not needed",
        "leave `after` out: no record is accepted by both",
    ),
    "E405": Code("exclusiveness that nothing proves", "", "warning"),
    # E5: the samples say something else than the templates
    "E501": Code("a sample that its record kind does not accept"),
    "E502": Code("a sample that gives something else"),
    "E503": Code("a sample whose record cannot become an event"),
    "E504": Code(
        "a record kind without a sample",
        "add one under `samples`: a record as it is logged, and what it gives",
        "warning",
    ),
}
"""Every code there is. A code never changes its meaning; one that is not needed any more stays
unused."""
