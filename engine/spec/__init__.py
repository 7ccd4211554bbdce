"""Specs: from YAML files to systems, or to every finding about them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.collecting import collector_spared
from engine.diagnostics import Diagnostic, EnvironmentFailure, Location, SpecError
from engine.model import System
from engine.spec.build import build_system
from engine.spec.findings import Findings
from engine.spec.overlays import extended
from engine.spec.shape import check_shape, event_schema, spec_schema
from engine.spec.yaml_nodes import MapNode, Node, compose, read_text, to_plain

__all__ = [
    "Specs",
    "event_schema",
    "load_document",
    "load_specs",
    "load_systems",
    "spec_schema",
]

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Specs:
    """What was read: the systems without findings of their own, and all findings."""

    systems: tuple[System, ...]
    diagnostics: tuple[Diagnostic, ...]


def load_systems(paths: Sequence[Path]) -> tuple[System, ...]:
    """The systems of spec files, and of directories of them.

    Raises SpecError with every finding, EnvironmentFailure where a path cannot be read.
    """
    specs = load_specs(paths)
    if any(one.severity == "error" for one in specs.diagnostics):
        raise SpecError(specs.diagnostics)
    return specs.systems


def load_specs(paths: Sequence[Path]) -> Specs:
    """Read all spec files that ``paths`` name. Raises EnvironmentFailure where a path cannot be
    read."""
    findings = Findings()
    found: dict[Path, System] = {}
    beneath: set[tuple[Path, str]] = set()
    with collector_spared():
        for resolved, path in _spec_files(paths, findings).items():
            system, bases = _load_one(path, findings)
            if system is not None:
                found[resolved] = system
                beneath |= {(base, system.name) for base in bases}
    # A spec that another one of the same name extends is part of that one.
    systems = [one for resolved, one in found.items() if (resolved, one.name) not in beneath]
    _check_names(systems, findings)
    return Specs(tuple(systems), tuple(findings.in_order()))


def load_document(path: Path) -> object:
    """Another YAML document, under the same rules: dictionaries, lists and scalars of the core
    schema. Raises SpecError, EnvironmentFailure."""
    findings = Findings()
    node = _load_node(path, findings)[0]
    if node is None or findings.has_errors:
        raise SpecError(findings.in_order())
    return to_plain(node)


def _spec_files(paths: Sequence[Path], findings: Findings) -> Mapping[Path, Path]:
    """The files by their resolved paths, each once, those of a directory by name."""
    files: dict[Path, Path] = {}
    for path in paths:
        found = [path]
        folder = path.resolve() if path.is_dir() else None
        if folder is not None:
            found = sorted(
                one
                for one in path.iterdir()
                if one.suffix in _SUFFIXES and not one.name.startswith(".") and one.is_file()
            )
            if not found:
                help_text = "put a spec there, one *.yaml file a system"
                findings.add("E402", Location(str(path), 1, 1), "no spec files here", help_text)
        elif not path.exists():
            raise EnvironmentFailure(f"{path} does not exist: name a spec or a directory of specs")
        for file in found:
            # To resolve a path takes longer than to read a spec; in a resolved folder only links
            # need it.
            if folder is None or file.is_symlink():
                files.setdefault(file.resolve(), file)
            else:
                files.setdefault(folder / file.name, file)
    return files


def _load_node(path: Path, findings: Findings) -> tuple[Node | None, str]:
    text = read_text(path, findings)
    if text is None:
        return None, ""
    return compose(text, str(path), findings), text


def _load_one(path: Path, findings: Findings) -> tuple[System | None, Iterable[Path]]:
    """One spec, None if there is anything wrong with it, and the files that it extends."""
    own = Findings()
    beneath: Mapping[Path, str] = {}
    node, text = _load_node(path, own)
    system = None
    if isinstance(node, MapNode) and not own.has_errors:
        node, beneath = extended(node, path, lambda base: _load_node(base, own), own)
        text = "\n---\n".join((text, *beneath.values()))
    if node is not None and not own.has_errors:
        broken = check_shape(node, own)
        system = build_system(node, text, broken, own)
    # What is wrong beneath is told once, however many specs stand on it.
    findings.diagnostics += [one for one in own.diagnostics if one not in findings.diagnostics]
    return system, beneath


def _check_names(systems: Sequence[System], findings: Findings) -> None:
    first: dict[str, Location] = {}
    for system in systems:
        if system.name in first:
            message = f'the system "{system.name}" is in {first[system.name].file} too'
            findings.add("E401", system.location, message)
        first.setdefault(system.name, system.location)
