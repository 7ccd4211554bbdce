"""The workload of the speed benchmark: records of four systems, or of variants of them, and the
rows that are right for them, known from the making and never from reading.

    python benchmarks/speed/workload.py --records 1000000 --seed 1 --systems 4 DIRECTORY

writes ``records.log``, ``systems/*.yaml``, ``expected.jsonl`` (a row an event, in the order of the
records) and ``expected.json`` (counts). The same arguments give the same bytes.

A hundred records are a second of log time. No id fails twice within a minute in a system that
joins, and an error record comes at most 30 seconds after what it explains: so each pair is the
only possible one, and no pairing is repeated here. Towards the end nothing fails any more in
those systems (``quiet_records``), so that no event is still waiting when the records end.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final, NamedTuple

SHIPPED: Final = Path(__file__).parents[2] / "systems"
BEGIN: Final = datetime(2025, 5, 4, 10, 30)  # noqa: DTZ001 - the records' times have no zone
RECORDS_PER_SECOND: Final = 100
FLOWS: Final = 200
SHARES: Final = {"fedebom": 0.27, "cmf": 0.27, "reporting": 0.23, "bcis": 0.228, "junk": 0.002}
"""Of all records; error records count with their system."""
FAILING: Final = 1 / 20
EXPLAINED: Final = 0.9
"""How many of the failures in a system that joins get an error record."""
ERROR_DELAY_RECORDS: Final = 20 * RECORDS_PER_SECOND
"""How far away an error record is at most when it is put in line."""
FAILURE_DISTANCE_RECORDS: Final = 60 * RECORDS_PER_SECOND
WRITTEN_TOGETHER: Final = 10_000

CHECKPOINTS: Final = {
    "fedebom": [f"CHECKPOINT_{number}" for number in range(1, 8)],
    "cmf": [f"CMF_CHECKPOINT_{number}" for number in range(1, 6)],
    "reporting": ["REPORTING_INITIATED", *(f"REPORTING_CHECKPOINT_{n}" for n in range(1, 5))],
    "bcis": [f"CHECKPOINT_{letter}" for letter in "ABCDEF"],
}
REASONS: Final = (
    "FAILURE_REASON_X",
    "timeout (db) - see (ID: 42)",
    "upstream refused - code 503 - giving up",
    "CONNECTION_RESET - peer closed (ID: 42) - retry 3 of 3",
    "lock wait of 50 s exceeded - holder (ID: 42)",
    "DOCUMENT_LOCKED",
    "amount is not a number - field 7",
    'cannot read "amount" - expected a number (ID: 42)',
    "Größe überschritten - 12 MiB",
    "SCHEMA_MISMATCH - version 3 - wanted 4 (ID: 42) - see runbook",
)


class Row(NamedTuple):
    """What an event must become."""

    system_id: str
    checkpoint_id: str
    timestamp: str
    status: str
    correlation_id: str
    failure_reason: str | None
    join_state: str


@dataclass(slots=True)
class Flow:
    """One correlation id on its way. ``failed_at`` is the number of the record of its last failure
    in a system that joins."""

    correlation_id: str
    checkpoints_left: int
    failed_at: int = -FAILURE_DISTANCE_RECORDS


@dataclass(slots=True)
class Workload:
    """Makes the records one by one. ``records`` is their number, ``systems`` 4 or a multiple."""

    records: int
    seed: int
    systems: int
    _random: random.Random = field(init=False)
    _flows: list[Flow] = field(init=False)
    _errors: dict[str, list[tuple[int, int, str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        """Begin the flows."""
        self._random = random.Random(self.seed)
        self._flows = [self._new_flow() for _ in range(FLOWS)]
        self._errors = {"fedebom": [], "cmf": []}

    @property
    def suffixes(self) -> list[str]:
        """What the names and markers of the variants end with."""
        if self.systems == len(CHECKPOINTS):
            return [""]
        return [str(number) for number in range(1, self.systems // len(CHECKPOINTS) + 1)]

    @property
    def quiet_records(self) -> int:
        """Before so many records from the end the last failure lies that may want a detail: a
        minute, and fifteen times the mean distance of two records of one system."""
        per_system = min(SHARES["fedebom"], SHARES["cmf"]) / len(self.suffixes)
        return FAILURE_DISTANCE_RECORDS + round(15 / per_system)

    def make(self) -> Iterator[tuple[str, Row | None]]:
        """Each record without its line break, and its row if it makes an event."""
        families, bounds = list(SHARES), list(accumulate(SHARES.values()))
        suffixes, choose = self.suffixes, self._random.choices
        for first in range(0, self.records, RECORDS_PER_SECOND):
            now = (BEGIN + timedelta(seconds=first // RECORDS_PER_SECOND)).isoformat()
            numbers = range(first, min(first + RECORDS_PER_SECOND, self.records))
            chosen = choose(families, cum_weights=bounds, k=len(numbers))
            for number, family, suffix in zip(
                numbers, chosen, choose(suffixes, k=len(numbers)), strict=True
            ):
                if family == "junk":
                    yield self._junk(now, suffix), None
                elif (errors := self._errors.get(family)) and errors[0][0] <= number:
                    _, _, system, record = heapq.heappop(errors)
                    yield record.replace("{now}", now) if system == "cmf" else record, None
                else:
                    yield self._checkpoint(number, now, family, suffix)

    def _checkpoint(self, number: int, now: str, family: str, suffix: str) -> tuple[str, Row]:
        chance = self._random.random
        flow = self._next_flow()
        checkpoints = CHECKPOINTS[family]
        checkpoint = checkpoints[int(chance() * len(checkpoints))]
        status, reason, state = "SUCCESS", None, "none"
        fails = chance() < FAILING
        if fails and family in self._errors:
            if self._may_fail(number, flow):
                status, flow.failed_at = "FAILURE", number
                reason = self._reason() if chance() < EXPLAINED else None
                state = "unmatched" if reason is None else "complete"
                if reason is not None:
                    self._promise_error(number, family, suffix, flow.correlation_id, reason)
        elif fails:
            status, reason = "FAILURE", self._reason()
        text = _record(family, suffix, now, checkpoint, status, flow.correlation_id, reason)
        row = Row(
            family + suffix, checkpoint, now + "Z", status, flow.correlation_id, reason, state
        )
        return text, row

    def _may_fail(self, number: int, flow: Flow) -> bool:
        is_rare = number - flow.failed_at >= FAILURE_DISTANCE_RECORDS
        return is_rare and number < self.records - self.quiet_records

    def _promise_error(
        self, number: int, family: str, suffix: str, correlation_id: str, reason: str
    ) -> None:
        if family == "cmf":
            label = f"CMF{suffix}"
            record = f"{{now}} {label} {label}_ERROR: (ID: {correlation_id}) - {reason}"
        else:
            record = (
                f'{{"system": "{family}{suffix}", "correlation_id": "{correlation_id}", '
                f'"failure_reason": {_json(reason)}}}'
            )
        due = number + 1 + int(self._random.random() * ERROR_DELAY_RECORDS)
        heapq.heappush(self._errors[family], (due, number, family, record))

    def _next_flow(self) -> Flow:
        """Any flow; one that has come to its end makes place for a new one."""
        place = int(self._random.random() * FLOWS)
        flow = self._flows[place]
        if not flow.checkpoints_left:
            flow = self._flows[place] = self._new_flow()
        flow.checkpoints_left -= 1
        return flow

    def _new_flow(self) -> Flow:
        digits = f"{self._random.getrandbits(128):032x}"
        cuts = (0, 8, 12, 16, 20, 32)
        parts = (digits[low:high] for low, high in pairwise(cuts))
        return Flow("-".join(parts), self._random.randint(4, 16))

    def _reason(self) -> str:
        return REASONS[int(self._random.random() * len(REASONS))]

    def _junk(self, now: str, suffix: str) -> str:
        word = f"{self._random.getrandbits(32):08x}"
        return self._random.choice(
            (
                f"{now} worker {word} started - nothing to do",
                f"    at com.example.{word}.run(Worker.java:42)",
                f'{{"system": "fedebom{suffix}", "checkpoint": "CHECKPOINT_1", "status": "SUCC',
                f'{{"system": "unknown-{word}", "status": "SUCCESS", "timestamp": "{now}"}}',
                f"2025-02-31T10:30:00 BCIS{suffix}: CHECKPOINT_A - SUCCESS (ID: {word})",
                f"{now} BCIS{suffix}: CHECKPOINT_A - SUCCESS (ID {word}",
            )
        )


_TEXTS: Final = {reason: json.dumps(reason, ensure_ascii=False) for reason in REASONS}


def _json(reason: str | None) -> str:
    return "null" if reason is None else _TEXTS[reason]


def _record(
    family: str,
    suffix: str,
    now: str,
    checkpoint: str,
    status: str,
    correlation_id: str,
    reason: str | None,
) -> str:
    """A checkpoint as its system logs it. ``reason`` stands in the record where the system has no
    error records of its own."""
    if family in {"bcis", "cmf"}:
        label = family.upper() + suffix
        text = f"{now} {label}: {checkpoint} - {status} (ID: {correlation_id})"
        return text if reason is None or family == "cmf" else f"{text} - {reason}"
    text = (
        f'{{"system": "{family}{suffix}", "checkpoint": "{checkpoint}", "status": "{status}", '
        f'"timestamp": "{now}", "correlation_id": "{correlation_id}"'
    )
    if reason is None or family == "fedebom":
        return text + "}"
    return f'{text}, "failure_reason": {_json(reason)}}}'


def write_systems(suffixes: list[str], folder: Path) -> None:
    """The shipped specs, or for each suffix one of each with names and markers that end with it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for family in CHECKPOINTS:
        spec = (SHIPPED / f"{family}.yaml").read_text(encoding="utf-8")
        label = family.upper()
        for suffix in suffixes:
            text = spec.replace(family, family + suffix)
            text = text.replace(f" {label}: ", f" {label}{suffix}: ")
            text = text.replace(f" {label} {label}_", f" {label}{suffix} {label}{suffix}_")
            (folder / f"{family}{suffix}.yaml").write_text(text, encoding="utf-8")


def expected_line(row: Row, offset: int) -> str:
    """A line of ``expected.jsonl``. Only a reason holds what JSON must escape."""
    return (
        f'{{"system_id": "{row.system_id}", "checkpoint_id": "{row.checkpoint_id}", '
        f'"timestamp": "{row.timestamp}", "status": "{row.status}", '
        f'"correlation_id": "{row.correlation_id}", "failure_reason": {_json(row.failure_reason)}, '
        f'"join_state": "{row.join_state}", "offset": {offset}}}\n'
    )


def write(workload: Workload, folder: Path) -> dict[str, int]:
    """Write everything; the counts that ``expected.json`` holds too."""
    write_systems(workload.suffixes, folder / "systems")
    states: Counter[str] = Counter()
    offset = 0
    with (
        (folder / "records.log").open("wb") as records,
        (folder / "expected.jsonl").open("w", encoding="utf-8") as expected,
    ):
        lines: list[bytes] = []
        for text, row in workload.make():
            if row is not None:
                states[row.join_state] += 1
                expected.write(expected_line(row, offset))
            line = text.encode() + b"\n"
            offset += len(line)
            lines.append(line)
            if len(lines) == WRITTEN_TOGETHER:
                records.write(b"".join(lines))
                lines.clear()
        records.write(b"".join(lines))
    events = states.total()
    counts = {
        "records": workload.records,
        "bytes": offset,
        "events": events,
        "details": states["complete"],
        "quarantined": workload.records - events - states["complete"],
        "complete": states["complete"],
        "unmatched": states["unmatched"],
    }
    (folder / "expected.json").write_text(json.dumps(counts, indent=2) + "\n")
    return counts


def main() -> None:
    """Read the arguments, write, print the counts."""
    parser = argparse.ArgumentParser(description="Write the workload of the speed benchmark.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--systems", type=int, choices=(4, 40, 400, 1000), default=4)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    workload = Workload(arguments.records, arguments.seed, arguments.systems)
    print(json.dumps(write(workload, arguments.folder)))


if __name__ == "__main__":
    main()
