"""Which kinds of text records are tried together, and by what texts each unit is told: trees of
steps, since kinds that begin alike share their first steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.compiler.plans import KindPlan, NotWritable, time_mapping
from engine.compiler.steps import Step, Steps, literals_of, steps_of
from engine.model import FieldMapping, first_key


@dataclass(slots=True)
class Node:
    """What can follow the same steps: further ones, in the order to try, or a kind."""

    children: list[tuple[Step, Node]] = field(default_factory=list)
    leaves: list[tuple[KindPlan, Steps]] = field(default_factory=list)

    def insert(self, plan: KindPlan, steps: Steps, at: int = 0) -> None:
        """Add a kind by its steps from ``at`` on."""
        if at == len(steps.steps):
            self.leaves.append((plan, steps))
            return
        step = steps.steps[at]
        for known, child in self.children:
            if known == step:
                child.insert(plan, steps, at + 1)
                return
        child = Node()
        self.children.append((step, child))
        child.insert(plan, steps, at + 1)


@dataclass(slots=True)
class Unit:
    """Kinds that are tried one after the other: a tree of steps, a kind with a regular expression,
    or all kinds of a system between which an order is declared."""

    trees: list[Node | KindPlan]
    literals: frozenset[str]
    """Texts of which a record of any of its kinds holds every one."""

    @property
    def title(self) -> str:
        """Which kinds these are."""
        return ", ".join(plan.name for plan in _plans_of(self.trees))


def _plans_of(trees: Sequence[Node | KindPlan]) -> list[KindPlan]:
    found: list[KindPlan] = []
    for tree in trees:
        if isinstance(tree, KindPlan):
            found.append(tree)
        else:
            found += [plan for plan, _ in tree.leaves]
            found += _plans_of([child for _, child in tree.children])
    return found


def units_of(plans: Sequence[KindPlan]) -> list[Unit]:
    """The units of the kinds with a template. ``plans`` of one system come in the order that it
    declares."""
    units: list[Unit] = []
    roots: dict[Step, tuple[Node, Unit]] = {}
    ordered: dict[str, Unit] = {}
    for plan in plans:
        template = plan.kind.template
        assert template is not None
        literals = frozenset(literals_of(template.parts))
        steps = plan.steps
        tree: Node | KindPlan = plan
        if steps is not None:
            tree = Node()
            tree.insert(plan, steps)
        if any(kind.after for kind in plan.system.kinds):
            unit = ordered.get(plan.system.name)
            if unit is None:
                unit = ordered[plan.system.name] = Unit([], literals)
                units.append(unit)
            unit.trees.append(tree)
            unit.literals &= literals
        elif steps is not None and steps.steps[0] in roots:
            root, unit = roots[steps.steps[0]]
            root.insert(plan, steps)
            unit.literals &= literals
        else:
            units.append(Unit([tree], literals))
            if steps is not None:
                assert isinstance(tree, Node)
                roots[steps.steps[0]] = tree, units[-1]
    return units


def plan_steps(plan: KindPlan) -> Steps | None:
    """The steps by which a kind is read; None where its regular expression or the reference
    reads it."""
    assert plan.kind.template is not None
    if not plan.is_writable:
        return None
    try:
        timed = None if plan.kind.role == "ignore" else time_mapping(plan.kind)
    except NotWritable:
        timed = None
    return steps_of(plan.kind.template.parts, None if timed is None else read_as_it_is(timed))


def read_as_it_is(mapping: FieldMapping) -> str | None:
    """The field whose text is the value as it stands; None where more is made of it."""
    if len(mapping.sources) != 1 or len(mapping.sources[0]) != 1:
        return None
    if mapping.when or mapping.absent or mapping.case or mapping.values:
        return None
    return first_key(mapping.sources[0])


def rarest_literals(units: Sequence[Unit]) -> list[str | None]:
    """For each unit the text that tells it best from the others: that the fewest of them hold,
    and the longest of those; None for a unit without one."""
    counts: dict[str, int] = {}
    for unit in units:
        for text in unit.literals:
            counts[text] = counts.get(text, 0) + 1
    return [
        min(unit.literals, key=lambda text: (counts[text], -len(text), text), default=None)
        for unit in units
    ]
