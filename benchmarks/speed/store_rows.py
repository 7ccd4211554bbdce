"""Into SQLite: from a file beside ``sqlite3 .import`` of rows that are normalized already, and
from Kafka beside from a file."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

import kafka_topic
import measure
from bench import Bench, Row, engine_run, from_file, ratio, remove

IMPORT_BOUND: Final = 1.3
KAFKA_BOUND: Final = 1.3
PEAK_BOUND_MB: Final = 150
KEPT_BESIDE: Final = ("archive", "clock", "ignored", "kind", "quarantine", "spec", "stream")
"""The tables that hold no normalized rows: they are not imported."""
PRAGMAS: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 20000;
PRAGMA cache_size = -65536;
"""
"""Those of ``engine/stores/sqlite.py``."""

FLAT: Final = """
CREATE TABLE row (
    event_key INTEGER PRIMARY KEY, system_id TEXT NOT NULL, checkpoint_id TEXT NOT NULL,
    timestamp TEXT NOT NULL, status TEXT NOT NULL, correlation_id TEXT, failure_reason TEXT,
    join_state TEXT NOT NULL, time_us INTEGER NOT NULL
);
CREATE INDEX row_by_correlation ON row (correlation_id);
CREATE INDEX row_by_time ON row (time_us);
"""
"""The events as one table, with what they are looked up by."""
FLAT_ROWS: Final = """
SELECT event_key, system_id, checkpoint_id, timestamp, status, correlation_id, failure_reason,
       join_state, time_us
FROM events ORDER BY event_key
"""


def import_rows(bench: Bench) -> list[Row]:
    """File to SQLite, every promise kept, against the import of the same rows: into the store's
    own tables, and into one flat table."""
    folder, store = bench.workload(), bench.scratch / "ours.db"
    ours = from_file(folder, "--store", store)
    program = shutil.which("sqlite3")
    if program is None:
        bench.skipped.append("sqlite3 is not installed: apt-get install sqlite3")
        return []
    measure.run_once(ours)
    bench.check("file to SQLite", folder, store, "store")
    same, flat = bench.scratch / "same.db", bench.scratch / "flat.db"
    commands = {
        "ours": ours,
        "same": _import(program, store, same, *_schema(store)),
        "flat": _import(program, store, flat, FLAT, {"row": FLAT_ROWS}),
    }
    costs = measure.measure(commands, bench.rounds)
    bench.check("file to SQLite, last round", folder, store, "store")
    _check_import(bench, store, same)
    for path in (store, same, flat):
        remove(path)
    found = [
        ratio(f"SQLite : .import, {what}", IMPORT_BOUND, costs["ours"], costs[name], bench.records)
        for name, what in (("flat", "one flat table"), ("same", "the store's tables"))
    ]
    peak_mb = costs["ours"].peak_bytes / 1e6
    return [*found, Row("peak memory, file to SQLite", peak_mb, PEAK_BOUND_MB, "MB")]


def _import(
    program: str, store: Path, imported: Path, schema: str, rows: dict[str, str]
) -> measure.Command:
    """The import into the tables of a schema of what queries, by table, find in a store."""
    statements = [PRAGMAS, schema]
    for table, query in rows.items():
        path = imported.with_suffix(f".{table}.csv")
        with path.open("wb") as output:
            subprocess.run([program, "-csv", str(store), query], stdout=output, check=True)
        statements.append(f".import --csv {path} {table}")
    orders = imported.with_suffix(".sql")
    orders.write_text("\n".join(statements) + "\n")
    return measure.Command(
        [program, "-bail", str(imported)], prepare=lambda: remove(imported), stdin=orders
    )


def _schema(store: Path) -> tuple[str, dict[str, str]]:
    """The statements that make the tables and indexes of a store, as CSV can fill them, and the
    query for the rows of each table.

    CSV has no NULL: an absent value arrives as an empty text. So the columns are not strict, and
    partial indexes leave out the empty text where the store's leave out NULL: as many rows and
    index entries as in the store, of the same size.
    """
    statements, queries = [], {}
    for name, table, sql in _made(store):
        if name == table:
            statements.append(re.sub(r"\)\s*STRICT\s*$", ")", sql) + ";")
            queries[table] = f"SELECT * FROM {table} ORDER BY 1"
        else:
            changed = sql.replace("IS NOT NULL", "<> ''").replace("IS NULL", "= ''")
            statements.append(changed + ";")
    return "\n".join(statements), queries


def _made(path: Path) -> list[tuple[str, str, str]]:
    """Name, table and statement of every table with normalized rows, and of its indexes."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master "
            "WHERE type IN ('table', 'index') AND sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite%' "
            "ORDER BY rowid"
        ).fetchall()
    return [(name, table, sql) for name, table, sql in found if table not in KEPT_BESIDE]


def _check_import(bench: Bench, store: Path, imported: Path) -> None:
    """The imported file has as many rows in its tables and its partial indexes as the store."""
    for ours, theirs in zip(_counted(store), _counted(imported), strict=True):
        if ours != theirs:
            bench.wrong.append(f"sqlite3 .import has {theirs}, the store {ours}")


def _counted(path: Path) -> list[tuple[str, int]]:
    """How many rows each table, and each index on some of its rows, has."""
    counts = []
    with closing(sqlite3.connect(path)) as connection:
        for name, table, sql in sorted(_made(path)):
            where = "TRUE" if name == table else sql.partition("WHERE")[2] or "TRUE"
            ((count,),) = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}")
            counts.append((name, count))
    return counts


def kafka_rows(bench: Bench) -> list[Row]:
    """Kafka to SQLite against file to SQLite, the same records."""
    bootstrap = kafka_topic.bootstrap()
    if bootstrap is None:
        bench.skipped.append("no Kafka runs: make kafka")
        return []
    folder = bench.workload()
    file_store, kafka_store = bench.scratch / "file.db", bench.scratch / "kafka.db"
    with kafka_topic.filled(bootstrap, folder / "records.log") as topic:
        source = ["--brokers", bootstrap, "--topic", topic, "--group", topic, "--until-end"]
        commands = {
            "kafka": engine_run(folder, source, ["--store"], kafka_store),
            "file": from_file(folder, "--store", file_store),
        }
        costs = measure.measure(commands, bench.rounds)
    bench.check("Kafka to SQLite", folder, kafka_store, "kafka-store")
    remove(file_store)
    remove(kafka_store)
    name = "Kafka to SQLite : file to SQLite"
    return [
        ratio(name, KAFKA_BOUND, costs["kafka"], costs["file"], bench.records),
        Row("peak memory, Kafka to SQLite", costs["kafka"].peak_bytes / 1e6, PEAK_BOUND_MB, "MB"),
    ]
