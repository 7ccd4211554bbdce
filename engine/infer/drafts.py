"""What is known of a proposed spec before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TODO: Final = "TODO"
DEFAULT_NAME: Final = "my_system"


@dataclass(slots=True)
class FieldEntry:
    """One entry under ``fields``; ``comment`` stands behind it."""

    value: Any
    comment: str = ""


@dataclass(slots=True)
class SampleDraft:
    """A record of the input and what it gives."""

    record: str
    gives: Mapping[str, str | None]


@dataclass(slots=True)
class KindDraft:
    """A record kind. ``lines`` are the numbers of its records in the input; ``templates`` is the
    template as short as it can be and as strict as it can be."""

    name: str
    lines: tuple[int, ...]
    role: str = "event"
    templates: tuple[str, str] | None = None
    is_strict: bool = False
    where: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, FieldEntry] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)
    samples: list[SampleDraft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def template(self) -> str | None:
        """The template that counts."""
        return None if self.templates is None else self.templates[self.is_strict]


@dataclass(slots=True)
class SpecDraft:
    """A whole spec."""

    system: str
    format: str
    options: dict[str, Any] = field(default_factory=dict)
    """What the spec says of all its kinds: ``header``, ``csv``, ``where``, …"""
    kinds: list[KindDraft] = field(default_factory=list)
    join: dict[str, Any] | None = None
    join_notes: list[str] = field(default_factory=list)
    ignore: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    has_timezone: bool = True

    @property
    def marks(self) -> int:
        """How many things nobody but a person can decide."""
        comments = [one.comment for kind in self.kinds for one in kind.fields.values()]
        return sum(one.startswith(TODO) for one in [*comments, self.name_comment])

    @property
    def name_comment(self) -> str:
        """What is said behind the system's name."""
        return f"{TODO}: its name" if self.system == DEFAULT_NAME else ""

    def become_catch_all(self, records: int) -> None:
        """One kind for all records, with nothing decided."""
        kind = KindDraft("record", tuple(range(records)))
        if self.format == "text":
            kind.templates = ("{message:rest}", "{message:rest}")
        else:
            kind.where = {"no_such_key": "absent"}
        kind.fields = {
            "checkpoint_id": FieldEntry({"value": "RECORD"}, f"{TODO}: which step?"),
            "timestamp": FieldEntry({"clock": "record"}, f"{TODO}: which time?"),
            "status": FieldEntry({"value": "SUCCESS"}),
            "correlation_id": FieldEntry({"value": None}),
            "attributes": FieldEntry("all"),
        }
        self.kinds = [kind]
        self.join = None
        self.join_notes = []
        for key in ("where", "absent"):
            self.options.pop(key, None)
