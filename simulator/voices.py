"""A system's voice: which of its record kinds can say what has happened, and what it can say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import Final, NamedTuple

from engine.diagnostics import Diagnostic, SpecError
from engine.model import RecordKind, System
from simulator.rendering import KindRenderer, Rendered, reserved_keys
from simulator.slots import AT_TIME, Wanted
from simulator.values import FORMS, REASONS

_TRIAL_US: Final = 1_746_352_800_000_000
_ID_DRAWS_MAX: Final = 20
"""An id may by chance hold what comes after it in a template; then another one is drawn."""
_STAGES: Final = ("INITIATED", "STEP_1", "STEP_2", "STEP_3", "FINALIZED")


_IDS: Final = 200
"""How many ids are made that are of a form of their own."""


def _later(renderer: KindRenderer, target: str) -> Iterator[list[str]]:
    """What is only made where nothing else fits."""
    yield renderer.some(target, len(_STAGES))


class Happening(NamedTuple):
    """What a system has to tell: one step of a flow. ``reason`` is None where it gives none."""

    checkpoint_id: str
    status: str
    reason: str | None
    correlation_id: str


@dataclass(slots=True)
class Utterance:
    """The records that tell it: the event and, where the system's join asks for one, its detail
    (rendered for the time that ``detail_us`` says)."""

    event: Rendered
    event_kind: str
    detail: Rendered | None = None
    detail_kind: str = ""
    detail_us: int = 0


class Voice:
    """One system, ready to tell steps."""

    def __init__(self, system: System, reserved: frozenset[str], redact_key: bytes = b"") -> None:
        self.system = system
        renderers = [KindRenderer(system, kind, reserved, redact_key) for kind in system.kinds]
        self._events = [one for one in renderers if one.kind.role == "event"]
        names = () if system.join is None else system.join.events
        self._joined = [one for one in self._events if one.kind.name in names]
        """Those of which the join may expect that another record completes them."""
        self._details = [one for one in renderers if one.kind.role == "detail"]
        self._ignored = [one for one in renderers if one.kind.role == "ignore"]
        self.reasons: tuple[str, ...] = ()
        self.successes: tuple[str, ...] = ()
        """The checkpoints that the generic flow passes through, in order."""
        self.failures: tuple[str, ...] = ()
        """Those at which it can fail."""

    @property
    def can_tell(self) -> bool:
        """Whether it has any events to tell (a spec may do nothing but ignore)."""
        return bool(self._events)

    def accepts_id(self, correlation_id: str) -> bool:
        """Whether every kind that carries a correlation id can carry this one."""
        return all(
            one.has_no("correlation_id") or one.holds("correlation_id", correlation_id)
            for one in self._events + self._details
        )

    def fixed_ids(self) -> list[str]:
        """The correlation ids that the spec lays down, if it leaves no others; else some that have
        a form of their own."""
        fixed = [text for one in self._events for text in one.fixed("correlation_id")]
        some = (text for one in self._events for text in one.some("correlation_id", _IDS))
        return fixed or [text for text in some if self.accepts_id(text)]

    def learn(self, correlation_id: str) -> None:
        """Find out what it can say, for the generic flow and for reasons that are not given."""
        pool = self._made_up("failure_reason", REASONS)
        holders = self._events + self._details
        self.reasons = tuple(
            text
            for text in dict.fromkeys(pool)
            if any(one.holds("failure_reason", text) for one in holders)
        )
        names = [f"{self.system.name.upper()}_{stage}" for stage in _STAGES]
        checkpoints = list(dict.fromkeys(self._made_up("checkpoint_id", names)))

        def tells(checkpoint: str, status: str) -> bool:
            happening = Happening(checkpoint, status, None, correlation_id)
            return self.tell_somehow(happening, _TRIAL_US, 1, Random(0)) is not None

        self.successes = tuple(one for one in checkpoints if tells(one, "SUCCESS"))
        self.failures = tuple(one for one in checkpoints if tells(one, "FAILURE"))

    def _made_up(self, target: str, liked: Sequence[str]) -> Iterator[str]:
        """Texts for a field: those that are liked, else those the spec lays down, else any."""
        forms = [[make(n, Random(n)) for n in (100, 200, 300)] for make in FORMS.values()]
        for one in self._events + self._details:
            choices = chain([liked, one.fixed(target), *forms], _later(one, target))
            held = ([text for text in texts if one.holds(target, text)] for texts in choices)
            yield from next((texts for texts in held if texts), [])

    def tell(
        self, happening: Happening, at_us: int, detail_after_us: int, rng: Random
    ) -> Utterance | None:
        """The records that tell a step at this time; None if no kind can.

        A reason goes into a detail where the spec's join expects one, else into the record.
        """
        base = {
            "checkpoint_id": happening.checkpoint_id,
            "status": happening.status,
            "correlation_id": happening.correlation_id,
            "timestamp": AT_TIME,
        }
        bare = {**base, "failure_reason": None}
        able = self._events if happening.reason is None else self._expecting(bare)
        for kind, event in _said(able, bare, at_us, rng):
            if not expects_detail(self.system, kind, event):
                if happening.reason is None:
                    return Utterance(event, kind.name)
                continue
            # A detail that stays out of reach would be another failure's.
            assert self.system.join is not None
            after_us = min(detail_after_us, self.system.join.within_us // 2)
            reason = happening.reason or (rng.choice(self.reasons) if self.reasons else None)
            found = self._detail(happening.correlation_id, reason, at_us + after_us, rng)
            if found is not None:
                detail_kind, detail = found
                return Utterance(event, kind.name, detail, detail_kind.name, at_us + after_us)
        wanted = {**base, "failure_reason": happening.reason}
        for kind, event in _said(self._events, wanted, at_us, rng):
            if not expects_detail(self.system, kind, event):
                return Utterance(event, kind.name)
        return None

    def tell_somehow(
        self, happening: Happening, at_us: int, detail_after_us: int, rng: Random
    ) -> Utterance | None:
        """As ``tell``, with a reason drawn from those the system can carry: a failure has one if
        that is possible, a success has none if that is possible."""
        for reason in self._some_reasons(happening.status, rng):
            given = happening if reason is None else happening._replace(reason=reason)
            told = self.tell(given, at_us, detail_after_us, rng)
            if told is not None:
                return told
        return None

    def _some_reasons(self, status: str, rng: Random) -> Iterator[str | None]:
        if status != "FAILURE":
            yield None
        yield from rng.sample(self.reasons, len(self.reasons))
        if status == "FAILURE":
            yield None

    def _expecting(self, wanted: Wanted) -> list[KindRenderer]:
        """The kinds whose events may expect a detail if they mean what is wanted."""
        asked = {} if self.system.join is None else self.system.join.when
        named = asked.keys() & wanted.keys() - {"timestamp"}
        if any(wanted[name] not in asked[name] for name in named):
            return []
        return self._joined

    def _detail(
        self, correlation_id: str, reason: str | None, at_us: int, rng: Random
    ) -> tuple[RecordKind, Rendered] | None:
        join = self.system.join
        assert join is not None
        base: dict[str, str | None] = {"correlation_id": correlation_id}
        if "failure_reason" in join.take and reason is not None:
            base["failure_reason"] = reason
        # Where the halves meet on the record's clock, a detail without a time is the usual one.
        times: tuple[str | None, ...] = (AT_TIME,) if join.clock == "body" else (None, AT_TIME)
        for time in times:
            said = _said(self._details, {**base, "timestamp": time}, at_us, rng)
            found = next(said, None)
            if found is not None:
                return found
        return None

    def mutter(self, at_us: int, rng: Random) -> tuple[str, Rendered] | None:
        """A record that the spec ignores, with its kind's name; None if it ignores nothing."""
        found = next(_said(self._ignored, {}, at_us, rng), None)
        return None if found is None else (found[0].name, found[1])


def _said(
    renderers: Sequence[KindRenderer], wanted: Wanted, at_us: int, rng: Random
) -> Iterator[tuple[RecordKind, Rendered]]:
    """What each kind that can say it makes of it, from a random one on."""
    first = int(len(renderers) * rng.random())
    for one in (*renderers[first:], *renderers[:first]):
        rendered = one.render(wanted, at_us, rng)
        if rendered is not None:
            yield one.kind, rendered


def expects_detail(system: System, kind: RecordKind, event: Rendered) -> bool:
    """Whether the spec's join waits for another record to complete this event."""
    join = system.join
    if join is None or kind.name not in join.events:
        return False
    if event.values.get("correlation_id") is None:
        return False
    given = {**event.values, "timestamp": event.time.text if event.time else None}
    return all(given.get(field) in asked for field, asked in join.when.items())


@dataclass(frozen=True, slots=True)
class Choir:
    """All voices, with the form of the correlation ids that each can carry."""

    voices: dict[str, Voice]
    forms: dict[str, str]

    def correlation_ids(self, flow: int, rng: Random) -> dict[str, str]:
        """The id of a flow for each system: the same one wherever the systems can carry it."""
        ids: dict[str, str] = {}
        used = [form for form in FORMS if form in self.forms.values()]
        for _ in range(_ID_DRAWS_MAX):
            made = {form: FORMS[form](flow, rng) for form in used}
            for system, form in self.forms.items():
                fixed = [] if form else self.voices[system].fixed_ids()
                ids[system] = made[form] if form else fixed[flow % len(fixed)]
            if all(self.voices[system].accepts_id(text) for system, text in ids.items()):
                break
        return ids


def train(systems: Sequence[System], redact_key: bytes = b"") -> Choir:
    """Voices for all systems that have events. Raises SpecError for one that can tell none."""
    reserved = reserved_keys(systems)
    voices = {system.name: Voice(system, reserved, redact_key) for system in systems}
    voices = {name: voice for name, voice in voices.items() if voice.can_tell}
    forms = _forms(voices)
    findings = []
    for name, voice in voices.items():
        ids = [FORMS[forms[name]](1, Random(0))] if forms[name] else voice.fixed_ids()
        if ids:
            voice.learn(ids[0])
        if not voice.successes and not voice.failures:
            findings.append(_mute(voice))
    if findings:
        raise SpecError(findings)
    return Choir(voices, forms)


def _forms(voices: dict[str, Voice]) -> dict[str, str]:
    """The form of ids that most systems can carry; for the others one of their own; ``""`` for a
    system that carries only ids of its spec."""
    able = {
        form: [name for name, voice in voices.items() if voice.accepts_id(make(1, Random(0)))]
        for form, make in FORMS.items()
    }
    best_first = sorted(able, key=lambda form: -len(able[form]))
    return {name: next((form for form in best_first if name in able[form]), "") for name in voices}


def _mute(voice: Voice) -> Diagnostic:
    return Diagnostic(
        voice.system.location,
        "E308",
        f"the simulator finds no record of {voice.system.name} that would become an event",
        "look whether the places of the status, the time and the ids can hold such values",
    )
