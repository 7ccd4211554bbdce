"""A store as version 1 made it, with a row of every sort."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, Final

import apsw

from engine.resources import resource
from engine.stores.sqlite import APPLICATION_ID

WAITING_US: Final = 1_000_000
"""The time of the event that waits for its detail."""

_ROWS: Final = """
INSERT INTO stream VALUES (1, 'file:aa', 'a.log', 70, 7, '8:aa');
INSERT INTO stream VALUES (2, 'file:bb', 'b.log', 5, 1, '');
INSERT INTO clock VALUES (1, 'alpha', 1000000, 1000000);
INSERT INTO spec VALUES (1, 'digest of alpha', 'alpha', 'system: alpha');
INSERT INTO spec VALUES (2, 'another', 'gamma', '');
INSERT INTO event VALUES
    (1 << 44 | 10, 'alpha', 'PAID', '1970-01-01T00:00:00Z', 'FAILURE', 'a', NULL, 0,
     'checkpoint', 1, 'alpha', 0, 10000000, 1 << 44 | 20, 1, NULL, 1),
    (1 << 44 | 30, 'alpha', 'PAID', '1970-01-01T00:00:01Z', 'FAILURE', 'b', NULL, 1000000,
     'checkpoint', 1, 'alpha', 1000000, 11000000, NULL, 0, NULL, 1),
    (2 << 44 | 0, 'gamma', 'SENT', '1970-01-01T00:00:02Z', 'SUCCESS', 'a', 'odd', 2000000,
     'checkpoint', 2, NULL, NULL, NULL, NULL, 0, x'0102', 3);
INSERT INTO detail VALUES
    (1 << 44 | 20, 'alpha', 'a', 'LIMIT', 'error', 1, 'alpha', 0, 10000000, 1 << 44 | 10, NULL, 1);
INSERT INTO quarantine VALUES (1 << 44 | 40, 'no_match', 'none', NULL, NULL, '[]', x'ff', 1, NULL);
INSERT INTO ignored VALUES ('alpha', 'ignore[0]', 2);
INSERT INTO archive VALUES (1, 0, 70, 7, x'00');
"""


def make_version_1(path: Path) -> Path:
    """A store of version 1 at ``path``."""
    (first,) = resource("schema/store").glob("0001_*.sql")
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("BEGIN")
        connection.execute(first.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = 1; PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(_ROWS)
        connection.execute("COMMIT")
    return path


def contents(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table and view, by column."""
    with closing(apsw.Connection(str(path))) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"
        ).fetchall()
        return {str(name): _rows(connection, str(name)) for (name,) in names}


def _rows(connection: apsw.Connection, name: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {name}")
    found = []
    for row in cursor:
        columns = [column[0] for column in cursor.getdescription()]
        found.append(dict(zip(columns, row, strict=True)))
    return found
