"""Where records come from when not from Kafka: files, folders, and standard input."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.diagnostics import EnvironmentFailure
from engine.ports import Source
from engine.sources.content import reading
from engine.sources.files import FileSource
from engine.sources.framing import FRAMINGS, RECORD_BYTES_MAX, Framing
from engine.sources.pipe import STANDARD_INPUT, PipeSource
from engine.sources.record_framing import BeginsRecord

__all__ = ["FRAMINGS", "RECORD_BYTES_MAX", "Framing", "open_source"]


def open_source(
    paths: Sequence[str],
    *,
    framing: Framing = "lines",
    begins_record: BeginsRecord | None = None,
    follow: bool = False,
    record_bytes_max: int = RECORD_BYTES_MAX,
    accept_gap: bool = False,
    as_written_us: int | None = None,
    on_note: Callable[[str], None] = lambda _: None,
) -> Source:
    """The source of these paths: ``-`` is standard input, which like a pipe is read alone; files
    and folders can be many. ``begins_record`` tells the first lines of records that may have
    several (``engine.record_starts``); framing ``json`` has no use for it. ``as_written_us``
    (microseconds since the epoch) stands for the times the files were last written, which a pipe
    has none of. Raises EnvironmentFailure."""
    pipes = [path for path in paths if path == "-" or _is_pipe(Path(path))]
    if not pipes:
        return FileSource(
            [Path(path) for path in paths],
            framing=framing,
            begins_record=begins_record,
            follow=follow,
            record_bytes_max=record_bytes_max,
            accept_gap=accept_gap,
            as_written_us=as_written_us,
            on_note=on_note,
        )
    if len(paths) > 1:
        what = "standard input" if pipes[0] == "-" else f"the pipe {pipes[0]}"
        raise EnvironmentFailure(f"{what} is read alone, not together with other paths")
    return PipeSource(
        STANDARD_INPUT if pipes[0] == "-" else Path(pipes[0]),
        framing=framing,
        begins_record=begins_record,
        record_bytes_max=record_bytes_max,
        as_written_us=as_written_us,
    )


def _is_pipe(path: Path) -> bool:
    with reading(path):
        mode = path.stat().st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)
