"""All loaded specs as one module of source: ``normalize(lines, offsets, is_long, is_escaped)``.

Few kinds are tried in a chain, in the loop over the records. Many are functions, found by the value
of one key (JSON) or by the texts that a record holds (Aho-Corasick over each unit's rarest text).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.compiler.objects import ObjectCode, ObjectPlan, plan_objects
from engine.compiler.outcomes import Ends, KindPlan
from engine.compiler.texts import TextCode, Unit, rarest_literals, units_of
from engine.compiler.writing import Code, Names

CHAIN_MAX: Final = 8
"""More units or groups than this are not tried one after the other."""

_LOOP: Final = Ends("continue")
_FUNCTION: Final = Ends("return True")


@dataclass(frozen=True, slots=True)
class Module:
    """Source, with the objects that it names, and what finds its functions."""

    source: str
    objects: dict[str, object]
    unit_functions: Sequence[tuple[str, str | None]]
    """For many units: the function of each, and the text by which it is found (None: always)."""
    object_plan: ObjectPlan
    left: Sequence[str]
    """Record kinds that are left to the reference."""


def write_module(plans: Sequence[KindPlan]) -> Module:
    """The module of these kinds; those of one system in the order that it declares."""
    return _Writer(plans).module()


class _Writer:
    def __init__(self, plans: Sequence[KindPlan]) -> None:
        self._plans = plans
        self._names = Names()
        self._code = Code()
        self._units = units_of([plan for plan in plans if plan.kind.template is not None])
        self._objects = plan_objects([plan for plan in plans if plan.kind.template is None])
        self._unit_functions: list[tuple[str, str | None]] = []

    def module(self) -> Module:
        systems = {plan.system.name for plan in self._plans}
        self._code.add(
            f'"""Generated from {len(systems)} specs; nothing here is to be edited."""', ""
        )
        self._object_type()
        self._times()
        in_chain = len(self._units) <= CHAIN_MAX, len(self._objects.groups) <= CHAIN_MAX
        if not in_chain[0]:
            self._write_unit_functions()
        if not in_chain[1]:
            self._write_group_functions()
        self._loop(*in_chain)
        return Module(
            self._code.text(),
            self._names.objects,
            self._unit_functions,
            self._objects,
            tuple(dict.fromkeys(self._names.left)),
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

    def _times(self) -> None:
        numbers = sorted({plan.system_number for plan in self._plans})
        self._code.add("# The instants of the times that each system wrote, and how they are read.")
        for number in numbers:
            self._code.add(f"times_{number}, read_{number} = times[{number}], readers[{number}]")
        self._code.add("")

    # --- many -------------------------------------------------------------------------------------

    def _write_unit_functions(self) -> None:
        for number, (unit, text) in enumerate(
            zip(self._units, rarest_literals(self._units), strict=True)
        ):
            name = f"unit_{number}"
            self._begin_function(f"def {name}(line, offset, is_long):", unit.title)
            TextCode(self._code, self._names, _FUNCTION).write(unit)
            self._end_function()
            self._unit_functions.append((name, text))

    def _write_group_functions(self) -> None:
        for number, group in enumerate(self._objects.groups):
            title = "any value" if group.value is None else f"{self._objects.key}: {group.value}"
            self._begin_function(
                f"def group_{number}(o, line, offset, is_long, is_escaped):", title
            )
            ObjectCode(self._code, self._names, self._objects, _FUNCTION).write(group)
            self._end_function()
        entries = ", ".join(
            f"{group.value!r}: group_{number}"
            for number, group in enumerate(self._objects.groups)
            if group.value is not None
        )
        self._code.add(f"groups = {{{entries}}}", "", "")

    def _begin_function(self, head: str, title: str) -> None:
        self._code.add("", head)
        self._code.depth += 1
        self._code.add(f'"""{ascii(title)[1:-1]}"""' if '"' not in title else f"# {title!a}")

    def _end_function(self) -> None:
        self._code.add("return False", "")
        self._code.depth -= 1

    # --- the loop ---------------------------------------------------------------------------------

    def _loop(self, units_in_chain: bool, groups_in_chain: bool) -> None:
        code = self._code
        code.add("", "def normalize(lines, offsets, is_long, is_escaped):")
        code.depth += 1
        code.add('"""Take each record to its row; whether no text of a row holds a quote."""')
        code.add("has_quote = False", "for line, offset in zip(lines, offsets):")
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
        code.add("if '\"' in line:", "    has_quote = True")
        if units_in_chain:
            for unit in self._units:
                TextCode(code, self._names, _LOOP).write(unit)
        else:
            self._unit_lookup()
        code.add("untaken(line, offset)")
        code.depth -= 1
        code.depth -= 1
        code.add("return not has_quote")
        code.depth -= 1

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
                ObjectCode(code, self._names, self._objects, _LOOP).write(group)
                continue
            code.add(f"{word} key == {group.value!r}:")
            code.depth += 1
            before = len(code.lines)
            ObjectCode(code, self._names, self._objects, _LOOP).write(group)
            assert len(code.lines) > before
            code.depth -= 1
            word = "elif"

    def _group_lookup(self) -> None:
        code, objects = self._code, self._objects
        assert objects.key is not None
        code.add(f"group = groups.get(o.{objects.attributes[objects.key]})")
        code.add(
            "if group is not None and group(o, line, offset, is_long, is_escaped):", "    continue"
        )
        for number, group in enumerate(objects.groups):
            if group.value is None:
                code.add(
                    f"if group_{number}(o, line, offset, is_long, is_escaped):", "    continue"
                )

    def _unit_lookup(self) -> None:
        self._code.add(
            "is_taken = False",
            "for _, units in find(line):",
            "    for unit in units:",
            "        if unit(line, offset, is_long):",
            "            is_taken = True",
            "            break",
            "    if is_taken:",
            "        break",
            "if is_taken:",
            "    continue",
            "for unit in always:",
            "    if unit(line, offset, is_long):",
            "        is_taken = True",
            "        break",
            "if is_taken:",
            "    continue",
        )


__all__ = ["CHAIN_MAX", "Module", "Unit", "write_module"]
