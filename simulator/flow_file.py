"""Flow files: YAML in which people write what a flow goes through.

pause: 200ms..3s              # between two steps, where a step says nothing else
flow:
  - system: shop
    steps:
      - ORDERED               # a checkpoint reached: SUCCESS
      - {checkpoint: PAID, status: FAILURE, reasons: [card refused, timeout]}
      - {checkpoint: PAID, pause: 1m}
  - choose:                   # one of the ways, by weight
      - {weight: 3, flow: []}
      - {weight: 1, flow: [{system: depot, steps: [PICKED, SENT]}]}
  - parallel:                 # branches side by side
      - [{system: mail, steps: [SENT]}]
      - [{system: books, steps: [BOOKED]}]
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, Literal

from engine.diagnostics import SpecError
from engine.model import STATUSES, System
from engine.spec.findings import Findings, did_you_mean
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode, compose, read_text
from simulator.flow import DETAIL_AFTER, PAUSE, Block, Choice, Flow, Parallel, Span, Step
from simulator.voices import Choir, Happening, train

DEFAULT_FLOW: Final = Path("flows") / "orders.yaml"
"""Where the flow is looked for in a directory of specs."""

_SPAN: Final = re.compile(r"([0-9]{1,9})(ms|s|m)(?:\.\.([0-9]{1,9})(ms|s|m))?")
_UNIT_US: Final = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000}
_TRIALS: Final = 8
_TRIAL_US: Final = 1_746_352_800_000_000
_FLOW_KEYS: Final = ("flow", "pause", "detail_after")
_BLOCK_KEYS: Final = (("system", "steps", "pause"), ("choose",), ("parallel",))
_STEP_KEYS: Final = ("checkpoint", "status", "reasons", "pause")
_WAY_KEYS: Final = ("weight", "flow")


def default_flow_file(paths: Sequence[Path]) -> Path | None:
    """The flow that lies beside the specs; None if none does."""
    return next((one / DEFAULT_FLOW for one in paths if (one / DEFAULT_FLOW).is_file()), None)


def load_flow(path: Path, systems: Sequence[System]) -> Flow:
    """The flow of a file, for these systems.

    Raises SpecError with every finding, also where a system cannot say what a step asks of it;
    EnvironmentFailure where the file cannot be read.
    """
    findings = Findings()
    text = read_text(path, findings)
    root = None if text is None else compose(text, str(path), findings)
    flow = Flow()
    if root is not None and not findings.has_errors:
        flow = _FlowReader(train(systems), findings).read(root)
    if findings.has_errors:
        raise SpecError(findings.in_order())
    return flow


@dataclass(slots=True)
class _FlowReader:
    choir: Choir
    findings: Findings
    pause: Span = PAUSE
    _named: set[str] = field(default_factory=set)

    def read(self, root: Node) -> Flow:
        entries = self._entries(root, _FLOW_KEYS, "a flow file", needs=("flow",))
        self.pause = self._span(entries.get("pause"), PAUSE)
        detail_after = self._span(entries.get("detail_after"), DETAIL_AFTER)
        blocks = self._blocks(entries.get("flow"))
        return Flow(blocks, frozenset(self._named), self.pause, detail_after)

    def _blocks(self, node: Node | None) -> tuple[Block, ...]:
        """The blocks of a list; one block may stand alone."""
        if isinstance(node, MapNode):
            return self._block(node)
        return tuple(block for item in self._items(node, "a flow") for block in self._block(item))

    def _block(self, node: Node) -> tuple[Block, ...]:
        kinds = {keys[0]: keys for keys in _BLOCK_KEYS}
        own = list(node.items) if isinstance(node, MapNode) else []
        name = next((key for key in own if key in kinds), None)
        if not isinstance(node, MapNode) or name is None:
            help_text = "write system and steps, or choose, or parallel"
            self.findings.add("E203", node.location, "not a part of a flow", help_text)
            return ()
        entries = self._entries(node, kinds[name], "this part of the flow")
        if name == "choose":
            return self._choice(entries["choose"])
        if name == "parallel":
            branches = self._items(entries["parallel"], "parallel")
            return (Parallel(tuple(self._blocks(one) for one in branches)),)
        return self._steps(node, entries)

    def _choice(self, node: Node) -> tuple[Block, ...]:
        ways, weights = [], []
        for item in self._items(node, "choose"):
            entries = self._entries(item, _WAY_KEYS, "a way of choose", needs=("flow",))
            ways.append(self._blocks(entries.get("flow")))
            weights.append(self._weight(entries.get("weight")))
        if not ways:
            self.findings.add("E206", node.location, "choose has nothing to choose from")
            return ()
        if not sum(weights):
            self.findings.add("E205", node.location, "no way of choose has a weight above 0")
            return ()
        return (Choice(tuple(ways), tuple(weights)),)

    def _steps(self, node: MapNode, entries: Mapping[str, Node]) -> tuple[Block, ...]:
        name = self._text(entries["system"], "system")
        if name not in self.choir.voices:
            if name is not None:
                message = f'no system "{name}" is loaded'
                known = did_you_mean(name, self.choir.voices)
                self.findings.add("E204", entries["system"].location, message, known)
            return ()
        self._named.add(name)
        if "steps" not in entries:
            self.findings.add("E202", node.location, f'"{name}" needs the key "steps"')
        pause = self._span(entries.get("pause"), self.pause)
        steps = (self._step(name, one, pause) for one in self._items(entries.get("steps"), "steps"))
        return tuple(step for step in steps if step is not None)

    def _step(self, system: str, node: Node, pause: Span) -> Step | None:
        before = len(self.findings.diagnostics)
        checkpoint: str | None
        status: Literal["SUCCESS", "FAILURE"] = "SUCCESS"
        reasons: tuple[str, ...] = ()
        if isinstance(node, MapNode):
            entries = self._entries(node, _STEP_KEYS, "a step", needs=("checkpoint",))
            checkpoint = self._text(entries.get("checkpoint"), "checkpoint")
            said = self._text(entries["status"], "status") if "status" in entries else "SUCCESS"
            if said is not None and said not in STATUSES:
                message, near = f'"{said}" is no status', did_you_mean(said, STATUSES)
                self.findings.add("E204", entries["status"].location, message, near)
            status = "FAILURE" if said == "FAILURE" else "SUCCESS"
            pause = self._span(entries.get("pause"), pause)
            reasons = self._reasons(entries.get("reasons"))
        else:
            checkpoint = self._text(node, "a step")
        if checkpoint is None or len(self.findings.diagnostics) > before:
            return None
        step = Step(system, checkpoint, status, reasons, pause)
        self._check_can_be_told(step, node)
        return step

    def _reasons(self, node: Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        nodes = [node] if isinstance(node, ScalarNode) else self._items(node, "reasons")
        texts = [self._text(one, "a reason") for one in nodes]
        return tuple(text for text in texts if text is not None)

    def _check_can_be_told(self, step: Step, node: Node) -> None:
        """Whether some record kind of the system can say each form of the step."""
        voice = self.choir.voices[step.system]
        for reason in step.reasons or (None,):
            say = voice.tell_somehow if reason is None else voice.tell
            for number in range(1, _TRIALS):
                rng = Random(number)
                correlation_id = self.choir.correlation_ids(number, rng)[step.system]
                happening = Happening(step.checkpoint, step.status, reason, correlation_id)
                if say(happening, _TRIAL_US, 1, rng) is None:
                    why = "" if reason is None else f' for the reason "{reason}"'
                    message = (
                        f"no record kind of {step.system} can say {step.status} at "
                        f'"{step.checkpoint}"{why}'
                    )
                    help_text = "look at its templates and conditions, or say something else here"
                    self.findings.add("E205", node.location, message, help_text)
                    break

    # --- parts of every document ----------------------------------------------------------------

    def _entries(
        self, node: Node, known: Sequence[str], what: str, needs: Sequence[str] = ()
    ) -> Mapping[str, Node]:
        if not isinstance(node, MapNode):
            self.findings.add("E203", node.location, f"{what} is a mapping")
            return {}
        for key in node.items:
            if key not in known:
                message = f'unknown key "{key}" in {what}'
                self.findings.add("E201", node.keys[key], message, did_you_mean(key, known))
        for key in needs:
            if key not in node.items:
                self.findings.add("E202", node.location, f'{what} needs the key "{key}"')
        return node.items

    def _items(self, node: Node | None, what: str) -> Sequence[Node]:
        if isinstance(node, ListNode):
            return node.items
        if node is not None:
            self.findings.add("E203", node.location, f"{what} is a list")
        return ()

    def _text(self, node: Node | None, what: str) -> str | None:
        if isinstance(node, ScalarNode) and node.text:
            return node.text
        if node is not None:
            help_text = "put it in quotes" if isinstance(node, MapNode) else ""
            self.findings.add("E203", node.location, f"{what} is a text", help_text)
        return None

    def _weight(self, node: Node | None) -> float:
        if node is None:
            return 1.0
        try:
            weight = float(node.text) if isinstance(node, ScalarNode) else math.nan
        except ValueError:
            weight = math.nan
        if not 0 <= weight <= 1e9:
            self.findings.add("E205", node.location, "a weight is a number from 0, like 3 or 0.5")
            return 1.0
        return weight

    def _span(self, node: Node | None, otherwise: Span) -> Span:
        if node is None:
            return otherwise
        found = _SPAN.fullmatch(node.text) if isinstance(node, ScalarNode) else None
        if found is not None:
            low_us = int(found[1]) * _UNIT_US[found[2]]
            high_us = int(found[3]) * _UNIT_US[found[4]] if found[3] else low_us
            if low_us <= high_us:
                return Span(low_us, high_us)
        self.findings.add(
            "E313", node.location, "a time or a range of times", "write 500ms, or 200ms..3s"
        )
        return otherwise
