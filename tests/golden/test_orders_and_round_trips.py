"""The checks can fail: a joiner that minds the order, a fence that is open, a renderer or a
matcher that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from examples import IS_NIGHT
from golden_specs import LOG, PAY, write_specs

from engine import asking, templates
from engine.conditions import compile_condition
from engine.golden import round_trip
from engine.golden.cases import cases_of, read_records
from engine.golden.checks import Result
from engine.golden.orders import check_orders, cuts, orders
from engine.golden.suite import Suite, load_sound_suite
from engine.golden.table import scattered, tabulate
from engine.joiner import pair
from engine.model import Key, Outcome, Template
from engine.ports import Batch, Fenced
from engine.stores import sqlite_pairing
from engine.stores.sqlite import SqliteStore
from simulator.rendering import KindRenderer, Rendered


def suite_of(folder: Path, spec: str = PAY, log: str = LOG) -> Suite:
    return load_sound_suite([write_specs(folder, spec, log)])


def results(suite: Suite, kind: str) -> list[Result]:
    return [check.run() for check in suite.checks() if check.kind == kind]


# --- arrival orders -------------------------------------------------------------------------------


def test_every_order_of_few_records_is_delivered_and_a_sample_of_many(tmp_path: Path) -> None:
    suite = suite_of(tmp_path)
    (case,) = cases_of(suite.systems[0])
    records = read_records(case)
    every = {
        tuple(one.offset for batch in way for one in batch)
        for way in orders(records, set(), Random(1))
    }
    assert len(every) == 120
    many = [*records, *read_records(case)[:3]]
    some = list(orders(many, {2}, Random(1)))
    assert len(some) == 100
    assert [one.offset for batch in some[0] for one in batch] == [one.offset for one in many[::-1]]
    assert [one.offset for batch in some[2] for one in batch][-2:] == [2, 2]
    assert [one.offset for batch in some[1] for one in batch][:2] == [2, 2]
    for way in cuts(records, Random(1)):
        assert [one.offset for batch in way for one in batch] == [1, 2, 3, 4, 5]


def test_a_joiner_that_minds_the_order_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path, log=LOG.replace("10:00:01 PAYERR", "10:00:09 PAYERR"))
    assert results(suite, "orders")[0].failures == ()

    def first_come(events: Sequence[Any], details: Sequence[Any], **settings: Any) -> Any:
        # A detail that was there before the event was stored is forgotten.
        known = [one for one in details if one.partner is not None or seen.get("event")]
        seen["event"] = seen.get("event") or bool(events)
        return pair(events, known, **settings)

    seen: dict[str, bool] = {}
    monkeypatch.setattr(sqlite_pairing, "pair", first_come)
    opened = SqliteStore.open

    def forgetful(url: str, systems: Any) -> SqliteStore:
        seen.clear()
        return opened(url, systems)

    monkeypatch.setattr(SqliteStore, "open", forgetful)
    failures = results(suite, "orders")[0].failures
    assert failures
    assert "another table if the lines arrive as" in failures[0].message
    assert any("failure_reason: expected" in one for one in failures[0].details)


def test_a_fence_that_lets_a_batch_in_twice_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path)
    commit = SqliteStore.commit

    def open_to_all(store: SqliteStore, batch: Batch) -> None:
        try:
            commit(store, batch)
        except Fenced:
            return

    monkeypatch.setattr(SqliteStore, "commit", open_to_all)
    (result,) = results(suite, "orders")
    assert [one.message for one in result.failures] == [
        "a batch that is delivered again is stored again"
    ]


JSON_PAY = """\
system: pay
format: json
records:
  step:
    where: {system: pay, checkpoint_id: present}
    samples: []
  why:
    where: {system: pay, checkpoint_id: absent, failure_reason: present}
    samples: []
join: {event: step, detail: why, when: {status: FAILURE}, take: failure_reason, within: 30s}
"""
STEP = (
    '{{"system": "pay", "checkpoint_id": "A", "status": "{}", "timestamp": "{}", '
    '"correlation_id": "{}"}}\n'
)
WHY = '{"system": "pay", "correlation_id": "a", "failure_reason": "R"}\n'


def test_scattered_records_keep_order_and_the_clock_of_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not IS_NIGHT:  # a hundred of the 720 orders
        monkeypatch.setattr("engine.golden.orders.EVERY_ORDER_UP_TO", 5)
    spec = JSON_PAY.replace("    samples: []\n", "")
    log = WHY + STEP.format("FAILURE", "1970-01-01T00:00:01Z", "a") + WHY + "junk\n"
    log += STEP.format("SUCCESS", "1970-01-01T00:00:05Z", "b") + WHY
    suite = suite_of(tmp_path, spec, log)
    (case,) = cases_of(suite.systems[0])
    records = scattered(read_records(case), suite.normalizer)
    assert [one.timestamp_us and one.timestamp_us // 10**6 for one in records] == [
        1,  # before any time: the first that follows
        1,
        1,
        None,  # junk has no time
        5,
        5,
    ]
    assert sorted(one.stream for one in records) == [one.stream for one in records]
    assert results(suite, "orders")[0].failures == ()


def test_where_the_bodies_carry_the_time_no_other_is_given(tmp_path: Path) -> None:
    suite = suite_of(tmp_path)
    (case,) = cases_of(suite.systems[0])
    records = scattered(read_records(case), suite.normalizer)
    assert {one.timestamp_us for one in records} == {None}


def test_merged_records_are_told_as_duplicates(tmp_path: Path) -> None:
    spec = PAY + "duplicates: {merge: [checkpoint_id, timestamp, status, correlation_id]}\n"
    suite = suite_of(tmp_path, spec, LOG.splitlines(keepends=True)[0] * 2)
    (case,) = cases_of(suite.systems[0])
    rows = tabulate([read_records(case)], suite.normalizer).rows
    assert rows[1]["seen"] == 2
    assert rows[2] == {"line": 2, "outcome": "duplicate", "system_id": "pay"}
    assert check_orders(case, suite.normalizer, Random(1)).failures == ()


# --- round trips ----------------------------------------------------------------------------------


def test_a_renderer_that_says_something_else_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path)
    assert [one.failures for one in results(suite, "round trip")] == [()] * 3
    render = KindRenderer.render

    def wrong(*arguments: Any) -> Rendered | None:
        made = render(*arguments)
        if made is None or "correlation_id" not in made.values:
            return made
        return Rendered(made.text, {**made.values, "correlation_id": "another"}, made.time, None)

    monkeypatch.setattr(KindRenderer, "render", wrong)
    step, why, ping = results(suite, "round trip")
    assert 'correlation_id: expected "another"' in step.failures[0].details[0]
    assert why.failures
    assert not ping.failures


def read_by(monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Template, str], Any]) -> None:
    """Let every normalizer that is made from now on read texts by this."""

    def compiled(template: Template) -> Callable[[str], Any]:
        def read(text: str) -> Any:
            found = wrong(template, text)
            return None if isinstance(found, templates.Mismatch) else found

        return read

    monkeypatch.setattr(asking, "compile_match", compiled)
    monkeypatch.setattr(asking, "match_of", lambda template: partial(wrong, template))


@pytest.mark.parametrize("how", ["ignoring case", "by its beginning"])
def test_a_matcher_that_takes_too_much_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def lenient(template: Template, text: str) -> Any:
        found = templates.match(template, text)
        if not isinstance(found, templates.Mismatch):
            return found
        if how == "by its beginning" and found.expected == "the end of the record":
            return templates.match(template, text[: found.matched_chars])
        if how == "ignoring case":
            return templates.match(
                template,
                text.replace(" pAY", " PAY").replace(" PaY", " PAY").replace(" PAy", " PAY"),
            )
        return found

    read_by(monkeypatch, lenient)
    step = results(suite_of(tmp_path), "round trip")[0]
    assert step.failures
    assert "which cannot have made it" in step.failures[0].message


def test_a_matcher_that_takes_too_little_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(template: Template, text: str) -> Any:
        return (
            templates.Mismatch(0, "more") if text.endswith("x") else templates.match(template, text)
        )

    read_by(monkeypatch, strict)
    why = results(suite_of(tmp_path), "round trip")[1]
    assert any("is refused, and is sound" in one.message for one in why.failures)


def test_a_json_kind_that_takes_no_notice_of_a_condition_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path, JSON_PAY.replace("    samples: []\n", ""))
    assert [one.failures for one in results(suite, "round trip")] == [(), ()]
    compiled = compile_condition
    monkeypatch.setattr(
        asking,
        "compile_condition",
        lambda one: (lambda _: True) if one.path == (Key("system"),) else compiled(one),
    )
    suite = load_sound_suite([tmp_path / "systems"])
    step = results(suite, "round trip")[0]
    assert any("is still taken by pay.step" in one.message for one in step.failures)


def test_another_seed_draws_other_records_and_the_same_one_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = write_specs(tmp_path)
    texts: list[str] = []
    read = round_trip.RoundTrip._read

    def noted(trip: round_trip.RoundTrip, text: str, record_us: int | None) -> Outcome:
        texts.append(text)
        return read(trip, text, record_us)

    monkeypatch.setattr(round_trip.RoundTrip, "_read", noted)

    def drawn(seed: int) -> list[str]:
        texts.clear()
        results(load_sound_suite([systems], seed=seed), "round trip")
        return list(texts)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


# --- attributes, times without a year, and the own time of a record -------------------------------

CHATTY = """\
system: chatty
format: text
fields: {status: {value: SUCCESS}, correlation_id: {value: null}, attributes: all}
records:
  dated:
    template: "{timestamp:syslog} up {checkpoint_id:word}{? by {user:word}}"
    samples: []
  dateless:
    template: "up {checkpoint_id:word}"
    fields: {timestamp: {clock: record}}
    samples: []
"""
TALK = "up EARLY\nNov 25 08:00:00 up A by ann\nup B\nNov 25 08:00:01 up C\n"


def test_cases_show_attributes_and_have_a_year_and_a_clock(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, CHATTY.replace("    samples: []\n", ""), TALK)
    (case,) = cases_of(suite.systems[0])
    rows = tabulate([read_records(case)], suite.normalizer).rows
    assert rows[1]["outcome"] == "quarantined"
    assert rows[2]["timestamp"] == "2025-11-25T08:00:00Z"
    assert rows[2]["attributes"] == {
        "timestamp": "Nov 25 08:00:00",
        "checkpoint_id": "A",
        "user": "ann",
    }
    assert rows[3]["timestamp"] == "2025-11-25T08:00:00.000Z"
    assert results(suite, "orders")[0].failures == ()


def test_a_record_of_which_a_value_is_taken_out_is_delivered_again_as_it_was(
    tmp_path: Path,
) -> None:
    spec = CHATTY.replace("    samples: []\n", "") + "redact: {user: mask, raw: redact}\n"
    suite = suite_of(tmp_path, spec, TALK)
    assert results(suite, "orders")[0].failures == ()
    assert [one.kind for one in suite.coverage().reached] != []


def test_segments_are_to_be_seen_with_and_without(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, CHATTY.replace("    samples: []\n", ""), TALK.splitlines()[1])
    titles = [one.title for one in suite.coverage().missing]
    assert titles == [
        'segment dated: without " by {user}"',
        "record kind dateless",
    ]
