"""The garbage collector while specs are read and compiled."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

COLLECTED_OBJECTS: Final = 50_000
"""After so many new objects it looks for cycles: garbage of a few megabytes may wait for it."""


@contextmanager
def collector_spared() -> Iterator[None]:
    """Let the garbage collector come seldom. What is made of specs stays, and what does not makes
    few cycles; it would look at all of it again and again: a fifth of the time of a thousand specs.
    """
    before = gc.get_threshold()
    if before[0]:  # 0: it does not come at all
        gc.set_threshold(max(before[0], COLLECTED_OBJECTS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
