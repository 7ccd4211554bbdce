"""Source for text records: trees of steps, and kinds that their regular expression reads.

``line`` is the record, without a line break in it; ``offset`` its position.
"""

from __future__ import annotations

import re
from typing import Final

from engine.compiled_templates import compile_match
from engine.compiler.outcomes import Ends, own_instant, write_outcome
from engine.compiler.plans import KindPlan, NotWritable
from engine.compiler.steps import Cut, Literal, Rest, Step, Steps, TimeCut, Typed, may_begin_blank
from engine.compiler.units import Node, Unit
from engine.compiler.values import Value, condition_test
from engine.compiler.writing import Code, Scope
from engine.model import Key, Path
from engine.regexes import first_choice

BLANKS: Final = " \t\r\n\x0b\x0c\ufeff"
"""What a record that is looked at more closely may begin with: it may still be JSON."""


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
