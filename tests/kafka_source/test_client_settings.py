"""Settings from the command line, the library's errors in one line, and no secret in any."""

from __future__ import annotations

import logging

import pytest
from confluent_kafka import KafkaError

from engine.diagnostics import EnvironmentFailure
from engine.kafka.client import (
    ClientSettings,
    ErrorMemory,
    SettingError,
    client_settings,
    failure,
    is_hopeless,
    is_secret,
)
from engine.kafka.producer import KafkaProducer
from engine.kafka.source import KafkaSource

NOWHERE = "127.0.0.1:1"


def test_brokers_come_from_the_option_then_a_property_then_the_environment() -> None:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "c:1"}
    named = ["bootstrap.servers=b:1"]
    assert client_settings("a:1", named, environ).brokers == "a:1"
    assert client_settings(None, named, environ).brokers == "b:1"
    assert client_settings(None, [], environ).brokers == "c:1"


@pytest.mark.parametrize("brokers", [None, "", " , "])
def test_no_brokers_at_all_is_said(brokers: str | None) -> None:
    with pytest.raises(SettingError, match=r"--brokers HOST:PORT or set KAFKA_BOOTSTRAP_SERVERS"):
        client_settings(brokers, [], {})


def test_properties_keep_what_follows_the_first_equals_sign() -> None:
    settings = client_settings(NOWHERE, ["sasl.password=a=b=", "client.id="], {})
    assert settings.config()["sasl.password"] == "a=b="
    assert settings.config()["client.id"] == ""


@pytest.mark.parametrize("text", ["hunter2", "=hunter2", ""])
def test_a_property_without_a_name_is_not_repeated(text: str) -> None:
    with pytest.raises(SettingError, match="key=value") as caught:
        client_settings(NOWHERE, [text], {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["enable.auto.commit", "isolation.level", "group.id", "auto.offset.reset"]
)
def test_what_the_guarantees_rest_on_cannot_be_set(name: str) -> None:
    with pytest.raises(SettingError, match=f"-X {name} cannot be set"):
        client_settings(NOWHERE, [f"{name}=x"], {})


def test_a_property_twice_is_refused_without_its_value() -> None:
    with pytest.raises(SettingError, match="given twice") as caught:
        client_settings(NOWHERE, ["sasl.password=hunter2", "sasl.password=hunter3"], {})
    assert "hunter" not in str(caught.value)


def test_an_unknown_property_is_named() -> None:
    settings = client_settings(NOWHERE, ["sasl.pasword=hunter2"], {})
    with pytest.raises(SettingError, match=r'No such configuration property: "sasl\.pasword"'):
        KafkaSource(settings, "logs", "engine")


def test_a_wrong_value_is_named() -> None:
    settings = client_settings(NOWHERE, ["security.protocol=tls"], {})
    with pytest.raises(SettingError, match=r"security\.protocol"):
        KafkaProducer(settings)


def test_secrets_stay_out_of_what_is_printed() -> None:
    properties = ["sasl.password=hunter2", "ssl.key.pem=hunter2", "ssl.key.password=hunter2"]
    settings = client_settings(NOWHERE, properties, {})
    assert "hunter2" not in repr(settings)
    error = KafkaError(KafkaError._AUTHENTICATION, "bad\n password hunter2")
    line = failure(settings, "connecting", error)
    assert "hunter2" not in line
    assert "\n" not in line
    assert "check -X sasl.*" in line


def test_a_secret_is_known_by_its_property() -> None:
    secret = [
        "sasl.password",
        "ssl.key.password",
        "ssl.keystore.password",
        "ssl.key.pem",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config",
    ]
    assert all(is_secret(name) for name in secret)
    assert not any(is_secret(name) for name in ("sasl.username", "ssl.ca.location", "acks"))


@pytest.mark.parametrize(
    "code, hopeless, help_",
    [
        (KafkaError.SASL_AUTHENTICATION_FAILED, True, "check -X sasl.*"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, True, "ask for access"),
        (KafkaError._SSL, False, "check -X security.protocol and -X ssl.*"),
        (KafkaError._TRANSPORT, False, "reading"),
    ],
)
def test_errors_say_what_to_do(code: int, hopeless: bool, help_: str) -> None:
    error = KafkaError(code)
    assert is_hopeless(error) == hopeless
    assert help_ in failure(ClientSettings(NOWHERE), "reading", error)


def test_what_cannot_be_helped_by_trying_again_ends_the_run() -> None:
    memory = ErrorMemory()
    memory(KafkaError(KafkaError._TRANSPORT))
    memory.raise_hopeless(ClientSettings(NOWHERE), "reading")
    memory(KafkaError(KafkaError._AUTHENTICATION))
    memory(KafkaError(KafkaError._TRANSPORT))
    with pytest.raises(EnvironmentFailure, match="the brokers refuse the credentials"):
        memory.raise_hopeless(ClientSettings(NOWHERE), "reading")


def test_the_librarys_own_lines_come_only_when_asked_for(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for debug in (False, True):
        settings = client_settings(NOWHERE, ["debug=broker"], {}, debug=debug)
        with caplog.at_level(logging.DEBUG), pytest.raises(EnvironmentFailure):
            KafkaProducer(settings, connect_timeout_s=0.3)
        assert bool(caplog.records) == debug
    assert capfd.readouterr().err == ""
