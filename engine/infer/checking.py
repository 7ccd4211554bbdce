"""A draft made sound: loaded back by the engine itself, run over all the records it was made of,
and mended until it validates.

What is mended: kinds that accept the same record get stricter types, then an order; a kind that
makes nothing of its records is dropped; and each kind gets samples of the input with what they
give.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.diagnostics import Diagnostic, EnvironmentFailure
from engine.infer.drafts import KindDraft, SampleDraft, SpecDraft
from engine.infer.sample_drafts import given_by, telling_records
from engine.infer.writing import spec_text
from engine.interpreter import compile_normalizer
from engine.model import Detail, Event, Ignored, Outcome, Record, Rejection, System
from engine.proofs.exclusive import find_overlaps
from engine.samples import check_specs
from engine.spec import Specs, load_specs

ROUNDS_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Proposal:
    """A spec that validates. ``outcomes`` is what it makes of each of the ``records``;
    ``findings`` are warnings; ``todos`` are the marks where a person has to decide."""

    text: str
    todos: int
    records: tuple[Record, ...]
    outcomes: tuple[Outcome, ...]
    systems: tuple[System, ...]
    findings: tuple[Diagnostic, ...]


def settle(draft: SpecDraft, texts: Sequence[str], recorded_us: int) -> Proposal:
    """The draft made sound. ``recorded_us`` is when the records were written, about: it tells the
    year of times without one. Raises EnvironmentFailure where no file can be written."""
    try:
        with tempfile.TemporaryDirectory(prefix="infer-") as folder:
            path = Path(folder) / "proposal.yaml"
            return _Settling(draft, texts, recorded_us, path).settled()
    except OSError as error:
        raise EnvironmentFailure(f"no temporary file can be written: {error}") from error


@dataclass(slots=True)
class _Settling:
    draft: SpecDraft
    texts: Sequence[str]
    recorded_us: int
    path: Path

    def settled(self) -> Proposal:
        outcomes: tuple[Outcome, ...] = ()
        for _ in range(ROUNDS_MAX):
            systems = self._load()
            if systems is None:
                continue
            if self._mend_overlaps(systems):
                continue
            outcomes = self._normalized(systems)
            if self._drop_useless(outcomes):
                continue
            specs = self._with_samples(outcomes)
            wrong = [one for one in specs.diagnostics if one.severity == "error"]
            if not wrong:
                return self._proposal(specs, outcomes)
            if not self._drop_at(wrong):
                break
        return self._catch_all()

    # --- loading ---------------------------------------------------------------------------------

    def _load(self) -> tuple[System, ...] | None:
        """The spec as it stands, without samples; None if something was dropped from it."""
        for kind in self.draft.kinds:
            kind.samples.clear()
        self.path.write_text(spec_text(self.draft), encoding="utf-8", newline="")
        specs = load_specs([self.path])
        wrong = [one for one in specs.diagnostics if one.severity == "error"]
        if not wrong:
            return specs.systems
        if not self._drop_at(wrong):
            self._become_catch_all()
        return None

    def _drop_at(self, wrong: Sequence[Diagnostic]) -> bool:
        """Drop the kinds that findings are about; False if they are about none."""
        text = self.path.read_text(encoding="utf-8").splitlines()
        names: set[str] = set()
        for one in wrong:
            line = one.location.line - 1
            while line > 0 and not (text[line].startswith("  ") and text[line][2:3].strip(" #-")):
                line -= 1
            names.add(text[line].strip().rstrip(":"))
        dropped = [kind for kind in self.draft.kinds if kind.name in names]
        for kind in dropped:
            self._drop(kind)
        return bool(dropped)

    def _drop(self, kind: KindDraft) -> None:
        self.draft.kinds.remove(kind)
        for other in self.draft.kinds:
            if kind.name in other.after:
                other.after.remove(kind.name)
        self._drop_from_join(kind)
        if not self.draft.kinds:
            self._become_catch_all()

    def _drop_from_join(self, kind: KindDraft) -> None:
        join = self.draft.join
        if join is None:
            return
        for side in ("event", "detail"):
            names = [join[side]] if isinstance(join[side], str) else list(join[side])
            left = [name for name in names if name != kind.name]
            if not left:
                self.draft.join = None
                self.draft.join_notes = []
                for other in list(self.draft.kinds):
                    if other.role == "detail":
                        self._drop(other)
                return
            join[side] = left if len(left) > 1 else left[0]

    # --- overlaps --------------------------------------------------------------------------------

    def _mend_overlaps(self, systems: tuple[System, ...]) -> bool:
        """Make kinds that accept the same record stricter, or give them an order; False if there
        is nothing to mend."""
        pairs = {(one.one.kind.name, one.other.kind.name) for one in find_overlaps(systems)}
        by_name = {kind.name: kind for kind in self.draft.kinds}
        ignored = [
            by_name[name]
            for pair in sorted(pairs)
            for name in pair
            if name in by_name
            and not all(one in by_name for one in pair)
            and "ignore" not in by_name[name].after
        ]
        for kind in ignored:
            kind.after.append("ignore")
        open_pairs = [
            (by_name[one], by_name[other])
            for one, other in sorted(pairs)
            if one in by_name
            and other in by_name
            and one not in by_name[other].after
            and other not in by_name[one].after
        ]
        if not open_pairs:
            return bool(ignored)
        loose = [
            kind
            for pair in open_pairs
            for kind in pair
            if kind.templates is not None
            and not kind.is_strict
            and kind.templates[0] != kind.templates[1]
        ]
        for kind in loose:
            kind.is_strict = True
        if not loose:
            rank = self._ranks(systems)
            for one, other in open_pairs:
                first, second = sorted((one, other), key=lambda kind: rank[kind.name])
                second.after.append(first.name)
        return True

    def _ranks(self, systems: tuple[System, ...]) -> Mapping[str, tuple[int, int, str]]:
        """The narrow kinds before the wide ones: by how many records of others they take, then
        by how much they lay down."""
        (system,) = systems
        ranks = {}
        for kind in system.kinds:
            if kind.role == "ignore":
                continue
            alone = compile_normalizer([_alone(system, kind.name)])
            taken = [
                n
                for n, outcome in enumerate(alone.normalize(self._records()))
                if not isinstance(outcome, Rejection)
            ]
            draft = next(one for one in self.draft.kinds if one.name == kind.name)
            foreign = len(set(taken) - set(draft.lines))
            ranks[kind.name] = (foreign, -_laid_down(draft), kind.name)
        return ranks

    # --- what becomes of the records -------------------------------------------------------------

    def _records(self) -> list[Record]:
        records = []
        at = 0
        for text in self.texts:
            value = text.encode("utf-8", "surrogatepass")
            records.append(Record("infer", at, at + len(value) + 1, value, self.recorded_us))
            at += len(value) + 1
        return records

    def _normalized(self, systems: tuple[System, ...]) -> tuple[Outcome, ...]:
        return tuple(compile_normalizer(systems).normalize(self._records()))

    def _drop_useless(self, outcomes: Sequence[Outcome]) -> bool:
        """Drop kinds that take no record; False if there are none."""
        taken = Counter(
            outcome.kind for outcome in outcomes if isinstance(outcome, Event | Detail | Ignored)
        )
        useless = [kind for kind in self.draft.kinds if not taken[kind.name]]
        for kind in useless:
            if kind in self.draft.kinds:
                self._drop(kind)
        return bool(useless)

    def _take_samples(self, outcomes: Sequence[Outcome]) -> None:
        by_kind: dict[str, list[int]] = defaultdict(list)
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, Event | Detail):
                by_kind[outcome.kind].append(number)
        for kind in self.draft.kinds:
            kind.samples = [
                SampleDraft(self.texts[number], given_by(outcomes[number]))
                for number in telling_records(by_kind[kind.name], outcomes, self.texts)
            ]

    # --- the last resort ---------------------------------------------------------------------

    def _become_catch_all(self) -> None:
        """Nothing of the draft holds: one kind for all records, told as such."""
        self.draft.become_catch_all(len(self.texts))

    def _catch_all(self) -> Proposal:
        self._become_catch_all()
        systems = self._load()
        outcomes = self._normalized(systems or ())
        return self._proposal(self._with_samples(outcomes), outcomes)

    def _with_samples(self, outcomes: tuple[Outcome, ...]) -> Specs:
        """What is found in the whole spec, with samples of what it makes of the records."""
        self._take_samples(outcomes)
        self.path.write_text(spec_text(self.draft), encoding="utf-8", newline="")
        return check_specs([self.path])

    def _proposal(self, specs: Specs, outcomes: tuple[Outcome, ...]) -> Proposal:
        text, records = spec_text(self.draft), tuple(self._records())
        return Proposal(text, self.draft.marks, records, outcomes, specs.systems, specs.diagnostics)


def _alone(system: System, name: str) -> System:
    """The system with one kind only, which tells what it takes and makes nothing of it."""
    kinds = tuple(
        replace(kind, role="ignore", after={}) for kind in system.kinds if kind.name == name
    )
    return replace(system, kinds=kinds, join=None, merge=None)


def _laid_down(kind: KindDraft) -> int:
    """How much text a kind lays down, or how many conditions."""
    if kind.template is None:
        return len(kind.where)
    depth, plain = 0, 0
    for char in kind.template:
        depth += (char == "{") - (char == "}")
        plain += depth == 0
    return plain
