"""What it costs to simulate a record of the shipped specs, with all faults.

Prints µs of CPU a record, the least of some runs, and the ratio to what the reference normalizer
takes for the same records, run in turn.

    python benchmarks/simulator_rate.py
"""

from __future__ import annotations

import time
from collections import deque

from engine.interpreter import compile_normalizer
from engine.model import Record
from engine.resources import resource
from engine.spec import load_systems
from simulator import ALL_FAULTS, Simulation, default_flow_file, load_flow

FLOWS = 400
RUNS = 7


def main() -> None:
    """Measure and print."""
    systems = load_systems([resource("systems")])
    file = default_flow_file([resource("systems")])
    assert file is not None
    flow = load_flow(file, systems)
    simulation = Simulation(systems, flow, flows=FLOWS, faults=ALL_FAULTS)
    normalizer = compile_normalizer(systems)
    simulated, normalized = [], []
    for _ in range(RUNS):
        began = time.process_time()
        emissions = list(simulation.emissions())
        simulated.append((time.process_time() - began) / len(emissions))
        records = [Record("s", at, at + 1, one.value) for at, one in enumerate(emissions)]
        began = time.process_time()
        deque(normalizer.normalize(records), maxlen=0)
        normalized.append((time.process_time() - began) / len(records))
    each, ratio = min(simulated) * 1e6, min(simulated) / min(normalized)
    print(f"{each:.0f} µs a record, {ratio:.1f} times what the reference normalizer takes")


if __name__ == "__main__":
    main()
