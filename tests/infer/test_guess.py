from __future__ import annotations

import pytest

from engine.infer.columns import Column, Table, time_format_of
from engine.infer.guess import Roles, guess_roles
from engine.infer.join import duration, guess_join, record_times
from engine.infer.statuses import status_of
from engine.infer.times import seconds_of


def table(**columns: list[str | None]) -> Table:
    count = len(next(iter(columns.values())))
    return Table(
        tuple(range(count)), tuple(Column(name, tuple(some)) for name, some in columns.items())
    )


def roles_of(one: Table) -> Roles:
    (roles,) = guess_roles([one])
    return roles


TIMES: list[str | None] = [f"2025-05-04T10:00:{n:02}" for n in range(40)]


def test_fields_are_found_by_name_and_values() -> None:
    roles = roles_of(
        table(
            created=["2020-01-01T00:00:00"] * 40,
            ts=TIMES,
            host=[f"node-{n % 3}" for n in range(40)],
            orderId=[f"A-{n // 4}" for n in range(40)],
            stage=["PICK", "PACK", "SEND", "DONE"] * 10,
            outcome=["OK", "OK", "OK", "KO"] * 10,
            cause=[None, None, None, "no paper"] * 10,
        )
    )
    assert roles.timestamp is not None
    assert roles.timestamp.name == "ts"
    assert roles.correlation is not None
    assert roles.correlation.name == "orderId"
    assert roles.checkpoint is not None
    assert roles.checkpoint.name == "stage"
    assert roles.status is not None
    assert roles.status.values == {"OK": "SUCCESS", "KO": "FAILURE"}
    assert roles.reason is not None
    assert roles.reason.name == "cause"


def test_an_id_needs_no_name_if_it_looks_like_one_and_comes_again() -> None:
    roles = roles_of(table(a=[f"x{n // 3}-77" for n in range(40)], b=["cat", "dog"] * 20))
    assert roles.correlation is not None
    assert roles.correlation.name == "a"


@pytest.mark.parametrize("name", ["pid", "thread", "client_ip", "duration_ms", "user"])
def test_the_place_of_a_record_is_no_id(name: str) -> None:
    column: list[str | None] = [f"t{n // 3}" for n in range(40)]
    assert roles_of(table(**{name: column})).correlation is None


@pytest.mark.parametrize(
    "values, meant",
    [
        (["SUCCESS", "FAILURE"], {"SUCCESS": "SUCCESS", "FAILURE": "FAILURE"}),
        (["ok", "timed-out", "stuck"], None),
        (["done", "error"], {"done": "SUCCESS", "error": "FAILURE"}),
        (["INFO", "ERROR"], None),
        (["red", "blue"], None),
        (["1", "0"], None),
    ],
)
def test_words_of_an_end(values: list[str], meant: dict[str, str] | None) -> None:
    found = status_of(Column("x", tuple(values)))
    assert (None if found is None else dict(found.values)) == meant


def test_true_of_a_failure_is_one() -> None:
    found = status_of(Column("is_failed", ("true", "false")))
    assert found is not None
    assert found.values == {"true": "FAILURE", "false": "SUCCESS"}


def test_a_named_status_with_words_that_nobody_knows_is_marked() -> None:
    found = status_of(Column("status", ("OK", "PARKED")))
    assert found is not None
    assert found.unknown == ("PARKED",)


@pytest.mark.parametrize(
    "values, expected",
    [
        (["2025-05-04 10:00:00"], "iso"),
        (["May  4 10:00:00", "Jun 14 09:00:00"], "syslog"),
        (["1746352800.25"], "epoch"),
        (["1746352800250"], "epoch_ms"),
        (["17"], None),
    ],
)
def test_formats_of_times(values: list[str], expected: str | None) -> None:
    assert time_format_of(Column("t", tuple(values)), with_epochs=True) == expected


@pytest.mark.parametrize(
    "text, time_format, later",
    [
        ("2025-05-04T10:00:01,500", "iso", 1.5),
        ("2025-05-04T12:00:01+02:00", "iso", 1),
        ("04/May/2025:10:00:01 +0000", "clf", 1),
        ("1746352801", "epoch", 1),
        ("2025-05-04 10:00:01.123456789", "%Y-%m-%d %H:%M:%S.%f", 1.123456),
    ],
)
def test_seconds(text: str, time_format: str, later: float) -> None:
    begin = seconds_of("2025-05-04T10:00:00Z", "iso")
    found = seconds_of(text, time_format)
    assert begin is not None
    assert found is not None
    assert found - begin == pytest.approx(later)


def test_a_detail_belongs_to_the_failures_that_share_its_id() -> None:
    events = table(
        time=TIMES,
        id=[f"A-{n // 2}" for n in range(40)],
        step=["PICK", "PACK"] * 20,
        status=["SUCCESS", "FAILURE"] * 20,
    )
    details = Table(
        tuple(range(40, 50)),
        (
            Column("id", tuple(f"A-{n}" for n in range(10))),
            Column("error", tuple(["no paper", "no ink"] * 5)),
        ),
    )
    every = guess_roles([events, details])
    found = guess_join([events, details], every, record_times([events, details], every, 50))
    assert found is not None
    assert (found.events, found.details) == ((0,), (1,))
    assert "10 of 20 failures" in found.evidence


def test_kinds_without_ids_in_common_are_not_joined() -> None:
    events = table(
        time=TIMES, id=[f"A-{n // 2}" for n in range(40)], status=["SUCCESS", "FAILURE"] * 20
    )
    details = table(id=[f"B-{n // 2}" for n in range(10)], error=["no paper", "no ink"] * 5)
    every = guess_roles([events, details])
    assert guess_join([events, details], every, [None] * 50) is None


@pytest.mark.parametrize(
    "seconds, written", [(0.2, "10s"), (31, "1m"), (3600, "1h"), (100_000, "2d")]
)
def test_within_is_rounded_up(seconds: float, written: str) -> None:
    assert duration(seconds) == written
