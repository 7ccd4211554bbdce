"""Source for JSON records: one typed decoder for the keys that any kind reads, then the kinds.

``o`` is the object, ``line`` its text. The decoder reads texts only; an object in which one of the
keys has another type is asked about as a whole (``takes_object``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.compiler.outcomes import Ends, write_outcome
from engine.compiler.plans import KindPlan, NotWritable, mappings_by_target, required_targets
from engine.compiler.values import Value, condition_test
from engine.compiler.writing import Code, Scope, attribute
from engine.model import Key, Path, first_key

ATTRIBUTE_STEM: Final = "k"
"""What the attributes of a decoded object begin with."""


@dataclass(slots=True)
class ObjectGroup:
    """Kinds of JSON records that ask for one value of the key that tells most kinds apart (None:
    kinds that ask for none), in the order to try."""

    value: str | None
    plans: list[KindPlan] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """All kinds of JSON records. ``key`` tells most of them apart; None where none does."""

    key: str | None
    groups: Sequence[ObjectGroup]
    attributes: Mapping[str, str]
    """The attribute of the decoded object for each key that is read."""


def plan_objects(plans: Sequence[KindPlan]) -> ObjectPlan:
    """Group the kinds without a template."""
    counts: dict[str, int] = {}
    for plan in plans:
        for name in _fixed(plan):
            counts[name] = counts.get(name, 0) + 1
    key = max(counts, key=lambda name: counts[name], default=None)
    groups: dict[str | None, ObjectGroup] = {}
    for plan in plans:
        values = _fixed(plan).get(key, (None,)) if key is not None else (None,)
        for value in values:
            groups.setdefault(value, ObjectGroup(value)).plans.append(plan)
    others = groups.pop(None, None)
    ordered = [*groups.values(), *([others] if others else [])]
    keys = dict.fromkeys(
        name for plan in plans if plan.is_writable for name in _keys(plan) if _is_sayable(name)
    )
    if key is not None:
        keys.setdefault(key)
    return ObjectPlan(
        key,
        ordered,
        {name: attribute(ATTRIBUTE_STEM, name, number) for number, name in enumerate(keys)},
    )


def _fixed(plan: KindPlan) -> dict[str, tuple[str, ...]]:
    """The top-level keys of which the kind asks for some values only: those that all of its
    conditions allow."""
    fixed: dict[str, tuple[str, ...]] = {}
    for one in plan.kind.where:
        name = first_key(one.path)
        if one.test == "one_of" and len(one.path) == 1 and _is_sayable(name):
            allowed = fixed.get(name, one.values)
            fixed[name] = tuple(value for value in one.values if value in allowed)
    return fixed


def _keys(plan: KindPlan) -> list[str]:
    paths = [one.path for one in plan.kind.where]
    for mapping in plan.kind.mappings:
        paths += [*mapping.sources, *(one.path for one in mapping.when)]
    return [first_key(path) for path in paths if len(path) == 1]


def _is_sayable(name: str) -> bool:
    """Whether the decoder can be told of the key: it takes none that JSON writes with an escape."""
    return all(char >= " " and char not in {'"', "\\"} for char in name)


class ObjectCode:
    """Writes the kinds of a group into ``code``."""

    def __init__(self, code: Code, scope: Scope, plan: ObjectPlan, ends: Ends) -> None:
        self._code = code
        self._scope = scope
        self._plan = plan
        self._ends = ends

    def write(self, group: ObjectGroup) -> None:
        """All kinds of a group: what none of them takes goes on after it."""
        code, before = self._code, (self._code.depth, len(self._code.lines))
        try:
            for plan in group.plans:
                code.add(*self._scope.comment(plan.title))
                self._kind(plan, group)
        except NotWritable:
            # One of them asks for the whole object, so all of them are asked by it.
            code.depth = before[0]
            del code.lines[before[1] :]
            numbers = tuple(plan.number for plan in group.plans)
            self._scope.notes.left += [plan.name for plan in group.plans]
            code.add(*(line for plan in group.plans for line in self._scope.comment(plan.title)))
            code.add(
                f"if takes_object({self._scope.named('kinds', numbers, numbers)}, line, offset):"
            )
            code.add(f"    {self._ends.done}")

    def _kind(self, plan: KindPlan, group: ObjectGroup) -> None:
        if not plan.is_writable or not all(map(_is_sayable, _keys(plan))):
            raise NotWritable
        code, before = self._code, self._code.depth
        known: set[str] = set()
        tests = []
        for one in plan.kind.where:
            if len(one.path) != 1:
                raise NotWritable
            name = first_key(one.path)
            if one.test != "absent":
                known.add(name)
            if name == self._plan.key and group.value is not None and one.test == "one_of":
                continue  # by which the group was found
            tests.append(condition_test(f"o.{self._plan.attributes[name]}", one, self._scope))
        if tests:
            code.add(f"if {' and '.join(tests)}:")
            code.depth += 1
        locals_: dict[str, Value] = {}
        if plan.kind.role != "ignore":
            for name in dict.fromkeys(_read_keys(plan)):
                of_object = self._plan.attributes[name]
                local = f"v{of_object.removeprefix(ATTRIBUTE_STEM)}"
                locals_[name] = Value(local, is_plain=True)
                code.add(f"{local} = o.{of_object}")

        def read(path: Path) -> Value:
            if len(path) != 1 or not isinstance(path[0], Key):
                raise NotWritable
            return locals_[path[0].name]

        doubt = self._doubt(plan, known, locals_)
        write_outcome(plan, code, self._scope, read, self._ends, doubt, None)
        code.depth = before

    def _doubt(self, plan: KindPlan, known: set[str], locals_: Mapping[str, Value]) -> list[str]:
        """Tests that the text may hold more than the values that were read: another key, one of
        them twice, a NUL. Each key and each text has two quotes; where the record has no others,
        there is nothing else in it."""
        sure = known | _required_keys(plan)
        maybe = [
            f"(4 if {value.source} is not None else 0)"
            for name, value in locals_.items()
            if name not in sure
        ]
        expected = " + ".join([str(4 * len(sure)), *maybe])
        return [
            f"line.count('\"') != {expected} and not is_unambiguous(line)",
            "(is_escaped and NUL in line)",
        ]


def _required_keys(plan: KindPlan) -> set[str]:
    """Keys whose values have been found to be there when the outcome is made."""
    wanted = {*required_targets(plan), *(["timestamp"] if plan.kind.role == "event" else [])}
    ways = [of for target, of in mappings_by_target(plan.kind).items() if target in wanted]
    return {
        first_key(one.sources[0])
        for one, *others in ways
        if not others and not one.when and len(one.sources) == 1
    }


def _read_keys(plan: KindPlan) -> list[str]:
    paths = [
        path
        for mapping in plan.kind.mappings
        for path in (*mapping.sources, *(one.path for one in mapping.when))
    ]
    if any(len(path) != 1 for path in paths):
        raise NotWritable
    return [first_key(path) for path in paths]
