"""Which topic this is: there, under this name, and still the one it was."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from difflib import get_close_matches
from typing import Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._topic import TopicDescription

from engine.kafka.client import ClientSettings, new_client

_ASK_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 5.0
_NO_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"
"""The zero UUID in Kafka's base64: a broker that knows no topic ids."""
_LISTED_MAX: Final = 5


class TopicIdentity:
    """The topic's id, which tells a topic made anew from the one that was deleted. ``""`` where
    the brokers give none: those before 2.8, and the embedded one."""

    def __init__(self, settings: ClientSettings, topic: str, metadata: ClusterMetadata) -> None:
        self.id = ""
        self.gone = False
        """The last answer was that there is no such topic (at once after it was made, too)."""
        self._topic = topic
        self._admin: AdminClient | None = None
        self._answer: Future[TopicDescription] | None = None
        self._asked_at = 0.0
        # Topics are described by the controller; a cluster that names none would keep us waiting.
        if metadata.controller_id in metadata.brokers:
            self._admin = new_client(AdminClient, settings.config(), settings)

    def ask(self) -> str:
        """Ask now; keeps the id that is known if no answer comes. Blocks for at most 5 s."""
        if self._admin is not None:
            self._send()
            self._receive(_ASK_SECONDS + 1.0)
        return self.id

    def watch(self) -> None:
        """Ask now and then without waiting: ``id`` follows within seconds."""
        if self._answer is not None:
            if self._answer.done():
                self._receive(0.0)
        elif self._admin is not None and time.monotonic() - self._asked_at > _AGAIN_SECONDS:
            self._send()

    def _send(self) -> None:
        assert self._admin is not None
        self._asked_at = time.monotonic()
        answers = self._admin.describe_topics(
            TopicCollection([self._topic]), request_timeout=_ASK_SECONDS
        )
        self._answer = answers[self._topic]

    def _receive(self, wait_s: float) -> None:
        assert self._answer is not None
        found = ""
        try:
            found = str(self._answer.result(timeout=wait_s).topic_id)
            self.gone = False
        except KafkaException as error:
            self.gone = error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
        except FutureTimeout:
            pass
        self._answer = None
        if found and found != _NO_ID:
            self.id = found


def missing_topic(topic: str, existing: Iterable[str]) -> str:
    """The line for a topic that is not there, with those it may have been meant for."""
    names = sorted(name for name in existing if not name.startswith("__"))
    near = get_close_matches(topic, names, n=3, cutoff=0.6)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif names and len(names) <= _LISTED_MAX:
        hint = f"there are: {', '.join(names)}"
    else:
        hint = f"the cluster shows {len(names)} others"
    return f"topic {topic} does not exist ({hint}): create it, or give another with --topic"
