"""What conditions of two kinds say about one record: where a text is read further, the value at a
path below it depends on who reads."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from engine.model import Condition, Index, Path, Reading, RecordKind, Template
from engine.proofs.conditions import contradict


def readings_below(kind: RecordKind) -> tuple[Reading, ...]:
    """The texts of a kind that are read further, of which the parts stand below."""
    return tuple(one for one in kind.readings if not one.is_flat)


def in_full(readings: Iterable[Reading]) -> tuple[Hashable, ...]:
    """What readings say, to be compared: equal templates are not the same ones."""
    return tuple(
        (one.path, one.is_flat, one.form.parts if isinstance(one.form, Template) else one.form)
        for one in readings
    )


def readings_above(kind: RecordKind, path: Path) -> tuple[Reading, ...]:
    """Those that decide what stands at a path: they read a text on the way to it."""
    return tuple(one for one in readings_below(kind) if _is_on_the_way(one.path, path))


def _is_on_the_way(place: Path, path: Path) -> bool:
    return len(place) < len(path) and all(
        one == other or (isinstance(one, Index) and other == Index(None))
        for one, other in zip(place, path, strict=False)
    )


def plain(kind: RecordKind) -> list[Condition]:
    """The conditions on what stands in the record itself, whatever is read further."""
    return [one for one in kind.where if not readings_above(kind, one.path)]


def facts(kind: RecordKind) -> dict[Hashable, tuple[str, ...]]:
    """The values that a kind asks for, by the path and how it is read: two kinds that ask for
    different values at one of these have no record in common."""
    return {
        (one.path, _how(kind, one.path)): one.values for one in kind.where if one.test == "one_of"
    }


def _how(kind: RecordKind, path: Path) -> tuple[Hashable, ...]:
    above = readings_above(kind, path)
    return in_full(readings_below(kind) if above and Index(None) in path else above)


def exclude(one: RecordKind, other: RecordKind) -> bool:
    """Whether conditions tell two kinds apart that are asked about the same captures or object.

    A kind of which one text cannot be read has no parts at all. So a part that is there is the
    same one for both if they read what leads to it alike; but that a part is absent says something
    only if the other kind reads all that this one reads.
    """
    ones, others = _by_path(one.where), _by_path(other.where)
    is_told, is_told_other = _reads_all_of(other, one), _reads_all_of(one, other)
    return any(
        contradict(
            _telling(conditions, is_plain=not above, is_told=is_told),
            _telling(others[path], is_plain=not above, is_told=is_told_other),
        )
        for path, conditions in ones.items()
        if path in others
        for above in (_how(one, path),)
        if above == _how(other, path)
    )


def _by_path(conditions: Iterable[Condition]) -> Mapping[Path, list[Condition]]:
    found: dict[Path, list[Condition]] = {}
    for one in conditions:
        found.setdefault(one.path, []).append(one)
    return found


def _telling(
    conditions: Sequence[Condition], *, is_plain: bool, is_told: bool
) -> tuple[Condition, ...]:
    return tuple(one for one in conditions if is_plain or is_told or one.test != "absent")


def _reads_all_of(one: RecordKind, other: RecordKind) -> bool:
    """Whether what the one can read in full, the other can too."""
    chains = {_chain(one, reading) for reading in readings_below(one)}
    return all(_chain(other, reading) in chains for reading in readings_below(other))


def _chain(kind: RecordKind, reading: Reading) -> tuple[Hashable, ...]:
    """The readings that lead to one, and it, in their order."""
    above = readings_above(kind, reading.path)
    return in_full(one for one in readings_below(kind) if one.path == reading.path or one in above)


def may_have_more_ways(conditions: Iterable[Condition]) -> bool:
    """Whether there are more ways to fulfil conditions than one element for all of ``[*]``: other
    paths lead into the same array."""
    paths = list(dict.fromkeys(one.path for one in conditions))
    return any(
        one != other and _meet_in_array(one, other) for one in paths for other in _with_any(paths)
    )


def _with_any(paths: Sequence[Path]) -> Iterator[Path]:
    return (path for path in paths if Index(None) in path)


def _meet_in_array(one: Path, other: Path) -> bool:
    for step, also in zip(one, other, strict=False):
        if Index(None) in (step, also) and isinstance(step, Index) and isinstance(also, Index):
            return True
        if step != also:
            return False
    return False
