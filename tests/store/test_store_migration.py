"""A store of an earlier version is brought up to date, and loses nothing on the way."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from made_systems import ALPHA, GAMMA
from version_1 import WAITING_US, contents, make_version_1

from engine.diagnostics import EnvironmentFailure
from engine.interpreter import normalized_of
from engine.model import Detail, Event, Record, Records, StreamAdvance
from engine.ports import Batch
from engine.resources import resource
from engine.stores import sqlite
from engine.stores.sqlite import SqliteStore, open_reader

SYSTEMS = (ALPHA, GAMMA)


def _open(path: Path) -> None:
    SqliteStore.open(str(path), SYSTEMS).close()


def _version(path: Path) -> int:
    with closing(apsw.Connection(str(path))) as connection:
        version: int = connection.execute("PRAGMA user_version").get
        return version


@pytest.fixture(params=[1, 2])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = make_version_1(tmp_path / "events.db")
    if request.param == 2:
        _to_version_2(path)
    return path


def _to_version_2(path: Path) -> None:
    (second,) = resource("schema/store").glob("0002_*.sql")
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("BEGIN")
        connection.execute(second.read_text(encoding="utf-8"))
        connection.execute("PRAGMA user_version = 2")
        connection.execute("COMMIT")


def _lasting(path: Path) -> dict[str, list[dict[str, Any]]]:
    """What every version has, but for how it lays out events and details. Attributes came with
    version 2."""
    found = contents(path)
    for one in found["events"]:
        assert one.pop("attributes", None) is None
    found["events"].sort(key=lambda one: int(one["event_key"]))
    found["details"].sort(key=lambda one: str(one["detail_id"]))
    return {
        name: rows
        for name, rows in found.items()
        if name not in {"event", "detail", "half", "flow", "kind"} and "sqlite_" not in name
    }


def test_every_row_is_still_there(old: Path) -> None:
    before = _lasting(old)
    assert [len(before[one]) for one in ("events", "details", "quarantined")] == [3, 1, 1]
    _open(old)
    assert _lasting(old) == before
    with closing(apsw.Connection(str(old))) as connection:
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_it_is_then_like_a_new_store(old: Path, tmp_path: Path) -> None:
    _open(old)
    _open(tmp_path / "new.db")
    old_schema, new_schema = (
        apsw.Connection(str(path)).execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        for path in (old, tmp_path / "new.db")
    )
    assert sorted(old_schema, key=str) == sorted(new_schema, key=str)
    assert _version(old) == _version(tmp_path / "new.db") == 3


def test_a_detail_finds_the_event_that_waited_before(old: Path) -> None:
    detail = Detail("file:aa", 70, ALPHA, "error", "b", "NO_MONEY", WAITING_US + 1)
    event = Event(
        "file:aa", 80, GAMMA, "view", "VIEWED", "1970-01-01T00:00:03Z", 3, "SUCCESS", None, None
    )
    event.attributes = {"who": "me"}
    records = [Record("file:aa", 70, 80, b"x"), Record("file:aa", 80, 90, b"y")]
    with closing(SqliteStore.open(str(old), SYSTEMS)) as store:
        store.commit(
            Batch(
                [StreamAdvance("file:aa", 70, 90, Records.of(records))],
                [normalized_of([detail, event])],
                now_us=9,
            )
        )
    events = {one["event_id"]: one for one in contents(old)["events"]}
    assert events["file:aa:30"]["failure_reason"] == "NO_MONEY"
    assert events["file:aa:30"]["join_state"] == "complete"
    assert events["file:aa:80"]["correlation_id"] is None
    assert events["file:aa:80"]["attributes"] == '{"who":"me"}'


def test_a_look_does_not_change_it_and_says_what_does(old: Path) -> None:
    before, version = old.read_bytes(), _version(old)
    with pytest.raises(EnvironmentFailure) as failure:
        open_reader(str(old))
    assert str(failure.value) == (
        f"the store {old} was made by an earlier Logloom (its version is {version}, this one "
        "reads 3): any `engine run` into it brings it up to date"
    )
    assert old.read_bytes() == before
    _open(old)
    open_reader(str(old)).close()


@pytest.mark.parametrize(
    "old, broken_at",
    [
        (1, "0002:INSERT INTO event_2"),
        (1, "0002:DROP TABLE"),
        (1, "0002:CREATE VIEW"),
        (1, "0003:CREATE TABLE kind"),
        (2, "0003:INSERT INTO event_3"),
        (2, "0003:ALTER"),
        (2, "0003:CREATE VIEW details"),
    ],
    indirect=["old"],
)
def test_a_step_that_breaks_off_leaves_it_as_it_was(
    broken_at: str, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, _, broken_at = broken_at.partition(":")
    before, version = contents(old), _version(old)
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in resource("schema/store").glob("*.sql"):
        text = file.read_text(encoding="utf-8")
        if file.name.startswith(number):
            assert broken_at in text
            text = text.replace(broken_at, f"nothing;{broken_at}")
        (folder / file.name).write_text(text, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "resource", lambda _: folder)
        with pytest.raises(EnvironmentFailure):
            _open(old)
    assert (contents(old), _version(old)) == (before, version)
    _open(old)
    assert _version(old) == 3


_ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
# Beyond the records that the store begins with: no position is both an event and a detail.
_keys = st.builds(
    lambda stream_id, offset: stream_id << 44 | offset,
    st.integers(1, 2),
    st.integers(1_000, (1 << 44) - 1),
)
_times = st.none() | st.integers(0, 9)
_events = st.dictionaries(
    _keys, st.tuples(_ids, st.none() | st.binary(), st.sampled_from([None, "", "gamma"]), _times)
)
_details = st.dictionaries(_keys, st.tuples(_ids, _times))


@given(st.sampled_from([1, 2]), _events, _details, st.data())
@examples(30)
def test_any_rows_move_as_they_are(
    tmp_path_factory: pytest.TempPathFactory,
    version: int,
    events: dict[int, tuple[str, bytes | None, str | None, int | None]],
    details: dict[int, tuple[str, int | None]],
    data: st.DataObject,
) -> None:
    path = make_version_1(tmp_path_factory.mktemp("old") / "events.db")
    details = {key: row for key, row in details.items() if key not in events}
    partners = st.none() | st.sampled_from(sorted(details)) if details else st.none()
    with closing(apsw.Connection(str(path))) as connection:
        connection.executemany(
            """INSERT OR IGNORE INTO event (event_key, system_id, checkpoint_id, timestamp, status,
                   correlation_id, time_us, kind, spec_id, content_hash, join_clock, join_us,
                   join_deadline_us, detail_key)
               VALUES (?1, 'gamma', 'P', '', 'SUCCESS', ?2, ?1, 'k', 2, ?3, ?4, ?5, ?5 + 1, ?6)""",
            (
                (key, name, digest, clock, time_us, data.draw(partners) if clock else None)
                for key, (name, digest, clock, time_us) in events.items()
            ),
        )
        connection.executemany(
            """INSERT OR IGNORE INTO detail (detail_key, system_id, correlation_id, kind, spec_id,
                   join_clock, join_us, join_deadline_us, event_key)
               VALUES (?1, 'gamma', ?2, 'd', 2, 'gamma', ?3, ?3 + 1, ?4)""",
            ((key, name, time_us, None) for key, (name, time_us) in details.items()),
        )
    if version == 2:
        _to_version_2(path)
    before, hashes = _lasting(path), _hashes(path)
    _open(path)
    assert (_lasting(path), _hashes(path)) == (before, hashes)


def _hashes(path: Path) -> list[tuple[object, ...]]:
    with closing(apsw.Connection(str(path))) as connection:
        return connection.execute("SELECT event_key, content_hash, seen FROM event").fetchall()
