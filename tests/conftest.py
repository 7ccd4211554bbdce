"""What all tests share: hypothesis without a clock, and the real Kafka where there is one.

Tests marked ``real_kafka`` run against the server of `make kafka`, whose facts are in the JSON
file that LOGLOOM_TEST_KAFKA names (`make test` names it while the server runs). Without one they
are skipped, and the last lines of the run say so; where CI is set they fail instead.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from examples import examples
from hypothesis import settings

# The machine is shared and slow at times: a property is held or not, however long it takes.
settings.register_profile("logloom", parent=examples(100), deadline=None, print_blob=True)
settings.load_profile("logloom")

# A shell's background job ignores Ctrl-C, and so would every process that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where it is set, every engine that a test starts would compile all of its modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

FACTS = os.environ.get("LOGLOOM_TEST_KAFKA", "")


def pytest_xdist_auto_num_workers() -> int:
    """Two for a processor: many a test waits for a server, or for time to pass."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """All workers share the one server: a test that restarts it runs alone, and what a worker
    reads of it for all its tests (below) is not read meanwhile."""
    mark = item.get_closest_marker("real_kafka")
    if mark is None or not FACTS or not Path(FACTS).parent.is_dir():
        return (yield)
    with Path(FACTS).with_name("tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if mark.kwargs.get("alone") else fcntl.LOCK_SH)
        return (yield)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what all tests share. A run collects before it begins, which
    is nothing in a process of its own and half of a test's time among all that pytest loads;
    where objects are frozen already it leaves that to who has frozen them."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if FACTS or not item.get_closest_marker("real_kafka"):
        return
    if os.environ.get("CI"):
        pytest.fail("LOGLOOM_TEST_KAFKA is not set, and CI skips nothing: run `make kafka` first")
    pytest.skip("no real Kafka")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield  # the other summaries first: what was not run is for the last lines
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    count = sum("real_kafka" in getattr(report, "keywords", ()) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"Not run: {count} test{'s' if count != 1 else ''} on a real Apache Kafka. "
            "To run them too: make kafka test",
            yellow=True,
        )


@pytest.fixture(scope="session")
def kafka_facts() -> dict[str, str]:
    """What `make kafka` wrote down: addresses, CA file, user and password."""
    file = Path(FACTS)
    if not file.is_file():
        pytest.fail(f"LOGLOOM_TEST_KAFKA names {FACTS!r}, which is not there: run `make kafka`")
    facts = json.loads(file.read_text())
    return {name: value for name, value in facts.items() if isinstance(value, str)}


@pytest.fixture(scope="session")
def kafka_bootstrap(kafka_facts: dict[str, str]) -> str:
    """The plain listener."""
    return kafka_facts["bootstrap"]


@pytest.fixture(scope="session")
def kafka_tls(kafka_facts: dict[str, str]) -> dict[str, str]:
    """The client properties of the TLS listener."""
    return {
        "bootstrap.servers": kafka_facts["bootstrap_tls"],
        "security.protocol": "SSL",
        "ssl.ca.location": kafka_facts["ca_file"],
    }


@pytest.fixture(scope="session")
def kafka_sasl(kafka_facts: dict[str, str]) -> dict[str, str]:
    """The client properties of the SASL listener; SCRAM-SHA-256 can be said instead."""
    return {
        "bootstrap.servers": kafka_facts["bootstrap_sasl"],
        "security.protocol": "SASL_SSL",
        "ssl.ca.location": kafka_facts["ca_file"],
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": kafka_facts["user"],
        "sasl.password": kafka_facts["password"],
    }


@pytest.fixture
def new_topic(kafka_bootstrap: str) -> Iterator[Callable[..., str]]:
    """``new_topic(partitions=1, **config)`` makes a topic with a name of its own, for this test;
    an underscore in a config's name stands for the point: ``retention_ms="1000"``."""
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    made: list[str] = []

    def make(partitions: int = 1, **config: str) -> str:
        name = f"test-{uuid.uuid4().hex[:12]}"
        dotted = {key.replace("_", "."): value for key, value in config.items()}
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dotted)
        admin.create_topics([topic])[name].result(10)
        made.append(name)
        return name

    yield make
    for done in admin.delete_topics(made).values() if made else ():
        done.exception(10)  # a test may have deleted its topic already
