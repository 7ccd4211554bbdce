"""Source for what becomes of a record that a kind took: an event's row, a half, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.compiler.plans import (
    KindPlan,
    NotWritable,
    TimeSource,
    mappings_by_target,
    may_lack_id,
    required_targets,
    time_mapping,
)
from engine.compiler.values import Read, Value, ValueCode, joined_when
from engine.compiler.writing import Code, Scope
from engine.mapped_values import IDENTIFIER_CHARS_MAX
from engine.model import RecordKind, System

_IDENTIFIERS: Final = ("checkpoint_id", "correlation_id")
_NONE: Final = Value("None")


@dataclass(frozen=True, slots=True)
class Ends:
    """How the source of one record ends."""

    done: str
    spoils: str = "False"
    """The test that a text of the record may need an escape in JSON."""

    def fail(self, number: str) -> tuple[str, ...]:
        """After the record was left to the reference, whose kind ``number`` may take it."""
        return f"doubt({number}, line, offset)", self.done


def write_outcome(
    plan: KindPlan,
    code: Code,
    scope: Scope,
    read: Read,
    ends: Ends,
    doubts: Sequence[str],
    instant: Callable[[Value], tuple[str, ...]] | None,
) -> None:
    """Write what becomes of a record of this kind, the end included.

    ``doubts`` are tests that have the record refused, of which the values that the kind needs are
    known to be there. ``instant`` gives the lines that set ``i`` to the instant of a value; None:
    the usual ones. Raises NotWritable.
    """
    system, kind = plan.system, plan.kind
    number = scope.literal(plan.number)
    values = ValueCode(code, scope, read, ends.fail(number))
    if kind.role == "ignore":
        values.refuse_if(*doubts)
        code.add(f"ignored(offset, {number})", ends.done)
        return
    timed = time_mapping(kind)
    ways = mappings_by_target(kind)
    ways.pop("timestamp", None)
    given: dict[str, Value] = {}
    if kind.role == "event":
        given["status"] = values.status = values.ways(ways.pop("status"))
    for target, of_target in ways.items():
        given[target] = values.ways(of_target)
    time_value = None if timed is None else values.way(timed)
    _require(values, plan, given)
    _check_lengths(values, kind, given)
    needs_time = kind.role == "event" or _needs_body_time(system)
    if time_value is not None and needs_time and not time_value.is_sure:
        values.refuse_if(time_value.is_none)
    if kind.role == "event":
        values.refuse_if(_is_unknown_status(given["status"].source))
    values.refuse_if(*doubts)
    _write_time(plan, values, time_value, instant)
    if kind.role == "event":
        _write_event(plan, values, given, ends.spoils)
    else:
        _write_detail(plan, values, given, is_timed=time_value is not None)
    code.add(ends.done)


def _require(values: ValueCode, plan: KindPlan, given: dict[str, Value]) -> None:
    """Have a record refused that lacks what the kind requires; after that it is sure."""
    names = required_targets(plan)
    if any(name not in given for name in names):
        raise NotWritable
    unsure = [name for name in names if not given[name].is_sure]
    values.refuse_if(*(given[name].is_none for name in unsure))
    for name in unsure:
        given[name] = replace(given[name], is_sure=True)


def _needs_body_time(system: System) -> bool:
    return system.join is not None and system.join.clock == "body"


def _is_unknown_status(source: str) -> str:
    return f'{source} != "SUCCESS" and {source} != "FAILURE"'


def _check_lengths(values: ValueCode, kind: RecordKind, given: Mapping[str, Value]) -> None:
    """A value as it stands in a record is no longer than the record."""
    as_it_is: list[str] = []
    others: list[str] = []
    for name in _IDENTIFIERS:
        ways = [one for one in kind.mappings if one.target == name and one.sources]
        if not ways or all(one.values is not None for one in ways):
            continue
        source = given[name].source
        is_longer = f"len({source}) > {IDENTIFIER_CHARS_MAX}"
        if not given[name].is_sure:
            is_longer = f"{source} and {is_longer}"
        is_plain = all(len(one.sources) == 1 and one.case is None for one in ways)
        (as_it_is if is_plain else others).append(is_longer)
    if as_it_is:
        values.refuse_if(f"is_long and ({' or '.join(as_it_is)})")
    values.refuse_if(*others)


def _write_time(
    plan: KindPlan,
    values: ValueCode,
    value: Value | None,
    instant: Callable[[Value], tuple[str, ...]] | None,
) -> None:
    code = values.code
    if value is None:
        return
    if plan.kind.role == "detail" and not value.is_sure and not _needs_body_time(plan.system):
        raise NotWritable
    if plan.times is None:
        raise NotWritable
    slot = values.scope.literal(plan.times.slot)
    # Most records are of the second that the one before was of.
    code.add(f"if {value.source} != seen[{slot}]:")
    code.depth += 1
    code.add(*(instant(value) if instant else own_instant(plan.times, values.scope, value.source)))
    values.refuse_if("i is None")
    code.add(f"seen[{slot}], instant[{slot}] = {value.source}, i")
    code.depth -= 1
    code.add(f"text, us = instant[{slot}]")
    if plan.marks is not None:
        last = f"last[{values.scope.literal(plan.marks.slot)}]"
        marks = values.scope.named("marks", plan.marks.times_us)
        code.add(f"if us != {last}:", f"    {last} = us", f"    {marks}[us] = None")


def own_instant(times: TimeSource, scope: Scope, source: str) -> tuple[str, ...]:
    """Lines that set ``i`` to the instant of a text: one that was there before, or a new one."""
    known, read = scope.named("times", times.known), scope.named("read_time", times.read)
    return (f"i = {known}.get({source}) or {read}({source})",)


def _write_event(
    plan: KindPlan, values: ValueCode, given: Mapping[str, Value], spoils: str
) -> None:
    code, scope = values.code, values.scope
    reason = given.get("failure_reason", _NONE)
    correlation_id = given.get("correlation_id", _NONE)
    row = (
        f"offset, {scope.literal(plan.number)}, {given['checkpoint_id'].source}, text, us, "
        f"{given['status'].source}, {correlation_id.or_none}, {reason.or_none}"
    )
    expects = _expects(plan, given, scope)
    final = [f"add(({row}))"]
    if not (reason.is_sure and reason is not _NONE):
        test = spoils if reason is _NONE else f"({spoils}) and not {reason.source}"
        final = [f"if {test}:", "    spoil()", *final]
    if plan.system.merge is not None:
        code.add(f"event({row}, {expects})")
    elif expects == "False":
        code.add(*final)
    elif expects == "True":
        code.add(f"event({row}, True)")
    else:
        code.add(f"if {expects}:", f"    event({row}, True)", "else:")
        code.add(*(f"    {line}" for line in final))


def _expects(plan: KindPlan, given: Mapping[str, Value], scope: Scope) -> str:
    join = plan.system.join
    if join is None or plan.kind.name not in join.events:
        return "False"
    known = {**given, "timestamp": Value("text", is_sure=True)}
    known.setdefault("failure_reason", _NONE)
    if any(name not in known for name in join.when):
        return "False"
    tests = joined_when(join.when, known, scope)
    correlation_id = given.get("correlation_id", _NONE)
    if not correlation_id.is_sure and may_lack_id(plan.kind):
        tests.append(f"{correlation_id.source} is not None")
    return " and ".join(tests) or "True"


def _write_detail(
    plan: KindPlan, values: ValueCode, given: Mapping[str, Value], *, is_timed: bool
) -> None:
    reason = given.get("failure_reason", _NONE)
    time = "text, us" if is_timed else "None, None"
    number, correlation_id = values.scope.literal(plan.number), given["correlation_id"].source
    values.code.add(f"detail(offset, {number}, {correlation_id}, {reason.or_none}, {time})")
