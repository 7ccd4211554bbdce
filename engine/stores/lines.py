"""Events as JSON lines instead of rows: each once, when it is final (``run --to``).

Final is an event that waits for nothing, one that is complete, one whose ``within`` has passed,
and at the end of the input whatever is left. An event with a choice of details waits until
``within`` has passed. What has left cannot be corrected, which is the price of not having a store:
a better detail that comes after its event has left stays unused.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final, Protocol

from engine.event_json import RowLines, line_of
from engine.model import Detail, Event
from engine.pipeline import ClockOf, place_in_time
from engine.ports import Batch, Progress, ProgressLookup
from engine.stores.waiting_halves import WaitingHalves

HASHES_MAX: Final = 1_000_000
"""How many contents are remembered for ``duplicates: merge``; the oldest are forgotten first."""

BLOCK_LINES: Final = 1_000
"""How many lines are written at once: few enough for a processor's cache, which makes it quick."""


class Sink(Protocol):
    """Where lines go."""

    def write(self, block: bytes) -> None:
        """Take some lines, one or more, each with its line break."""

    def flush(self) -> None:
        """Return when they are out."""

    def close(self) -> None:
        """Release what is held."""


class LineStore:
    """Keeps only what waits. ``progress`` says where streams go on (a group's offsets), and
    ``on_low_water`` is told, after lines are out, the offset below which nothing waits."""

    def __init__(
        self,
        sink: Sink,
        *,
        progress: ProgressLookup = lambda _: None,
        on_low_water: Callable[[str, int], None] | None = None,
    ) -> None:
        self._sink = sink
        self._progress = progress
        self._on_low_water = on_low_water
        self._last_us: dict[ClockOf, int] = {}
        self._event_us: dict[ClockOf, int] = {}
        self._latest_us: dict[str, int] = {}
        self._next_offset: dict[str, int] = {}
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._waiting = WaitingHalves(tells_offsets=on_low_water is not None)
        self._rows = RowLines(())
        self._kinds: object = ()
        self._lines: list[str] = []

    def progress(self, stream: str) -> Progress | None:
        """Where the reader of this stream goes on."""
        return self._progress(stream)

    def commit(self, batch: Batch) -> None:
        """Write what is final now. Raises what the sink raises."""
        moves = place_in_time(batch, self._last_us)
        self._last_us |= moves.last_us
        self._move_time(moves.event_us)
        self._write_rows(batch)
        for clock, first_us in moves.first_us.items():
            self._waiting.give_time(clock, first_us)
        self._waiting.add(self._those_that_wait(batch))
        self._write(self._waiting.complete())
        for name in self._waiting.clocks():
            now_us = self._event_time(name, batch.lagging)
            if now_us is not None:
                self._write(self._waiting.expired(name, now_us))
        self._out()
        for advance in batch.advances:
            self._next_offset[advance.stream] = advance.next_offset
        self._tell_low_water()

    def finish(self) -> None:
        """The input has ended: everything that still waits is final."""
        self._write(self._waiting.finish())
        self._out()
        self._tell_low_water()

    def close(self) -> None:
        """Release the sink."""
        self._sink.close()

    def _write_rows(self, batch: Batch) -> None:
        if batch.kinds is not self._kinds:
            self._rows, self._kinds = RowLines(batch.kinds), batch.kinds
        for advance, normalized in zip(batch.advances, batch.normalized, strict=True):
            for block in normalized.blocks:
                self._sink.write(block)
            rows = normalized.rows
            for begin in range(0, len(rows), BLOCK_LINES):
                some = rows[begin : begin + BLOCK_LINES]
                self._write(self._rows.lines(advance.stream, some, is_plain=normalized.is_plain))

    def _those_that_wait(self, batch: Batch) -> list[Event | Detail]:
        """The halves of a batch; events that wait for nothing are written."""
        halves: list[Event | Detail] = []
        finals: list[str] = []
        for normalized in batch.normalized:
            for _, outcome in normalized.others:
                if not isinstance(outcome, (Event, Detail)):
                    continue
                if outcome.content_hash is not None and self._is_seen(outcome.content_hash):
                    continue
                if outcome.join_clock is None and isinstance(outcome, Event):
                    finals.append(line_of(outcome, "none"))
                else:
                    halves.append(outcome)
        self._write(finals)
        return halves

    def _write(self, lines: Iterable[str]) -> None:
        rest = iter(lines)
        while some := list(islice(rest, BLOCK_LINES)):
            self._lines += some
            if len(self._lines) >= BLOCK_LINES:
                self._write_block()

    def _write_block(self) -> None:
        block = "".join(self._lines).encode()
        self._lines.clear()
        self._sink.write(block)

    def _out(self) -> None:
        if self._lines:
            self._write_block()
        self._sink.flush()

    def _is_seen(self, content_hash: bytes) -> bool:
        known = content_hash in self._seen
        self._seen[content_hash] = None
        self._seen.move_to_end(content_hash)
        if len(self._seen) > HASHES_MAX:
            self._seen.popitem(last=False)
        return known

    def _move_time(self, event_us: dict[ClockOf, int]) -> None:
        for clock, time_us in event_us.items():
            self._event_us[clock] = max(time_us, self._event_us.get(clock, time_us))
            _, name = clock
            self._latest_us[name] = max(time_us, self._latest_us.get(name, time_us))

    def _event_time(self, clock: str, lagging: Iterable[str]) -> int | None:
        """How far time has come: where streams lag, as far as the slowest of them."""
        slowest = [self._event_us.get((stream, clock)) for stream in lagging]
        if slowest:
            known = [time_us for time_us in slowest if time_us is not None]
            return min(known) if len(known) == len(slowest) else None
        return self._latest_us.get(clock)

    def _tell_low_water(self) -> None:
        if self._on_low_water is None:
            return
        for stream, next_offset in self._next_offset.items():
            held = self._waiting.first_offset(stream)
            self._on_low_water(stream, next_offset if held is None else min(held, next_offset))
