"""From sample records to a proposed spec: what ``engine infer`` prints.

A draft is made of what the records show (``shapes``, ``row_kinds``, ``guess``, ``join``), written
down (``writing``), loaded back by the engine itself and mended until it validates (``checking``).
Nothing here knows any system, and the same set of records gives the same kinds in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.infer.checking import Proposal, settle
from engine.infer.proposal import draft_spec

__all__ = ["Proposal", "propose"]


def propose(
    texts: Sequence[str], system: str | None = None, *, recorded_us: int
) -> Proposal | None:
    """A spec that validates for these records of one system, in the order in which they were
    logged; None if no spec can read any of them: they are blank, or broken JSON. ``recorded_us``
    is when they were written, about (µs since the epoch): it tells the year of times without one.

    Raises EnvironmentFailure where no temporary file can be written.
    """
    draft = draft_spec(texts, system)
    return settle(draft, texts, recorded_us) if draft.kinds else None
