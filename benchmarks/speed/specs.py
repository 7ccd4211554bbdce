"""Load and compile the specs of a folder, and with ``--proofs`` prove that they exclude each other.

python benchmarks/speed/specs.py [--proofs] DIRECTORY
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.compiler import compile_normalizer
from engine.proofs.exclusive import check_exclusive
from engine.spec import load_systems


def main() -> None:
    """Read the arguments and do it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--proofs", action="store_true")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    systems = load_systems([arguments.folder])
    if arguments.proofs and (found := check_exclusive(systems)):
        raise SystemExit(f"{len(found)} overlaps")
    compile_normalizer(systems)


if __name__ == "__main__":
    main()
