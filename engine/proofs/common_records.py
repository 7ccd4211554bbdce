"""A record that some kinds take and others do not: a shortest one, as somebody could have logged
it; or the proof that there is none; or neither, where languages do not tell all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.model import Condition, Json, RecordKind
from engine.proofs.automaton import TemplateAutomaton
from engine.proofs.conditions import shortest_object
from engine.proofs.facts import in_full
from engine.proofs.languages import Languages
from engine.proofs.readable import as_logged
from engine.proofs.shapes import Shape, are_contradictory, shape_of, takes
from engine.proofs.witness import UNKNOWN, SearchEndedError, shortest_text
from engine.templates import Mismatch, match


class CommonRecords:
    """Asks about kinds that have a template, each of which is made an automaton once."""

    def __init__(self) -> None:
        self.among = Languages()
        self._shapes: dict[int, Shape] = {}
        self._automata: dict[int, TemplateAutomaton] = {}

    def shape(self, kind: RecordKind) -> Shape:
        """The shape of a kind."""
        known = self._shapes.get(id(kind))
        if known is None:
            known = self._shapes[id(kind)] = shape_of(kind, self.among)
        return known

    def find(
        self, accepting: Sequence[RecordKind], refusing: Sequence[RecordKind] = ()
    ) -> str | None:
        """A record that all of ``accepting`` take and none of ``refusing``; None proves that there
        is none; ``UNKNOWN``."""
        try:
            return self._find(accepting, refusing)
        except SearchEndedError:
            return UNKNOWN

    def _find(self, accepting: Sequence[RecordKind], refusing: Sequence[RecordKind]) -> str | None:
        inside = [self.shape(one) for one in accepting]
        outside = [self.shape(one) for one in refusing]
        if any(are_contradictory(one, other) for one in inside for other in inside):
            return None
        if any(_takes_all_of(two, one) for one in inside for two in outside):
            return None
        exact = [one for one in outside if one.is_exact]
        text = self._shortest(inside, outside)
        found = self._verified(text, inside, outside)
        if found is None and len(exact) < len(outside):
            text = self._shortest(inside, exact)
            found = self._verified(text, inside, outside)
        if text is None or found is not None:
            return found
        # The proof is about the matcher, so the matcher has the last word.
        assert not all(one.is_exact for one in (*inside, *outside)), text
        return UNKNOWN

    def _shortest(self, inside: Sequence[Shape], outside: Sequence[Shape]) -> str | None:
        return shortest_text(
            [self._automaton(one) for one in inside], [self._automaton(one) for one in outside]
        )

    def _automaton(self, shape: Shape) -> TemplateAutomaton:
        known = self._automata.get(id(shape.kind))
        if known is None:
            known = self._automata[id(shape.kind)] = shape.automaton(self.among)
        return known

    def _verified(
        self, text: str | None, inside: Sequence[Shape], outside: Sequence[Shape]
    ) -> str | None:
        """The text, or one made of it, that the matcher takes as it should."""
        if text is None:
            return None

        def is_witness(changed: str) -> bool:
            return all(takes(one.kind, changed) for one in inside) and not any(
                takes(one.kind, changed) for one in outside
            )

        for one in (text, *_with_object(text, inside, outside)):
            if is_witness(one):
                return as_logged(one, [shape.template for shape in inside], is_witness)
        return None


def _takes_all_of(one: Shape, other: Shape) -> bool:
    """Whether the one says the same as the other."""
    return (
        one.template.parts == other.template.parts
        and one.kind.where == other.kind.where
        and in_full(one.kind.readings) == in_full(other.kind.readings)
    )


def _with_object(text: str, inside: Sequence[Shape], outside: Sequence[Shape]) -> Iterator[str]:
    """The text with an object that fulfils the conditions where a kind reads an object."""
    for shape in inside:
        field = _json_field(shape)
        read = match(shape.template, text)
        if field is None or isinstance(read, Mismatch) or not text.endswith(read[field]):
            continue
        made = shortest_object(_of_objects(inside), _of_objects(outside))
        if made is not None:
            yield text[: len(text) - len(read[field])] + made


def _json_field(shape: Shape) -> str | None:
    fields = [one.field for one in shape.kind.readings if one.is_flat]
    forms = [one.form for one in shape.kind.readings if one.is_flat]
    return fields[0] if forms and isinstance(forms[0], Json) else None


def _of_objects(shapes: Sequence[Shape]) -> list[tuple[Condition, ...]]:
    return [one.kind.where for one in shapes if _json_field(one) is not None]
