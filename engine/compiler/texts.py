"""Source for text records: trees of steps. Kinds that begin alike share their first steps, and one
that has no steps is read by its regular expression.

``line`` is the record, without a line break in it; ``offset`` its position.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.compiled_templates import compile_match
from engine.compiler.outcomes import Ends, KindPlan, own_instant, time_mapping, write_outcome
from engine.compiler.steps import (
    Cut,
    End,
    Literal,
    Rest,
    Step,
    Steps,
    TimeCut,
    Typed,
    literals_of,
    may_begin_blank,
    steps_of,
)
from engine.compiler.values import NotWritable, Value, condition_test
from engine.compiler.writing import Code, Scope
from engine.model import FieldMapping, Key, Path, first_key
from engine.regexes import first_choice
from engine.spec.paths import written

BLANKS: Final = " \t\r\n\x0b\x0c\ufeff"
"""What a record that is looked at more closely may begin with: it may still be JSON."""


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
        steps = plan_steps(plan)
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
    return steps_of(plan.kind.template.parts, None if timed is None else _read_as_it_is(timed))


def _read_as_it_is(mapping: FieldMapping) -> str | None:
    """The field whose text is the value as it stands; None where more is made of it."""
    if len(mapping.sources) != 1 or len(mapping.sources[0]) != 1:
        return None
    if mapping.when or mapping.absent or mapping.case or mapping.values:
        return None
    return first_key(mapping.sources[0])


class TextCode:
    """Writes units into ``code``. ``ends`` are those of one record."""

    def __init__(self, code: Code, scope: Scope, ends: Ends) -> None:
        self._code = code
        self._scope = scope
        self._ends = ends

    def write(self, unit: Unit) -> None:
        """All of a unit: what none of its kinds takes goes on after it."""
        for tree in unit.trees:
            if isinstance(tree, KindPlan):
                self._code.add(*self._scope.comment(tree.title))
                self._by_match(tree)
            else:
                self._node(tree, "line", 0)

    # --- trees of steps ---------------------------------------------------------------------------

    def _node(self, node: Node, rest: str, depth: int) -> None:
        for plan, steps in node.leaves:
            self._code.add(*self._scope.comment(plan.title))
            self._leaf(plan, steps)
        for step, child in node.children:
            before = self._code.depth
            if depth == 0 and may_begin_blank(step, BLANKS):
                self._scope.notes.asks_blank = True
                self._code.add(f"if line[:1] not in {BLANKS!r}:")
                self._code.depth += 1
            self._step(step, child, rest, depth)
            self._code.depth = before

    def _step(self, step: Step, child: Node, rest: str, depth: int) -> None:
        code, found, after = self._code, f"f{depth}", f"r{depth}"
        if isinstance(step, Literal):
            code.add(f"if {rest}.startswith({self._scope.literal(step.text)}):")
            code.depth += 1
            code.add(f"{after} = {rest}[{self._scope.literal(len(step.text))}:]")
        elif isinstance(step, Cut | TimeCut):
            code.add(
                f"{found}, found, {after} = {rest}.partition({self._scope.literal(step.until)})"
            )
            is_there = isinstance(step, Cut) and not step.may_be_empty
            code.add(f"if found and {found}:" if is_there else "if found:")
            code.depth += 1
        elif isinstance(step, Typed):
            code.add(f"m = {self._match_of(step)}({rest})", "if m is not None:")
            code.depth += 1
            code.add(f"{found} = m[0]", f"{after} = {rest}[m.end():]")
        elif isinstance(step, Rest):
            code.add(f"if {rest}:" if not step.may_be_empty else "if True:")
            code.depth += 1
            code.add(f"{found} = {rest}")
        else:
            code.add(f"if not {rest}:")
            code.depth += 1
        self._node(child, after, depth + 1)

    def _match_of(self, step: Typed) -> str:
        source = first_choice(step.type.pattern)
        expression = f"(?>{source}{'|' if step.may_be_empty else ''})"
        return self._scope.named("match", re.compile(expression).match, expression)

    def _leaf(self, plan: KindPlan, steps: Steps) -> None:
        """The kind that these steps lead to, if its conditions hold."""
        fields: dict[str, Value] = {}
        tests: list[str] = []
        for at, (step, part) in enumerate(zip(steps.steps, steps.fields, strict=True)):
            if part is None:
                continue
            is_sure = isinstance(step, TimeCut) or not part.may_be_empty
            value = Value(f"f{at}", is_sure=is_sure, is_plain=True)
            if part.name is not None:
                fields[part.name] = value
            if part.values:
                tests.append(f"f{at} in {self._scope.literal(part.values)}")
        self._taken(plan, fields, tests, steps)

    def _taken(
        self, plan: KindPlan, fields: dict[str, Value], tests: list[str], steps: Steps | None
    ) -> None:
        code = self._code

        def read(path: Path) -> Value:
            if len(path) != 1 or not isinstance(path[0], Key):
                raise NotWritable
            return fields.get(path[0].name, Value("None"))

        tests += [
            condition_test(read(one.path).source, one, self._scope) for one in plan.kind.where
        ]
        before = code.depth, len(code.lines)
        if tests:
            code.add(f"if {' and '.join(tests)}:")
            code.depth += 1
        by_cut = any(isinstance(step, TimeCut) for step in steps.steps) if steps else False
        try:
            write_outcome(
                plan,
                code,
                self._scope,
                read,
                self._ends,
                (),
                (lambda value: self._cut_instant(plan, steps, value)) if by_cut else None,
            )
        except NotWritable:
            del code.lines[before[1] :]
            code.depth = before[0]
            self._by_reference(plan)
        code.depth = before[0]

    def _cut_instant(self, plan: KindPlan, steps: Steps | None, value: Value) -> tuple[str, ...]:
        """A time that was cut out is one of its type where it was read before, or is read now."""
        assert steps is not None
        times = plan.times
        if times is None:
            raise NotWritable
        at = next(i for i, step in enumerate(steps.steps) if isinstance(step, TimeCut))
        step = steps.steps[at]
        assert isinstance(step, TimeCut)
        if value.source != f"f{at}":
            return own_instant(times, self._scope, value.source)
        source = first_choice(step.type.pattern)
        typed = self._scope.named("match", re.compile(f"(?>{source})").match, f"(?>{source})")
        known = self._scope.named("times", times.known)
        read = self._scope.named("read_time", times.read)
        text, until = value.source, self._scope.literal(step.until)
        return (
            f"i = {known}.get({text})",
            "if i is None:",
            f"    m = {typed}({text} + {until})",
            f"    if m is not None and m[0] == {text}:",
            f"        i = {read}({text})",
        )

    # --- what is read by more than steps ----------------------------------------------------------

    def _by_match(self, plan: KindPlan) -> None:
        """A kind that its regular expression reads."""
        template = plan.kind.template
        assert template is not None
        if not plan.is_writable:
            self._by_reference(plan)
            return
        read = self._scope.named("captures", compile_match(template), plan.number)
        self._scope.notes.asks_blank = True
        code, before = self._code, self._code.depth
        code.add(f"found = {read}(line) if line[:1] not in {BLANKS!r} else None")
        code.add("if found is not None:")
        code.depth += 1
        fields: dict[str, Value] = {}
        for at, name in enumerate(template.field_names):
            code.add(f"f{at} = found.get({self._scope.literal(name)})")
            fields[name] = Value(f"f{at}", is_plain=True)
        self._taken(plan, fields, [], None)
        code.depth = before

    def _by_reference(self, plan: KindPlan) -> None:
        """A kind of which the reference normalizer makes the outcome."""
        self._scope.notes.left.append(plan.name)
        self._scope.notes.asks_blank = True
        number = self._scope.literal(plan.number)
        self._code.add(
            f"if line[:1] not in {BLANKS!r} and takes_text({number}, line, offset):",
            f"    {self._ends.done}",
        )


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


__all__ = ["BLANKS", "End", "TextCode", "Unit", "rarest_literals", "units_of", "written"]
