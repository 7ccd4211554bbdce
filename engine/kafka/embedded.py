"""A Kafka broker inside this process, on loopback: the mock cluster of the client library.

The real client talks the real protocol to it, consumer groups included. It keeps everything in
memory, at most 5 MiB or 100,000 message sets a partition, older ones silently dropped; it fakes
transactions, has no topic ids and no admin requests. Good for demos and tests, never for data.
"""

from __future__ import annotations

import ctypes
from types import TracebackType
from typing import Any, Final, Self

from confluent_kafka import cimpl

from engine.diagnostics import EnvironmentFailure

_PRODUCER: Final = 0
_HANDLE: Final = ctypes.c_void_p
_TEXT: Final = ctypes.c_char_p
_ERROR_BYTES: Final = 512
_ALL_BROKERS: Final = -1

_SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "rd_kafka_conf_new": (_HANDLE, []),
    "rd_kafka_conf_set": (ctypes.c_int, [_HANDLE, _TEXT, _TEXT, _TEXT, ctypes.c_size_t]),
    "rd_kafka_conf_set_log_cb": (None, [_HANDLE, _HANDLE]),
    "rd_kafka_new": (_HANDLE, [ctypes.c_int, _HANDLE, _TEXT, ctypes.c_size_t]),
    "rd_kafka_destroy": (None, [_HANDLE]),
    "rd_kafka_err2str": (_TEXT, [ctypes.c_int]),
    "rd_kafka_handle_mock_cluster": (_HANDLE, [_HANDLE]),
    "rd_kafka_mock_cluster_bootstraps": (_TEXT, [_HANDLE]),
    "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_topic_create": (ctypes.c_int, [_HANDLE, _TEXT, ctypes.c_int, ctypes.c_int]),
    "rd_kafka_mock_topic_delete": (ctypes.c_int, [_HANDLE, _TEXT]),
    "rd_kafka_mock_partition_delete_records": (
        ctypes.c_int,
        [_HANDLE, _TEXT, ctypes.c_int32, ctypes.c_int64],
    ),
    "rd_kafka_mock_broker_set_down": (ctypes.c_int, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_up": (ctypes.c_int, [_HANDLE, ctypes.c_int32]),
    "rd_kafka_mock_broker_set_rtt": (ctypes.c_int, [_HANDLE, ctypes.c_int32, ctypes.c_int]),
}


class EmbeddedBroker:
    """A cluster of ``brokers`` mock brokers, alive between ``with`` and its end.

    Raises EnvironmentFailure where this build of confluent-kafka does not bring the mock cluster.
    """

    def __init__(self, *, brokers: int = 1) -> None:
        self._brokers = brokers
        self._library = _load_library()
        self._client: int | None = None
        self._cluster: int | None = None

    def __enter__(self) -> Self:
        reason = ctypes.create_string_buffer(_ERROR_BYTES)
        conf = self._library.rd_kafka_conf_new()
        count = str(self._brokers).encode()
        self._library.rd_kafka_conf_set(conf, b"test.mock.num.brokers", count, reason, _ERROR_BYTES)
        self._library.rd_kafka_conf_set_log_cb(conf, None)
        self._client = self._library.rd_kafka_new(_PRODUCER, conf, reason, _ERROR_BYTES)
        if not self._client:
            text = reason.value.decode("utf-8", "replace")
            raise EnvironmentFailure(f"the embedded broker did not start: {text}")
        self._cluster = self._library.rd_kafka_handle_mock_cluster(self._client)
        # A group's first rebalance would wait three seconds for more members.
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client:
            self._library.rd_kafka_destroy(self._client)
        self._client = self._cluster = None

    @property
    def bootstrap(self) -> str:
        """The brokers' addresses, as ``--brokers`` takes them."""
        addresses: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._running())
        return addresses.decode()

    def create_topic(self, topic: str, partitions: int = 1) -> None:
        """Create a topic."""
        self._call("topic_create", topic.encode(), partitions, 1)

    def delete_topic(self, topic: str) -> None:
        """Delete a topic with its records; its offsets begin at 0 when it is created again."""
        self._call("topic_delete", topic.encode())

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        """Drop the records below ``before_offset``, as retention does."""
        self._call("partition_delete_records", topic.encode(), partition, before_offset)

    def down(self) -> None:
        """Close every connection and refuse new ones."""
        self._call("broker_set_down", _ALL_BROKERS)

    def up(self) -> None:
        """Accept connections again."""
        self._call("broker_set_up", _ALL_BROKERS)

    def slow_down(self, round_trip_ms: int) -> None:
        """Answer every request after this many milliseconds (0: at once)."""
        self._call("broker_set_rtt", _ALL_BROKERS, round_trip_ms)

    def _running(self) -> int:
        if not self._cluster:
            raise RuntimeError("the embedded broker runs only inside its `with` block")
        return self._cluster

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._library, f"rd_kafka_mock_{name}")(self._running(), *arguments)
        if code:
            text = self._library.rd_kafka_err2str(code).decode()
            raise EnvironmentFailure(f"embedded broker, {name.replace('_', ' ')}: {text}")


def _load_library() -> ctypes.CDLL:
    """The client library that the extension module is linked to. Asking the module itself finds
    its functions wherever a wheel keeps them: a symbol is looked up in what a module links too."""
    try:
        library = ctypes.CDLL(cimpl.__file__)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise EnvironmentFailure(
            "this build of confluent-kafka brings no embedded broker "
            f"({error}): install its wheel for Linux or macOS from PyPI, or use a real Kafka"
        ) from None
    return library
