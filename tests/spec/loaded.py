"""Specs as texts, loaded for a test."""

from __future__ import annotations

from pathlib import Path

from engine.diagnostics import Diagnostic
from engine.model import RecordKind, System
from engine.spec import load_specs, load_systems
from engine.templates import Mismatch, match

ANY_FIELDS = (
    "fields: {timestamp: {clock: record}, checkpoint_id: {value: X}, status: {value: SUCCESS}, "
    "correlation_id: {value: null}}"
)
"""Mappings that any kind can have."""


def load(folder: Path, text: str, name: str = "spec.yaml") -> System:
    """The only system that is loaded."""
    (folder / name).write_text(text)
    (system,) = load_systems([folder / name])
    return system


def found(folder: Path, text: str, name: str = "spec.yaml") -> tuple[Diagnostic, ...]:
    """What is wrong with a spec alone."""
    (folder / name).write_text(text)
    return load_specs([folder / name]).diagnostics


def kind(template: str, *, above: str = "", beside: str = "") -> str:
    """A spec of one record kind."""
    quoted = template.replace("'", "''")
    return (
        f"system: pay\nformat: text\n{above}\nrecords:\n  one:\n    template: '{quoted}'\n"
        f"    {ANY_FIELDS}\n{beside}"
    )


def read(one: RecordKind, text: str) -> dict[str, str] | None:
    """What a kind's template captures."""
    assert one.template is not None
    captures = match(one.template, text)
    return None if isinstance(captures, Mismatch) else captures
