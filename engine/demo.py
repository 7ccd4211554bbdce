"""The whole way of a record on this machine with no server: simulator → embedded broker → engine
→ SQLite, and then the simulator's own word for what happened against what the table says.

It starts the simulator; only here and where specs are tested does the engine know it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from engine.diagnostics import EnvironmentFailure
from engine.interpreter import compile_normalizer
from engine.kafka.client import ClientSettings
from engine.kafka.embedded import EmbeddedBroker
from engine.kafka.producer import KafkaProducer
from engine.kafka.source import KafkaSource
from engine.model import System
from engine.ports import StoreReader
from engine.resources import resource
from engine.runner import Runner, Totals
from engine.samples import SAMPLES_KEY, load_checked
from engine.stores.sqlite import SqliteStore
from simulator.faults import Faults
from simulator.flow_file import load_flow
from simulator.ledger import Emission
from simulator.simulation import Simulation
from simulator.targets import KafkaTarget, send

TOPIC: Final = "raw-logs"
PARTITIONS: Final = 4
_AHEAD_RECORDS_MAX: Final = 20_000
"""How far the simulator may be ahead: the embedded broker drops what is older than 5 MiB."""
_BATCH_RECORDS: Final = 5000
_STALLED_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be simulated, and where the events go."""

    flows: int
    seed: int
    faults: Faults
    store_url: str


def parse_faults(text: str) -> Faults:
    """The faults of a ``--faults`` text. Raises ValueError with one line that says why."""
    return Faults.parse(text)


@dataclass(slots=True)
class Play:
    """How far the demonstration has come; written by its two threads, read by who shows it."""

    flows_begun: int = 0
    records_sent: int = 0
    totals: Totals = field(default_factory=Totals)


def perform(
    scene: Scene, play: Play, on_progress: Callable[[], None], on_note: Callable[[str], None]
) -> Ledger:
    """Simulate and normalize at the same time, until all that was sent is stored; what the
    simulator says. Raises EnvironmentFailure."""
    systems = load_checked([resource("systems")])
    ledger = Ledger()
    with EmbeddedBroker() as broker:
        broker.create_topic(TOPIC, PARTITIONS)
        settings = ClientSettings(broker.bootstrap)
        with closing(SqliteStore.open(scene.store_url, systems)) as store:
            on_note(
                f"they log to a Kafka broker inside this process ({broker.bootstrap}, "
                f"topic {TOPIC}, {PARTITIONS} partitions)"
            )
            on_note(f"which the engine reads into {scene.store_url}")
            simulator = _SimulatorThread(scene, play, systems, settings, ledger)
            runner = Runner(
                KafkaSource(settings, TOPIC, "demo", on_note=on_note),
                store,
                compile_normalizer(systems, redact_key=SAMPLES_KEY),
                _AllStored(simulator, play),
                batch_records=_BATCH_RECORDS,
                batch_seconds=0.2,
                on_progress=lambda _: on_progress(),
                on_note=on_note,
                totals=play.totals,
            )
            with simulator:
                runner.run()
    return ledger


class _SimulatorThread:
    """The simulator in a thread of its own, alive at most as long as its ``with`` block."""

    def __init__(
        self,
        scene: Scene,
        play: Play,
        systems: Sequence[System],
        settings: ClientSettings,
        ledger: Ledger,
    ) -> None:
        self.failure: Exception | None = None
        self._scene = scene
        self._play = play
        self._systems = systems
        self._settings = settings
        self._ledger = ledger
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether everything was sent, or it failed."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            scene = self._scene
            flow = load_flow(resource("systems") / "flows" / "orders.yaml", self._systems)
            simulation = Simulation(
                self._systems,
                flow,
                flows=scene.flows,
                seed=scene.seed,
                faults=scene.faults,
                pretty=True,
            )
            producer = KafkaProducer(self._settings)
            with closing(producer):
                emissions = self._paced(simulation.emissions())
                send(emissions, KafkaTarget(producer, TOPIC), stop=self._stop)
        except Exception as error:  # noqa: BLE001 - it is raised again where the run ends
            self.failure = error

    def _paced(self, emissions: Iterable[Emission]) -> Iterator[Emission]:
        """The emissions, as fast as they are stored, each one noted as it passes."""
        play = self._play
        for emission in emissions:
            while play.records_sent - play.totals.read > _AHEAD_RECORDS_MAX:
                if self._stop.wait(0.02):
                    return
            self._ledger.note(emission)
            play.flows_begun = max(play.flows_begun, emission.flow or 0)
            yield emission
            play.records_sent += emission.number is not None


class _AllStored:
    """Ends the run (``engine.runner.Stop``) when the store has all that the simulator sent."""

    def __init__(self, simulator: _SimulatorThread, play: Play) -> None:
        self._simulator = simulator
        self._play = play
        self._read = 0
        self._moved_at = time.monotonic()

    def is_set(self) -> bool:
        """Whether it has. Raises what the simulator raised, and EnvironmentFailure if the last
        records do not come."""
        ended, now = self._simulator.ended, time.monotonic()
        if self._simulator.failure is not None:
            raise self._simulator.failure
        if self._play.totals.read != self._read:
            self._read, self._moved_at = self._play.totals.read, now
        if now - self._moved_at > _STALLED_SECONDS_MAX:
            raise EnvironmentFailure(
                f"of {self._play.records_sent} records only {self._read} came through "
                "the embedded broker"
            )
        return ended and self._read >= self._play.records_sent


# --- what happened, as the simulator tells it and as the table tells it ------------------------

_Row = tuple[object, ...]
"""An event: system, checkpoint, time, status, correlation id, failure reason."""

_HARMLESS: Final = frozenset({None, "delay"})
"""Faults after which every record is still there, once."""

_EVENTS: Final = """
SELECT system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason FROM events"""

_TELLING: Final = """
SELECT correlation_id FROM events WHERE correlation_id IS NOT NULL GROUP BY correlation_id
ORDER BY count(DISTINCT system_id) DESC, sum(join_state = 'complete') DESC, count(*) DESC,
         correlation_id
LIMIT 1"""


@dataclass(slots=True)
class _ToldEvent:
    row: _Row
    flow: int | None
    completed_by: str | None


class Ledger:
    """What the simulator meant by each record that it sent."""

    def __init__(self) -> None:
        self.quarantined = 0
        self.ignored = 0
        self._events: list[_ToldEvent] = []
        self._reasons: dict[str, str | None] = {}
        self._disturbed_flows: set[int] = set()

    @property
    def events(self) -> int:
        """How many events it tells of."""
        return len(self._events)

    @property
    def disturbed_flows(self) -> int:
        """Of how many flows a record was lost, cut or doubled."""
        return len(self._disturbed_flows)

    def note(self, emission: Emission) -> None:
        """Note what one record means, in the order in which they are sent."""
        if emission.fault not in _HARMLESS and emission.flow is not None:
            self._disturbed_flows.add(emission.flow)
        if emission.number is None:
            return
        meaning = emission.meaning
        if meaning is None:
            self.quarantined += 1
        elif meaning.role == "event":
            row = (
                meaning.system_id,
                meaning.checkpoint_id,
                meaning.timestamp,
                meaning.status,
                meaning.correlation_id,
                meaning.failure_reason,
            )
            self._events.append(_ToldEvent(row, emission.flow, emission.completed_by))
        elif meaning.role == "detail":
            self._reasons[emission.record] = meaning.failure_reason
        else:
            self.ignored += 1

    def disagreements(self, reader: StoreReader) -> list[str]:
        """Where the table says something else, in words; none if they agree.

        In a flow of which records were lost, cut or doubled, the rules of the join say which
        reason belongs where, and not the ledger: there all is compared but the reasons.
        """
        disturbed = {one.row[4] for one in self._events if one.flow in self._disturbed_flows}
        told = Counter(_comparable(self._complete(one), disturbed) for one in self._events)
        found = Counter(_comparable(row, disturbed) for row in reader.rows(_EVENTS))
        counts = (
            ("missing events", (told - found).total(), 0),
            ("events that never were", (found - told).total(), 0),
            (
                "records in the quarantine",
                _count(reader, "count(*) FROM quarantined"),
                self.quarantined,
            ),
            (
                "ignored records",
                _count(reader, "coalesce(sum(records), 0) FROM ignored"),
                self.ignored,
            ),
        )
        return [f"{what}: {is_:,}, not {told_:,}" for what, is_, told_ in counts if is_ != told_]

    def _complete(self, one: _ToldEvent) -> _Row:
        """The event with the reason that its detail told."""
        if one.completed_by is None:
            return one.row
        return (*one.row[:5], self._reasons.get(one.completed_by))


def _comparable(row: _Row, disturbed: set[object]) -> _Row:
    return row[:5] if row[4] in disturbed else row


def _count(reader: StoreReader, what: str) -> int:
    ((number,),) = reader.rows(f"SELECT {what}")
    assert isinstance(number, int)
    return number


def telling_correlation_id(reader: StoreReader) -> str:
    """The one worth a look: through most systems, with most failures that were explained."""
    ((found,),) = reader.rows(_TELLING)
    assert isinstance(found, str)
    return found
