"""A whole simulation: systems, a flow and a seed become emissions, faults and all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from engine.diagnostics import Diagnostic, SpecError
from engine.model import GroupPart, LiteralPart, Part, System
from simulator.faults import Faults, spoil
from simulator.flow import Flow
from simulator.ledger import Emission
from simulator.orchestrator import orchestrate
from simulator.voices import train

START_US: Final = 1_746_352_800_000_000
"""2025-05-04T10:00:00Z, when simulated time begins unless something else is asked for."""


class Simulation:
    """What ``flows`` flows send. The same arguments give the same bytes, however often and
    however fast they are sent.

    ``flow`` None lets every system take part with steps of its own. ``pretty`` lets JSON records
    take several lines now and then, as they may on a topic; without it each record is one line.
    Raises SpecError for a system whose records cannot be made.
    """

    def __init__(
        self,
        systems: Sequence[System],
        flow: Flow | None = None,
        *,
        flows: int = 100,
        seed: int = 1,
        faults: Faults | None = None,
        pretty: bool = False,
        start_us: int = START_US,
        redact_key: bytes = b"",
    ) -> None:
        if not pretty:
            _check_one_line(systems)
        self._systems = tuple(systems)
        self._choir = train(systems, redact_key)
        self._flow = flow or Flow()
        self._flows = flows
        self._seed = seed
        self._faults = faults or Faults()
        self._pretty = pretty
        self._start_us = start_us

    def emissions(self) -> Iterator[Emission]:
        """All emissions in the order they are sent, numbered; dropped ones have no number."""
        sound = orchestrate(
            self._choir,
            self._flow,
            flows=self._flows,
            seed=self._seed,
            start_us=self._start_us,
            pretty=self._pretty,
        )
        number = 0
        for emission in spoil(sound, self._faults, self._systems, self._seed):
            if emission.fault != "drop":
                number += 1
                emission.number = number
            yield emission


def _check_one_line(systems: Sequence[System]) -> None:
    """Raises SpecError for templates that say a line break: no file of lines can hold them."""
    findings = [
        Diagnostic(
            kind.location,
            "E305",
            f'records of kind "{kind.name}" take several lines: a file of lines cannot hold them',
            "simulate them with --to kafka",
        )
        for system in systems
        for kind in system.kinds
        if kind.template is not None and has_line_break(kind.template.parts)
    ]
    if findings:
        raise SpecError(findings)


def has_line_break(parts: Iterable[Part]) -> bool:
    """Whether every record that these parts make has a line break in it."""
    return any(
        all(map(has_line_break, part.branches))
        if isinstance(part, GroupPart)
        else isinstance(part, LiteralPart) and "\n" in part.text
        for part in parts
    )
