"""The first answer of a broker, or a clear end."""

from __future__ import annotations

import time
from typing import Any, Final, Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin._metadata import ClusterMetadata

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import ClientSettings, ErrorMemory, failure, no_answer

_TRY_SECONDS_MIN: Final = 0.1
_TRY_SECONDS_MAX: Final = 1.0


class _Client(Protocol):
    def list_topics(self, topic: str | None = None, timeout: float = -1) -> Any:
        """The cluster's topics."""

    def poll(self, timeout: float = -1) -> object:
        """Serve callbacks."""


def first_answer(
    client: _Client, errors: ErrorMemory, settings: ClientSettings, timeout_s: float
) -> ClusterMetadata:
    """All topics of the cluster. Raises EnvironmentFailure if no broker answers in time, at once
    where waiting cannot help (credentials, TLS)."""
    doing = "connecting to Kafka"
    deadline = time.monotonic() + timeout_s
    while True:
        left_s = deadline - time.monotonic()
        try:
            found: ClusterMetadata = client.list_topics(
                timeout=max(min(left_s, _TRY_SECONDS_MAX), _TRY_SECONDS_MIN)
            )
            return found
        except KafkaException:
            client.poll(0)  # lets the library tell what is wrong
        errors.raise_hopeless(settings, doing)
        if errors.tls is not None:
            raise EnvironmentFailure(failure(settings, doing, errors.tls))
        if time.monotonic() >= deadline:
            raise EnvironmentFailure(no_answer(settings, timeout_s, errors.last))
