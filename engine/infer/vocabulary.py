"""Words that log writers use, whatever their system: results, levels, and names of fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SUCCESS_WORDS: Final = _words(
    """
    success successful succeeded ok okay done pass passed complete completed finished accepted
    accept allowed allow granted true yes delivered sent approved confirmed ready healthy
    processed resolved
    """
)
FAILURE_WORDS: Final = _words(
    """
    failure failed fail error err ko nok nak false no rejected reject denied deny refused
    timeout timedout aborted abort cancelled canceled declined invalid unhealthy fatal crashed
    blocked bounced dropped expired exception broken lost problem
    problems errors failures cannot unable
    """
)
"""What says that something went well, or did not; compared in lower case."""

GOOD_LEVELS: Final = _words(
    """
    trace debug info information informational notice log warn warning verbose fine finer finest
    config dbg inf wrn
    """
)
BAD_LEVELS: Final = _words(
    """
    error err fatal critical crit alert emerg emergency panic severe ftl eror
    """
)
"""How much a record matters, in lower case; a failure is from ``error`` on."""

ID_NAMES: Final = _words(
    """
    correlation corr correlationid order trace request req txn transaction trx job flow
    document doc batch shipment payment invoice case ticket task run session operation
    conversation process saga workflow
    """
)
"""What an id is called that several records share."""

NO_IDS: Final = _words(
    """
    pid tid thread process_id thread_id host hostname ip client port user uid gid username line
    level span parent span_id version node worker server address addr remote src dst program
    priority module logger
    """
)
"""Names of what looks like an id and belongs to the place, not to the matter."""

ID_SUFFIXES: Final = _words("id ids uuid guid key ref reference no nr number")
"""How the name of an id ends."""

UNITS: Final = _words(
    """
    ms us ns s sec secs seconds bytes size took duration elapsed length latency count total port
    amount price qty
    """
)
"""Names of amounts, which are no ids."""

SYSTEM_NAMES: Final = _words(
    "system app application service source program component product appname logger name"
)
"""What the key that names a system is called."""

TIME_NAMES: Final = _words(
    """
    timestamp time ts at datetime date eventtime event_time logged logged_at created created_at
    occurred occurred_at when t
    """
)
STATUS_NAMES: Final = _words(
    """
    status result outcome state success ok code res rc statuscode response verdict
    """
)
CHECKPOINT_NAMES: Final = _words(
    """
    checkpoint checkpoint_id step stage event action state phase operation op activity task
    milestone event_type eventname event_name type
    """
)
PLACE_NAMES: Final = _words("path route endpoint url uri resource")
"""What tells a step of a service, if there are few of them."""

REASON_NAMES: Final = _words(
    """
    failure_reason reason error message msg cause failure exception err detail details
    description text error_message errormessage why body
    """
)

_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: ``orderId``, ``order_id`` and ``order.id`` are two."""
    return tuple(part.lower() for part in _PARTS.findall(name))


def last_step(name: str) -> str:
    """The last key of a path, as far as it tells what a value is."""
    return re.split(r"[.\]\[\"]+", name.strip('".[]'))[-1] or name


def name_score(name: str, known: Iterable[str]) -> int:
    """How well a name says that it is one of ``known``: 3 itself, 2 its last word, 1 a word."""
    known = frozenset(known)
    own = last_step(name)
    words = words_of(own)
    if own.lower() in known or "_".join(words) in known or "".join(words) in known:
        return 3
    if words and words[-1] in known:
        return 2
    return 1 if known.intersection(words) else 0


def success_of(value: str) -> bool | None:
    """What a word says about the end of something; None if it says nothing."""
    word = value.strip().lower().replace("_", "").replace("-", "")
    if word in SUCCESS_WORDS:
        return True
    return False if word in FAILURE_WORDS else None


def is_truth(value: str) -> bool:
    """Whether a value is true or false."""
    return value.strip().lower() in ("true", "false", "yes", "no")


def level_of(value: str) -> bool | None:
    """Whether a level is of something that went well; None if it is no level."""
    word = value.strip().lower()
    if word in GOOD_LEVELS:
        return True
    return False if word in BAD_LEVELS else None
