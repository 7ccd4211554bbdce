"""The garbage collector, where many objects are made that stay or make no cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

COLLECTED_OBJECTS: Final = 50_000
"""After so many new objects it looks for cycles: garbage of a few megabytes may wait for it."""


@contextmanager
def collector_spared() -> Iterator[None]:
    """Let the garbage collector come seldom. What is made of specs stays, and the rows of a run
    make no cycles; it would look at all of it again and again: a fifth of the time that loading a
    thousand specs takes, and some hundredths of a run.
    """
    before = gc.get_threshold()
    if before[0]:  # 0: it does not come at all
        gc.set_threshold(max(before[0], COLLECTED_OBJECTS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
