"""Values that records can hold: reasons of failures, and identifiers made of numbers."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Callable, Mapping
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from simulator.times import EPOCH

IDENTIFIER_CHARS_MAX: Final = 1024

REASONS: Final = (
    "connection refused",
    "TIMEOUT",
    "quota of 5 exceeded",
    "upstream answered 503 - giving up after 3 attempts",
    "rolled back (ID: 42)",
    "rolled back (ID: 42) - will not be retried",
    'expected "}" but found "," at column 17',
    "clé refusée: «Größe» ≠ 数量 ✗",
    "C:\\orders\\new\\17.xml: it's locked",
    "100% of {slots} are taken; retry=false",
)
"""Why something failed. Some look like parts of records; a template carries those it can."""

# --- identifiers --------------------------------------------------------------------------------


def _letters(rng: Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=3))


FORMS: Final[Mapping[str, Callable[[int, Random], str]]] = {
    "plain": lambda number, rng: f"{_letters(rng)}-{number:03}",
    "word": lambda number, rng: f"{_letters(rng)}{number:03}",
    "hex": lambda number, rng: f"{rng.choice('abcdef')}{rng.getrandbits(12):03x}{number:04x}",
    "digits": lambda number, rng: f"{rng.randrange(1, 10)}{number:08}",
    "decimal": lambda number, _: f"{number}.5",
    "uuid": lambda number, rng: str(UUID(int=rng.getrandbits(96) << 32 | number)),
    "ip": lambda number, _: str(ipaddress.ip_address(0x0A000000 + number)),
    "iso": lambda number, _: f"{(EPOCH + timedelta(minutes=number)):%Y-%m-%dT%H:%M:%S}Z",
}
"""Identifiers made of a number: another number gives another one. The first that all systems of a
flow can carry is used, so that one identifier joins them."""
