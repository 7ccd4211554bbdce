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
TABLES: Final = ("event", "detail")
PRAGMAS: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 20000;
PRAGMA cache_size = -65536;
"""
"""Those of ``engine/stores/sqlite.py``."""


def import_rows(bench: Bench) -> list[Row]:
    """File to SQLite, every promise kept, against the import of the same rows."""
    folder, store = bench.workload(), bench.scratch / "ours.db"
    ours = from_file(folder, "--store", store)
    program = shutil.which("sqlite3")
    if program is None:
        bench.skipped.append("sqlite3 is not installed: apt-get install sqlite3")
        return []
    measure.run_once(ours)
    bench.check("file to SQLite", folder, store, "store")
    imported = bench.scratch / "imported.db"
    commands = {"ours": ours, "import": _import(program, bench.scratch, store, imported)}
    costs = measure.measure(commands, bench.rounds)
    bench.check("file to SQLite, last round", folder, store, "store")
    _check_import(bench, store, imported)
    remove(store)
    remove(imported)
    peak_mb = costs["ours"].peak_bytes / 1e6
    return [
        ratio(
            "file to SQLite : sqlite3 .import",
            IMPORT_BOUND,
            costs["ours"],
            costs["import"],
            bench.records,
        ),
        Row("peak memory, file to SQLite", peak_mb, PEAK_BOUND_MB, "MB"),
    ]


def _import(program: str, scratch: Path, store: Path, imported: Path) -> measure.Command:
    """The import of what a finished store holds, into tables with the same indexes."""
    statements = [PRAGMAS, *_schema(store)]
    for table in TABLES:
        rows = scratch / f"{table}.csv"
        with rows.open("wb") as output:
            query = f"SELECT * FROM {table} ORDER BY 1"
            subprocess.run([program, "-csv", str(store), query], stdout=output, check=True)
        statements.append(f".import --csv {rows} {table}")
    orders = scratch / "import.sql"
    orders.write_text("\n".join(statements) + "\n")
    return measure.Command(
        [program, "-bail", str(imported)], prepare=lambda: remove(imported), stdin=orders
    )


def _schema(store: Path) -> list[str]:
    """The statements that make the tables and indexes of a store, as CSV can fill them.

    CSV has no NULL: an absent value arrives as an empty text. So the columns are not strict, and
    partial indexes leave out the empty text where the store's leave out NULL: as many rows and
    index entries as in the store, of the same size.
    """
    with closing(sqlite3.connect(store)) as connection:
        found = connection.execute(
            "SELECT tbl_name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        ).fetchall()
    statements = []
    for table, kind, sql in found:
        if table not in TABLES:
            continue
        if kind == "table":
            text = re.sub(r"\)\s*STRICT\s*$", ")", sql)
        else:
            text = sql.replace("IS NOT NULL", "<> ''").replace("IS NULL", "= ''")
        statements.append(text + ";")
    return statements


def _check_import(bench: Bench, store: Path, imported: Path) -> None:
    """The imported file has as many rows in its tables and its partial indexes as the store."""
    for ours, theirs in zip(_counted(store), _counted(imported), strict=True):
        if ours != theirs:
            bench.wrong.append(f"sqlite3 .import has {theirs}, the store {ours}")


def _counted(path: Path) -> list[tuple[str, int]]:
    """How many rows each table, and each index on some of its rows, has."""
    names = ", ".join(f"'{table}'" for table in TABLES)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            f"SELECT name, tbl_name, sql FROM sqlite_master WHERE tbl_name IN ({names}) "
            "AND sql IS NOT NULL ORDER BY name"
        ).fetchall()
        counts = []
        for name, table, sql in found:
            where = sql.partition("WHERE")[2] if sql.startswith("CREATE INDEX") else ""
            ((count,),) = connection.execute(
                f"SELECT count(*) FROM {table} WHERE {where or 'TRUE'}"
            )
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
