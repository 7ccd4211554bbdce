"""What `run` tells while it works: a line that is kept up to date in a terminal, and a plain line
now and then where standard error goes to a file or a journal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from engine.runner import Totals
from engine.views.terminal import console, talk

if TYPE_CHECKING:  # loaded where there is a terminal to keep a line up to date in
    from rich.live import Live
    from rich.text import Text

PLAIN_SECONDS: Final = 10.0
"""Between two plain lines, which come only while records do."""
_RATE_SECONDS: Final = 5.0
"""The rate shown is that of about the last seconds, not of the whole run."""


class RunProgress:
    """Shows the totals of a run on standard error, between ``with`` and its end.

    ``shares_terminal``: other text may come to the same terminal (events through a pipeline, what
    is typed in), which a line that is written anew all the time would tear to pieces.
    """

    def __init__(self, *, shares_terminal: bool) -> None:
        self._keeps_line = sys.stderr.isatty() and not shares_terminal
        self._live: Live | None = None
        self._rate = _Rate()
        self._totals = Totals()
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._keeps_line:
            from rich.live import Live

            screen = console(sys.stderr)
            if screen.is_terminal and not screen.is_dumb_terminal:
                self._live = Live(
                    get_renderable=self._text,
                    console=screen,
                    refresh_per_second=4,
                    transient=True,
                    redirect_stdout=False,  # data goes there
                )
                self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, totals: Totals) -> None:
        """Show how far the run has come (``Runner.on_progress``)."""
        self._totals = totals
        now = time.monotonic()
        if self._live is None and now - self._told_at >= PLAIN_SECONDS:
            self._told_at = now
            talk(self._line(now))

    def restore_terminal(self) -> None:
        """Give the cursor back; for a process that ends without unwinding."""
        if self._live is not None:
            self._live.console.show_cursor()

    def _text(self) -> Text:
        from rich.text import Text

        read = self._totals.read
        line = self._line(time.monotonic()) if read else "waiting for records"
        return Text(line, no_wrap=True, overflow="ellipsis")

    def _line(self, now: float) -> str:
        return f"{in_words(self._totals)} ({self._rate.at(now, self._totals.read):,.0f}/s)"


class _Rate:
    """Records a second over about the last ``_RATE_SECONDS``."""

    def __init__(self) -> None:
        self._marks = [(time.monotonic(), 0)]

    def at(self, now: float, read: int) -> float:
        """The rate, if ``read`` records have been read until ``now`` (monotonic seconds)."""
        self._marks.append((now, read))
        while len(self._marks) > 2 and now - self._marks[1][0] > _RATE_SECONDS:
            self._marks.pop(0)
        since, before = self._marks[0]
        return (read - before) / max(now - since, 0.001)


_WORDS: Final = (
    ("event", "event", "events"),
    ("detail", "detail", "details"),
    ("ignored", "ignored", "ignored"),
    ("quarantined", "quarantined", "quarantined"),
)


def in_words(totals: Totals) -> str:
    """The totals in words: ``12 read: 8 events, 3 details, 1 quarantined``."""
    parts = [
        f"{totals.outcomes[outcome]:,} {one if totals.outcomes[outcome] == 1 else many}"
        for outcome, one, many in _WORDS
        if totals.outcomes[outcome]
    ]
    return f"{totals.read:,} read{': ' if parts else ''}{', '.join(parts)}"
