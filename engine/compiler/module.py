"""All loaded specs as one module of source, with one function: ``normalize``.

Few kinds are tried in a chain, in the loop over the records. Many are functions, found by the value
of one key (JSON) or by the texts that a record holds (Aho-Corasick over each unit's rarest text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from engine.compiler.objects import ObjectCode, ObjectGroup, ObjectPlan, plan_objects
from engine.compiler.outcomes import Ends
from engine.compiler.plans import KindPlan
from engine.compiler.texts import TextCode
from engine.compiler.units import Unit, rarest_literals, units_of
from engine.compiler.writing import Code, FunctionScope, ModuleScope, Scope, comment
from engine.event_json import ESCAPED
from engine.model import RecordKind

CHAIN_MAX: Final = 8
"""More units or groups than this are not tried one after the other."""

CONTROL: Final = re.compile(r"[\x00-\x1f]")

_TEXT_SPOILS: Final = (
    "'\"' in line or is_escaped and '\\\\' in line or is_odd and find_control(line)"
)
_OBJECT_SPOILS: Final = "is_escaped and '\\\\' in line"
_TEXT_LOOP: Final = Ends("continue", _TEXT_SPOILS)
_TEXT_FUNCTION: Final = Ends("return True", _TEXT_SPOILS)
_OBJECT_LOOP: Final = Ends("continue", _OBJECT_SPOILS)
_OBJECT_FUNCTION: Final = Ends("return True", _OBJECT_SPOILS)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the module with its parameters, and by what it is found: a text that the
    record holds, the value of a key; None: it is always called."""

    function: str
    parameters: tuple[object, ...]
    found_by: str | None


@dataclass(frozen=True, slots=True)
class Module:
    """Source, and the objects that it names. ``units`` and ``groups`` are the calls for texts and
    for JSON objects, where there are too many for a chain."""

    source: str
    objects: dict[str, object]
    units: Sequence[Call]
    groups: Sequence[Call]
    object_plan: ObjectPlan
    left: Sequence[str]
    """Record kinds that are left to the reference."""
    asks_blank: bool
    """Whether some kind may take a text that begins with a blank, and was not asked."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a function is to say."""

    write: Callable[[Code, Scope], None]
    found_by: str | None
    title: str


def _is_same(one: object, other: object) -> bool:
    """Whether it is one object, or a text or number that is written down alike."""
    return one is other or (isinstance(one, str | int | tuple) and one == other)


def _write_unit(unit: Unit, code: Code, scope: Scope) -> None:
    TextCode(code, scope, _TEXT_FUNCTION).write(unit)


def _write_group(objects: ObjectPlan, group: ObjectGroup, code: Code, scope: Scope) -> None:
    ObjectCode(code, scope, objects, _OBJECT_FUNCTION).write(group)


def write_module(plans: Sequence[KindPlan]) -> Module:
    """The module of these kinds; those of one system in the order that it declares."""
    return _Writer(plans).module()


class _Writer:
    def __init__(self, plans: Sequence[KindPlan]) -> None:
        self._plans = plans
        self._scope = ModuleScope()
        self._code = Code()
        self._units = units_of([plan for plan in plans if plan.kind.template is not None])
        self._objects = plan_objects([plan for plan in plans if plan.kind.template is None])

    def module(self) -> Module:
        systems = {plan.system.name for plan in self._plans}
        self._code.add(
            f'"""Generated from {len(systems)} specs; nothing here is to be edited."""', ""
        )
        self._object_type()
        units = [] if len(self._units) <= CHAIN_MAX else self._unit_calls()
        groups = [] if len(self._objects.groups) <= CHAIN_MAX else self._group_calls()
        self._loop(units_in_chain=not units, groups_in_chain=not groups)
        notes = self._scope.notes
        left = tuple(dict.fromkeys(notes.left))
        return Module(
            self._code.text(),
            self._scope.objects,
            units,
            groups,
            self._objects,
            left,
            notes.asks_blank,
        )

    def _object_type(self) -> None:
        code, attributes = self._code, self._objects.attributes
        if not attributes:
            return
        renamed = {name: key for key, name in attributes.items()}
        code.add(f"class Object(Struct, gc=False, rename={renamed!r}):")
        code.add('    """The keys of JSON records that any kind reads."""', "")
        code.add(*(f"    {name}: str | None = None" for name in attributes.values()))
        code.add("", "", "decode = Decoder(Object).decode", "")

    # --- many -------------------------------------------------------------------------------------

    def _unit_calls(self) -> list[Call]:
        drafts = [
            _Draft(partial(_write_unit, unit), text, unit.title)
            for unit, text in zip(self._units, rarest_literals(self._units), strict=True)
        ]
        return self._calls("unit_{}(line, offset, is_long, is_escaped, is_odd, parameters)", drafts)

    def _group_calls(self) -> list[Call]:
        drafts = [
            _Draft(
                partial(_write_group, self._objects, group),
                group.value,
                ", ".join(plan.name for plan in group.plans),
            )
            for group in self._objects.groups
        ]
        return self._calls("group_{}(o, line, offset, is_long, is_escaped, parameters)", drafts)

    def _calls(self, head: str, drafts: Sequence[_Draft]) -> list[Call]:
        """The calls of functions, one for all drafts that differ in their parameters alone."""
        alike: dict[str, list[tuple[_Draft, list[object]]]] = {}
        for draft in drafts:
            code, scope = Code(depth=1), FunctionScope(self._scope)
            draft.write(code, scope)
            alike.setdefault(code.text(), []).append((draft, scope.values))
        calls: dict[int, Call] = {}
        for number, several in enumerate(alike.values()):
            written = head.format(number)
            differ = self._function(written, several)
            name = written.partition("(")[0]
            for draft, values in several:
                how = "always" if draft.found_by is None else f"by {draft.found_by!r}"
                self._code.add(comment(f"{name}, {how}: {draft.title}"))
                parameters = tuple(values[at] for at in differ)
                calls[id(draft)] = Call(name, parameters, draft.found_by)
            self._code.add("")
        return [calls[id(draft)] for draft in drafts]

    def _function(
        self, written: str, several: Sequence[tuple[_Draft, list[object]]]
    ) -> Sequence[int]:
        """Write the function of these drafts; the numbers of the values that are parameters."""
        draft, first = several[0]
        alike = frozenset(
            at
            for at, value in enumerate(first)
            if all(_is_same(values[at], value) for _, values in several)
        )
        differ = [at for at in range(len(first)) if at not in alike]
        code, scope = Code(depth=1), FunctionScope(self._scope, alike)
        draft.write(code, scope)
        names = "".join(f"p{at}, " for at in differ).rstrip()
        self._code.add("", f"def {written}:")
        self._code.add(*([f"    {names} = parameters"] if names else []))
        self._code.lines += code.lines
        self._code.add("    return False", "")
        return differ

    # --- the loop ---------------------------------------------------------------------------------

    def _loop(self, *, units_in_chain: bool, groups_in_chain: bool) -> None:
        code = self._code
        code.add("", "", "def normalize(lines, offsets, is_long, is_escaped, is_odd):")
        code.depth += 1
        code.add('"""Take each record to its row."""')
        if any(_says_escaped(plan.kind) for plan in self._plans):
            code.add("spoil()")
        code.add("for line, offset in zip(lines, offsets):")
        code.depth += 1
        code.add('if line[:1] == "{":')
        code.depth += 1
        self._decode()
        if groups_in_chain:
            self._group_chain()
        else:
            self._group_lookup()
        code.add("untaken_object(line, offset)")
        code.depth -= 1
        code.add("else:")
        code.depth += 1
        if units_in_chain:
            for unit in self._units:
                TextCode(code, self._scope, _TEXT_LOOP).write(unit)
            code.add("untaken(line, offset)")
        else:
            self._unit_lookup()
        code.depth -= 3

    def _decode(self) -> None:
        if not self._objects.attributes:
            self._code.add("takes_any(line, offset)", "continue")
            return
        self._code.add(
            "try:",
            "    o = decode(line)",
            "except (DecodeError, RecursionError):",
            "    # No JSON, or a value of another type than text: looked at as a whole.",
            "    takes_any(line, offset)",
            "    continue",
        )

    def _group_chain(self) -> None:
        code, key = self._code, self._objects.key
        if key is not None:
            code.add(f"key = o.{self._objects.attributes[key]}")
        word = "if"
        for group in self._objects.groups:
            if group.value is None:
                ObjectCode(code, self._scope, self._objects, _OBJECT_LOOP).write(group)
                continue
            code.add(f"{word} key == {group.value!r}:")
            code.depth += 1
            ObjectCode(code, self._scope, self._objects, _OBJECT_LOOP).write(group)
            code.depth -= 1
            word = "elif"

    def _group_lookup(self) -> None:
        code, objects = self._code, self._objects
        arguments = "o, line, offset, is_long, is_escaped, parameters"
        if objects.key is not None:
            code.add(
                f"group, parameters = groups.get(o.{objects.attributes[objects.key]}, NO_GROUP)",
                f"if group is not None and group({arguments}):",
                "    continue",
            )
        if any(group.value is None for group in objects.groups):
            code.add("group, parameters = other_group", f"if group({arguments}):", "    continue")

    def _unit_lookup(self) -> None:
        call = "unit(line, offset, is_long, is_escaped, is_odd, parameters)"
        self._code.add(
            "for _, (unit, parameters) in find(line):",
            f"    if {call}:",
            "        break",
            "else:",
            "    for unit, parameters in always:",
            f"        if {call}:",
            "            break",
            "    else:",
            "        untaken(line, offset)",
        )


def _says_escaped(kind: RecordKind) -> bool:
    """Whether a value that the spec itself says needs an escape in JSON."""
    texts = [one.constant for one in kind.mappings]
    for values in [one.values for one in kind.mappings if one.values is not None]:
        texts += [*values.exact.values(), values.otherwise]
        texts += [*(one for _, _, one in values.ranges), *(one for _, one in values.globs)]
    return any(one is not None and ESCAPED.search(one) is not None for one in texts)


__all__ = ["CHAIN_MAX", "Call", "Module", "write_module"]
