"""What it costs to load and prove a thousand text specs, and a thousand that nearly collide.

python benchmarks/proof_of_many.py
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.proofs.exclusive import check_exclusive
from engine.spec import load_systems

SPEC = """system: {name}
format: text
records:
  checkpoint:
    template: "{{timestamp:iso}} {label}: {{checkpoint_id}} - {{status}} (ID: {{correlation_id}})"
  error:
    template: "{{timestamp:iso}} {label} ERROR: (ID: {{correlation_id}}) - {{failure_reason}}"
join:
  {{event: checkpoint, detail: error, when: {{status: FAILURE}}, take: failure_reason, within: 30s}}
"""


def main() -> None:
    """Measure and print, in seconds of CPU."""
    with TemporaryDirectory() as folder:
        for number in range(1000):
            name = f"system-{number:04d}"
            text = SPEC.format(name=name, label=name.upper())
            (Path(folder) / f"{name}.yaml").write_text(text)
        began = time.process_time()
        systems = load_systems([Path(folder)])
        loaded = time.process_time()
        found = check_exclusive(systems)
        proved = time.process_time()
    kinds = sum(len(one.kinds) for one in systems)
    print(f"{len(systems)} specs, {kinds} record kinds, {len(found)} overlaps")
    print(f"load  {loaded - began:6.2f} s")
    print(f"prove {proved - loaded:6.2f} s, {kinds * (kinds - 1) // 2:,} pairs")


if __name__ == "__main__":
    main()
