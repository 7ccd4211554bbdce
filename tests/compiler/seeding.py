"""Records to begin with, and specs: those of the repository, and many systems at once."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from engine.golden.random_values import literals_of, wanted_values
from engine.model import System
from engine.proofs.exclusive import prove_exclusive
from engine.samples import SAMPLES_KEY, check_specs
from simulator.rendering import KindRenderer, reserved_keys

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "systems").glob("*.yaml"))
LNAV = sorted((ROOT / "benchmarks/expressiveness/specs/lnav").glob("*.yaml"))
CROWDSEC = [
    one
    for one in sorted((ROOT / "benchmarks/expressiveness/specs/crowdsec").glob("*.yaml"))
    if one.name != "formats.yaml"  # a list of which spec is for which corpus
]


@functools.cache
def checked(*paths: Path) -> tuple[System, ...]:
    """The systems of these files as a run has them: proved, those that are not proved marked."""
    specs = check_specs(paths)
    assert specs.systems, paths
    return specs.systems


def proved(systems: Sequence[System]) -> tuple[System, ...] | None:
    """The systems with those kinds marked that are not proved; None where a run would not begin
    with them, as two kinds claim one record."""
    proof = prove_exclusive(systems)
    if any(one.severity == "error" for one in proof.diagnostics):
        return None
    return tuple(
        replace(
            system,
            unproved=frozenset(
                kind.name for kind in system.kinds if f"{system.name}.{kind.name}" in proof.unproved
            ),
        )
        for system in systems
    )


def without_attributes(systems: Sequence[System]) -> tuple[System, ...]:
    """The same systems, of which nothing is kept that only the reference keeps."""
    return tuple(
        replace(
            system,
            redactions=(),
            raw="keep",
            kinds=tuple(
                replace(kind, attributes=(), keeps_all=False, keeps_parts=())
                for kind in system.kinds
            ),
        )
        for system in systems
    )


def rendered(systems: Sequence[System], rng: Random, count: int) -> Iterator[bytes]:
    """Records of every kind, made by the simulator's renderer: ``count`` tries each."""
    reserved = reserved_keys(systems)
    for system in systems:
        for kind in system.kinds:
            renderer = KindRenderer(system, kind, reserved, SAMPLES_KEY)
            for _ in range(count):
                time_us = rng.randrange(-(10**15), 4_102_444_800_000_000)
                made = renderer.render(wanted_values(renderer, rng), time_us, rng)
                if made is None:
                    continue
                yield made.text.encode()
                pretty = made.pretty()
                if pretty is not None and rng.random() < 0.2:
                    yield pretty.encode()


def samples(systems: Iterable[System]) -> Iterator[bytes]:
    """The samples of the specs, those with half a character left out."""
    for system in systems:
        for kind in system.kinds:
            for sample in kind.samples:
                yield sample.record.encode("utf-8", "replace")


def literals(systems: Iterable[System]) -> list[bytes]:
    """The texts between the fields of all templates."""
    found = dict.fromkeys(
        text for system in systems for kind in system.kinds for text in literals_of(kind)
    )
    return [text.encode() for text in found]


@functools.cache
def many() -> tuple[System, ...]:
    """Ten of each shipped system, told apart by texts that hold those of the others (``BCIS:``,
    ``A BCIS:``, ``A A BCIS:``), and kinds without any text of their own."""
    with tempfile.TemporaryDirectory() as folder:
        for spec in SHIPPED:
            for number in range(10):
                name, before = spec.stem, "A " * number
                text = spec.read_text().replace(name, f"{name}{number}" if number else name)
                text = text.replace(f" {name.upper()}", f" {before}{name.upper()}")
                (Path(folder) / f"{name}{number}.yaml").write_text(text)
        (Path(folder) / "bare.yaml").write_text(BARE)
        systems = check_specs([Path(folder)]).systems
    assert len(systems) == 41
    assert not any(system.unproved for system in systems)
    return systems


BARE = """
system: bare
format: text
records:
  id:
    template: "{correlation_id:uuid}"
    fields: {timestamp: {clock: record}, checkpoint_id: {value: ID}, status: {value: SUCCESS}}
    samples: [{record: "0b0e7a3e-8f6f-4c2e-9c1a-3d5d0d6b2f11", gives: {checkpoint_id: ID}}]
  time:
    template: "{timestamp:iso}{correlation_id:spaces}{status:word}"
    fields: {checkpoint_id: {value: TIME}}
    samples: [{record: "2025-05-04T10:30:00Z  SUCCESS", gives: {status: SUCCESS}}]
"""
