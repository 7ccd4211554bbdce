"""Times of samples as seconds, near enough to tell how far apart two records are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from engine.time_formats import NAMED_FORMATS

_EPOCH_UNITS: Final = {"epoch": 1.0, "epoch_ms": 1e3, "epoch_us": 1e6, "epoch_ns": 1e9}
_FRACTION: Final = re.compile(r"([.,][0-9]{6})[0-9]+")
_AS_STRPTIME: Final = {"%e": "%d", "%k": "%H", "%l": "%I", "%L": "%f", "%T": "%H:%M:%S"}
_YEAR: Final = 2024
"""For times without a year: a leap year, so that each day is there."""


def seconds_of(text: str, time_format: str) -> float | None:
    """Seconds since some fixed moment; None if the text is no time of this format."""
    try:
        if time_format in _EPOCH_UNITS:
            return float(text) / _EPOCH_UNITS[time_format]
        text = _FRACTION.sub(r"\1", text)
        if time_format == "iso":
            found = datetime.fromisoformat(text.replace(",", "."))
        else:
            found = _parsed(text, NAMED_FORMATS.get(time_format) or time_format)
    except (ValueError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _parsed(text: str, written: str) -> datetime:
    for directive, python in _AS_STRPTIME.items():
        written = written.replace(directive, python)
    if "%Y" not in written and "%y" not in written:
        text, written = f"{_YEAR} {text}", f"%Y {written}"
    return datetime.strptime(text, written)  # noqa: DTZ007 - UTC is added where no zone is
