"""From records to the draft of a spec: which format they have, and how the system is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.infer.drafts import DEFAULT_NAME, SpecDraft
from engine.infer.readings import read_rows
from engine.infer.row_drafts import draft_rows
from engine.infer.syslog import Headed, split_headers
from engine.infer.text_drafts import draft_text

NAME_CHARS_MAX: Final = 40


def draft_spec(texts: Sequence[str], name: str | None = None) -> SpecDraft:
    """The draft of a spec for these records, one system's. ``texts`` must not be empty."""
    headed = split_headers(texts)
    bodies = list(texts) if headed is None else [one or "" for one in headed.messages]
    reading = read_rows(bodies)
    if reading is not None and reading.format == "csv" and headed is not None:
        reading = None
    if reading is None:
        draft = draft_text(texts, bodies, headed)
    else:
        draft = draft_rows(texts, reading, headed)
    if headed is not None:
        draft.options = {"header": "syslog", **draft.options}
    draft.system = _system_name(name, draft, headed)
    return draft


def _system_name(name: str | None, draft: SpecDraft, headed: Headed | None) -> str:
    if name is not None:
        return name
    found = draft.system
    if headed is not None:
        programs = {one["program"] for one in headed.fields if "program" in one}
        found = found or (programs.pop() if len(programs) == 1 else "")
    found = re.sub(r"[^a-z0-9_.-]+", "_", found.lower()).strip("_.-")
    return found[:NAME_CHARS_MAX] or DEFAULT_NAME
