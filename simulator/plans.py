"""Which of several mappings is to give a wanted value, and what that asks of their slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random

from engine.model import Condition, FieldMapping, Key, Path
from simulator.choosing import Ask, Telling
from simulator.meaning import is_none
from simulator.slots import AT_TIME, Impossible, Slot, Wanted, narrowed

_STATUS = (Key("status"),)


@dataclass(slots=True)
class Plan:
    """What is asked of each slot, whatever the texts. ``active`` are the mappings that give the
    values of targets; ``is_sure`` tells that there is no other plan."""

    active: dict[str, FieldMapping] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    together: list[FieldMapping] = field(default_factory=list)
    """Those that are to give what several slots mean together."""
    pieces: set[Path] = field(default_factory=set)
    """The slots of these."""
    is_sure: bool = True
    _asks: dict[Path, tuple[Ask, ...]] = field(default_factory=dict)

    def ask(self, mapping: FieldMapping, *, is_given: bool) -> None:
        """Ask for the text that is wanted, or for no value."""
        if len(mapping.sources) == 1:
            (path,) = mapping.sources
            self._asks[path] = (*self.asks(path), Ask(mapping, is_given))
        elif is_given and mapping.sources:
            self.together.append(mapping)
            self.pieces.update(mapping.sources)

    def asks(self, path: Path) -> tuple[Ask, ...]:
        """What the slot at this path must mean."""
        return self._asks.get(path, ())

    def is_asked(self, path: Path) -> bool:
        """Whether the slot must have a value."""
        return path in self.pieces or any(one.is_given for one in self.asks(path))

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

    def split(self, slots: Mapping[Path, Slot], telling: Telling) -> None:
        """Divide what several slots mean together among them. Raises Impossible."""
        for mapping in self.together:
            text = telling.wanted[mapping.target]
            texts: Iterable[str] = [text or ""]
            if text == AT_TIME:
                texts = telling.times[mapping.sources[0]]
            elif mapping.values is not None:
                texts = [raw for raw, to in mapping.values.exact.items() if to == text]
            read = [self.narrowed(slots[path]) for path in mapping.sources]
            found = next(split_among(read, texts), None)
            if found is None:
                raise Impossible
            telling.pieces |= dict(zip(mapping.sources, found, strict=True))


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
                plan.ask(one, is_given=False)
            continue
        able = _able(of, target, text, wanted)
        plan.is_sure = plan.is_sure and len(able) == 1
        active = able[0] if len(able) == 1 else rng.choice(able)
        plan.active[target] = active
        plan.conditions += [one for one in active.when if one.path != _STATUS]
        for one in of[: of.index(active)]:
            if not one.when:
                plan.ask(one, is_given=False)
        plan.ask(active, is_given=True)
    return plan


def _able(
    ways: Sequence[FieldMapping], target: str, text: str, wanted: Wanted
) -> list[FieldMapping]:
    """The mappings that can give the text. Raises Impossible."""
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
    return able


def _allows(condition: Condition, status: str | None) -> bool:
    if condition.test == "one_of":
        return status in condition.values
    return (status is not None) == (condition.test == "present")
