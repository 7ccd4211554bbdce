"""SIGTERM and Ctrl-C: finish the batch, commit and end with 0, within five seconds.

The first signal asks; the runner ends after its batch. Where there is no batch yet (no broker
answers, a group is being joined) or the batch cannot end in time (its target is out of reach), the
run is broken off instead. Where not even that is possible, because a library does not come back,
the process just ends. Either way nothing of the batch was committed, so it is read again next
time. A second Ctrl-C ends the process at once, which harms as little as `kill -9` does.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

BATCH_SECONDS_MAX: Final = 2.2
"""How long a batch may take to end after the first signal; leaving a group may take 2 s more."""
STOP_SECONDS_MAX: Final = 4.5
"""After the first signal, when the process just ends."""
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
    ``broke_off_writing``: that has happened. ``before_sudden_end`` is called where the process
    ends without unwinding.
    """

    def __init__(self, before_sudden_end: Callable[[], None] = lambda: None) -> None:
        self.requested = False
        """Whether a signal has come."""
        self.writing = False
        self.broke_off_writing = False
        self._before_sudden_end = before_sudden_end
        self._began = False

    def is_set(self) -> bool:
        """Whether a signal has come, asked by the runner, which has nothing in hand as it asks."""
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
            with _watchdog(self._before_sudden_end):
                yield
        except BrokenOff:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_request(self, _number: int, _frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            signal.setitimer(signal.ITIMER_REAL, BATCH_SECONDS_MAX)
            if not self._began:
                raise BrokenOff

    def _on_deadline(self, _number: int, _frame: FrameType | None) -> None:
        self.broke_off_writing = self.writing
        raise BrokenOff


@contextmanager
def _watchdog(before_sudden_end: Callable[[], None]) -> Iterator[None]:
    """A thread that sees signals as they come, also while a library keeps the main thread, which
    runs their handlers, and ends the process where asking does not help."""
    seen, told = os.pipe()
    os.set_blocking(told, False)
    before = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    thread = threading.Thread(
        target=_watch, args=(seen, before_sudden_end), name="watchdog", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(told)  # which ends the thread
        thread.join()
        os.close(seen)


def _watch(seen: int, before_sudden_end: Callable[[], None]) -> None:
    first_at: float | None = None
    while True:
        left_s = None if first_at is None else first_at + STOP_SECONDS_MAX - time.monotonic()
        if left_s is not None and not select.select([seen], [], [], max(left_s, 0.0))[0]:
            _end(0, before_sudden_end)
        numbers = os.read(seen, 64)
        if not numbers:
            return
        now = time.monotonic()
        if first_at is None:
            first_at = now if {signal.SIGINT, signal.SIGTERM} & set(numbers) else None
        elif signal.SIGINT in numbers and now - first_at > _ONE_PRESS_SECONDS:
            _end(INTERRUPTED, before_sudden_end)


def _end(status: int, before_sudden_end: Callable[[], None]) -> None:
    before_sudden_end()
    os._exit(status)
