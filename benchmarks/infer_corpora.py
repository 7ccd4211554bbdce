"""What `engine infer` makes of the records of real log formats: how many specs validate, how many
records they read, and how long it takes.

Reads folders of ``*.jsonl`` files, one format a file, a record under "raw" on each line. They are
no part of the project; where they are absent it says so and measures nothing.

    python benchmarks/infer_corpora.py [FOLDER] [--show] [--test]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.infer import Proposal, propose
from engine.model import Rejection

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
RECORDED_US = 1_750_000_000_000_000


def formats(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The name and the records of each format that has records."""
    for path in sorted(folder.rglob("*.jsonl")):
        entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        records = [one["raw"] for one in entries if one.get("raw")]
        if records:
            yield path.stem, records


def is_valid(proposal: Proposal) -> bool:
    """Whether the spec would run."""
    return not any(one.severity == "error" for one in proposal.findings)


def passes_tests(proposal: Proposal) -> bool:
    """Whether all that `engine test` checks holds."""
    from engine.golden.suite import load_suite

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spec.yaml"
        path.write_text(proposal.text, encoding="utf-8")
        return all(not check.run().failures for check in load_suite([path]).checks())


def main() -> None:
    """Infer and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPORA)
    parser.add_argument("--show", action="store_true", help="print every spec")
    parser.add_argument("--test", action="store_true", help="run engine test on every spec")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        print(f"{arguments.folder} is not here: nothing to measure")
        return
    counts: Counter[str] = Counter()
    begin = time.process_time()
    for name, records in formats(arguments.folder):
        proposal = propose(records, recorded_us=RECORDED_US)
        if proposal is None:
            print(f"{name}: nothing to learn from")
            continue
        quarantined = sum(isinstance(one, Rejection) for one in proposal.outcomes)
        valid = is_valid(proposal)
        counts["formats"] += 1
        counts["valid"] += valid
        counts["records"] += len(records)
        counts["read"] += len(records) - quarantined
        counts["marks"] += proposal.todos
        if arguments.test:
            passes = passes_tests(proposal)
            counts["tested"] += passes
            if not passes:
                print(f"{name}: engine test fails")
        if arguments.show:
            print(f"# {name}\n{proposal.text}")
        elif not valid or quarantined:
            print(
                f"{name}: {'valid' if valid else 'INVALID'}, {quarantined} of {len(records)} left"
            )
    seconds = time.process_time() - begin
    print(
        f"{counts['valid']} of {counts['formats']} specs validate; "
        f"{counts['read']} of {counts['records']} records read; "
        f"{counts['marks']} TODO marks; {seconds:.0f} s of CPU"
    )
    if arguments.test:
        print(f"{counts['tested']} of {counts['formats']} specs pass engine test")


if __name__ == "__main__":
    main()
