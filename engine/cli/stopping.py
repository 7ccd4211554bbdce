"""SIGTERM and Ctrl-C: finish the batch, commit and end with 0, within five seconds.

The first signal asks; the runner ends after its batch. Where there is no batch yet (no broker
answers, a group is being joined) or the batch cannot end in time (its target is out of reach), the
run is broken off instead: nothing of it was committed, so it is read again next time. A second
Ctrl-C ends the process at once, which harms as little as `kill -9` does.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

BATCH_SECONDS_MAX: Final = 2.5
"""How long a batch may take to end after the first signal; leaving a group may take 2 s more."""
INTERRUPTED: Final = 130
"""The exit status of a second Ctrl-C: what a shell shows for a process that SIGINT ended."""

_ONE_PRESS_SECONDS: Final = 0.5
"""Signals so close together are one: `timeout` sends to a process and to its group."""


class BrokenOff(BaseException):
    """The run ends here, wherever it is. No ``Exception``, so that nothing takes it for one."""


class StopRequest:
    """What the runner asks before each batch (``engine.runner.Stop``). Until it asks for the first
    time the source is being opened, and a signal breaks off at once.

    ``writing``: there is something in hand that breaking off would leave unwritten.
    ``broke_off_writing``: that has happened.
    """

    def __init__(self, before_ending_at_once: Callable[[], None] = lambda: None) -> None:
        self.writing = False
        self.broke_off_writing = False
        self._before_ending_at_once = before_ending_at_once
        self._requested_at: float | None = None
        self._began = False

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._requested_at is not None

    def is_set(self) -> bool:
        """The same, asked by the runner, which has nothing in hand as it asks."""
        self._began = True
        self.writing = not self.requested
        return self.requested

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT for requests; when the block is broken off it just ends."""
        handlers = {
            signal.SIGTERM: self._on_request,
            signal.SIGINT: self._on_request,
            signal.SIGALRM: self._on_deadline,
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        except BrokenOff:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_request(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._requested_at is None:
            self._requested_at = now
            signal.setitimer(signal.ITIMER_REAL, BATCH_SECONDS_MAX)
            if not self._began:
                raise BrokenOff
        elif number == signal.SIGINT and now - self._requested_at > _ONE_PRESS_SECONDS:
            self._before_ending_at_once()
            os._exit(INTERRUPTED)

    def _on_deadline(self, _number: int, _frame: FrameType | None) -> None:
        self.broke_off_writing = self.writing
        raise BrokenOff
