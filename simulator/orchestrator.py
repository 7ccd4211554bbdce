"""Many flows at once: what each system logs, in the order of simulated time.

Each flow has a random generator of its own, made of the seed and its number, so what happens in a
flow does not depend on how many others there are.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from engine.model import Join, System
from simulator.flow import Block, Choice, Flow, Parallel, Span, Step
from simulator.ledger import Emission, Meaning
from simulator.rendering import Rendered
from simulator.voices import Choir, Happening, Utterance, Voice

IN_FLIGHT: Final = 200
"""How many flows are under way at a time."""

_STAGGER_US: Final = 150_000
"""The first flows begin one after the other at about this distance."""

_GENERIC_FAILURES: Final = 0.25
_GENERIC_RETRIES: Final = 0.8
_PRETTY: Final = 0.3
_MUTTERS: Final = 0.03
_SCATTERED: Final = 0.25
"""The part of flows whose records do not share a key, so that halves lie in different partitions
of a topic."""


def orchestrate(
    choir: Choir, flow: Flow, *, flows: int, seed: int, start_us: int, pretty: bool
) -> Iterator[Emission]:
    """What ``flows`` flows log, by time, JSON records over several lines now and then if
    ``pretty``. Emissions have no number yet."""
    stagger = Random(f"{seed}/stagger")
    begins = [start_us]
    for _ in range(min(flows, IN_FLIGHT) - 1):
        begins.append(begins[-1] + stagger.randrange(2 * _STAGGER_US))
    heapq.heapify(begins)
    waiting: list[tuple[int, int, int, Emission]] = []
    for number in range(1, flows + 1):
        begin_us = heapq.heappop(begins)
        while waiting and waiting[0][0] < begin_us:
            yield heapq.heappop(waiting)[-1]
        one = _OneFlow(choir, flow, number, Random(f"{seed}/{number}"), pretty)
        end_us = one.run(begin_us)
        heapq.heappush(begins, end_us)
        for index, emission in enumerate(one.emissions):
            heapq.heappush(waiting, (emission.sent_us, number, index, emission))
    while waiting:
        yield heapq.heappop(waiting)[-1]


@dataclass(slots=True)
class _OneFlow:
    choir: Choir
    flow: Flow
    number: int
    rng: Random
    pretty: bool
    emissions: list[Emission] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)
    _is_scattered: bool = False

    def run(self, begin_us: int) -> int:
        """Go through the whole flow; the time of its end."""
        self._ids = self.choir.correlation_ids(self.number, self.rng)
        self._is_scattered = self.rng.random() < _SCATTERED
        end_us = self._go(self.flow.blocks, begin_us)
        for name, voice in self.choir.voices.items():
            if name not in self.flow.systems:
                end_us = max(end_us, self._wander(voice, begin_us))
        return end_us

    def _go(self, blocks: Sequence[Block], at_us: int) -> int:
        for block in blocks:
            if isinstance(block, Step):
                at_us = self._step(block, at_us)
            elif isinstance(block, Choice):
                (way,) = self.rng.choices(block.ways, block.weights)
                at_us = self._go(way, at_us)
            elif isinstance(block, Parallel):
                at_us = max((self._go(one, at_us) for one in block.branches), default=at_us)
        return at_us

    def _step(self, step: Step, at_us: int) -> int:
        reason = self.rng.choice(step.reasons) if step.reasons else None
        at_us += self._draw(step.pause)
        voice = self.choir.voices[step.system]
        return self._tell(voice, step.checkpoint, step.status, at_us, reason)

    def _wander(self, voice: Voice, at_us: int) -> int:
        """The flow of a system that no flow file names: through some of its checkpoints in order,
        failing now and then, mostly trying again."""
        path = voice.successes or voice.failures
        passed = sorted(self.rng.sample(range(len(path)), self.rng.randint(1, len(path))))
        for checkpoint in (path[index] for index in passed):
            at_us += self._draw(self.flow.pause)
            fails = checkpoint in voice.failures and self.rng.random() < _GENERIC_FAILURES
            if fails or checkpoint not in voice.successes:
                at_us = self._tell(voice, checkpoint, "FAILURE", at_us)
                if checkpoint not in voice.successes or self.rng.random() > _GENERIC_RETRIES:
                    continue
                at_us += self._draw(self.flow.pause)
            at_us = self._tell(voice, checkpoint, "SUCCESS", at_us)
        return at_us

    def _tell(
        self, voice: Voice, checkpoint: str, status: str, at_us: int, reason: str | None = None
    ) -> int:
        happening = Happening(checkpoint, status, reason, self._ids[voice.system.name])
        after_us = self._draw(self.flow.detail_after)
        say = voice.tell if reason is not None else voice.tell_somehow
        told = say(happening, at_us, after_us, self.rng)
        if told is not None:
            at_us = self._keep(voice, told, at_us)
        if self.rng.random() < _MUTTERS:
            muttered = voice.mutter(at_us, self.rng)
            if muttered is not None:
                kind, rendered = muttered
                self._emit(voice, kind, "ignore", rendered, at_us)
        return at_us

    def _keep(self, voice: Voice, told: Utterance, at_us: int) -> int:
        """Note what was told; the time when all of it is."""
        join = None if told.detail is None else voice.system.join
        event = self._emit(voice, told.event_kind, "event", told.event, at_us, join)
        if told.detail is None:
            return at_us
        detail_us = told.detail_us
        detail = self._emit(voice, told.detail_kind, "detail", told.detail, detail_us, join)
        event.completed_by, detail.completes = detail.record, event.record
        return detail_us

    def _emit(
        self,
        voice: Voice,
        kind: str,
        role: str,
        rendered: Rendered,
        at_us: int,
        join: Join | None = None,
    ) -> Emission:
        """Note a record; ``join`` is set for halves of an event."""
        record = f"{self.number}.{len(self.emissions) + 1}"
        correlation_id = self._ids[voice.system.name]
        key = f"{correlation_id}/{record}" if self._is_scattered else correlation_id
        is_pretty = self.rng.random() < _PRETTY and self.pretty
        text = (rendered.pretty() if is_pretty else None) or rendered.text
        emission = Emission(
            record=record,
            flow=self.number,
            sent_us=at_us // 1000 * 1000,  # a broker's timestamp has milliseconds
            key=key.encode(),
            value=text.encode(),
            meaning=_meaning(voice.system, kind, role, rendered, join),
        )
        self.emissions.append(emission)
        return emission

    def _draw(self, span: Span) -> int:
        return span.low_us + int((span.high_us - span.low_us + 1) * self.rng.random())


def _meaning(
    system: System, kind: str, role: str, rendered: Rendered, join: Join | None
) -> Meaning:
    meaning = Meaning(system.name, kind, role)
    if role == "ignore":
        return meaning
    values = rendered.values
    meaning.correlation_id = values.get("correlation_id")
    meaning.failure_reason = values.get("failure_reason")
    meaning.merge = system.merge
    meaning.checkpoint_id = values.get("checkpoint_id")
    meaning.status = values.get("status")
    if rendered.time is not None:
        meaning.timestamp, meaning.time_us = rendered.time
    if rendered.attributes is not None:
        meaning.attributes = {
            name: value
            for name, value in rendered.attributes.items()
            if name not in rendered.unsure
        }
    meaning.join = join
    meaning.expects_detail = role == "event" and join is not None
    return meaning
