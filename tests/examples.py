"""How many examples a property is tried with: few in every run, many at night."""

from __future__ import annotations

import os

from hypothesis import settings

_FACTOR = 100 if os.environ.get("LOGLOOM_TEST_PROFILE") == "nightly" else 1


def examples(count: int) -> settings:
    """Settings for ``count`` examples, a hundred times as many in the nightly profile."""
    return settings(max_examples=count * _FACTOR)
