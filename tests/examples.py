"""How many examples a property is tried with: few in every run, many at night."""

from __future__ import annotations

import os

from hypothesis import settings

IS_NIGHT = os.environ.get("LOGLOOM_TEST_PROFILE") == "nightly"

_PER_CENT = 10_000 if IS_NIGHT else 30
"""Of the examples that a property asks for: all tests together stay under five minutes."""


def examples(count: int) -> settings:
    """Settings for three tenths of ``count`` examples, a hundred times ``count`` at night."""
    return settings(max_examples=max(1, count * _PER_CENT // 100))
