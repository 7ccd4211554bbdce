"""A store of an earlier version is brought up to date, and loses nothing on the way."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

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


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return make_version_1(tmp_path / "events.db")


def test_every_row_is_still_there(old: Path) -> None:
    before = contents(old)
    assert len(before["events"]) == 3
    _open(old)
    after = contents(old)
    for table in ("event", "events"):
        assert [one.pop("attributes") for one in after[table]] == [None] * 3
    assert after == before
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
    assert _version(old) == _version(tmp_path / "new.db") == 2


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
    before = old.read_bytes()
    with pytest.raises(EnvironmentFailure) as failure:
        open_reader(str(old))
    assert str(failure.value) == (
        f"the store {old} was made by an earlier Logloom (its version is 1, this one reads 2): "
        "any `engine run` into it brings it up to date"
    )
    assert old.read_bytes() == before
    _open(old)
    open_reader(str(old)).close()


@pytest.mark.parametrize("broken_at", ["INSERT INTO event_2", "DROP TABLE", "CREATE VIEW"])
def test_a_step_that_breaks_off_leaves_it_as_it_was(
    broken_at: str, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(old)
    folder = tmp_path / "migrations"
    folder.mkdir()
    for file in resource("schema/store").glob("*.sql"):
        text = file.read_text(encoding="utf-8")
        if file.name.startswith("0002"):
            assert broken_at in text
            text = text.replace(broken_at, f"nothing;{broken_at}")
        (folder / file.name).write_text(text, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "resource", lambda _: folder)
        with pytest.raises(EnvironmentFailure):
            _open(old)
    assert (contents(old), _version(old)) == (before, 1)
    _open(old)
    assert _version(old) == 2


_ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


@given(
    st.dictionaries(st.integers(0, 1 << 50), st.tuples(_ids, st.none() | st.binary()), max_size=20)
)
@examples(20)
def test_any_rows_move_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[int, tuple[str, bytes | None]]
) -> None:
    path = make_version_1(tmp_path_factory.mktemp("v1") / "events.db")
    with closing(apsw.Connection(str(path))) as connection:
        connection.executemany(
            """INSERT OR IGNORE INTO event (event_key, system_id, checkpoint_id, timestamp, status,
                   correlation_id, time_us, kind, spec_id, content_hash)
               VALUES (?, 'gamma', 'P', '', 'SUCCESS', ?, ?, 'k', 2, ?)""",
            ((key, name, key, digest) for key, (name, digest) in rows.items()),
        )
    before = contents(path)["event"]
    _open(path)
    assert [{**one, "attributes": None} for one in before] == contents(path)["event"]
