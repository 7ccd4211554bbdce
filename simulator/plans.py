"""Which of several mappings is to give a wanted value, and what that asks of their slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random

from engine.model import Condition, FieldMapping, Key, Path
from simulator.meaning import is_none
from simulator.slots import AT_TIME, Asked, Impossible, Slot, Wanted, narrowed

_STATUS = (Key("status"),)


@dataclass(slots=True)
class Plan:
    """What is asked of each slot. ``active`` is the mapping that gives the value of a target,
    ``pieces`` are raw texts that several slots mean together, ``forced`` those of captured
    segments, which are known before the template is laid out."""

    active: dict[str, FieldMapping] = field(default_factory=dict)
    asks: list[tuple[FieldMapping, str | None]] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    pieces: dict[Path, str] = field(default_factory=dict)
    forced: dict[Path, str] = field(default_factory=dict)

    def asked(self, path: Path) -> Asked:
        """What the slot at this path must mean."""
        return [(one, text) for one, text in self.asks if one.sources == (path,)]

    def narrowed(self, slot: Slot) -> Slot:
        """The slot under the conditions of the mappings that are to count."""
        conditions = [one for one in self.conditions if one.path == slot.path]
        if not conditions:
            return slot
        allowed, tests = narrowed(conditions)
        if allowed is not None and slot.allowed is not None:
            allowed = tuple(one for one in allowed if one in slot.allowed)
        return replace(
            slot,
            allowed=slot.allowed if allowed is None else allowed,
            is_absent=slot.is_absent or "absent" in tests,
            is_present=slot.is_present or "present" in tests,
        )

    def split(self, slots: Mapping[Path, Slot], times: Mapping[Path, Iterable[str]]) -> None:
        """Divide what several slots mean together among them. Raises Impossible."""
        for mapping, text in self.asks:
            if len(mapping.sources) < 2 or text is None:
                continue
            texts: Iterable[str] = [text]
            if text == AT_TIME:
                texts = times[mapping.sources[0]]
            elif mapping.values is not None:
                texts = [raw for raw, to in mapping.values.exact.items() if to == text]
            read = [self.narrowed(slots[path]) for path in mapping.sources]
            found = next(split_among(read, texts), None)
            if found is None:
                raise Impossible
            self.pieces |= dict(zip(mapping.sources, found, strict=True))


def split_among(slots: Sequence[Slot], texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The ways to divide texts at blanks so that each slot can hold its piece."""
    for text in texts:
        blanks = [at for at, char in enumerate(text) if char == " "]
        for chosen in combinations(blanks, len(slots) - 1):
            ends = (*chosen, len(text))
            begins = (0, *(at + 1 for at in chosen))
            pieces = tuple(text[a:b] for a, b in zip(begins, ends, strict=True))
            if all(slot.holds_piece(one) for slot, one in zip(slots, pieces, strict=True)):
                yield pieces


def plan_for(ways: Mapping[str, Sequence[FieldMapping]], wanted: Wanted, rng: Random) -> Plan:
    """What is asked of the slots. Raises Impossible."""
    plan = Plan()
    for target, text in wanted.items():
        of = ways.get(target, ())
        if not of and text is not None:
            raise Impossible
        if all(map(is_none, of)):
            continue
        if text is None:
            for one in of:
                if one.constant is not None and not one.when:
                    raise Impossible
                plan.asks += [(one, None)] if one.sources else []
            continue
        active = _active(of, target, text, wanted, rng)
        plan.active[target] = active
        plan.conditions += [one for one in active.when if one.path != _STATUS]
        for one in of[: of.index(active)]:
            plan.asks += [(one, None)] if one.sources and not one.when else []
        plan.asks += [(active, text)] if active.sources else []
    return plan


def _active(
    ways: Sequence[FieldMapping], target: str, text: str, wanted: Wanted, rng: Random
) -> FieldMapping:
    """A mapping that can give the text. Raises Impossible."""
    able = []
    for one in ways:
        is_able = one.constant == text if one.constant is not None else not is_none(one)
        if target != "status" and "status" in wanted:
            on_status = [when for when in one.when if when.path == _STATUS]
            is_able = is_able and all(_allows(when, wanted["status"]) for when in on_status)
        if is_able:
            able.append(one)
        if not one.sources and not one.when:
            break  # it always counts, and no other after it
    if not able:
        raise Impossible
    return able[0] if len(able) == 1 else rng.choice(able)


def _allows(condition: Condition, status: str | None) -> bool:
    if condition.test == "one_of":
        return status in condition.values
    return (status is not None) == (condition.test == "present")
