"""From the library's messages to columns of records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, cast

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from engine.kafka.partition import Run

_TIMESTAMP_US_MAX: Final = 253_402_300_799_999_000
"""The end of the year 9999. A producer may claim any number, and one that is no time is none."""
_NO_TIME_US: Final = -1


def runs_of(messages: Sequence[Message]) -> Iterator[Run | Message]:
    """The records, by partition, and in their place among those of its partition each message
    that tells of an error or of the end of a partition.

    Every record of a topic passes here, so nothing but comprehensions touches single messages.
    """
    begin = 0
    # By truth: the library's comparison of an error with None leaves an exception behind.
    if any(map(Message.error, messages)):
        for index, message in enumerate(messages):
            if message.error() is not None:
                yield from _by_partition(messages[begin:index])
                yield message
                begin = index + 1
    yield from _by_partition(messages[begin:])


def _by_partition(messages: Sequence[Message]) -> Iterator[Run]:
    numbers = cast("set[int]", set(map(Message.partition, messages)))
    if len(numbers) == 1:
        yield _run(numbers.pop(), messages)
    elif numbers:
        for number, run in groupby(sorted(messages, key=_partition), _partition):
            yield _run(number, list(run))


def _partition(message: Message) -> int:
    return cast("int", message.partition())


def _run(partition: int, messages: Sequence[Message]) -> Run:
    return Run(
        partition,
        cast("list[int]", list(map(Message.offset, messages))),
        [message.value() or b"" for message in messages],
        _times_us(messages),
    )


def _times_us(messages: Sequence[Message]) -> Sequence[int | None]:
    """The times that the broker or the producers gave, in microseconds."""
    times_us = [
        time_ms * 1000 if kind != TIMESTAMP_NOT_AVAILABLE else _NO_TIME_US
        for kind, time_ms in map(Message.timestamp, messages)
    ]
    if min(times_us) >= 0 and max(times_us) <= _TIMESTAMP_US_MAX:
        return times_us
    return [us if 0 <= us <= _TIMESTAMP_US_MAX else None for us in times_us]
