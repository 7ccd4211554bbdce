"""An event as JSON, the same text from every store: its attributes, and the line it leaves as."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from engine.model import EXPORT_FIELDS

_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def attributes_text(attributes: Mapping[str, object] | None) -> str | None:
    """Attributes as compact JSON, their keys in the order given; None if there are none.

    The text is UTF-8 whatever was read: half a character, which JSON can name and UTF-8 cannot
    hold, stays an escape.
    """
    if not attributes:
        return None
    text = _COMPACT.encode(dict(attributes))
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text


def event_line(values: Sequence[object]) -> str:
    """One JSON object without line breaks. ``values`` are those of ``EXPORT_FIELDS`` in their
    order, of which the last, the attributes, is JSON text (or None) and goes in as it is."""
    *plain, attributes = values
    *names, last = EXPORT_FIELDS
    document = json.dumps(dict(zip(names, plain, strict=True)), ensure_ascii=False)
    return f'{document[:-1]}, "{last}": {"null" if attributes is None else attributes}}}'
