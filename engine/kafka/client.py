"""Client settings from the command line, and Kafka's errors as one line for a person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException

from engine.diagnostics import EnvironmentFailure

BROKERS_VARIABLE: Final = "KAFKA_BOOTSTRAP_SERVERS"
CONNECT_SECONDS: Final = 10.0
"""How long a first answer of a broker is waited for."""

_OWNED: Final = {
    "auto.offset.reset": "the store says where reading goes on",
    "enable.auto.commit": "offsets are committed after the store holds the records",
    "enable.auto.offset.store": "offsets are committed after the store holds the records",
    "enable.partition.eof": "the end of a partition has to be seen",
    "group.id": "use --group",
    "group.protocol": "the engine seeks at every assignment of the classic protocol",
    "isolation.level": "records of open or aborted transactions are not read",
    "partition.assignment.strategy": "partitions are taken over one by one",
}
"""Properties on which the guarantees rest, and why they are not the user's to set."""

_SECRET_WORDS: Final = ("password", "secret", "token", "key.pem", "keystore.pem", "oauthbearer")

_IDENTITY: Final = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    }
)
_PERMISSION: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
_GROUP: Final = frozenset(
    {
        KafkaError.INCONSISTENT_GROUP_PROTOCOL,
        KafkaError.INVALID_GROUP_ID,
        KafkaError.INVALID_SESSION_TIMEOUT,
        KafkaError.GROUP_MAX_SIZE_REACHED,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
_UNREACHED: Final = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
    }
)
TLS_ERRORS: Final = frozenset({KafkaError._SSL})


_SILENT: Final = logging.getLogger("engine.kafka.silent")
"""The library logs to standard error unless it is given a logger; this one says nothing."""
_SILENT.setLevel(logging.CRITICAL + 1)

_Client = TypeVar("_Client")


class SettingError(ValueError):
    """A ``-X`` property or an address that cannot be used: wrong usage, one line that says why.
    Never holds a secret."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the brokers are and how to talk to them. Its ``repr`` shows no values."""

    brokers: str
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    debug: bool = False
    """Let the library's own log lines through to the logger ``engine.kafka``."""

    def config(self, own: Mapping[str, object] = MappingProxyType({})) -> dict[str, Any]:
        """The library's configuration: the user's properties, and ``own``, which nothing
        overrides."""
        return {
            "client.id": "logloom",
            **self.properties,
            "bootstrap.servers": self.brokers,
            "logger": logging.getLogger("engine.kafka") if self.debug else _SILENT,
            **own,
        }

    def without_secrets(self, text: str) -> str:
        """``text`` with the values of secret properties taken out."""
        for name, value in self.properties.items():
            if value and is_secret(name):
                text = text.replace(value, "***")
        return text


def client_settings(
    brokers: str | None,
    properties: Sequence[str],
    environ: Mapping[str, str],
    *,
    debug: bool = False,
) -> ClientSettings:
    """Settings from ``--brokers`` (or the environment variable) and the texts of ``-X``.

    Raises SettingError.
    """
    parsed = _parse_properties(properties)
    named = parsed.pop("bootstrap.servers", None) or parsed.pop("metadata.broker.list", None)
    address = brokers or named or environ.get(BROKERS_VARIABLE) or ""
    if not address.strip(" ,"):
        raise SettingError(
            f"no Kafka brokers are named: give --brokers HOST:PORT or set {BROKERS_VARIABLE}"
        )
    return ClientSettings(address.strip(), parsed, debug)


def is_secret(name: str) -> bool:
    """Whether the value of this property must never be shown."""
    return any(word in name for word in _SECRET_WORDS)


def _parse_properties(texts: Sequence[str]) -> dict[str, str]:
    parsed: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        # What stands there may be a secret that lost its name, so it is not repeated.
        if not equals or not name:
            raise SettingError("-X needs a client property as key=value, like -X acks=all")
        if name in _OWNED:
            raise SettingError(f"-X {name} cannot be set: {_OWNED[name]}")
        if name in parsed:
            raise SettingError(f"-X {name} is given twice")
        parsed[name] = value
    return parsed


def new_client(
    kind: Callable[[dict[str, Any]], _Client], config: dict[str, Any], settings: ClientSettings
) -> _Client:
    """A client of the library. Raises SettingError where it refuses a property."""
    try:
        return kind(config)
    except KafkaException as error:
        reason = settings.without_secrets(_error_of(error).str())
        raise SettingError(f"Kafka client settings: {reason}") from None


def failure(settings: ClientSettings, doing: str, error: KafkaError | KafkaException) -> str:
    """One line for a person: what was being done, why it failed, and what to do about it."""
    error = _error_of(error)
    reason = settings.without_secrets(_one_line(error.str()))
    if error.code() in _IDENTITY:
        return f"{doing}: the brokers refuse the credentials ({reason}): check -X sasl.*"
    if error.code() in _PERMISSION:
        return f"{doing}: no permission ({reason}): ask for access to the topic and the group"
    if error.code() in TLS_ERRORS:
        return f"{doing}: TLS failed ({reason}): check -X security.protocol and -X ssl.*"
    return f"{doing}: {reason}"


def is_hopeless(error: KafkaError) -> bool:
    """Whether trying again cannot help while a person changes nothing."""
    return bool(error.fatal()) or error.code() in _IDENTITY | _PERMISSION | _GROUP


def no_answer(settings: ClientSettings, seconds: float, last: KafkaError | None) -> str:
    """The line for brokers that do not answer, with the last reason the library knew."""
    why = f" ({settings.without_secrets(_one_line(last.str()))})" if last is not None else ""
    return (
        f"no Kafka broker answered at {settings.brokers} within {seconds:g} s{why}: "
        "check the address and that the broker runs"
    )


class ErrorMemory:
    """What the library told beside the answers: an error callback that remembers the worst."""

    def __init__(self) -> None:
        self.hopeless: KafkaError | None = None
        self.tls: KafkaError | None = None
        self.last: KafkaError | None = None
        self.disconnected = False
        """A broker, perhaps the only one, could not be reached; the reader may take it back."""

    def __call__(self, error: KafkaError) -> None:
        """The library's ``error_cb``."""
        if is_hopeless(error):
            self.hopeless = error
        elif error.code() in TLS_ERRORS:
            self.tls = error
        if error.code() in _UNREACHED:
            self.disconnected = True
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self.last = error

    def raise_hopeless(self, settings: ClientSettings, doing: str) -> None:
        """Raise EnvironmentFailure if something happened that trying again cannot help."""
        if self.hopeless is not None:
            raise EnvironmentFailure(failure(settings, doing, self.hopeless))


def _error_of(error: KafkaError | KafkaException) -> KafkaError:
    if isinstance(error, KafkaException):
        inner = error.args[0]
        assert isinstance(inner, KafkaError)
        return inner
    return error


def _one_line(text: str) -> str:
    return " ".join(text.split())
