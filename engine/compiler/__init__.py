"""Compile all loaded specs into one generated module that normalizes records (architecture: the
compiler). The reference normalizer (``engine.interpreter``) stays as the truth: whatever the
generated source does not take without a doubt is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import ahocorasick

from engine.compiler.instants import Known, Read, compile_read
from engine.compiler.module import Module, write_module
from engine.compiler.outcomes import KindPlan, time_mapping
from engine.compiler.running import CompiledNormalizer, KnownTimes, is_tracked
from engine.compiler.steps import TimeCut
from engine.compiler.texts import plan_steps
from engine.compiler.values import NotWritable
from engine.conversions import zone_named
from engine.interpreter import compile_normalizer as compile_reference
from engine.model import RecordKind, System

__all__ = ["CompiledNormalizer", "compile_normalizer"]

_FILE: Final = "<generated>"
_ISO: Final = ("iso",)


def compile_normalizer(
    systems: Sequence[System],
    redact_key: bytes | None = None,
) -> CompiledNormalizer:
    """The generated normalizer of specs that were proved to exclude each other, but for the kinds
    that each system names (``System.unproved``).

    ``redact_key`` is the key for values that specs hash; raises EnvironmentFailure where there are
    any and it is missing.
    """
    reference = compile_reference(systems, redact_key)
    plans = _plans(systems)
    times: list[KnownTimes] = [{} for _ in systems]
    readers: list[Read] = []
    shared: Known = {}
    one_way: dict[int, object] = {}
    for number, plan in enumerate(plans):
        way = _way_of_time(plan)
        if way is not None and one_way.setdefault(plan.system_number, way) != way:
            plans[number] = replace(plan, is_left=True)
    for number, system in enumerate(systems):
        way = one_way.get(number)
        formats = way[0] if isinstance(way, tuple) else _ISO
        readers.append(compile_read(formats, zone_named(system.timezone), times[number], shared))
    module = write_module(_in_order(plans))
    doubtful = frozenset(plan.number for plan in plans if plan.is_unproved)
    normalizer = CompiledNormalizer(
        reference, module.source, module.objects, times, readers, doubtful
    )
    normalizer.left_to_reference = module.left
    _start(normalizer, module)
    return normalizer


def _plans(systems: Sequence[System]) -> list[KindPlan]:
    plans: list[KindPlan] = []
    for system_number, system in enumerate(systems):
        is_system_tracked = is_tracked(system)
        for kind in system.kinds:
            is_unproved = kind.name in system.unproved or _needs_all(system, kind)
            plans.append(
                KindPlan(len(plans), system_number, system, kind, is_system_tracked, is_unproved)
            )
    return plans


def _way_of_time(plan: KindPlan) -> object:
    """How the kind reads times: all kinds of a system that generated source reads share what they
    know of them, so they must read them alike. None for one that reads none."""
    if plan.kind.role == "ignore" or not plan.is_writable:
        return None
    try:
        mapping = time_mapping(plan.kind)
    except NotWritable:
        return None
    if mapping is None:
        return None
    steps = plan_steps(plan) if plan.kind.template is not None else None
    cuts = [step.type for step in steps.steps if isinstance(step, TimeCut)] if steps else []
    return mapping.formats or _ISO, *cuts


def _needs_all(system: System, kind: RecordKind) -> bool:
    """Whether all kinds have to be asked for the declared order to be kept: kinds of JSON records
    are not tried one after the other, but found by a value."""
    if kind.template is not None:
        return False
    return any(one.after for one in system.kinds if one.template is None)


def _in_order(plans: Sequence[KindPlan]) -> list[KindPlan]:
    """The kinds of each system such that each comes after those that it yields to."""
    by_system: dict[int, list[KindPlan]] = {}
    for plan in plans:
        by_system.setdefault(plan.system_number, []).append(plan)
    return [plan for of_system in by_system.values() for plan in _ordered(of_system)]


def _ordered(left: list[KindPlan]) -> list[KindPlan]:
    ordered: list[KindPlan] = []
    while left:
        yielding = [one for one in left if any(one.kind.yields_to(other.kind) for other in left)]
        ordered += [one for one in left if one not in yielding]
        assert len(yielding) < len(left)  # the spec's check: there is no way round
        left = yielding
    return ordered


def _start(normalizer: CompiledNormalizer, module: Module) -> None:
    namespace = normalizer.namespace
    exec(compile(module.source, _FILE, "exec"), namespace)  # noqa: S102 - our own source
    if module.unit_functions:
        automaton = ahocorasick.Automaton()
        by_text: dict[str, list[object]] = {}
        always = []
        for name, text in module.unit_functions:
            if text is None:
                always.append(namespace[name])
            else:
                by_text.setdefault(text, []).append(namespace[name])
        for text, units in by_text.items():
            automaton.add_word(text, tuple(units))
        automaton.make_automaton()
        namespace["find"] = automaton.iter
        namespace["always"] = tuple(always)
    objects = module.object_plan
    groups = {group.value: tuple(plan.number for plan in group.plans) for group in objects.groups}
    normalize = namespace["normalize"]
    assert callable(normalize)
    normalizer.start(normalize, groups, objects.key)
