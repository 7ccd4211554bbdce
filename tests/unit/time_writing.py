"""Random time formats, and times written in them as strftime does in the C locale."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hypothesis import strategies as st

from engine.time_formats import TimeFormatError, pattern_of

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

_DATES = ["%Y-%m-%d", "%d %b %Y", "%e/%B/%y", "%j.%Y", "%F", "%b %e", "%j", "%a, %d %b %Y"]
_DATES += ["%A %B %e", "%y%m%d", "%m/%d %Y", "%Y%j"]
_CLOCKS = ["%T", "%H%M%S", "%k:%M", "%l:%M:%S %p", "%I%p", "%T.%f", "%H:%M:%S,%L", "%H%M%S%f", ""]
_ZONES = ["", "", " %z", "%z", "[%z]"]
_BETWEEN = [" ", "T", "", "%%", "^", " [", "]", "-", "0"]


@st.composite
def _any_formats(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["%s", "%s.%f", "%s%L", "<%s>", "%a %s %z"]))
    pieces = draw(
        st.permutations([draw(st.sampled_from(some)) for some in (_DATES, _CLOCKS, _ZONES)])
    )
    return draw(st.sampled_from(_BETWEEN)).join(pieces)


def is_format(text: str) -> bool:
    """Whether it is a time format at all."""
    try:
        pattern_of(text)
    except TimeFormatError:
        return False
    return True


def time_formats() -> st.SearchStrategy[str]:
    """Formats with a date, and maybe with a clock and an offset, in any order."""
    return _any_formats().filter(is_format)


def written_time(time_format: str, local: datetime, fraction: str, offset: str = "") -> str:
    """The time in this format. ``fraction`` are the digits after the second (three at least),
    ``offset`` is the text for ``%z``; ``%s`` counts as if ``local`` were UTC."""
    hour = local.hour % 12 or 12
    month, day = _MONTHS.split()[local.month - 1], _DAYS.split()[local.weekday()]
    texts = {
        "%": "%",
        "Y": f"{local.year:04}",
        "y": f"{local.year % 100:02}",
        "m": f"{local.month:02}",
        "B": month,
        "b": month[:3],
        "A": day,
        "a": day[:3],
        "d": f"{local.day:02}",
        "e": f"{local.day:2}",
        "j": f"{local.timetuple().tm_yday:03}",
        "H": f"{local.hour:02}",
        "k": f"{local.hour:2}",
        "I": f"{hour:02}",
        "l": f"{hour:2}",
        "p": "AM" if local.hour < 12 else "PM",
        "M": f"{local.minute:02}",
        "S": f"{local.second:02}",
        "f": fraction,
        "L": fraction[:3],
        "z": offset,
        "T": f"{local:%H:%M:%S}",
        "s": str(int(local.replace(tzinfo=UTC).timestamp())),
    }
    texts["F"] = f"{texts['Y']}-{texts['m']}-{texts['d']}"
    return re.sub("%(.)", lambda found: texts[found[1]], time_format)
