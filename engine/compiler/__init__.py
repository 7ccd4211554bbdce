"""Compile all loaded specs into one generated module that normalizes records (architecture: the
compiler). The reference normalizer (``engine.interpreter``) stays as the truth: whatever the
generated source does not take without a doubt is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from engine.collecting import collector_spared
from engine.compiler.instants import Known, compile_read
from engine.compiler.leaving import Outcomes
from engine.compiler.module import write_module
from engine.compiler.plans import KindPlan, Marks, NotWritable, TimeSource, time_mapping
from engine.compiler.running import CompiledNormalizer, is_tracked
from engine.compiler.shapes import shape_plan
from engine.compiler.steps import TimeCut
from engine.compiler.units import plan_steps
from engine.conversions import zone_named
from engine.interpreter import compile_normalizer as compile_reference
from engine.model import RecordKind, System

__all__ = ["CompiledNormalizer", "compile_normalizer"]

_ISO: Final = ("iso",)


def compile_normalizer(
    systems: Sequence[System],
    redact_key: bytes | None = None,
    *,
    to_lines: bool = False,
) -> CompiledNormalizer:
    """The generated normalizer of specs that were proved to exclude each other, but for the kinds
    that each system names (``System.unproved``).

    ``redact_key`` is the key for values that specs hash; raises EnvironmentFailure where there are
    any and it is missing. ``to_lines``: for a store of lines, which has no quarantine. Rows may be
    given as its lines then, and rejections do not say how far the kinds got.
    """
    with collector_spared():
        reference = compile_reference(systems, redact_key, tells_nearest=not to_lines)
        marks = [Marks(n, {}) if is_tracked(one) else None for n, one in enumerate(systems)]
        plans = _plans(systems, marks)
        module = write_module(_in_order(plans))
        times = {plan.times.slot: plan.times.known for plan in plans if plan.times is not None}
        doubtful = frozenset(plan.number for plan in plans if plan.is_unproved)
        outcomes = Outcomes(reference, module, marks, doubtful)
        shapes = {one.number: found for one in plans if (found := shape_plan(one)) is not None}
        return CompiledNormalizer(
            reference, module, list(times.values()), outcomes, shapes, to_lines=to_lines
        )


def _plans(systems: Sequence[System], marks: Sequence[Marks | None]) -> list[KindPlan]:
    """The kinds, with how each reads times: all that read them alike share what they know."""
    plans: list[KindPlan] = []
    ways: dict[object, TimeSource] = {}
    for system, marked in zip(systems, marks, strict=True):
        for kind in system.kinds:
            is_unproved = kind.name in system.unproved or _needs_all(system, kind)
            plan = KindPlan(len(plans), system, kind, None, marked, is_unproved)
            if kind.template is not None:
                plan = replace(plan, steps=plan_steps(plan))
            way = _way_of_time(plan)
            if way is not None and way not in ways:
                zone, formats, _ = way
                known: Known = {}
                read = compile_read(formats, zone_named(zone), known)
                ways[way] = TimeSource(len(ways), known, read)
            plans.append(plan if way is None else replace(plan, times=ways[way]))
    return plans


def _way_of_time(plan: KindPlan) -> tuple[str, tuple[str, ...], object] | None:
    """How the kind reads times: the zone, the formats, and the type of what was cut out. None for
    one of which generated source reads none."""
    if plan.kind.role == "ignore" or not plan.is_writable:
        return None
    try:
        mapping = time_mapping(plan.kind)
    except NotWritable:
        return None
    if mapping is None:
        return None
    steps = plan.steps.steps if plan.steps is not None else ()
    cuts = tuple(step.type for step in steps if isinstance(step, TimeCut))
    return plan.system.timezone, mapping.formats or _ISO, cuts


def _needs_all(system: System, kind: RecordKind) -> bool:
    """Whether all kinds have to be asked for the declared order to be kept: kinds of JSON records
    are not tried one after the other, but found by a value."""
    if kind.template is not None:
        return False
    return any(one.after for one in system.kinds if one.template is None)


def _in_order(plans: Sequence[KindPlan]) -> list[KindPlan]:
    """The kinds of each system such that each comes after those that it yields to."""
    by_system: dict[str, list[KindPlan]] = {}
    for plan in plans:
        by_system.setdefault(plan.system.name, []).append(plan)
    return [plan for of_system in by_system.values() for plan in _ordered(of_system)]


def _ordered(left: list[KindPlan]) -> list[KindPlan]:
    ordered: list[KindPlan] = []
    while left:
        yielding = [one for one in left if any(one.kind.yields_to(other.kind) for other in left)]
        ordered += [one for one in left if one not in yielding]
        assert len(yielding) < len(left)  # the spec's check: there is no way round
        left = yielding
    return ordered
